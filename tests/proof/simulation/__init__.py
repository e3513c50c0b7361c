"""The save protocol as a simulation: virtual time, and a scheduler that a seed decides for.

``run`` is the stage of ``scripts/prove``; ``explain`` plays one seed step by step.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.proof.simulation import browser, controls, schedule
from tests.proof.simulation.choices import Played, Recorded, Seeded
from tests.proof.simulation.shrinking import shrunk
from tests.proof.stages import StageResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.proof.simulation.choices import Choices
    from tests.proof.simulation.schedule import Outcome
    from tests.proof.stages import Budget, Mode

PROCESSES = 2
PIECE = 250
SCHEDULES: dict[Mode, int] = {"tiny": 300, "quick": 100_000, "long": 10**9}
# With the browser's own modules: some 50 times slower.
REAL_SCHEDULES: dict[Mode, int] = {"tiny": 20, "quick": 800, "long": 10**9}
REAL_PIECE = 50
REAL_SHARE = 0.2
# A control that so many schedules do not catch is not caught.
CONTROL_MOST = 4000
# Each costs time to shrink; the others are told by their seeds.
SHRUNK_MOST = 3
# The end of a stage's time: what is under way is finished.
RESERVE_SHARE = 0.05
STEPS_TOLD = 120


def run(budget: Budget) -> StageResult:
    """Run as many schedules as the budget allows, then the controls."""
    result = StageResult()
    began = time.monotonic()
    ends = began + budget.seconds * (1 - RESERVE_SHARE)
    if budget.controls:
        # First, and for a small share of the time: without them the rest says nothing.
        with multiprocessing.Pool(PROCESSES) as pool:
            for name, caught in pool.imap_unordered(_try_control, controls.NAMES):
                result.controls[name] = caught
    simulated = _run_pieces(
        _run_piece, budget, SCHEDULES, PIECE, ends - budget.seconds * REAL_SHARE
    )
    real = _Sum()
    if browser.is_there():
        real = _run_pieces(_run_real_piece, budget, REAL_SCHEDULES, REAL_PIECE, ends)
    else:
        result.violations.append("Node is missing: the browser's own modules were not run")
    result.schedules = simulated.schedules + real.schedules
    result.faults = dict(sorted((simulated.faults + real.faults).items()))
    result.coverage = dict(sorted((simulated.coverage + real.coverage).items()))
    result.seeds = [
        f"{budget.seed}-{budget.seed + simulated.schedules - 1}",
        f"{budget.seed}-{budget.seed + real.schedules - 1} (browser modules)",
    ]
    result.figures = {
        "schedules with models": simulated.schedules,
        "schedules with models a second": round(simulated.schedules / simulated.seconds, 1),
        "schedules with the browser's own modules": real.schedules,
        "schedules with the browser's own modules a second": round(
            real.schedules / max(real.seconds, 0.001), 1
        ),
    }
    if budget.mode == "quick" and result.schedules < SCHEDULES["quick"]:
        # Cores that others use as well: what was run is proved, and it is less than was meant.
        result.figures["schedules that were wanted"] = SCHEDULES["quick"]
    failed = sorted(simulated.failed)
    result.violations += [explain(seed) for seed in failed[:SHRUNK_MOST]]
    result.violations += [f"seed {seed}" for seed in failed[SHRUNK_MOST:]]
    real_failed = sorted(real.failed)
    result.violations += [explain_real(seed) for seed in real_failed[:SHRUNK_MOST]]
    result.violations += [f"seed {seed} (browser modules)" for seed in real_failed[SHRUNK_MOST:]]
    return result


@dataclass(slots=True)
class _Sum:
    """What several schedules saw."""

    schedules: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    coverage: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, seed: int, outcome: Outcome) -> None:
        self.schedules += 1
        self.faults.update(outcome.faults)
        self.coverage.update(outcome.coverage)
        if outcome.violations:
            self.failed.append(seed)

    def add_all(self, other: _Sum) -> None:
        self.schedules += other.schedules
        self.faults.update(other.faults)
        self.coverage.update(other.coverage)
        self.failed += other.failed


def _run_pieces(
    run_piece: Callable[[tuple[int, int, float]], _Sum],
    budget: Budget,
    schedules: dict[Mode, int],
    size: int,
    ends: float,
) -> _Sum:
    total = _Sum()
    began = time.monotonic()
    with multiprocessing.Pool(PROCESSES) as pool:
        pieces = _pieces(budget.seed, schedules[budget.mode], size, ends)
        for piece in pool.imap_unordered(run_piece, pieces):
            total.add_all(piece)
    total.seconds = time.monotonic() - began
    return total


def explain_real(seed: int) -> str:
    """Return what a seed breaks with the browser's own modules, and its simplest schedule."""
    node = browser.Node()
    try:
        return _explained(seed, lambda choices, trace: browser.run(choices, node, trace=trace))
    finally:
        node.close()


def explain(seed: int, control: str | None = None) -> str:
    """Return what a seed breaks, with the simplest schedule that still does."""
    variant = _variant(control)
    return _explained(seed, lambda choices, trace: schedule.run(choices, trace=trace, **variant))


def _explained(seed: int, play: Callable[[Choices, list[str] | None], Outcome]) -> str:
    recorded = Recorded(seed)
    broken = play(recorded, None).violations
    if not broken:
        return f"seed {seed} breaks nothing when it is run again"
    rule = broken[0].rule

    def still_fails(choices: list[int]) -> bool:
        return any(each.rule == rule for each in play(Played(choices), None).violations)

    simplest = shrunk(recorded.made, still_fails)
    trace: list[str] = []
    outcome = play(Played(simplest), trace)
    steps = trace
    if len(trace) > STEPS_TOLD:
        half = STEPS_TOLD // 2
        steps = [*trace[:half], f"... {len(trace) - 2 * half} steps ...", *trace[-half:]]
    said = "\n".join(str(each) for each in outcome.violations)
    return f"{broken[0]} (seed {seed})\n{said}\nchoices {simplest}\n" + "\n".join(steps)


def _pieces(seed: int, count: int, size: int, ends: float) -> Iterator[tuple[int, int, float]]:
    for first in range(seed, seed + count, size):
        # The pool asks far ahead: a piece that begins too late does nothing.
        if time.monotonic() > ends:
            return
        yield first, min(size, seed + count - first), ends


def _run_piece(piece: tuple[int, int, float]) -> _Sum:
    first, count, ends = piece
    total = _Sum()
    if time.monotonic() < ends:
        for seed in range(first, first + count):
            total.add(seed, schedule.run(Seeded(seed)))
    return total


def _run_real_piece(piece: tuple[int, int, float]) -> _Sum:
    first, count, ends = piece
    total = _Sum()
    if time.monotonic() > ends:
        return total
    node = browser.Node()
    try:
        for seed in range(first, first + count):
            total.add(seed, browser.run(Seeded(seed), node))
    finally:
        node.close()
    return total


def _try_control(name: str) -> tuple[str, int | None]:
    """Return how many schedules it took to catch the control by what the product never breaks."""
    variant = _variant(name)
    for seed in range(1, CONTROL_MOST + 1):
        if schedule.run(Seeded(seed), **variant).violations:
            return name, seed
    return name, None


def _variant(control: str | None) -> dict[str, Any]:
    if control is None:
        return {}
    if control in controls.SERVERS:
        return {"server_class": controls.SERVERS[control]}
    return {"page_class": controls.PAGES[control]}
