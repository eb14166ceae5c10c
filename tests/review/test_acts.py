from processing.scoring.limits import LABELS
from review.acts import bindings, human_reasons, named_acts
from review.meanings import MEANINGS
from review.models import WISHES, HumanReason


def test_meanings_stand_for_every_check():
    assert set(MEANINGS) == set(LABELS)


def test_acts_share_no_key_and_what_is_listed_can_be_done():
    keys = [key for bound in bindings().values() for key in bound]
    assert len(keys) == len(set(keys))
    assert {name for name, _ in named_acts()} <= set(bindings())


def test_human_reasons_name_faults_before_wishes():
    given = [one["id"] for one in human_reasons()]
    assert set(given) == set(HumanReason.values)
    assert set(given[-len(WISHES) :]) == set(WISHES)
