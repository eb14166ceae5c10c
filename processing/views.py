"""Pages of a batch, and the files themselves."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import may, requires
from accounts.inputs import row_number
from catalog.models import SourceImage
from processing import boards, jobs, scheduling, serving
from processing.models import Artifact, ArtifactState, Batch, BatchState, Job, JobState
from processing.progress import progress
from processing.schedule_form import ScheduleForm, schedule_form

OPEN_STATES = (BatchState.RUNNING, BatchState.PAUSED)


@require_safe
@login_not_required
def media(request: HttpRequest, sha256: str, name: str) -> HttpResponseBase:
    """Any file made here, by the hash of its content."""
    if (refused := serving.refusal(request)) is not None:
        return refused
    rows = Artifact.objects.filter(sha256=sha256)
    found = rows.filter(state=ArtifactState.STORED).first()
    if found is None and rows.exists():
        return serving.gone()
    if found is None:
        raise Http404
    return serving.serve(request, path=found.path, sha256=sha256, media_type=found.media_type)


@require_safe
@login_not_required
def original(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """The raw photo as it came in."""
    if (refused := serving.refusal(request)) is not None:
        return refused
    image = get_object_or_404(SourceImage, pk=pk)
    kind = "jpeg" if image.format.upper() in ("JPEG", "MPO") else image.format.lower()
    return serving.serve(request, path=image.path, sha256=image.sha256, media_type=f"image/{kind}")


media.ability = original.ability = "view"  # type: ignore[attr-defined]


@require_GET
@requires("view")
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """A batch: counts, failures first, and a tile for each product that fills in place."""
    found = get_object_or_404(Batch.objects.select_related("recipe", "owner", "intake"), pk=pk)
    stage = request.GET.get("stage", "")
    page = boards.page_of(found, stage=stage, number=request.GET.get("page"))
    context = {
        **_parts(request, found),
        "page": page,
        "tiles": boards.tiles(list(page)),
        "room": page.paginator.per_page - len(page),
        "stage": stage,
        "schedule": schedule_form(found) if found.state in OPEN_STATES else None,
    }
    return render(request, "processing/batch.html", context)


def _parts(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    return {
        **boards.header(batch),
        "causes": boards.causes(batch),
        "stop": boards.stop(batch),
        "left_out": boards.left_out(batch),
        "may_submit": may(request.user, "submit"),
    }


@require_GET
@requires("view")
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """What has changed after the revision `since`: numbers as JSON, and the parts of the page to put in place. 304 if nothing."""
    found = get_object_or_404(Batch.objects.select_related("recipe", "owner", "intake"), pk=pk)
    answer = progress(found, since=row_number(request.GET.get("since", "")))
    if answer is None:
        return HttpResponse(status=304)
    parts = _parts(request, found)
    changed = found.jobs.filter(pk__in=[item["id"] for item in answer["items"]])
    answer["html"] = {
        "header": render_to_string("processing/_header.html", parts, request),
        "failures": render_to_string("processing/_failures.html", parts, request),
        "tiles": {
            tile.id: render_to_string("processing/_tile.html", {"tile": tile}, request)
            for tile in boards.tiles(list(changed))
        },
    }
    return JsonResponse(answer)


def _act(view: Callable[[HttpRequest, Batch], str]) -> Any:
    """A POST on a batch: does it, says what happened or why not (ValueError), and returns to the page."""

    @require_POST
    @requires("submit")
    def acting(request: HttpRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(Batch, pk=pk)
        try:
            messages.success(request, view(request, found))
        except ValueError as error:
            messages.error(request, str(error))
        return redirect(found)

    return acting


@_act
def batch_retry(request: HttpRequest, batch: Batch) -> str:
    """All failed photos again, or one, or those of one cause."""
    if job_id := request.POST.get("job"):
        job = get_object_or_404(batch.jobs, pk=row_number(job_id))
        return (
            gettext("%(sku)s is being made again.") % {"sku": job.sku}
            if jobs.retry_job(job)
            else gettext("%(sku)s is not waiting for a retry.") % {"sku": job.sku}
        )
    code = request.POST.get("code")
    if code:
        failed = batch.jobs.filter(state=JobState.FAILED, error_code=code)
        return _again(sum(jobs.retry_job(job) for job in failed))
    return _again(jobs.retry_failed(batch))


def _again(number: int) -> str:
    said = ngettext("%(n)s photo is being made again.", "%(n)s photos are being made again.", number)
    return said % {"n": number}


@_act
def batch_pause(request: HttpRequest, batch: Batch) -> str:
    return gettext("Paused. What is running finishes.") if jobs.pause(batch) else gettext("The batch was not running.")


@_act
def batch_resume(request: HttpRequest, batch: Batch) -> str:
    return gettext("The batch goes on.") if jobs.resume(batch) else gettext("The batch was not paused.")


@_act
def batch_cancel(request: HttpRequest, batch: Batch) -> str:
    number = jobs.cancel(batch)
    said = ngettext(
        "Cancelled. %(n)s photo was not started; what is running finishes.",
        "Cancelled. %(n)s photos were not started; what is running finishes.",
        number,
    )
    return said % {"n": number}


@require_POST
@requires("submit")
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """One photo of a batch, from its product's page."""
    job = get_object_or_404(Job.objects.select_related("batch", "variant__product"), pk=pk)
    if jobs.cancel_job(job):
        messages.success(request, gettext("%(sku)s is cancelled. What is finished of it stays.") % {"sku": job.sku})
    else:
        messages.error(request, gettext("%(sku)s had ended already.") % {"sku": job.sku})
    return redirect("product", job.variant.product.code) if job.variant else redirect(job.batch)


@_act
def batch_schedule(request: HttpRequest, batch: Batch) -> str:
    """When it runs, and in which order with others."""
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        raise ValueError(gettext("Nothing was changed: %(why)s") % {"why": next(iter(form.errors.values()))[0]})
    form.save(batch)
    waits = scheduling.waits_for(batch)
    return (
        gettext("The batch runs %(waits)s.") % {"waits": waits}
        if waits
        else gettext("The batch runs when its turn comes.")
    )


@require_POST
@requires("submit")
def batch_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Off the list of current work; nothing is deleted."""
    found = get_object_or_404(Batch, pk=pk)
    jobs.archive(found)
    messages.success(request, gettext("%(batch)s is archived.") % {"batch": found})
    return redirect("inbox")


@require_POST
@requires("submit")
def batch_unarchive(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Batch, pk=pk)
    jobs.archive(found, is_archived=False)
    messages.success(request, gettext("%(batch)s is in the inbox again.") % {"batch": found})
    return redirect(found)
