"""Forms of the export and channel pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from marketplaces.channels import TREE
from marketplaces.models import Channel
from marketplaces.packfile import load_pack
from marketplaces.packs import Pack
from marketplaces.rulekinds import PackError, typed_value
from processing.models import Batch

RECENT_BATCHES = 50


class ExportForm(forms.Form):
    channel = forms.ChoiceField(label=_("Where to"))
    batch = forms.TypedChoiceField(label=_("Batch"), required=False, coerce=int, empty_value=None)
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("All categories")), *Category.choices]
    )
    skus = forms.CharField(
        label=_("SKUs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("All, or one a line")}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.active()
        self.fields["channel"].choices = [  # type: ignore[attr-defined]
            *((channel.name, channel.label) for channel in channels),
            (TREE, gettext("Folder tree (no marketplace)")),
        ]
        batches = Batch.objects.order_by("-created_at")[:RECENT_BATCHES]
        self.fields["batch"].choices = [("", gettext("All batches")), *((batch.pk, batch.name) for batch in batches)]  # type: ignore[attr-defined]

    def clean_skus(self) -> list[str]:
        text: str = self.cleaned_data["skus"]
        return list(dict.fromkeys(sku.strip() for sku in text.replace(",", "\n").splitlines() if sku.strip()))

    @property
    def scope(self) -> dict[str, Any]:
        """The scope of valid input."""
        return {name: self.cleaned_data[name] for name in ("batch", "category", "skus") if self.cleaned_data[name]}


class SettingsForm(forms.Form):
    label = forms.CharField(label=_("Name"), max_length=80)
    is_active = forms.BooleanField(label=_("Pictures may be exported and fetched"), required=False)
    creator = forms.CharField(
        label=_("Creator"), max_length=120, required=False, help_text=_("Written into every file.")
    )
    copyright = forms.CharField(
        label=_("Copyright"), max_length=200, required=False, help_text=_("Written into every file.")
    )
    link_template = forms.CharField(
        label=_("Product page"),
        max_length=500,
        required=False,
        help_text=_("For feeds, such as https://shop.example/p/{sku}"),
    )
    marketplace_id = forms.CharField(
        label=_("Marketplace id"), max_length=20, required=False, help_text=_("Amazon: ATVPDKIKX0DER is amazon.com.")
    )
    name_by_sku = forms.BooleanField(
        label=_("Name files by SKU where the channel's own number is missing"), required=False
    )

    # What each pack has no use for is not asked.
    ONLY_FOR = {"marketplace_id": ("amazon",), "link_template": ("google", "meta", "pinterest")}

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        initial = {**channel.settings, "label": channel.label, "is_active": channel.is_active}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.channel = channel
        for name, packs in self.ONLY_FOR.items():
            if channel.pack not in packs:
                del self.fields[name]
        if not load_pack(channel.pack).sku_fallback:
            del self.fields["name_by_sku"]

    def save(self) -> None:
        values = dict(self.cleaned_data)
        self.channel.label, self.channel.is_active = values.pop("label"), values.pop("is_active")
        self.channel.settings = {**self.channel.settings, **values}
        self.channel.save(update_fields=["label", "is_active", "settings"])


def read_overrides(pack: Pack, posted: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Overrides from the rule table's fields ("rule:KEY" = text) and, by key, what is wrong with the others.

    An empty field, or the pack's own value, is no override.
    """
    overrides: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for rule in pack.rules:
        text = str(posted.get(f"rule:{rule.key}", "")).strip()
        if not text:
            continue
        try:
            value = typed_value(rule.code, text, where=rule.kind.label)
        except PackError as error:
            errors[rule.key] = str(error)
            continue
        if value != rule.value:
            overrides[rule.key] = list(value) if isinstance(value, tuple) else value
    return overrides, errors
