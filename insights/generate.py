"""The page where pictures, videos, sounds and texts are made from prompts, one or ten at once, and where they are kept."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires, signed_in
from accounts.inputs import row_number
from catalog.files import load
from insights.generate_form import GenerateForm
from insights.pictures import file_url
from processing import budgets, generations, orders, serving
from processing.models import (
    Artifact,
    Attempt,
    Job,
    JobState,
    Prompt,
    PromptFile,
    PromptTemplate,
    Rendition,
    RenditionKind,
    Step,
)
from processing.orders import ACTS, RECORDINGS, Order, OrderError
from processing.prompts import PROMPT_STYLES, RATIO_WORDS, RATIOS
from processing.providers.base import NEEDS, Capability

PICTURES_A_PAGE = 24
HISTORY = 30
# What a template keeps of the form.
KEPT = ("prompts", "style", "ratio", "provider", "capability", "pictures", "options")


@require_http_methods(["GET", "POST"])
@requires("submit")
def generate(request: HttpRequest) -> HttpResponse:
    """The form with what it would cost, the history, the templates, and the pictures made so far."""
    if request.method == "GET":
        return _page(request, GenerateForm(initial=_initial(request)))
    form = GenerateForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    order = form.order()
    act = request.POST.get("act")
    try:
        orders.check(order, with_files=act not in ("estimate", "save"))
    except OrderError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, form, status=422)
    if act == "save":
        return _save(request, form)
    if act == "estimate":
        return _page(request, form, estimate=_estimate(request, order))
    if form.cleaned_data["new_variation"]:
        order = generations.varied(order)
    return redirect(generations.start(order, owner=signed_in(request)))


def _estimate(request: HttpRequest, order: Order) -> dict[str, Any]:
    found, number = generations.is_made(order), len(order.prompts) * order.pictures
    each = orders.cost_of(order) / number
    return {
        "pictures": number,
        "counted": (
            ngettext("%(n)s result", "%(n)s results", number)
            if order.capability in RECORDINGS
            else ngettext("%(n)s picture", "%(n)s pictures", number)
        )
        % {"n": number},
        "found": found,
        "cost": each * (number - found),
        "each": each,
        "budgets": budgets.standings_of_user(signed_in(request)),
    }


def _save(request: HttpRequest, form: GenerateForm) -> HttpResponse:
    name = form.cleaned_data["template"].strip()
    if not name:
        form.add_error("template", gettext("Give the template a name."))
        return _page(request, form, status=422)
    data = {field: form.cleaned_data[field] for field in KEPT}
    PromptTemplate.objects.update_or_create(owner=signed_in(request), name=name, defaults={"data": data})
    messages.success(request, gettext("Saved as %(name)s.") % {"name": name})
    return redirect("generate")


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What a link asks the form to be filled with: a template, a prompt of the history, or a picture made before."""
    user, initial = signed_in(request), {"provider": _first_ready()}
    template, prompt = (row_number(request.GET.get(name, "")) for name in ("template", "prompt"))
    if row := PromptTemplate.objects.filter(owner=user, pk=template).first():
        options = row.data.get("options") or {}
        return {**row.data, "options": json.dumps(options) if options else "", "template": row.name}
    if past := Prompt.objects.filter(owner=user, pk=prompt).first():
        return {"prompts": past.text, "style": past.style, "ratio": past.ratio, "provider": past.provider}
    return initial


def _first_ready() -> str:
    return next((maker.name for maker in orders.makers() if not maker.reason), "")


def _page(request: HttpRequest, form: GenerateForm, *, status: int = 200, estimate: Any = None) -> HttpResponse:
    user = signed_in(request)
    made = (
        Rendition.objects.current().filter(kind=RenditionKind.GENERATED).select_related("artifact", "job__batch__owner")
    )
    makers = orders.makers()
    context = {
        "form": form,
        "kept": form.keep(user) if form.is_bound else {},
        "chosen": {name: str(form[name].value() or "") for name in ("style", "ratio", "provider", "capability")},
        "makers": makers,
        "is_ready": any(not maker.reason for maker in makers),
        "styles": PROMPT_STYLES.values(),
        "ratios": [(name, gettext(RATIO_WORDS[name])) for name in RATIOS],
        "acts": _acts(makers),
        "recordings": _recordings(),
        "estimate": estimate,
        "history": Prompt.objects.of(user)[:HISTORY],
        "templates": PromptTemplate.objects.filter(owner=user),
        "page": Paginator(made.order_by("-pk"), PICTURES_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "insights/generate.html", context, status=status)


def _acts(makers: list[orders.Maker]) -> list[dict[str, Any]]:
    """What can be chosen to be made: who does it here at what price, and which files it takes."""
    return [
        {
            "value": one.value,
            "label": gettext(label),
            "group": gettext("Pictures") if one not in RECORDINGS else gettext("Video, sound and text"),
            "files": " ".join(NEEDS[one].files),
            "is_new": one is Capability.GENERATE_BACKGROUND,
            "by": [(maker.name, maker.prices[one]) for maker in makers if one in maker.prices],
        }
        for one, label in ACTS.items()
    ]


def _recordings() -> list[Job]:
    """The latest videos, sounds and texts."""
    made = Step.objects.filter(kind="recording").values("job")
    jobs = Job.objects.filter(pk__in=made).select_related("batch__owner").prefetch_related("steps")
    return list(jobs.order_by("-pk")[:PICTURES_A_PAGE])


@require_GET
@requires("view")
def generated(request: HttpRequest, pk: int) -> HttpResponse:
    """One picture, video, sound or text with what made it: words, seed, provider, cost."""
    job = get_object_or_404(Job.objects.select_related("batch__owner"), pk=pk, steps__kind__in=generations.KINDS)
    picture = job.renditions.current().select_related("artifact", "job").first()
    step = job.steps.get(kind__in=generations.KINDS)
    context = {
        **_recording(step),
        "act": gettext(ACTS[Capability(step.params["capability"])]),
        "sent": PromptFile.objects.filter(sha256__in=_sent_along(step)),
        "is_over": job.state in (JobState.FAILED, JobState.CANCELLED),
        "job": job,
        "step": step,
        "params": step.params,
        "picture": picture,
        **({"url": file_url(picture)} if picture else {}),
        "attempts": Attempt.objects.filter(step=step),
        "style": PROMPT_STYLES[step.params["style"]],
    }
    return render(request, "insights/generated.html", context)


def _sent_along(step: Step) -> list[str]:
    return [sha256 for sha256 in (step.params["source"], *step.params.get("files", {}).values()) if sha256]


def _recording(step: Step) -> dict[str, Any]:
    """The video, sound or text that a step has made, ready to be shown."""
    found = Artifact.objects.filter(step_key=step.key, role="recording", state="stored").first() if step.key else None
    if found is None:
        return {}
    ending = found.path.rpartition(".")[2]
    shown = {"recording": found, "plays": found.media_type.partition("/")[0]}
    name = f"{step.job.sku}.{ending}"
    try:
        words = load(found.path).decode() if found.media_type == "text/plain" else ""
    except FileNotFoundError:
        return {}
    return {**shown, "words": words, "url": reverse("media", args=[found.sha256, name])}


@require_GET
@requires("view")
def prompt_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What came with an order."""
    row = get_object_or_404(PromptFile, pk=pk)
    return serving.serve(request, path=row.path, sha256=row.sha256, media_type=row.media_type)


@require_POST
@requires("submit")
def generated_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A new variation: another seed, and another charge."""
    job = get_object_or_404(Job, pk=pk, steps__kind__in=generations.KINDS)
    try:
        return redirect(generations.again(job, by=signed_in(request)))
    except OrderError as error:
        messages.error(request, str(error))
        return redirect("generated", pk)


@require_POST
@requires("submit")
def prompt_favourite(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Prompt, pk=pk, owner=signed_in(request))
    Prompt.objects.filter(pk=row.pk).update(is_favourite=not row.is_favourite)
    return redirect(f"{reverse('generate')}#history")


@require_POST
@requires("submit")
def prompt_forget(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Prompt, pk=pk, owner=signed_in(request)).delete()
    return redirect(f"{reverse('generate')}#history")


@require_POST
@requires("submit")
def template_forget(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(PromptTemplate, pk=pk, owner=signed_in(request)).delete()
    return redirect("generate")
