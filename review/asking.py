"""A person asks for a look at a picture that the gate waved through or somebody approved."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.access import requires, signed_in
from accounts.models import User
from processing.models import Rendition, RenditionState
from review.gate import announce
from review.models import ReviewTask, TaskState

ASKED_FOR = "ASKED_FOR"


@require_POST
@requires("review")
def send_to_review(request: HttpRequest, pk: int) -> HttpResponse:
    rendition = get_object_or_404(Rendition.objects.current().select_related("job", "variant__product"), pk=pk)
    ask(rendition, by=signed_in(request))
    messages.success(request, gettext("%(rendition)s waits in the review queue.") % {"rendition": rendition})
    return redirect(rendition.variant.product if rendition.variant else rendition.job.batch)


@transaction.atomic
def ask(rendition: Rendition, *, by: User | None = None) -> ReviewTask:
    """Back into the queue, at its head. What was approved is called back at once: it must not leave in the meantime."""
    was_approved = rendition.state == RenditionState.APPROVED
    rendition.send_to_review()
    task, _ = ReviewTask.objects.get_or_create(
        rendition=rendition, state=TaskState.OPEN, is_known_fault=False, defaults={"queue": ASKED_FOR, "rank": -50.0}
    )
    if was_approved:
        announce("rendition.recalled", rendition, by="reviewer", actor=by, reason=ASKED_FOR)
    return task
