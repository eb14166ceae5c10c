"""Pages of review: the queues, the room, and what the room loads."""

from base64 import b64decode
from dataclasses import asdict
from datetime import timedelta
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.inputs import json_body
from accounts.models import Surround, Theme, User
from processing.models import Check
from review import claims
from review.acts import bindings, human_reasons, named_acts
from review.cards import cards
from review.loupe import crop, whole_of
from review.meanings import MEANINGS
from review.models import GRACE, Decision, ReviewTask
from review.policies import label_of
from review.practice import answer, practice_items, practised
from review.queues import last_hour, queues

MAX_BINDINGS = 60
MAX_KEY_LENGTH = 20


@require_GET
@requires("review")
def review_queue(request: HttpRequest) -> HttpResponse:
    summary = queues()
    user = cast(User, request.user)
    context = {**summary, "cards": cards(summary["queues"]), "lately": last_hour(), "practised": practised(user)}
    context["is_new"] = context["practised"] is None and not Decision.objects.filter(by=user).exists()
    return render(request, "review/queue.html", context)


@require_GET
@requires("review")
def review_room(request: HttpRequest) -> HttpResponse:
    queue = request.GET.get("queue", "")[:24]
    settings = {**_room_settings(request), "queue": queue}
    return _room(request, settings, title=_title(queue))


def _room(request: HttpRequest, settings: dict[str, Any], *, title: str) -> HttpResponse:
    return render(request, "review/room.html", {"settings": settings, "title": title, "acts": named_acts()})


def _room_settings(request: HttpRequest) -> dict[str, Any]:
    user = cast(User, request.user)
    # Dark by default: a bright frame around a picture changes how its edge looks. Who chose light gets light.
    theme = "light" if user.theme == Theme.LIGHT else "dark"
    meanings = {code: gettext(text) for code, text in MEANINGS.items()}
    return {
        "user": user.pk, "keys": user.keys, "acts": bindings(), "reasons": human_reasons(), "meanings": meanings,
        "theme": theme, "cluster": f"{reverse('review-cluster')}?queue=", "grace_ms": GRACE // timedelta(milliseconds=1),
    }  # fmt: skip


def _title(queue: str) -> str:
    return label_of(queue) if queue else gettext("All doubts")


@require_GET
@requires("review")
def practice_room(request: HttpRequest) -> HttpResponse:
    """The room with pictures whose answer is known."""
    answers = reverse("review-practice-answer")
    settings = {**_room_settings(request), "queue": "", "practice": practice_items(), "answers": answers}
    return _room(request, settings, title=gettext("Practice"))


@require_POST
@requires("review")
def practice_answer(request: HttpRequest) -> HttpResponse:
    """Takes {"item", "verdict"} and tells what was right."""
    try:
        given = json_body(request)
        told = answer(cast(User, request.user), name=str(given["item"]), verdict=str(given["verdict"]))
    except (ValueError, KeyError, TypeError, LookupError) as error:
        return JsonResponse({"detail": f"This is no answer to a practice item: {error}"}, status=422)
    return JsonResponse(asdict(told))


@require_GET
@requires("review")
def review_cluster(request: HttpRequest) -> HttpResponse:
    """Pictures with the same doubt side by side."""
    user = cast(User, request.user)
    queue = request.GET.get("queue", "")[:24]
    room = f"{reverse('review-room')}?{urlencode({'queue': queue})}"
    settings = {"user": user.pk, "queue": queue, "keys": user.keys, "room": room}
    return render(request, "review/cluster.html", {"settings": settings, "title": _title(queue), "room": room})


@require_POST
@requires("review")
def keys(request: HttpRequest) -> HttpResponse:
    """Remembers the user's own key bindings: {"enabled": true, "approve": "a"}."""
    try:
        given = json_body(request)
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
@requires("review")
def surround(request: HttpRequest) -> HttpResponse:
    """Remembers what the user wants around pictures: {"surround": "grey"}."""
    try:
        given = Surround(json_body(request)["surround"])
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest(f"Send the surround as one of {', '.join(Surround.values)}.")
    User.objects.filter(pk=cast(User, request.user).pk).update(surround=given)
    return HttpResponse(status=204)


@require_POST
@requires("manage")
def take_over(request: HttpRequest) -> HttpResponse:
    """Frees what others hold in a queue and opens it."""
    queue = request.POST.get("queue", "").replace("\0", "")[:24]
    claims.take_over(queue=queue)
    return redirect(f"{reverse('review-room')}?{urlencode({'queue': queue})}")


@require_GET
@requires("view")
def heat(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Where a check found its fault, as a small PNG. A task's picture never changes, so it may be kept for good."""
    task = get_object_or_404(ReviewTask.objects.select_related("known_fault"), pk=pk)
    if task.known_fault is not None:
        data = b64decode(task.known_fault.heats.get(code, ""))
    else:
        found = Check.objects.only("heat").filter(rendition=task.rendition_id, code=code, heat__isnull=False).first()
        data = bytes(found.heat or b"") if found else b""
    if not data:
        raise Http404("There is no heat map of this check.")
    response = HttpResponse(data, content_type="image/png")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@require_GET
@requires("view")
def loupe(request: HttpRequest, pk: int, code: str, which: str) -> HttpResponse:
    """The worst place of a doubt in full resolution; what it shows never changes either."""
    task = get_object_or_404(_shown_tasks(), pk=pk)
    response = HttpResponse(crop(task, code=code, which=which), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@require_GET
@requires("view")
def whole(request: HttpRequest, pk: int) -> JsonResponse:
    """Where the full files of a picture are, for a zoom that goes deeper than its proxies."""
    return JsonResponse(whole_of(get_object_or_404(_shown_tasks(), pk=pk)))


def _shown_tasks() -> QuerySet[ReviewTask]:
    return ReviewTask.objects.select_related(
        "known_fault",
        "rendition__job__source_image",
        "rendition__artifact",
        "rendition__verdict",
        "rendition__variant__product",
    )
