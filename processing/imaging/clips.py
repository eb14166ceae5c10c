"""What a short video is to be like. Web processes plan with it: it needs no library."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Clip:
    """How long, how fine, and to which side the camera drifts (-1 or 1). `loops`: it goes back and ends where it began."""

    seconds: float = 6.0
    fps: int = 25
    side: int = 1
    loops: bool = False

    @property
    def frames(self) -> int:
        return round(self.seconds * self.fps)

    def way(self, frame: int) -> float:
        """How near the camera is at a frame, 0 to 1; it starts and ends at rest."""
        turns = frame / self.frames if self.loops else frame / max(1, self.frames - 1) / 2
        return (1 - math.cos(2 * math.pi * turns)) / 2
