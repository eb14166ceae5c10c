"""The slow lane at half the price: calls of many photos go together, and none of them is lost, doubled or mixed up."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog import files
from processing import gathering, hosted, limits
from processing.errors import ContentRefused, PermanentStepError, StepError
from processing.models import EntryState, GatheredBatch, GatheredEntry, GatheredState, ProviderState
from processing.providers import gemini, gemini_batch, provider
from processing.providers.base import Capability, Done, Failed, HostedProvider, Orphan, Pending, Request
from tests.processing.providers.carrying import collect

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor(town, monkeypatch):
    monkeypatch.setattr(gemini_batch, "SETTLE_S", 0)
    return provider("gemini-batch")


def asked(prompt="an empty oak table", size="1K") -> Request:
    return Request(Capability.GENERATE_BACKGROUND, prompt, options={"imageSize": size})


def submit(vendor, prompt="an empty oak table", **options) -> str:
    return vendor.submit(asked(prompt, **options), attempt_id=str(uuid.uuid4())).provider_ref


def sent(town) -> list[dict]:
    """The batches that the vendor was sent, as it saw them."""
    calls = [one for one in town.plan.log()["calls"] if one["path"].endswith(":batchGenerateContent")]
    return [one["body"]["batch"] for one in calls]


def keys_of(batch: dict) -> list[str]:
    return [one["metadata"]["key"] for one in batch["inputConfig"]["requests"]["requests"]]


def test_calls_go_in_one_request_and_each_gets_its_own_answer(vendor, town):
    refs = [submit(vendor, f"set {number}") for number in range(3)]
    assert isinstance(vendor.poll(refs[0]), Pending)
    collect(4)
    (batch,) = sent(town)
    assert keys_of(batch) == refs
    assert batch["displayName"] == str(GatheredBatch.objects.get().name)
    answers = [vendor.poll(ref) for ref in refs]
    assert all(isinstance(answer, Done) and answer.cost == Decimal("0.0335") for answer in answers)
    assert len({answer.outputs[0].data for answer in answers}) == 3
    assert town.plan.log()["creates"] == {batch["displayName"]: 1}


def test_first_call_waits_for_others_and_not_for_ever(vendor, town, settings):
    settings.GEMINI_BATCH_WAIT_S = 60
    submit(vendor)
    collect(4)
    assert sent(town) == []
    GatheredEntry.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    collect(4)
    assert len(sent(town)) == 1


def test_batch_is_bounded_by_what_its_answers_weigh(vendor, town, settings):
    settings.GEMINI_BATCH_WAIT_S = 3600
    for number in range(10):
        submit(vendor, f"set {number}", size="2K")
    collect(1)
    assert [len(keys_of(batch)) for batch in sent(town)] == [8]
    assert GatheredEntry.objects.filter(state=EntryState.WAITING).count() == 2


def test_batch_is_bounded_by_its_bytes(vendor, town, monkeypatch):
    monkeypatch.setattr(gemini_batch, "MAX_REQUEST_BYTES", 1000)
    for number in range(4):
        submit(vendor, f"set {number} " + "x" * 300)
    collect(4)
    assert [len(keys_of(batch)) for batch in sent(town)] == [2, 2]


def test_models_do_not_share_a_batch(vendor, town):
    other = provider("gemini-batch:gemini-3-pro-image")
    submit(vendor)
    ref = submit(other)
    collect(4)
    assert len(sent(town)) == 2
    assert other.poll(ref).cost == Decimal("0.067")


@pytest.mark.parametrize("fault", ["cut", "drift", "drip"])
def test_batch_whose_answer_was_lost_is_found_under_its_name(vendor, town, plan, monkeypatch, fault):
    monkeypatch.setattr(gemini, "TIMEOUT_S", 0.4)
    ref = submit(vendor)
    plan("create", {"fault": fault, "entries": {ref: "ok"}, "every_s": 0.1}, vendor="gemini")
    collect(4)
    assert isinstance(vendor.poll(ref), Done)
    assert list(town.plan.log()["creates"].values()) == [1]


def test_batch_that_never_arrived_is_sent_again(vendor, town, plan):
    plan("create", "cut-before", vendor="gemini")
    ref = submit(vendor)
    collect(5)
    assert isinstance(vendor.poll(ref), Done)
    assert list(town.plan.log()["creates"].values()) == [1]


@pytest.mark.parametrize("point", ["after-gathered", "after-batch-intent", "after-batch-accept", "after-batch-answer"])
def test_collector_that_dies_pays_nothing_twice(vendor, town, monkeypatch, point):
    class Killed(BaseException):
        pass

    def crash(name):
        if name == point:
            raise Killed

    ref = submit(vendor)
    monkeypatch.setattr(gathering, "crashpoint", crash)
    with pytest.raises(Killed):
        collect(4)
    monkeypatch.setattr(gathering, "crashpoint", lambda name: None)
    collect(5)
    answer = vendor.poll(ref)
    assert isinstance(answer, Done)
    assert list(town.plan.log()["creates"].values()) == [1]


def test_batch_that_cannot_be_looked_up_is_left_to_a_person(vendor, town, plan, monkeypatch):
    monkeypatch.setattr(gemini_batch, "MAX_PAGES", 0)
    plan("create", "cut", vendor="gemini")
    ref = submit(vendor)
    collect(4)
    answer = vendor.poll(ref)
    assert isinstance(answer, Failed)
    assert (answer.error.code, isinstance(answer.error, PermanentStepError)) == ("ambiguous", True)
    assert answer.cost == Decimal("0.0335")
    assert len(sent(town)) == 1


def test_entries_fail_one_by_one(vendor, plan):
    refs = [submit(vendor, f"set {number}") for number in range(4)]
    endings = {refs[1]: "failed", refs[2]: "refused", refs[3]: "missing"}
    plan("create", {"fault": "ok", "entries": endings}, vendor="gemini")
    collect(4)
    fine, failed, refused, missing = (vendor.poll(ref) for ref in refs)
    assert isinstance(fine, Done)
    assert (type(failed.error), failed.cost) == (StepError, 0)
    assert (type(refused.error), refused.cost) == (ContentRefused, 0)
    assert (missing.error.code, missing.cost) == ("no-answer", 0)


def test_answers_come_back_by_key_whatever_their_order(vendor, plan, town):
    refs = [submit(vendor, f"set {number}") for number in range(3)]
    plan("create", {"fault": "ok", "reversed": True}, vendor="gemini")
    collect(4)
    mixed = [vendor.poll(ref).outputs[0].data for ref in refs]
    again = [submit(vendor, f"set {number}") for number in range(3)]
    collect(4)
    assert mixed == [vendor.poll(ref).outputs[0].data for ref in again]


@pytest.mark.parametrize(
    ("fault", "kind", "cost"),
    [("failed", StepError, "0"), ("aborted", StepError, "0"), ("canceled", StepError, "0"), ("refused", ContentRefused, "0"),
     ("words", StepError, "0.0335")],
)  # fmt: skip
def test_ends_of_a_batch(vendor, plan, fault, kind, cost):
    plan("create", fault, vendor="gemini")
    ref = submit(vendor)
    collect(4)
    answer = vendor.poll(ref)
    assert isinstance(answer, Failed)
    assert (type(answer.error), answer.cost) == (kind, Decimal(cost))


def test_state_that_is_new_to_us_counts_as_running(vendor, plan):
    plan("create", "unknown-status", vendor="gemini")
    ref = submit(vendor)
    collect(4)
    assert isinstance(vendor.poll(ref), Pending)


def test_one_bad_call_does_not_fail_the_others(vendor, town):
    refs = [submit(vendor, f"set {number}") for number in range(2)]
    broken = GatheredEntry.objects.get(key=refs[0])
    GatheredEntry.objects.filter(pk=broken.pk).update(body={"contents": []})
    collect(6)
    assert isinstance(vendor.poll(refs[1]), Done)
    answer = vendor.poll(refs[0])
    assert (answer.error.code, answer.cost) == ("rejected", 0)
    assert sorted(len(keys_of(batch)) for batch in sent(town)) == [1, 1, 2]


@pytest.mark.parametrize("fault", [{"fault": "429", "retry_after": 7}, {"fault": "status", "status": 503}])
def test_trouble_over_the_sending_holds_the_batch_back_and_nothing_fails(vendor, town, plan, fault):
    plan("create", fault, vendor="gemini")
    ref = submit(vendor)
    gathering.run()
    batch = GatheredBatch.objects.get()
    assert (batch.state, batch.asked_at) == (GatheredState.SENDING, None)
    assert batch.available_at > timezone.now() + timedelta(seconds=5)
    collect(4)
    assert isinstance(vendor.poll(ref), Done)
    assert list(town.plan.log()["creates"].values()) == [1]


@pytest.mark.parametrize("fault", ["429", "cut", {"fault": "status", "status": 500}])
def test_trouble_while_asking_is_not_the_batchs_end(vendor, plan, fault):
    ref = submit(vendor)
    collect(1)
    plan("poll", fault, vendor="gemini")
    collect(5)
    assert isinstance(vendor.poll(ref), Done)


def test_call_cancelled_in_time_is_never_sent(vendor, town):
    kept, gone = submit(vendor, "kept"), submit(vendor, "gone")
    vendor.cancel(gone)
    collect(4)
    (batch,) = sent(town)
    assert keys_of(batch) == [kept]
    assert vendor.poll(gone).error.code == "cancelled"
    vendor.cancel(str(uuid.uuid4()))


def test_call_cancelled_too_late_is_paid_and_kept_and_the_others_go_on(vendor, town):
    kept, late = submit(vendor, "kept"), submit(vendor, "late")
    collect(1)
    vendor.cancel(late)
    collect(4)
    assert isinstance(vendor.poll(kept), Done)
    assert isinstance(vendor.poll(late), Done)
    assert not [one for one in town.plan.log()["calls"] if one["path"].endswith(":cancel")]


def test_batch_of_which_nobody_wants_anything_is_called_off(vendor, town, plan):
    plan("create", "never", vendor="gemini")
    refs = [submit(vendor, f"set {number}") for number in range(2)]
    collect(1)
    for ref in refs:
        vendor.cancel(ref)
    collect(1)
    assert vendor.poll(refs[0]).error.code == "failed"
    assert vendor.poll(refs[0]).cost == 0


def test_submitting_twice_is_once_and_orphans_are_known_for_certain(vendor):
    token = str(uuid.uuid4())
    assert vendor.find_orphan(attempt_id=token, request=asked()) is Orphan.NOT_MADE
    for _ in range(2):
        vendor.submit(asked(), attempt_id=token)
    assert GatheredEntry.objects.count() == 1
    assert vendor.find_orphan(attempt_id=token, request=asked()) == token


def test_result_is_a_file_that_retention_knows(vendor):
    from config.retention import held

    ref = submit(vendor)
    collect(4)
    entry = GatheredEntry.objects.get(key=ref)
    assert (held([entry.path]), entry.body) == ({entry.path}, {})
    assert files.load(entry.path) == vendor.poll(ref).outputs[0].data
    GatheredEntry.objects.filter(pk=entry.pk).update(path="aa/bb/gone.png")
    assert vendor.poll(ref).error.code == "result-gone"
    GatheredBatch.objects.update(ended_at=timezone.now() - timedelta(days=8))
    collect(1)
    assert not GatheredEntry.objects.exists()


def test_calls_wait_for_two_days_and_many_at_once(vendor):
    assert isinstance(vendor, HostedProvider)
    assert hosted.longest_call(vendor) == timedelta(hours=49)
    assert hosted.longest_call(provider("gemini")) == timedelta(minutes=40)
    limits.ask(vendor.name, calls_per_minute=vendor.calls_per_minute, max_in_flight=vendor.max_in_flight)
    assert ProviderState.objects.get(name="gemini-batch").max_in_flight == 10_000
