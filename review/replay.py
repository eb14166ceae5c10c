"""What other limits would have done to pictures already measured, from the stored checks alone: nothing is rendered again."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.figures import figure
from catalog.models import Category
from processing.models import RenditionKind
from review.models import WISHES, Policy
from review.policies import Rule, rules_for

LAST = 100_000
# Enough for the shape of a distribution.
DRAWN = 20_000
BUCKETS = 40
REMEMBERED = timedelta(days=30)

# The newest renditions with a verdict, in a category and of a kind ('' means any), and what people last said of each.
RECENT = """
WITH recent AS MATERIALIZED (
    SELECT verdict.rendition_id, verdict.outcome, verdict.doubts, rendition.kind, COALESCE(product.category, 'default') AS category
    FROM review_verdict AS verdict
    JOIN processing_rendition AS rendition ON rendition.id = verdict.rendition_id
    LEFT JOIN catalog_variant AS variant ON variant.id = rendition.variant_id
    LEFT JOIN catalog_product AS product ON product.id = variant.product_id
    WHERE (%(kind)s = '' OR rendition.kind = %(kind)s)
      AND (%(category)s = '' OR COALESCE(product.category, 'default') = %(category)s)
    ORDER BY verdict.id DESC LIMIT %(last)s
), said AS MATERIALIZED (
    SELECT DISTINCT ON (task.rendition_id) task.rendition_id, decision.verdict, decision.created_at
    FROM review_decision AS decision JOIN review_reviewtask AS task ON task.id = decision.task_id
    WHERE decision.undone_at IS NULL AND decision.verdict IN ('approve', 'reject', 'rework')
      AND NOT task.is_known_fault AND NOT decision.reason = ANY(%(wishes)s)
    ORDER BY task.rendition_id, decision.id DESC
)
"""
# Only the checks whose limit changes are read; what else was doubted stands in the verdict. PostgreSQL holds NaN above every
# number, so only "at least" needs the extra test: what is not a number never passes.
REPLAY = f"""{RECENT}, rules AS (
    SELECT * FROM unnest(%(categories)s::text[], %(kinds)s::text[], %(codes)s::text[], %(is_min)s::bool[],
                         %(limits)s::float8[]) AS rule(category, kind, code, is_min, bound)
), changed AS (
    SELECT recent.rendition_id, array_agg(checked.code) AS codes,
        bool_or(CASE WHEN rules.is_min THEN checked.value < rules.bound OR checked.value = 'NaN'
                ELSE checked.value > rules.bound END) AS is_beyond
    FROM processing_check AS checked
    JOIN recent ON recent.rendition_id = checked.rendition_id
    JOIN rules ON rules.category = recent.category AND rules.kind = recent.kind AND rules.code = checked.code
    WHERE checked.code = ANY(%(changed)s::text[])
    GROUP BY recent.rendition_id
), judged AS MATERIALIZED (
    SELECT recent.rendition_id, recent.outcome = 'in_review' AS was_doubted,
        CASE WHEN changed.codes IS NULL THEN recent.outcome = 'in_review'
        ELSE changed.is_beyond OR EXISTS (
            SELECT FROM jsonb_array_elements(recent.doubts) AS doubt WHERE NOT doubt ->> 'code' = ANY(changed.codes)
        ) END AS is_doubted
    FROM recent LEFT JOIN changed ON changed.rendition_id = recent.rendition_id
)
SELECT count(*), count(*) FILTER (WHERE was_doubted), count(*) FILTER (WHERE is_doubted),
    count(*) FILTER (WHERE was_doubted AND NOT is_doubted AND said.verdict = 'approve'),
    count(*) FILTER (WHERE was_doubted AND NOT is_doubted AND said.verdict IN ('reject', 'rework') AND said.created_at >= %(since)s),
    count(*) FILTER (WHERE is_doubted AND NOT was_doubted),
    count(*) FILTER (WHERE is_doubted AND NOT was_doubted AND said.verdict IN ('reject', 'rework'))
FROM judged LEFT JOIN said ON said.rendition_id = judged.rendition_id
"""
HISTOGRAM = f"""{RECENT}, ranges AS (
    SELECT * FROM unnest(%(codes)s::text[], %(low)s::float8[], %(high)s::float8[]) AS span(code, low, high)
)
SELECT checked.code, LEAST(GREATEST(width_bucket(checked.value, ranges.low, ranges.high, %(buckets)s), 1), %(buckets)s),
    count(*), count(*) FILTER (WHERE said.verdict = 'approve'), count(*) FILTER (WHERE said.verdict IN ('reject', 'rework')),
    max(checked.unit)
FROM recent
JOIN processing_check AS checked ON checked.rendition_id = recent.rendition_id AND checked.value <> 'NaN'
JOIN ranges ON ranges.code = checked.code
LEFT JOIN said ON said.rendition_id = recent.rendition_id
GROUP BY 1, 2
"""
# As kept with each decision, so that a later policy or a second look changes nothing about who had seen what.
AGREEMENT = """
SELECT seen.code, count(*) FILTER (WHERE seen.how = 'shared'), count(*) FILTER (WHERE seen.how = 'machine'),
    count(*) FILTER (WHERE seen.how = 'person')
FROM (
    SELECT decision.agreement FROM review_decision AS decision
    JOIN review_reviewtask AS task ON task.id = decision.task_id
    JOIN processing_rendition AS rendition ON rendition.id = task.rendition_id
    LEFT JOIN catalog_variant AS variant ON variant.id = rendition.variant_id
    LEFT JOIN catalog_product AS product ON product.id = variant.product_id
    WHERE decision.undone_at IS NULL AND NOT task.is_known_fault
      AND (%(kind)s = '' OR rendition.kind = %(kind)s)
      AND (%(category)s = '' OR COALESCE(product.category, 'default') = %(category)s)
    ORDER BY decision.id DESC LIMIT %(last)s
) AS lately CROSS JOIN LATERAL jsonb_each_text(lately.agreement) AS seen(code, how)
GROUP BY 1
"""


@dataclass(frozen=True)
class Replay:
    """How many of the last pictures would need a look, before and after, and what people had said of those concerned."""

    pictures: int
    review_before: int
    review_after: int
    approved_freed: int
    rejected_passing: int
    newly_stopped: int
    escapes_stopped: int = 0

    def sentence(self) -> str:
        if not self.pictures:
            return gettext("Nothing has been measured here yet, so there is nothing to compare with.")
        parts = [gettext("Of the last %(pictures)s pictures %(review_before)s → %(review_after)s to review")]
        if self.rejected_passing:
            parts.append(gettext("%(rejected_passing)s of last month's rejects would have passed"))
        if self.approved_freed:
            parts.append(gettext("%(approved_freed)s that people approved would not have waited"))
        if self.newly_stopped and self.escapes_stopped:
            parts.append(
                gettext(
                    "%(newly_stopped)s that shipped would have been stopped, %(escapes_stopped)s of them found faulty since"
                )
            )
        elif self.newly_stopped:
            parts.append(gettext("%(newly_stopped)s that shipped would have been stopped"))
        return "; ".join(parts) % {name: figure(count) for name, count in asdict(self).items()} + "."


@dataclass(frozen=True)
class Agreement:
    """Decisions about one check: both saw the fault, the machine alone, the person alone."""

    shared: int
    machine: int
    person: int


@dataclass(frozen=True)
class Bucket:
    low: float
    high: float
    count: int = 0
    approved: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Histogram:
    unit: str
    buckets: list[Bucket]


def replay(old: Policy, new: Policy, *, category: str = "", kind: str = "", last: int = LAST) -> Replay:
    """What became of the newest `last` renditions, and what would have with the limits in which `new` differs. One query."""
    rules = _rules(old, new)
    values = {
        **_scope(category, kind, last),
        **rules,
        "changed": sorted({*rules["codes"]}),
        "since": timezone.now() - REMEMBERED,
    }
    return Replay(*_rows(REPLAY, values)[0])


def _rules(old: Policy, new: Policy) -> dict[str, list[Any]]:
    """The limits that differ, for every category and kind they differ in."""
    columns: dict[str, list[Any]] = {name: [] for name in ("categories", "kinds", "codes", "is_min", "limits")}
    for category in Category.values:
        for kind in RenditionKind.values:
            before = rules_for(old, category=category, kind=kind)
            for code, rule in rules_for(new, category=category, kind=kind).items():
                if before.get(code) != rule:
                    row = (category, kind, code, rule.direction == "min", rule.limit)
                    for column, value in zip(columns.values(), row, strict=True):
                        column.append(value)
    return columns


def histograms(rules: Iterable[Rule], *, category: str = "", kind: str = "", last: int = DRAWN) -> dict[str, Histogram]:
    """Distribution of the newest values of each check, and how people judged those pictures. Checks never made are left out."""
    spans = {rule.code: span_of(rule) for rule in rules}
    values = {
        **_scope(category, kind, last),
        "codes": list(spans),
        "low": [low for low, _ in spans.values()],
        "high": [high for _, high in spans.values()],
        "buckets": BUCKETS,
    }
    found: dict[str, Histogram] = {}
    for code, place, count, approved, rejected, unit in _rows(HISTOGRAM, values):
        drawn = found.setdefault(code, Histogram(unit, _empty_buckets(*spans[code])))
        bucket = drawn.buckets[place - 1]
        drawn.buckets[place - 1] = replace(bucket, count=count, approved=approved, rejected=rejected)
    return found


def _empty_buckets(low: float, high: float) -> list[Bucket]:
    step = (high - low) / BUCKETS
    return [Bucket(low + n * step, low + (n + 1) * step) for n in range(BUCKETS)]


def span_of(rule: Rule) -> tuple[float, float]:
    """The range of values worth drawing around a limit; what lies outside is counted at its end."""
    if rule.direction == "min":
        high = max(1.0, rule.limit * 1.1)
        return max(0.0, rule.limit - max(high - rule.limit, 0.05)), high
    return 0.0, rule.limit * 2.5 if rule.limit > 0 else 1.0


def agreement(*, category: str = "", kind: str = "", last: int = DRAWN) -> dict[str, Agreement]:
    """For each check, how far people and machine agreed in the newest decisions."""
    return {code: Agreement(*counts) for code, *counts in _rows(AGREEMENT, _scope(category, kind, last))}


def _scope(category: str, kind: str, last: int) -> dict[str, Any]:
    return {"category": category, "kind": kind, "last": last, "wishes": sorted(WISHES)}


def _rows(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        # The default of 4 MB would have every step of a hundred thousand rows written to disk and read back.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(query, values)
        return list(cursor.fetchall())
