"""Counting in this process: one dictionary under one lock, handed in by ``monitoring.flushing``."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from placement_test.lib import clock
from placement_test.monitoring import histogram

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

logger = logging.getLogger(__name__)

SLOT_SECONDS = 10
# Routes and operations of the product are about 120; what comes after these is "other", so that
# no caller can fill the database with names.
MOST_NAMES = 200
OTHER = "other"
# About ten minutes of a busy process without a database; the oldest are dropped, and counted.
MOST_CELLS = 20_000
SLOW_ALERT_SECONDS = 60
MOST_SLOW = 200


class Key(NamedTuple):
    """Which cell of which figure."""

    slot: int
    kind: str
    name: str
    outcome: str
    bound: int


# count, sum_us, max_us, queries, database_us: a list, because it is changed a thousand times a
# second under a lock.
Cell = list[int]


@dataclass(frozen=True, slots=True)
class Slow:
    """One slow-operation alert."""

    at: dt.datetime
    kind: str
    name: str
    outcome: str
    milliseconds: int


@dataclass(slots=True)
class Counted:
    """What was counted since the last time it was taken."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    slow: list[Slow] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cells or self.slow)


class Recorder:
    """The counts of one process; ``on_record`` is called after each."""

    def __init__(self) -> None:
        self.on_record: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._counted = Counted()
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._alerted: dict[tuple[str, str], float] = {}

    def record(
        self,
        kind: str,
        name: str,
        outcome: str,
        seconds: float,
        *,
        queries: int = 0,
        database_seconds: float = 0.0,
    ) -> None:
        """Count one thing that took ``seconds``; over one second it raises the slow alert."""
        duration = int(seconds * 1_000_000)
        self._add(
            (kind, name, outcome, histogram.bound_of(duration)),
            [1, duration, duration, queries, int(database_seconds * 1_000_000)],
        )
        if duration > histogram.SLOW_US:
            self._alert(kind, name, outcome, seconds)

    def count(self, kind: str, name: str, outcome: str = "", times: int = 1) -> None:
        """Count something that has no duration."""
        self._add((kind, name, outcome, 0), [times, 0, 0, 0, 0])

    def gauge(self, name: str, value: int) -> None:
        """Note how large something is now; its mean over a time is sum by count."""
        self._add(("gauge", "system", name, 0), [1, value, value, 0, 0])

    def take(self) -> Counted:
        """Return everything counted so far and start from nothing."""
        with self._lock:
            taken, self._counted = self._counted, Counted()
        return taken

    def reset(self) -> None:
        """Forget everything, in a child after a fork: the parent hands in what it counted."""
        self._lock = threading.Lock()
        self._counted = Counted()
        self._names = defaultdict(set)

    def _add(self, what: tuple[str, str, str, int], more: Cell) -> None:
        kind, name, outcome, bound = what
        slot = _slot()
        with self._lock:
            names = self._names[kind]
            if name not in names:
                if len(names) >= MOST_NAMES:
                    name = OTHER
                else:
                    names.add(name)
            key = Key(slot, kind, name, outcome, bound)
            cells = self._counted.cells
            cell = cells.get(key)
            if cell is None:
                if len(cells) >= MOST_CELLS:
                    self._drop_oldest()
                cells[key] = more
            else:
                cell[0] += more[0]
                cell[1] += more[1]
                cell[2] = max(cell[2], more[2])
                cell[3] += more[3]
                cell[4] += more[4]
        self.on_record()

    def _drop_oldest(self) -> None:
        """Make room, under the lock: the oldest slot goes, and its size is counted."""
        cells = self._counted.cells
        oldest = min(key.slot for key in cells)
        gone = [key for key in cells if key.slot == oldest]
        dropped = sum(cells.pop(key)[0] for key in gone)
        key = Key(_slot(), "monitoring", "dropped", "", 0)
        cells.setdefault(key, [0, 0, 0, 0, 0])[0] += dropped

    def _alert(self, kind: str, name: str, outcome: str, seconds: float) -> None:
        now = time.monotonic()
        with self._lock:
            if name not in self._names[kind]:
                name = OTHER
            last = self._alerted.get((kind, name))
            if last is not None and now - last < SLOW_ALERT_SECONDS:
                return
            self._alerted[(kind, name)] = now
            if len(self._counted.slow) < MOST_SLOW:
                self._counted.slow.append(
                    Slow(clock.now(), kind, name, outcome, int(seconds * 1000))
                )
        logger.warning(
            "slow operation",
            extra={
                "kind": kind,
                "operation": name,
                "outcome": outcome,
                "seconds": round(seconds, 3),
                "pid": os.getpid(),
            },
        )


def _slot() -> int:
    return int(clock.now().timestamp()) // SLOT_SECONDS * SLOT_SECONDS
