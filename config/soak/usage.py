"""Processor time that processes have used, read from outside: the same on a busy machine as on a quiet one, nearly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import psutil


def tree_s(pid: int) -> float:
    """CPU seconds of a process with its children, those that have ended among them. psutil.NoSuchProcess when it is gone."""
    root = psutil.Process(pid)
    own = root.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in root.children(recursive=True):
        try:
            spent = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system
    return float(total)


@dataclass
class Meter:
    """CPU seconds by name from the first look on. A process that ends counts as far as it was last seen; look often."""

    began: dict[int, float] = field(default_factory=dict)
    seen: dict[int, tuple[str, float]] = field(default_factory=dict)

    def look(self, pids: Mapping[str, Iterable[int]]) -> None:
        """Reads the processes of each name."""
        is_first = not self.seen
        for name, numbers in pids.items():
            for pid in numbers:
                try:
                    spent = tree_s(pid)
                except psutil.NoSuchProcess:
                    continue
                # What comes later was started meanwhile: all of its time counts.
                self.began.setdefault(pid, spent if is_first else 0.0)
                self.seen[pid] = (name, spent)

    def seconds(self) -> dict[str, float]:
        total: dict[str, float] = {}
        for pid, (name, spent) in self.seen.items():
            total[name] = total.get(name, 0.0) + spent - self.began[pid]
        return {name: round(value, 2) for name, value in total.items()}
