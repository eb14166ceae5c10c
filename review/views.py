"""Pages of review: the queue, the room, the thresholds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import requires
from processing.models import Check
from review.queues import queues


@require_GET
@requires("review")
def review_queue(request: HttpRequest) -> HttpResponse:
    return render(request, "review/queue.html", queues())


@require_GET
@requires("review")
def review_room(request: HttpRequest) -> HttpResponse:
    return render(request, "review/room.html", {"queue": request.GET.get("queue", "")})


@require_GET
@requires("view")
def heat(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a check found its fault, as a small PNG. A check never changes, so it may be kept for good."""
    check = get_object_or_404(Check.objects.only("heat"), pk=pk, heat__isnull=False)
    response = HttpResponse(bytes(check.heat or b""), content_type="image/png")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@requires("manage")
def thresholds(request: HttpRequest) -> HttpResponse:
    return render(request, "review/thresholds.html", {})
