"""Pages of bake-offs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import requires, signed_in
from catalog.models import SourceImage
from insights.bakeoff_results import rows, side_by_side
from processing import bakeoffs, recipes
from processing.bakeoffs import BakeOffError
from processing.models import BakeOff, Batch, Recipe
from processing.prompts import GENERATED_MODE

CHOICES = (5, 10, 20, 50)


class BakeOffForm(forms.Form):
    name = forms.CharField(max_length=200, required=False)
    batch = forms.ModelChoiceField(queryset=Batch.objects.all())
    photos = forms.TypedChoiceField(choices=[(number, str(number)) for number in CHOICES], coerce=int, initial=10)
    recipe = forms.ModelChoiceField(queryset=Recipe.objects.filter(is_current=True), empty_label=None)
    slot = forms.ChoiceField(choices=[("engine", _("Cut-outs")), ("background", _("Backgrounds"))])
    engines = forms.MultipleChoiceField(choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {name for slot in bakeoffs.SLOTS for name in (one.name for one in bakeoffs.candidates(slot))}
        self.fields["engines"].choices = [(name, name) for name in sorted(known)]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@requires("manage")
def bake_off_list(request: HttpRequest) -> HttpResponse:
    """Those there are, and the form for another. With "estimate" it says what it would cost."""
    recipes.ensure_presets()
    form, cost = BakeOffForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        images = _images(chosen["batch"], chosen["photos"])
        what: dict[str, Any] = {"recipe": chosen["recipe"], "engines": chosen["engines"], "slot": chosen["slot"]}
        try:
            bakeoffs.check(images, chosen["engines"], chosen["slot"])
            if request.POST.get("act") != "estimate":
                return redirect(bakeoffs.start(owner=signed_in(request), images=images, name=chosen["name"], **what))
            cost = bakeoffs.cost_of(**what, photos=len(images))
        except (BakeOffError, recipes.RecipeError) as error:
            form.add_error("engines", str(error))
    context = {
        "form": form,
        "cost": cost,
        "found": BakeOff.objects.select_related("owner").prefetch_related("entries")[:50],
        "batches": Batch.objects.exclude(mode=GENERATED_MODE).exclude(source="bakeoff").order_by("-pk")[:50],
        "slots": {slot: bakeoffs.candidates(slot) for slot in bakeoffs.SLOTS},
        "chosen": request.POST.getlist("engines"),
    }
    return render(request, "insights/bake_offs.html", context, status=422 if form.errors else 200)


def _images(batch: Batch, number: int) -> list[SourceImage]:
    return list(SourceImage.objects.filter(jobs__batch=batch).order_by("pk").distinct()[:number])


@require_GET
@requires("view")
def bake_off(request: HttpRequest, pk: int) -> HttpResponse:
    made = get_object_or_404(BakeOff, pk=pk)
    found = rows(made)
    if any(row.is_running for row in found):
        messages.info(request, gettext("Some photos are still being made; load the page again for the latest figures."))
    return render(request, "insights/bake_off.html", {"made": made, "rows": found, "lines": side_by_side(found)})
