"""What making jobs again will do and cost, said before it starts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext, ngettext

from processing.estimates import price_of
from processing.models import Artifact, ArtifactState, Attempt, Job, Outcome, Step, StepState
from processing.progress import step_label


@dataclass(frozen=True)
class RetryPlan:
    """`stages` are the steps that retries begin at, `steps` counts all that are done again, `kept` those that stay as they are.

    `cost` is what hosted providers will be paid at most, in USD. `perhaps_paid` counts calls of which it is not known whether they
    were paid already: those may be paid twice.
    """

    jobs: int
    stages: tuple[str, ...]
    steps: int
    kept: int
    cost: Decimal
    perhaps_paid: int


def plan_retry(jobs: Iterable[Job], *, from_step: str | None = None) -> RetryPlan:
    """The plan for these jobs, each from the step it failed at or from a named one. ValueError for a step a job does not have."""
    listed = list(jobs)
    again: list[Step] = []
    kept = 0
    stages: dict[str, None] = {}
    by_job: dict[int, list[Step]] = {job.pk: [] for job in listed}
    for step in Step.objects.filter(job__in=by_job).order_by("job", "position"):
        by_job[step.job_id].append(step)
    for job in listed:
        mine = by_job[job.pk]
        wanted = _affected(job, mine, from_step)
        kept += len(mine) - len(wanted)
        again += wanted
        if wanted:
            stages[wanted[0].name] = None
    free = _free(again)
    return RetryPlan(
        jobs=len(listed),
        stages=tuple(stages),
        steps=len(again),
        kept=kept,
        cost=sum((price_of(step) for step in again if step.pk not in free), Decimal(0)),
        perhaps_paid=sum(step.state == StepState.AMBIGUOUS for step in again),
    )


def _affected(job: Job, steps: list[Step], from_step: str | None) -> list[Step]:
    if from_step is not None and from_step not in {step.name for step in steps}:
        known = ", ".join(sorted(step.name for step in steps))
        raise ValueError(f"Job {job.pk} has no step named {from_step}; it has {known}.")
    names = {step.name for step in steps if step.state != StepState.SUCCEEDED}
    if from_step is not None:
        names.add(from_step)
    for step in steps:
        if names.intersection(step.needs):
            names.add(step.name)
    return [step for step in steps if step.name in names]


def _free(steps: list[Step]) -> set[int]:
    """Steps that cost nothing: their result is found done, or their call is paid for and is only looked at again."""
    keys = {step.key: step.pk for step in steps if step.key}
    stored = Artifact.objects.filter(step_key__in=keys, state=ArtifactState.STORED).values_list("step_key", flat=True)
    asked = Attempt.objects.filter(step__in=steps, outcome=Outcome.RUNNING).exclude(submitted_at=None)
    done = {step.pk for step in steps if step.key in set(stored)}
    return done | set(asked.values_list("step", flat=True))


def scaled(plan: RetryPlan, *, jobs: int) -> RetryPlan:
    """What some of the jobs take, for all of them: a page must not look at ten thousand."""
    factor = Decimal(jobs) / max(1, plan.jobs)
    return replace(
        plan,
        jobs=jobs,
        steps=round(plan.steps * factor),
        kept=round(plan.kept * factor),
        cost=(plan.cost * factor).quantize(Decimal("0.001")),
        perhaps_paid=round(plan.perhaps_paid * factor),
    )


def in_words(plan: RetryPlan) -> str:
    """One or two sentences: "3 photos from cutting out; 12 finished parts are kept. It costs nothing." """
    stages = ", ".join(step_label(name) for name in plan.stages[:3]) or gettext("the end")
    said = ngettext("%(n)s photo from %(stages)s", "%(n)s photos from %(stages)s", plan.jobs)
    said = said % {"n": plan.jobs, "stages": stages}
    if plan.kept:
        kept = ngettext("%(n)s finished part is kept", "%(n)s finished parts are kept", plan.kept)
        said = f"{said}; {kept % {'n': plan.kept}}"
    cost = gettext("It costs up to $%(cost)s.") % {"cost": f"{plan.cost.normalize():f}"}
    parts = [f"{said}.", cost if plan.cost else gettext("It costs nothing.")]
    if plan.perhaps_paid:
        parts.append(gettext("%(n)s of the calls may have been paid already.") % {"n": plan.perhaps_paid})
    return " ".join(parts)
