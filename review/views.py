"""Pages of review: the queues, the room, and what the room loads."""

import json
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.models import Theme, User
from processing.models import Check
from review import claims
from review.cards import cards
from review.policies import label_of
from review.queues import last_hour, queues

MAX_BINDINGS = 60
MAX_KEY_LENGTH = 20


@require_GET
@requires("review")
def review_queue(request: HttpRequest) -> HttpResponse:
    summary = queues()
    return render(request, "review/queue.html", {**summary, "cards": cards(summary["queues"]), "lately": last_hour()})


@require_GET
@requires("review")
def review_room(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    queue = request.GET.get("queue", "")[:24]
    # Dark by default: a bright frame around a picture changes how its edge looks. Who chose light gets light.
    theme = "light" if user.theme == Theme.LIGHT else "dark"
    cluster = f"{reverse('review-cluster')}?queue="
    settings = {"user": user.pk, "queue": queue, "keys": user.keys, "theme": theme, "cluster": cluster}
    title = label_of(queue) if queue else "All doubts"
    return render(request, "review/room.html", {"settings": settings, "title": title})


@require_GET
@requires("review")
def review_cluster(request: HttpRequest) -> HttpResponse:
    """Pictures with the same doubt side by side."""
    user = cast(User, request.user)
    queue = request.GET.get("queue", "")[:24]
    room = f"{reverse('review-room')}?{urlencode({'queue': queue})}"
    settings = {"user": user.pk, "queue": queue, "keys": user.keys, "room": room}
    title = label_of(queue) if queue else "All doubts"
    return render(request, "review/cluster.html", {"settings": settings, "title": title, "room": room})


@require_POST
@requires("review")
def keys(request: HttpRequest) -> HttpResponse:
    """Remembers the user's own key bindings: {"enabled": true, "approve": "a"}."""
    try:
        given = json.loads(request.body)
    except ValueError:
        return HttpResponseBadRequest("Send the keys as JSON.")
    if (
        not isinstance(given, dict)
        or len(given) > MAX_BINDINGS
        or not all(_is_binding(*pair) for pair in given.items())
    ):
        return HttpResponseBadRequest('Send the keys as {"enabled": true, "approve": "a"}.')
    user = cast(User, request.user)
    user.keys = given
    user.save(update_fields=["keys"])
    return HttpResponse(status=204)


def _is_binding(act: str, key: Any) -> bool:
    if act == "enabled":
        return isinstance(key, bool)
    return act.isalnum() and len(act) <= MAX_KEY_LENGTH and isinstance(key, str) and 0 < len(key) <= MAX_KEY_LENGTH


@require_POST
@requires("manage")
def take_over(request: HttpRequest) -> HttpResponse:
    """Frees what others hold in a queue and opens it."""
    queue = request.POST.get("queue", "")[:24]
    claims.take_over(queue=queue)
    return redirect(f"{reverse('review-room')}?{urlencode({'queue': queue})}")


@require_GET
@requires("view")
def heat(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a check found its fault, as a small PNG. A check never changes, so it may be kept for good."""
    check = get_object_or_404(Check.objects.only("heat"), pk=pk, heat__isnull=False)
    response = HttpResponse(bytes(check.heat or b""), content_type="image/png")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
