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

    def clean_surround(self) -> str:
        return str(self.cleaned_data["surround"] or self.instance.surround)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role, initial=Role.OPERATOR)

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role")
        labels = {"username": "Name to sign in with"}
        help_texts = {"username": "", "email": "For letters about a forgotten password."}


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="What will use it, for example ERP nightly sync.")
    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.READ])
    days = forms.TypedChoiceField(
        label="Works for",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (365, "1 year"), (0, "until revoked")],
        initial=90,
    )
