from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, Scope, Surround, User


def languages() -> list[tuple[str, Any]]:
    return [("", _("As the browser")), *settings.LANGUAGES]


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(label=_("Language"), choices=languages, required=False)

    # What is not sent stays: the room sets it too.
    surround = forms.ChoiceField(label=_("Around pictures in review"), choices=Surround.choices, required=False)

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language", "theme", "surround")
        labels = {"theme": _("Theme")}

    def clean_surround(self) -> str:
        return str(self.cleaned_data["surround"] or self.instance.surround)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    role = forms.TypedChoiceField(label=_("Role"), choices=Role.choices, coerce=Role, initial=Role.OPERATOR)

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role")
        labels = {"username": _("Name to sign in with")}
        help_texts = {"username": "", "email": _("For e-mails about a forgotten password.")}


class CodeForm(forms.Form):
    """A code of the app, or a recovery code: the keyboard of a phone shows digits first, letters can still be typed."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class PasswordAndCodeForm(CodeForm):
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    field_order = ("password", "code")


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, for example ERP nightly sync.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.READ]
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("1 year")), (0, _("until revoked"))],
        initial=90,
    )
