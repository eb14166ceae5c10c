"""Doubts in the language of whoever looks: stored in English, said in theirs."""

import pytest
from django.utils.translation import override

from review.acts import human_reasons, named_acts
from review.meanings import MEANINGS
from review.policies import MEASURES, label_of, measure_of
from review.practice import answer, practice_items


def test_doubt_is_named_in_the_readers_language():
    with override("de"):
        assert label_of("EDGE_HALO") == "Saum am Rand"
        assert label_of("UNMEASURED") == "Nicht gemessen"
        assert measure_of("BLUR") == "Schärfe"
    assert label_of("EDGE_HALO") == "Edge halo"


@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_doubt_has_words_of_its_own(language):
    with override(language):
        assert all(
            measure_of(code) != text for code, text in MEASURES.items() if code not in ("EXPOSURE", "COMPRESSION")
        )
        assert all(label_of(code) for code in MEANINGS)


def test_reasons_and_keys_are_plain_texts():
    with override("fr"):
        assert {"id": "WRONG_PRODUCT", "label": "Mauvais produit", "detail": ""} in human_reasons()
        assert ("undo", "Annuler") in named_acts()


@pytest.mark.django_db
def test_practice_speaks_the_readers_language(reviewer):
    with override("fr"):
        items = practice_items()
        told = answer(reviewer, name=items[0]["practice"], verdict="approve")
    assert items[0]["product"]["name"] == "Mug bleu"
    assert "liseré" in told.say


@pytest.mark.django_db
def test_page_of_the_queues_follows_the_browser(client, reviewer):
    client.force_login(reviewer)
    page = client.get("/review/", headers={"Accept-Language": "de"}).content.decode()
    assert "Prüfung" in page
