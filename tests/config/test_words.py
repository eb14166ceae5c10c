"""Translations: what is found in the code, what stands in the catalogues, and that both agree."""

import gettext
import io
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from config.words.catalogues import Message, compile_mo, read_po, script_table, write_po
from config.words.extraction import in_python, in_script, in_template
from config.words.files import fault_of, lengthened, stale, write_pseudo

ENTRIES = {
    Message("Save"): ("Sichern",),
    Message("Export", context="verb"): ("Exportieren",),
    Message("%(n)s file", "%(n)s files"): ("%(n)s Datei", "%(n)s Dateien"),
    Message('Say "so" \\ here'): ("Sag „so“\n",),
}


def test_po_is_read_as_it_was_written():
    assert read_po(write_po(ENTRIES, language="de", places={Message("Save"): ["templates/a.html"]})) == ENTRIES


def test_po_of_another_program_is_read():
    source = '# by hand\nmsgid ""\nmsgstr "Language: de\\n"\n\n#, python-format\nmsgid ""\n"Two "\n"lines"\nmsgstr "Zwei "\n"Zeilen"\n'
    assert read_po(source) == {Message("Two lines"): ("Zwei Zeilen",)}


def test_po_that_is_broken_names_the_line():
    with pytest.raises(ValueError, match="line 2"):
        read_po('msgid "a"\nnonsense\n')


def test_compiled_catalogue_is_read_by_gettext():
    made = gettext.GNUTranslations(io.BytesIO(compile_mo(ENTRIES, language="fr")))
    assert made.gettext("Save") == "Sichern"
    assert made.pgettext("verb", "Export") == "Exportieren"
    assert made.ngettext("%(n)s file", "%(n)s files", 0) == "%(n)s Datei", "French counts none as one"
    assert made.ngettext("%(n)s file", "%(n)s files", 2) == "%(n)s Dateien"


def test_script_table_has_counted_sentences_by_their_kind():
    table = script_table(ENTRIES, [Message("%(n)s file", "%(n)s files"), Message("Save"), Message("unknown")])
    assert json.loads(table) == {"%(n)s file": {"one": "%(n)s Datei", "other": "%(n)s Dateien"}, "Save": "Sichern"}


def test_extraction_finds_every_form_in_python():
    source = 'from x import gettext as _\n_("a" "b")\nngettext("one", "many", n)\npgettext_lazy("c", "d")\nother("e")'
    assert set(in_python(source)) == {Message("ab"), Message("one", "many"), Message("d", context="c")}


def test_extraction_refuses_a_sentence_put_together():
    with pytest.raises(ValueError, match="line 2"):
        list(in_python('# gettext\n_(f"Hello {name}")'))


def test_extraction_finds_every_form_in_templates():
    source = (
        '{% translate "It\'s 5 %" %}{% include "x.html" with title=_("Named") %}{{ d|date:_("j M Y") }}'
        "{% blocktranslate count n=rows %}{{ n }} row (all){% plural %}{{ n }} rows{% endblocktranslate %}"
        '{% blocktranslate trimmed context "verb" %}\n Open\n it{% endblocktranslate %}'
    )
    assert set(in_template(source)) == {
        Message("It's 5 %%"),
        Message("Named"),
        Message("j M Y"),
        Message("%(n)s row (all)", "%(n)s rows"),
        Message("Open it", context="verb"),
    }


def test_extraction_finds_every_form_in_scripts():
    source = 't("Saved"); about(t(a === "x" ? "Yes, (all)" : "No", { b: "c" })); plural(n.length, "{n} file", "{n} files"); start("no")'
    assert set(in_script(source)) == {
        Message("Saved"),
        Message("Yes, (all)"),
        Message("No"),
        Message("{n} file", "{n} files"),
    }


@pytest.mark.parametrize(
    ("message", "said", "fault"),
    [
        (Message("Save"), ("",), "not translated"),
        (Message("%(n)s of {all}"), ("%(n)s von {alle}",), "other places"),
        (Message("One file", "{n} files"), ("Eine Datei", "{n} Dateien"), ""),
        (Message("One file", "{n} files"), ("Eine Datei", "{m} Dateien"), "other places"),
    ],
)
def test_translation_with_a_fault_is_found(message, said, fault):
    assert fault in fault_of(message, said) if fault else not fault_of(message, said)


@pytest.mark.parametrize("code", [code for code, _ in settings.LANGUAGES if code != "en"])
def test_language_is_complete_and_compiled(code):
    assert stale(Path(settings.BASE_DIR), code) == []


def test_lengthened_spares_what_is_put_in():
    assert lengthened("Take %(n)s off") == "[Tåké %(n)s öff ~~~]"
    assert "<code>sku</code>".replace("sku", "") in lengthened("<code></code> names it")


@pytest.mark.django_db
def test_sign_in_page_follows_the_browser(client):
    page = client.get(reverse("sign-in"), headers={"Accept-Language": "fr-CH, de;q=0.5"})
    assert 'lang="fr"' in page.content.decode()
    assert page["Content-Language"] == "fr"
    assert "Accept-Language" in page["Vary"]


@pytest.mark.django_db
def test_language_of_the_user_outweighs_the_browser(signed_in, operator):
    signed_in.post(reverse("settings"), {"theme": "dark", "first_name": "", "last_name": "", "language": "de"})
    operator.refresh_from_db()
    assert operator.language == "de"
    page = signed_in.get(reverse("settings"), headers={"Accept-Language": "fr"}).content.decode()
    assert 'lang="de"' in page
    assert "Einstellungen" in page


@pytest.mark.django_db
def test_unknown_language_is_not_taken(signed_in, operator):
    answer = signed_in.post(reverse("settings"), {"theme": "dark", "first_name": "", "last_name": "", "language": "xy"})
    operator.refresh_from_db()
    assert (answer.status_code, operator.language) == (200, "")


@pytest.mark.django_db
def test_program_with_a_token_reads_english(client):
    answer = client.get("/api/v1/products", headers={"Accept-Language": "de", "Authorization": "Bearer wrong"})
    assert "token" in answer.json()["detail"]


@pytest.mark.django_db
def test_pseudo_language_is_mirrored_and_longer(client, settings, tmp_path):
    write_pseudo(Path(settings.BASE_DIR), tmp_path)
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*settings.LANGUAGES, ("xr", "Mirrored")]
    page = client.get(reverse("sign-in"), headers={"Accept-Language": "xr"}).content.decode()
    assert '<html lang="xr" dir="rtl"' in page
    assert "~~~" in page


@pytest.mark.django_db
def test_scripts_get_their_table_in_other_languages_alone(signed_in, operator):
    assert 'id="words"' not in signed_in.get(reverse("settings")).content.decode()
    operator.language = "fr"
    operator.save()
    assert '<script id="words" type="application/json">' in signed_in.get(reverse("settings")).content.decode()


@pytest.mark.django_db
def test_nothing_of_a_language_stays_in_the_thread(client):
    client.get(reverse("sign-in"), headers={"Accept-Language": "de"})
    assert get_language() == "en"


# What is the same in every language: names, units, addresses, and what a script replaces.
AS_IT_IS = re.compile(r"Firstpass|GET /api\S*|\bpx\b|\bdB\b|\bms\b|\bs\b|\bv(?=$|\s)|\bq(?=$|\W)|evt_|webhook-id|&\w+;")
LEFT_OUT = re.compile(
    r"\{%\s*blocktrans.*?endblocktrans\w*\s*%\}|\{%\s*comment.*?endcomment\s*%\}|<(pre|code|kbd)\b.*?</\1>", re.DOTALL
)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
SEEN = re.compile(r'(?:aria-label|title|placeholder|alt|label)="([^"]*)"')


def unmarked(source: str) -> list[str]:
    """Texts and labels of a template that no catalogue knows."""
    bare = TAG.sub("", LEFT_OUT.sub("", source))
    texts = [*SEEN.findall(bare), *re.split(r"<[^>]*>", bare)]
    return [text.strip() for text in texts if re.search(r"[^\W\d_]", AS_IT_IS.sub("", text))]


@pytest.mark.parametrize(
    "path", sorted((Path(settings.BASE_DIR) / "templates").rglob("*.*")), ids=lambda path: path.name
)
def test_template_says_nothing_that_cannot_be_translated(path):
    assert unmarked(path.read_text()) == []
