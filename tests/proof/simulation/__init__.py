"""The save protocol as a simulation: virtual time, and a scheduler that a seed decides for.

``run`` is the stage of ``scripts/prove``; ``tell`` plays one seed step by step.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.proof.simulation import controls, schedule
from tests.proof.simulation.choices import Played, Recorded, Seeded
from tests.proof.simulation.shrinking import shrunk
from tests.proof.stages import StageResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.stages import Budget

PROCESSES = 2
PIECE = 250
SCHEDULES = {"tiny": 300, "quick": 100_000, "long": 10**9}
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
    faults: Counter[str] = Counter()
    coverage: Counter[str] = Counter()
    failed: list[int] = []
    started = time.monotonic()
    with multiprocessing.Pool(PROCESSES) as pool:
        for count, piece_faults, piece_coverage, seeds in pool.imap_unordered(
            _run_piece, _pieces(budget, ends)
        ):
            result.schedules += count
            faults.update(piece_faults)
            coverage.update(piece_coverage)
            failed += seeds
    seconds = time.monotonic() - started
    result.faults = dict(sorted(faults.items()))
    result.coverage = dict(sorted(coverage.items()))
    result.seeds = [f"{budget.seed}-{budget.seed + result.schedules - 1}"]
    result.figures["schedules per second"] = round(result.schedules / seconds, 1)
    failed.sort()
    result.violations = [explain(seed) for seed in failed[:SHRUNK_MOST]]
    result.violations += [f"seed {seed}" for seed in failed[SHRUNK_MOST:]]
    if budget.mode == "quick" and result.schedules < SCHEDULES["quick"]:
        result.figures["schedules wanted"] = SCHEDULES["quick"]
    return result


def explain(seed: int, control: str | None = None) -> str:
    """Return what a seed breaks, with the simplest schedule that still does."""
    variant = _variant(control)
    recorded = Recorded(seed)
    broken = schedule.run(recorded, **variant).violations
    if not broken:
        return f"seed {seed} breaks nothing when it is run again"
    rule = broken[0].rule

    def still_fails(choices: list[int]) -> bool:
        outcome = schedule.run(Played(choices), **variant)
        return any(each.rule == rule for each in outcome.violations)

    simplest = shrunk(recorded.made, still_fails)
    trace: list[str] = []
    outcome = schedule.run(Played(simplest), trace=trace, **variant)
    steps = trace
    if len(trace) > STEPS_TOLD:
        half = STEPS_TOLD // 2
        steps = [*trace[:half], f"... {len(trace) - 2 * half} steps ...", *trace[-half:]]
    said = "\n".join(str(each) for each in outcome.violations)
    return f"{broken[0]} (seed {seed})\n{said}\nchoices {simplest}\n" + "\n".join(steps)


def _pieces(budget: Budget, ends: float) -> Iterator[tuple[int, int, float]]:
    for first in range(budget.seed, budget.seed + SCHEDULES[budget.mode], PIECE):
        # The pool asks far ahead: a piece that begins too late does nothing.
        if time.monotonic() > ends:
            return
        left = budget.seed + SCHEDULES[budget.mode] - first
        yield first, min(PIECE, left), ends


def _run_piece(
    piece: tuple[int, int, float],
) -> tuple[int, Counter[str], Counter[str], list[int]]:
    first, count, ends = piece
    faults: Counter[str] = Counter()
    coverage: Counter[str] = Counter()
    failed: list[int] = []
    if time.monotonic() > ends:
        return 0, faults, coverage, failed
    for seed in range(first, first + count):
        outcome = schedule.run(Seeded(seed))
        faults.update(outcome.faults)
        coverage.update(outcome.coverage)
        if outcome.violations:
            failed.append(seed)
    return count, faults, coverage, failed


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
