"""The page where a batch is put together: photos on the left, what is to be made of them on the right."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import requires, signed_in
from accounts.inputs import row_number
from catalog import listing, naming
from catalog.intake import accepted_images, mark_submitted, open_intake, take_file, waiting_count
from catalog.items import Declared, declare
from catalog.models import Category, Intake, IntakeState, ItemState
from catalog.views import owned_intake
from processing import makers, recipes
from processing.backpressure import Overloaded
from processing.models import Batch, Priority, Recipe
from processing.schedule_form import TimesForm
from processing.starting import AT_START, start_batch, start_filling

PATTERN_EXAMPLES = ("{sku}_{view}", "{sku}/*", "*_{sku}_{view}", "{sku} | {sku}-{view}")
_LOCAL_ENGINES = ("auto", "studio", "rembg")
_SHOWN_ROWS = 200
# Drawn by the page's script next to each file.
_STATUS_ICONS = ("triangle-alert", "upload", "clock", "circle-help", "hourglass", "link", "copy", "circle-x", "file-archive", "file-text",
                 "circle-check")  # fmt: skip


class NewBatchForm(TimesForm):
    name = forms.CharField(max_length=200, required=False)
    recipe = forms.ModelChoiceField(queryset=Recipe.objects.filter(is_current=True), empty_label=None)
    category = forms.ChoiceField(choices=Category.choices, initial=Category.DEFAULT)
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, initial=Priority.STANDARD)
    pattern = forms.CharField(max_length=naming.MAX_PATTERN, required=False)
    engine = forms.CharField(max_length=80, required=False)
    background = forms.CharField(max_length=80, required=False)
    enhancer = forms.CharField(max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        """The recipe with those who were chosen for it."""
        values = super().clean() or self.cleaned_data
        chosen = {slot: values[slot] for slot in makers.SLOTS if values.get(slot)}
        if chosen and values.get("recipe"):
            try:
                values["recipe"] = makers.with_makers(values["recipe"], chosen)
            except recipes.RecipeError as error:
                self.add_error(error.field if error.field in self.fields else None, str(error))
        return values

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"]
        try:
            naming.compile_pattern(pattern)
        except naming.PatternError as error:
            raise forms.ValidationError(str(error)) from error
        return pattern


@require_http_methods(["GET", "POST"])
@requires("submit")
def new_batch(request: HttpRequest) -> HttpResponse:
    """Without JavaScript files come along with the form; with it they are there already and only the intake is named."""
    recipes.ensure_presets()
    intake = _intake(request)
    form = NewBatchForm(request.POST or None, initial=_initial(intake))
    if request.method == "POST" and form.is_valid():
        intake = _take(request, intake, form)
        if request.POST.get("act") == "add" or not (batch := _start(request, intake, form)):
            return redirect(f"{reverse('batch-new')}?intake={intake.pk}")
        return redirect(batch)
    return render(request, "insights/new_batch.html", _context(form, intake), status=422 if form.errors else 200)


def describe(recipe: Recipe) -> dict[str, str]:
    """What a recipe makes and whether photos leave the machine, in few words."""
    data = recipes.from_dict(recipe.data)
    if data.mode == "eyewear":
        made = [gettext("eight files per frame")]
    elif data.mode == "fast_video":
        videos = len(data.video_forms) * (data.main + len(data.styles) or 1)
        made = _counted(ngettext("%(n)s video", "%(n)s videos", videos), videos)
    else:
        made = [gettext("white main picture")] * data.main
        made += _counted(ngettext("%(n)s size", "%(n)s sizes", len(data.sizes)), len(data.sizes))
        made += _counted(ngettext("%(n)s background", "%(n)s backgrounds", len(data.styles)), len(data.styles))
        campaign = len(data.campaign_sizes)
        made += _counted(ngettext("%(n)s campaign picture", "%(n)s campaign pictures", campaign), campaign)
    hosts = " ".join(f"{slot}={name}" for slot, name in _makers_of(data).items() if not _is_local(name))
    title, _, detail = gettext(recipe.label).partition(": ")
    return {"title": title, "detail": detail, "made": " · ".join(made), "hosts": hosts}


def _makers_of(data: recipes.RecipeData) -> dict[str, str]:
    """Who works on a photo by this recipe, by slot: nobody is asked for sets where it makes none."""
    named = {"engine": data.engine, "enhancer": data.enhancer}
    if data.styles or data.campaign_sizes:
        named["background"] = data.background
    return {slot: name for slot, name in named.items() if name}


def _slots(form: NewBatchForm) -> list[dict[str, Any]]:
    """Whom one can choose, for each part of the work."""
    return [
        {"name": slot, "label": gettext(makers.LABELS[slot]), "chosen": form[slot].value() or "", "field": form[slot],
         "makers": makers.candidates(slot)}
        for slot in makers.SLOTS
    ]  # fmt: skip


def _counted(words: str, number: int) -> list[str]:
    return [words % {"n": number}] if number else []


def _is_local(name: str) -> bool:
    return name.partition(":")[0] in (*_LOCAL_ENGINES, "backplates")


def _intake(request: HttpRequest) -> Intake | None:
    """The intake named in the address or form, while it is still collecting."""
    number = row_number(request.POST.get("intake") or request.GET.get("intake") or "")
    if not number:
        return None
    intake = owned_intake(request, number)
    return intake if intake.state == IntakeState.OPEN else None


def _initial(intake: Intake | None) -> dict[str, Any]:
    packshot = Recipe.objects.filter(is_current=True, name="packshot").first()
    initial: dict[str, Any] = {"recipe": packshot.pk if packshot else None}
    if intake is not None:
        initial |= {"name": intake.name, "category": intake.default_category, "pattern": intake.pattern}
    return initial


def _take(request: HttpRequest, intake: Intake | None, form: NewBatchForm) -> Intake:
    """The intake, with the files that came with the form, and the settings chosen now."""
    chosen = form.cleaned_data
    if intake is None:
        intake = open_intake(
            owner=signed_in(request), source="browser", name=chosen["name"], pattern=chosen["pattern"],
            default_category=chosen["category"],
        )  # fmt: skip
    intake.name, intake.default_category = chosen["name"][:200], chosen["category"]
    intake.save(update_fields=["name", "default_category"])
    uploads = [file for file in request.FILES.getlist("files") if file.name]
    _take_uploads(intake, uploads)
    return intake


def _take_uploads(intake: Intake, uploads: Sequence[UploadedFile]) -> None:
    by_row = {naming.row_path(str(file.name)): file for file in uploads}
    declared = [Declared(path=path, size=file.size or 0) for path, file in by_row.items()]
    for item in declare(intake, declared=declared):
        if item.state == ItemState.WAITING:
            take_file(item, source=by_row[item.path])


def _start(request: HttpRequest, intake: Intake, form: NewBatchForm) -> Batch | None:
    """The started batch, or None with a message saying what is in the way. Photos still being fetched join as they come, and
    so do most of a thousand: nobody looks at an empty page until the last has its job."""
    count = intake.items.usable().count()
    is_later = waiting_count(intake) > 0 or count > AT_START
    if not count and not is_later:
        messages.error(request, gettext("There are no usable photos yet. Add some, then start."))
        return None
    chosen = form.cleaned_data
    options: dict[str, Any] = {
        "owner": signed_in(request),
        "recipe": chosen["recipe"],
        "name": chosen["name"] or _default_name(intake),
        "priority": chosen["priority"],
        "source": "browser",
        "intake": intake,
        "hours": chosen["hours"],
        "not_before": chosen["not_before"],
    }
    try:
        batch = start_filling(**options) if is_later else start_batch(images=accepted_images(intake), **options)
    except Overloaded as error:
        messages.error(request, gettext("%(error)s Your photos stay here until then.") % {"error": error})
        return None
    mark_submitted(intake)
    _tell_refused(request, intake)
    return batch


def _default_name(intake: Intake) -> str:
    """The dropped folder's name, or the day."""
    first = intake.items.order_by("pk").values_list("path", flat=True).first() or ""
    folder, slash, _ = first.partition("/")
    return folder if slash and "://" not in first else f"Batch of {timezone.localtime():%-d %b, %H:%M}"


def _tell_refused(request: HttpRequest, intake: Intake) -> None:
    refused = list(intake.items.refused()[:3])
    if refused:
        count = intake.items.refused().count()
        listed = "; ".join(f"{item.path}: {item.reason.rstrip('.')}" for item in refused)
        said = ngettext("%(n)s file left out. %(listed)s.", "%(n)s files left out. %(listed)s.", count)
        messages.warning(request, said % {"n": count, "listed": listed})


def _context(form: NewBatchForm, intake: Intake | None) -> dict[str, Any]:
    items = list(intake.items.all()[:_SHOWN_ROWS]) if intake else []
    current = Recipe.objects.filter(is_current=True).order_by("pk")
    chosen = str(form["recipe"].value() or "")
    return {
        "form": form,
        "intake": intake,
        "rows": listing.rows(items),
        "recipes": [
            {"pk": recipe.pk, "name": recipe.name, "chosen": str(recipe.pk) == chosen, **describe(recipe)}
            for recipe in current
        ],
        "slots": _slots(form),
        "examples": PATTERN_EXAMPLES,
        "automatic": naming.AUTOMATIC,
        "limits": {
            "photo_mb": settings.MAX_PHOTO_BYTES // 2**20,
            "megapixels": settings.MAX_PHOTO_PIXELS // 1_000_000,
        },
        "icon_names": _STATUS_ICONS,
        "page_data": {
            "intake": intake.pk if intake else None,
            "announce": reverse("intake-announce"),
            "estimates": reverse("api:estimate"),
            "resumed": bool(items),
        },
    }
