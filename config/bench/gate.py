"""The gate on good cut-outs and injected defects: AUROC per defect, false alarms, repairs, cost per check."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from config.bench import repairing
from config.bench.truth import Pair, pairs
from processing.imaging.codec import decode
from processing.imaging.matting.edges import decontaminate
from processing.scoring.bench import GateReport, gate_bench, product_of, touches_frame
from processing.scoring.defects import Triple

# Of the samples (samples/README.md): even their true cut-out cannot be told from a wrong one in the photo.
HARD_ON_PURPOSE = frozenset({"FLASK-02_1", "MUG-02_2", "SPEAKER-02_2", "TUMBLER-01_1", "VASE-02_1"})


def run(folders: Sequence[Path], say: Callable[[str], None]) -> dict[str, Any]:
    triples = _judged(folders, say)
    report = gate_bench(triples)
    _say_report(report, say)
    return {**asdict(report), "repairs": repairing.run(triples, say)}


def _judged(folders: Sequence[Path], say: Callable[[str], None]) -> list[Triple]:
    """The pairs of these folders, without those that a gate is right to stop."""
    found = [triple(pair) for pair in pairs(folders, is_glass_clear=True)]
    whole = [one for one in found if not touches_frame(one)]
    if len(whole) < len(found):
        say(f"{len(found) - len(whole)} left out: their product leaves the photo's frame")
    triples = [one for one in whole if one.name.removesuffix("_t") not in HARD_ON_PURPOSE]
    if len(triples) < len(whole):
        say(f"{len(whole) - len(triples)} left out: photos that are hard on purpose, which a gate is right to stop")
    return triples


def _say_report(report: GateReport, say: Callable[[str], None]) -> None:
    stopped = f"{100 * report.false_alarms:.1f} % of the good ones stopped"
    say(f"{report.triples} good cut-outs, {report.examples} examples; {stopped}")
    for code, share in sorted(report.false_alarm_codes.items(), key=lambda row: -row[1]):
        say(f"  stopped by {code:14} {100 * share:5.1f} %")
    say(f"{'defect':14} strength  AUROC check  AUROC score  recall at 5 %  stopped")
    for row in report.defects:
        say(
            f"{row.defect:14} {row.strength:8}  {row.auroc_check:11.3f}  {row.auroc_score:11.3f}  "
            f"{100 * row.recall_at_alarm:10.0f} %  {100 * row.stopped:5.0f} %"
        )
    say(
        f"AUROC at high strength {report.auroc_high:.3f}; combined score: tuned half {report.auroc_tune:.3f}, "
        f"held-out half {report.auroc_held_out:.3f}, at high strength {report.auroc_held_out_high:.3f}"
    )
    say("CPU ms per megapixel:")
    for name, ms in report.cpu_ms.items():
        say(f"  {name:26} {ms:6.1f}")
    say(f"all checks of one packshot from 1600 px: {report.picture_ms:.0f} ms")


def triple(pair: Pair) -> Triple:
    """Photo, true alpha, true foreground (estimated from both where no file has it)."""
    photo = decode(pair.photo.read_bytes()).convert("RGB")
    alpha = np.asarray(Image.open(pair.alpha).convert("L"))
    foreground = decontaminate(np.asarray(photo), alpha)
    if pair.foreground is not None:
        foreground = np.asarray(Image.open(pair.foreground).convert("RGB"))
    return Triple(
        pair.name, product_of(pair.name), photo, Image.fromarray(alpha), Image.fromarray(foreground), pair.category
    )
