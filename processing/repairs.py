"""Repairs that reach beyond one step: the cut-out by another engine that is paid for, a set with the next seed.

What a step can repair by itself it has tried before (`processing/steps/repairs.py`). Each repair here is a row; the steps it
concerns carry its parameters and are done like any others, so a paid one passes the budgets, is written down before it is
sent and is never sent twice. Then the scores are compared: what is not better gives its place back to what was there
before, found by its key at no cost. A picture that people have had in hand is left to them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from processing.budgets import paid_calls, used
from processing.errors import PermanentStepError, ProviderUnavailable, RateLimited, StepError
from processing.leases import Claim
from processing.models import (
    Artifact,
    Attempt,
    Job,
    Outcome,
    Rendition,
    RenditionState,
    Repair,
    RepairState,
    Step,
    StepState,
)
from processing.pictures import Made
from processing.providers import provider
from processing.providers.base import Capability, HostedProvider, Request
from processing.providers.readiness import hosted_names

# Another engine may be asked so often for one photo, and another set drawn so often for one style.
MOST_ENGINES, MOST_SETS = 2, 1
# A provider that has not taken the call by then is not waited for: the picture goes on as it is.
PATIENCE = timedelta(minutes=20)
# What repairs are about: the matte, and the sets that products stand in.
CUTOUT, SET = "cutout", "set"


@dataclass(frozen=True)
class Rung:
    """The next thing to try: `step` is done again with other parameters, `judged` are the steps that are compared."""

    step: Step
    label: str
    doubt: Mapping[str, Any]
    provider: str
    params: dict[str, Any]
    judged: tuple[Step, ...]
    price: Decimal = Decimal(0)
    # Steps that need the first one, with their own new parameters.
    others: Mapping[str, dict[str, Any]] = field(default_factory=dict)


# ---------------------------------------------------------------- what to try next


def next_rung(part: str, job: Job, steps: Sequence[Step], made: Made) -> Rung | None:
    """What to try next for a part of the job, None when nothing is left or nothing is doubted."""
    return _next_engine(job, steps, made) if part == CUTOUT else _next_set(job, steps, made)


def part_of(repair: Repair) -> str:
    return CUTOUT if repair.step == CUTOUT else SET


def is_about(repair: Repair, step: Step) -> bool:
    """True for a step that is done again for the repair."""
    return step.name in repair.before


def _next_engine(job: Job, steps: Sequence[Step], made: Made) -> Rung | None:
    """The cheapest provider that was not asked yet, for a cut-out that the engines of this machine leave in doubt."""
    step = next(one for one in steps if one.name == CUTOUT)
    file = made.artifact(CUTOUT, "cutout")
    is_touched = not step.params.get("repair", True) or {"edits", "painted", "on"} & step.params.keys()
    if file is None or is_touched or not _allowance(job):
        return None
    doubt = next(_doubts(file, _codes_for_engines()), None)
    if doubt is None or Rendition.objects.filter(job=job).exists():
        return None
    asked = [*job.repairs.filter(step=CUTOUT).values_list("provider", flat=True)]
    if len(asked) >= MOST_ENGINES:
        return None
    offers = _offers(job, Capability.REMOVE_BACKGROUND, without={*asked, step.provider, file.meta["engine"]})
    for price, name in offers:
        params = {**step.params, "engine": name}
        params.pop("options", None)
        return Rung(step, f"cut out with {name}", doubt, name, params, (step,), price)
    return None


def _next_set(job: Job, steps: Sequence[Step], made: Made) -> Rung | None:
    """The next seed of a set in which a product stands or is lit wrongly wherever it was put."""
    for step in steps:
        if step.kind != "background":
            continue
        judged = [one for one in steps if one.kind == "render" and step.name in one.needs]
        doubt = next((found for one in judged for found in _doubts(_file(made, one), _codes_for_seeds())), None)
        if doubt is not None and (rung := _other_set(job, step, judged, doubt)) is not None:
            return rung
    return None


def _other_set(job: Job, step: Step, judged: Sequence[Step], doubt: Mapping[str, Any]) -> Rung | None:
    names = [str(one.params["spec"]["name"]) for one in judged]
    if not all(one.params.get("repair", True) for one in judged):
        return None
    if job.repairs.filter(step=step.name).count() >= MOST_SETS:
        return None
    if Rendition.objects.filter(job=job, name__in=names, is_current=False).exists():
        return None
    params = {**step.params, "seed": int(step.params["seed"]) + 1}
    vendor, price = provider(step.provider), Decimal(0)
    if isinstance(vendor, HostedProvider):
        price = vendor.price(Request(Capability.GENERATE_BACKGROUND, options=step.params.get("options", {})))
        if price > _left(job):
            return None
    elif _set(step.params) == _set(params):
        return None
    others = {one.name: {**one.params, "seed": int(one.params["seed"]) + 1} for one in judged}
    label = f"another set ({step.params['style']})"
    return Rung(step, label, doubt, step.provider, params, tuple(judged), price, others)


def _set(params: Mapping[str, Any]) -> str:
    from processing.steps.background import version

    return version(params)


def _offers(job: Job, capability: Capability, *, without: set[str]) -> list[tuple[Decimal, str]]:
    """Who could be asked within what the recipe allows for a photo, the cheapest first."""
    found = []
    for name in hosted_names():
        vendor = provider(name)
        if name in without or capability not in vendor.capabilities or vendor.unavailable_reason():
            continue
        found.append((vendor.price(Request(capability)), name))
    left = _left(job)
    return sorted(one for one in found if one[0] <= left)


def _allowance(job: Job) -> Decimal:
    """USD that the recipe allows for repairs of one photo; 0 means that none is paid for."""
    return Decimal(str(job.snapshot["recipe"]["data"].get("paid_repair_usd", 0)))


def _left(job: Job) -> Decimal:
    """What the recipe still allows, less what calls for repairs of this photo took or may take."""
    taken = Q(pk=None)
    for repair in job.repairs.all():
        ended_at = repair.ended_at or timezone.now()
        taken |= Q(step__name=repair.step, provider=repair.provider, started_at__range=(repair.created_at, ended_at))
    return _allowance(job) - used(paid_calls().filter(taken, step__job=job))


def _codes_for_engines() -> frozenset[str]:
    from processing.steps.repairs import ASKS_ENGINES  # which brings the imaging libraries along

    return ASKS_ENGINES


def _codes_for_seeds() -> frozenset[str]:
    from processing.steps.repairs import BY_SEED

    return BY_SEED


def _file(made: Made, step: Step) -> Artifact | None:
    return made.artifact(step.name, "cutout" if step.name == CUTOUT else "file")


def _doubts(file: Artifact | None, codes: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    """Failed checks of these codes, kept with a file."""
    checks = file.meta["checks"] if file else []
    return (one for one in checks if not one["passed"] and one["code"] in codes)


# ---------------------------------------------------------------- begin and end


def begin(claim: Claim, job: Job, rung: Rung, made: Made) -> Repair:
    """Writes the repair down and sets its steps to be done again."""
    touched = [rung.step, *(one for one in rung.judged if one.pk != rung.step.pk)]
    with transaction.atomic():
        claim.hold()
        repair = Repair.objects.create(
            job=job, step=rung.step.name, label=rung.label, doubt=rung.doubt["code"], provider=rung.provider,
            price=rung.price, value_before=rung.doubt["value"], score_before=_score(made, rung.judged),
            before={one.name: {"params": one.params, "provider": one.provider, "note": made.notes.get(one.name, "")}
                    for one in touched},
            judged=[one.name for one in rung.judged],
        )  # fmt: skip
        job.steps.filter(pk=rung.step.pk).update(params=rung.params, provider=rung.provider)
        for name, params in rung.others.items():
            job.steps.filter(name=name).update(params=params)
        _do_again(job, repair)
        # One call for each repair, however it ends: the engine counts this as the last of its tries.
        job.steps.filter(pk=rung.step.pk).update(attempt_count=settings.MAX_ATTEMPTS - 1)
    return repair


def end(claim: Claim, job: Job, repair: Repair, made: Made) -> bool:
    """Compares what was made with what was there. True when it is better and stays."""
    from processing.steps.repairs import LEAST_GAIN

    judged = list(job.steps.filter(name__in=repair.judged).order_by("position"))
    repair.score_after = _score(made, judged)
    repair.value_after = _value(made, judged, repair.doubt, otherwise=repair.value_before)
    is_kept = repair.score_after - repair.score_before >= LEAST_GAIN
    repair.state = RepairState.KEPT if is_kept else RepairState.DROPPED
    with transaction.atomic():
        claim.hold()
        _close(repair)
        _tell_attempt(claim, job, repair)
        if is_kept:
            step = job.steps.get(name=repair.step)
            job.steps.filter(pk=step.pk).update(note=_joined(f"Repaired: {repair.label}.", step.note))
        else:
            restore(job, repair)
    return is_kept


def is_hopeless(repair: Repair, error: StepError, *, has_tries_left: bool) -> bool:
    """True when an error ends the repair, and not only the moment."""
    if isinstance(error, PermanentStepError):
        return True
    if isinstance(error, RateLimited | ProviderUnavailable):
        return timezone.now() - repair.created_at > PATIENCE
    return not has_tries_left


def give_up(claim: Claim, job: Job, repair: Repair, error: StepError) -> None:
    """The repair could not be made: what was there before stays, and says why."""
    repair.state, repair.reason = RepairState.FAILED, str(error)[:400]
    with transaction.atomic():
        claim.hold()
        # Sent, and never heard of: it may be charged, and nobody waits for it any more.
        Attempt.objects.filter(step__job=job, step__name=repair.step, outcome=Outcome.RUNNING).update(
            outcome=Outcome.AMBIGUOUS, error=repair.reason, error_code=error.code[:40], finished_at=Now()
        )
        _close(repair)
        restore(job, repair, note=f"A repair could not be made ({repair.label}): {repair.reason}")


def abandon(job: Job) -> None:
    """Ends what is being tried because a person wants something else. In a transaction that holds the job."""
    for repair in job.repairs.open():
        repair.state, repair.reason = RepairState.FAILED, "Somebody chose another way."
        _close(repair)
        restore(job, repair)


def restore(job: Job, repair: Repair, *, note: str = "") -> None:
    """Gives the steps back what they had. They are found done by their keys."""
    for name, was in repair.before.items():
        told = _joined(was["note"], note if name == repair.step else "")
        job.steps.filter(name=name).update(params=was["params"], provider=was["provider"], note=told)
    _do_again(job, repair, keeps_notes=True)


def _do_again(job: Job, repair: Repair, *, keeps_notes: bool = False) -> None:
    """Sets the repair's steps and all that is made from them to be done. Their pictures are shown as being made again."""
    names = set(repair.before)
    for step in job.steps.order_by("position"):
        if names.intersection(step.needs):
            names.add(step.name)
    steps = job.steps.filter(name__in=names)
    steps.update(state=StepState.PENDING, key="", is_reused=False, error="", error_code="", provider_ref="")
    if not keeps_notes:
        steps.filter(name__in=repair.before).update(note="")
    steps.update(attempt_count=0)
    pictures = [name.removeprefix("render:") for name in names if name.startswith("render:")]
    made = Rendition.objects.filter(job=job, name__in=pictures, is_current=True)
    made.exclude(state=RenditionState.RECALLED).update(state=RenditionState.REWORK, effective_at=None)


def _close(repair: Repair) -> None:
    repair.ended_at = timezone.now()
    repair.save(update_fields=["state", "reason", "value_after", "score_after", "ended_at"])


def _tell_attempt(claim: Claim, job: Job, repair: Repair) -> None:
    """The try at the step says what it was for and what it did; what was found done gets a row of its own."""
    told = {
        "repair": repair.label, "doubt": repair.doubt, "before": repair.value_before, "after": repair.value_after,
        "kept": repair.state == RepairState.KEPT,
    }  # fmt: skip
    step = job.steps.get(name=repair.step)
    tries = step.attempts.filter(started_at__gte=repair.created_at, outcome=Outcome.SUCCEEDED, repair={})
    if tries.update(repair=told):
        return
    step.attempts.create(
        number=step.attempts.count() + 1, token=claim.token, provider=repair.provider, outcome=Outcome.REUSED,
        params={"repair": repair.label}, repair=told, finished_at=repair.ended_at,
    )  # fmt: skip


def _score(made: Made, steps: Sequence[Step]) -> float:
    files = [file for step in steps if (file := _file(made, step)) is not None]
    return sum(float(file.meta["score"]) for file in files)


def _value(made: Made, steps: Sequence[Step], code: str, *, otherwise: float) -> float:
    """The measure that chose the repair, in the first picture that has it."""
    found = (_file(made, step) for step in steps)
    values = (one["value"] for file in found if file is not None for one in file.meta["checks"] if one["code"] == code)
    return float(next(values, otherwise))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)[:400]
