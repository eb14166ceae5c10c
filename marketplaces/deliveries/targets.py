"""Targets as their owner keeps them: made and changed through a form of the kind's own fields, and tried out."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

from accounts.models import WebhookEndpoint
from marketplaces.deliveries import secrets
from marketplaces.deliveries.base import DeliveryError, Field
from marketplaces.deliveries.folder import FolderConnector
from marketplaces.deliveries.kinds import KINDS, connector_of
from marketplaces.deliveries.wire import checked
from marketplaces.delivery_models import DeliveryTarget
from marketplaces.models import Channel

_KEPT = _("Is set. Leave empty to keep it.")
_SECRET_HELP = _('Kept encrypted. Or "env:NAME" for the variable DELIVERY_SECRET_NAME of the server.')


class TargetForm(forms.Form):
    """The fields that all targets have; those of the kind follow by the connector's list, prefixed "of_"."""

    name = forms.SlugField(max_length=40, help_text=gettext_lazy("Short, for commands and the API: my-shop"))
    is_active = forms.BooleanField(label=gettext_lazy("May be sent to"), required=False, initial=True)
    is_automatic = forms.BooleanField(label=gettext_lazy("Send every finished export of this channel"), required=False)

    def __init__(
        self, *args: Any, kind: str, channel: Channel, target: DeliveryTarget | None = None, **more: Any
    ) -> None:
        self.kind, self.channel, self.target = kind, channel, target
        self.connector = KINDS[kind]
        super().__init__(*args, **{**more, "initial": self._initial()})
        for field in self.connector.fields:
            self.fields[f"of_{field.name}"] = self._field(field)

    def _initial(self) -> dict[str, Any]:
        if self.target is None:
            return {"name": slugify(f"{self.channel.name}-{self.kind}"), "is_active": True}
        shown = {f"of_{name}": value for name, value in self.target.config.items()}
        return {
            "is_active": self.target.is_active,
            "is_automatic": self.target.is_automatic,
            "name": self.target.name,
            **shown,
        }

    def _field(self, field: Field) -> forms.Field:
        kept = bool(self.target and self.target.secrets.get(field.name))
        about: dict[str, Any] = {"label": gettext(field.label), "help_text": gettext(field.help)}
        if field.is_secret:
            help_text = f"{gettext(_KEPT) if kept else gettext(field.help)} {gettext(_SECRET_HELP)}".strip()
            widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
            required = field.is_required and not kept
            return forms.CharField(
                **{**about, "help_text": help_text}, required=required, widget=widget, max_length=2000
            )
        if field.name == "endpoint":
            found = [(str(one.pk), one.url) for one in WebhookEndpoint.objects.filter(is_active=True)]
            return forms.ChoiceField(**about, choices=found, required=True)
        if field.choices:
            return forms.ChoiceField(
                **about,
                choices=[(value, gettext(words)) for value, words in field.choices],
                initial=field.default,
                required=False,
            )
        return forms.CharField(**about, required=field.is_required, max_length=500, initial=field.default)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = DeliveryTarget.objects.filter(name=name).exclude(pk=self.target.pk if self.target else 0)
        if others.exists():
            raise forms.ValidationError("There is a target of this name already.")
        return name

    def clean(self) -> None:
        """Addresses that could never be reached, and folders that lead elsewhere, are refused here already."""
        for name, value in self._config().items():
            try:
                if name.endswith("_url") and value:
                    checked(value)
                if name == "folder" and value:
                    _ = FolderConnector({"folder": value}, {}).root
            except DeliveryError as error:
                self.add_error(f"of_{name}", str(error))

    def _config(self) -> dict[str, str]:
        plain = [field.name for field in self.connector.fields if not field.is_secret]
        return {name: str(self.cleaned_data.get(f"of_{name}") or "").strip() for name in plain}

    def save(self) -> DeliveryTarget:
        target = self.target or DeliveryTarget(channel=self.channel, kind=self.kind)
        for name in ("name", "is_active", "is_automatic"):
            setattr(target, name, self.cleaned_data[name])
        target.config = self._config()
        for field in self.connector.fields:
            given = self.cleaned_data.get(f"of_{field.name}") if field.is_secret else ""
            if given:
                target.secrets = {**target.secrets, field.name: secrets.seal(given)}
        target.save()
        return target


def try_out(target: DeliveryTarget) -> bool:
    """Tests the connection and keeps what was found on the target."""
    try:
        target.keep_test(is_ok=True, result=connector_of(target).test())
    except DeliveryError as error:
        target.keep_test(is_ok=False, result=str(error))
    return target.test_ok
