"""Measurements kept with the files they are about, and judged by a category's limits."""

import base64
import io
from collections.abc import Iterable, Mapping
from typing import Any

from PIL import Image

from processing.scoring.limits import LIMITS_VERSION, Limit, excess, judge, limits_for
from processing.scoring.measurement import Measurement
from processing.scoring.score import combined_score

# Heat maps of what is far from its limit are never looked at.
_HEAT_FROM = 0.5
# Raise it when a check is added or measures differently: pictures that are found done are then measured again.
MEASURES_VERSION = "14"


def kept(measurements: Iterable[Measurement], *, category: str) -> list[dict[str, Any]]:
    """Measurements as JSON values for an artifact's meta, judged by the category's limits."""
    limits = limits_for(category)
    return [_kept(measurement, limits.get(measurement.code)) for measurement in measurements]


def _kept(measurement: Measurement, limit: Limit | None) -> dict[str, Any]:
    is_near = limit is not None and excess(measurement, limit) >= _HEAT_FROM
    return {
        "code": measurement.code,
        "value": float(measurement.value),
        "unit": measurement.unit,
        "limit": None if limit is None else limit.limit,
        "passed": bool(judge(measurement, limit)),
        "hard": measurement.hard,
        "box": _numbers(measurement.box),
        "worst": _numbers(measurement.worst),
        "heat": _heat(measurement) if is_near else None,
        "detail": measurement.detail[:200],
        "backdrop": measurement.show,
    }


def _numbers(values: tuple[float, ...] | None) -> list[float] | None:
    return None if values is None else [round(float(value), 5) for value in values]


def _heat(measurement: Measurement) -> str | None:
    if measurement.heat is None:
        return None
    buffer = io.BytesIO()
    Image.fromarray(measurement.heat).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def doubts(measurements: Iterable[Measurement], *, category: str) -> list[Measurement]:
    """What failed, worst first."""
    limits = limits_for(category)
    failed = [one for one in measurements if not judge(one, limits.get(one.code))]
    return sorted(failed, key=lambda one: (not one.hard, -excess(one, limits[one.code])))


def score_of(measurements: Iterable[Measurement], *, category: str) -> float:
    """Combined score by the category's limits."""
    return combined_score(measurements, limits=limits_for(category))


def limits_key(params: Mapping[str, Any]) -> str:
    """Canonical text of what was measured and of the limits that repairs were aimed at: checks lie beside the files."""
    limits = limits_for(str(params.get("category", "")))
    return f"{MEASURES_VERSION}|{LIMITS_VERSION}|" + ",".join(
        f"{code}={limit.direction}{limit.limit:g}" for code, limit in sorted(limits.items())
    )
