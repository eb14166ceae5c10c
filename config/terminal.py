"""A progress bar and a table for people at a terminal; plain lines where there is none."""

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from config.running import Progress

WIDTH = 32
# From what needs somebody most to what needs nobody.
WORDS = {
    "failed": "failed",
    "in_review": "needs a look",
    "rejected": "rejected",
    "pending": "pending",
    "auto_approved": "ships",
}


class ProgressBar:
    """One line that fills, on stderr: stdout stays clean for --json."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()
        self.began = time.monotonic()
        self.last = (-1, -1)

    def __call__(self, now: Progress) -> None:
        if self.is_terminal:
            self._draw(now)
        elif (now.finished, now.total) != self.last:
            self.stream.write(
                f"{now.finished} of {now.total} photos done{f', {now.failed} failed' if now.failed else ''}\n"
            )
            self.stream.flush()
        self.last = (now.finished, now.total)

    def close(self) -> None:
        if self.is_terminal:
            self.stream.write("\n")

    def _draw(self, now: Progress) -> None:
        filled = WIDTH * now.finished // max(1, now.total)
        seconds = time.monotonic() - self.began
        left = f", about {seconds / now.finished * (now.total - now.finished):.0f} s left" if now.finished else ""
        text = f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {now.finished}/{now.total} photos{left}  {now.stage[:40]}"
        self.stream.write(text.ljust(110)[:110])
        self.stream.flush()


def counter(what: str) -> Callable[[int], None] | None:
    """Shows a growing number in one line of the terminal; nothing where there is none."""
    if not sys.stderr.isatty():
        return None

    def show(count: int) -> None:
        sys.stderr.write(f"\r{count} {what}")
        sys.stderr.flush()

    return show


def report_lines(summary: dict[str, Any]) -> list[str]:
    """The summary for people: a line per photo, then what to do next."""
    lines = []
    width = max((len(job["sku"]) for job in summary["jobs"]), default=3)
    for job in _photos(summary["jobs"]):
        why = job.get("error") or ", ".join(_label(code) for code in job["doubts"])
        lines.append(f"  {job['sku']:{width}}  {job['file'][:32]:32}  {WORDS[job['verdict']]:12}  {why}".rstrip())
    for row in summary["rejected"]:
        lines.append(f"  not taken  {row['file']}: {row['reason']}")
    lines.append("")
    lines.append(
        f"{summary['photos']} photos of {summary['products']} products became {summary['renditions']} pictures "
        f"in {summary['seconds']:.0f} s: "
        f"{summary['auto_approved']} ship unseen, {summary['in_review']} need a look, {summary['waiting']} wait for those, "
        f"{summary['failed']} photos failed."
    )
    if summary["cost"]:
        lines.append(f"Providers cost ${summary['cost']:.2f}.")
    for export in summary["exports"]:
        lines.append(f"{export['channel']} export: {export['files']} files in {export['path']}")
    return lines


def _photos(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a photo, with the worst verdict and all doubts of its jobs."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for job in jobs:
        photo = found.setdefault((job["sku"], job["file"]), {**job, "doubts": []})
        photo["doubts"] += [code for code in job["doubts"] if code not in photo["doubts"]]
        if list(WORDS).index(job["verdict"]) < list(WORDS).index(photo["verdict"]):
            photo |= {"verdict": job["verdict"], "error": job.get("error")}
    return list(found.values())


def _label(code: str) -> str:
    from processing.scoring.limits import LABELS

    return LABELS.get(code, code).lower()
