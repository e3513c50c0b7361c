"""The memory of processes over time, and how fast it grows."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench._rows import Row

BETWEEN_SECONDS = 5.0
MB = 1_000_000
HOUR = 3600
Sample = tuple[float, float]
"""Moment (monotonic) and MB."""


class Memory(threading.Thread):
    """Looks at the resident memory of ``processes()`` every five seconds until ``end``."""

    def __init__(self, processes: Callable[[], list[psutil.Process]]) -> None:
        super().__init__(daemon=True)
        self._processes = processes
        self._ended = threading.Event()
        self.samples: dict[int, list[Sample]] = defaultdict(list)
        """By process id."""

    def run(self) -> None:
        """Look again and again."""
        while not self._ended.wait(BETWEEN_SECONDS):
            for process in self._processes():
                try:
                    used = process.memory_info().rss / MB
                except psutil.NoSuchProcess:
                    continue
                self.samples[process.pid].append((time.monotonic(), used))

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join()


def growth(samples: dict[int, list[Sample]], since: float) -> Row:
    """Return the figures of the process that grew fastest since a moment (monotonic)."""
    slopes = {
        pid: slope(found)
        for pid, each in samples.items()
        if len(found := [sample for sample in each if sample[0] >= since]) > 1
    }
    if not slopes:
        return {"slope_mb_h": None}
    fastest = max(slopes, key=lambda pid: slopes[pid])
    return {
        "slope_mb_h": round(slopes[fastest], 2),
        "memory_mb": round(samples[fastest][-1][1], 1),
        "slopes_mb_h": [round(each, 2) for each in slopes.values()],
        # More than there are workers: some were replaced.
        "processes": len(samples),
    }


def slope(samples: Sequence[Sample]) -> float:
    """Return by how many MB an hour a process grows: the straight line through its samples."""
    moments, used = zip(*samples, strict=True)
    return statistics.linear_regression(moments, used).slope * HOUR
