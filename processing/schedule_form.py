"""When a batch runs, and before which others: the form on its page, and its part of the page where one is made."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from processing import scheduling
from processing.models import Batch, Priority

ANY, NIGHT, HOURS = "any", "night", "hours"
WHEN = ((ANY, _("At any time")), (NIGHT, _("At night")), (HOURS, _("At these hours")))
ORDER = (("turns", _("In turn with others")), ("first", _("Before all others")), ("last", _("Behind all others")))


class TimesForm(forms.Form):
    """When a batch runs."""

    when = forms.ChoiceField(label=pgettext_lazy("verb", "Runs"), choices=WHEN, required=False, initial=ANY)
    hours = forms.CharField(required=False, max_length=20, widget=forms.TextInput(attrs={"placeholder": "22:00-06:00"}))
    not_before = forms.DateTimeField(
        label=_("Not before"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """`hours` becomes the hours chosen, None for any time."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        when = data.get("when") or ANY
        text = {ANY: "", NIGHT: scheduling.OFF_PEAK, HOURS: data.get("hours", "")}[when]
        try:
            data["hours"] = scheduling.hours_from(text)
        except ValueError as error:
            self.add_error("hours", str(error))
        if when == HOURS and not text:
            self.add_error("hours", gettext("Say which hours, for example 22:00-06:00."))
        return data


class ScheduleForm(TimesForm):
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int)
    place = forms.ChoiceField(label=_("Order"), choices=ORDER)
    field_order = ("priority", "place")

    def save(self, batch: Batch) -> None:
        """Writes what differs from what the batch has."""
        data = self.cleaned_data
        if data["priority"] != batch.priority:
            scheduling.set_priority(batch, data["priority"])
        if data["place"] != place_of(batch):
            scheduling.move(batch, data["place"])
        scheduling.set_times(batch, not_before=data["not_before"], hours=data["hours"])


def schedule_form(batch: Batch) -> ScheduleForm:
    """The form as the batch is now."""
    hours = scheduling.hours_of(batch)
    is_night = hours is not None and str(hours) == settings.OFF_PEAK_HOURS
    return ScheduleForm(
        initial={
            "priority": batch.priority,
            "place": place_of(batch),
            "when": (NIGHT if is_night else HOURS) if hours else ANY,
            "hours": "" if is_night or hours is None else str(hours),
            "not_before": timezone.localtime(batch.not_before) if batch.not_before else None,
        }
    )


def place_of(batch: Batch) -> str:
    return "first" if batch.rank < 0 else "last" if batch.rank > 0 else "turns"
