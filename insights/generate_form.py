"""The form of the page Generate: what is to be made, by whom, and the files that come along."""

import json
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy

from accounts.models import User
from catalog.files import load
from processing import generations, orders
from processing.models import PromptFile
from processing.orders import ACTS, Order, Sent
from processing.prompts import MAX_PICTURES, PROMPT_STYLES, RATIO_WORDS, RATIOS
from processing.providers.base import Capability

MAX_FILE_BYTES = 14 * 2**20
# The form's fields of files, by the names that providers have for them.
FILE_FIELDS = {"image": "photo", "mask": "mask", "video": "video", "audio": "audio"}
KEPT_SALT = "generate.files"


class GenerateForm(forms.Form):
    prompts = forms.CharField(max_length=12_000, required=False, strip=True)
    style = forms.ChoiceField(
        choices=[(one.name, gettext_lazy(one.label)) for one in PROMPT_STYLES.values()], initial="realistic"
    )
    ratio = forms.ChoiceField(choices=[(name, gettext_lazy(RATIO_WORDS[name])) for name in RATIOS], initial="1:1")
    provider = forms.CharField(max_length=80)
    capability = forms.ChoiceField(
        choices=[(one.value, gettext_lazy(words)) for one, words in ACTS.items()], required=False
    )
    pictures = forms.IntegerField(min_value=1, max_value=MAX_PICTURES, initial=1)
    options = forms.CharField(max_length=2000, required=False)
    photo = forms.FileField(required=False)
    mask = forms.FileField(required=False)
    video = forms.FileField(required=False)
    audio = forms.FileField(required=False)
    new_variation = forms.BooleanField(required=False)
    template = forms.CharField(max_length=80, required=False)

    def clean_options(self) -> dict[str, Any]:
        text = self.cleaned_data["options"].strip()
        try:
            options = json.loads(text) if text else {}
        except ValueError as error:
            raise forms.ValidationError(
                gettext('Write options as JSON, for example {"megapixels": "0.25"}: %(error)s') % {"error": error}
            ) from error
        if not isinstance(options, dict):
            raise forms.ValidationError(gettext('Write options as names and values: {"megapixels": "0.25"}.'))
        return options

    def clean(self) -> dict[str, Any]:
        for name in FILE_FIELDS.values():
            file = self.cleaned_data.get(name)
            if file and file.size > MAX_FILE_BYTES:
                self.add_error(name, gettext("The file is larger than 14 MB: choose a smaller one."))
        return self.cleaned_data

    def sent(self) -> dict[str, Sent]:
        """The files that came with the form, or came before with one that was sent back, by the names that providers have."""
        new = ((name, self.cleaned_data.get(field)) for name, field in FILE_FIELDS.items())
        return {**self._kept(), **{name: Sent(file.name, _bytes(file)) for name, file in new if file}}

    def _kept(self) -> dict[str, Sent]:
        found = {}
        for name, field in FILE_FIELDS.items():
            try:
                known, sha256 = signing.loads(self.data.get(f"kept_{field}", ""), salt=KEPT_SALT)
                found[name] = Sent(known, load(PromptFile.objects.get(sha256=sha256).path))
            except (signing.BadSignature, PromptFile.DoesNotExist, FileNotFoundError):
                continue  # none, or gone since: it is asked for again
        return found

    def keep(self, owner: User) -> dict[str, dict[str, str]]:
        """Keeps the files of a form that is shown again, for browsers forget them. Name and token by field."""
        fine = {name: sent for name, sent in self.sent().items() if FILE_FIELDS[name] not in self.errors}
        rows = {name: (sent.name, generations.keep(sent, owner).sha256) for name, sent in fine.items()}
        return {
            FILE_FIELDS[name]: {"name": row[0], "token": signing.dumps(row, salt=KEPT_SALT)}
            for name, row in rows.items()
        }

    def order(self) -> Order:
        """The order of a valid form."""
        values = self.cleaned_data
        capability = Capability(values["capability"] or Capability.GENERATE_BACKGROUND)
        prompts = tuple(orders.prompts_of(values["prompts"]))
        needs_no_words = capability in orders.WORDLESS
        return Order(
            prompts=prompts or (("",) if needs_no_words else ()), provider=values["provider"], style=values["style"],
            ratio=values["ratio"], capability=capability, pictures=values["pictures"], options=values["options"],
            files=self.sent(),
        )  # fmt: skip


def _bytes(file: UploadedFile) -> bytes:
    file.seek(0)
    return bytes(file.read())
