"""What is played for how long: the tiny, the quick and the long form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.proof.chromium.faults import lifecycle, network, surroundings
from tests.proof.chromium.share import Share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.proof.chromium.table import Scenario
    from tests.proof.stages import Budget

TINY = ("browser_killed",)
# What --long is about: kills and reloads, between everything else.
KILLS = ("browsers_killed_often", "reloaded_often")


def shares(budget: Budget, seconds: float) -> dict[str, Share]:
    """Return what to play on each database."""
    if budget.mode == "tiny":
        return {"sqlite": Share(TINY, max(seconds, 20), budget.seed, tables=1, rounds=1)}
    everything = _names(lifecycle.SCENARIOS, surroundings.SCENARIOS, network.SCENARIOS)
    if budget.mode == "long":
        everything = _mixed(everything, KILLS)
    half = len(everything) // 2
    return {
        "sqlite": Share(
            everything, seconds, budget.seed, tables=2, controls=budget.controls, server=True
        ),
        # From the middle on, so that a short run has everything on one of them.
        "postgresql": Share(
            everything[half:] + everything[:half], seconds, budget.seed + 1, tables=2, server=True
        ),
    }


def _names(*groups: Iterable[Scenario]) -> tuple[str, ...]:
    return tuple(scenario.__name__ for group in groups for scenario in group)


def _mixed(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    mixed: list[str] = []
    for number, name in enumerate(names):
        mixed += [name, others[number % len(others)]]
    return tuple(mixed)
