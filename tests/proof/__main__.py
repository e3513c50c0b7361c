"""``scripts/prove``: run the stages, keep what they saw, say whether every promise was kept."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from tests.proof import results, stages
from tests.proof.stages import Budget

if TYPE_CHECKING:
    from tests.proof.results import Proof

# Together under 10 minutes on two cores.
QUICK_SECONDS = {"simulation": 260.0, "processes": 150.0, "chromium": 210.0}
# One round of --long: what is left out by its end is a quarter of an hour at most.
LONG_SECONDS = {"simulation": 240.0, "processes": 600.0, "chromium": 420.0}
# A round that is given less is mostly starting and ending.
LEAST_SECONDS = {"simulation": 10.0, "processes": 60.0, "chromium": 180.0}


def main() -> int:
    """Run what is asked for; return 1 where something was not proved."""
    asked = _arguments()
    mode = "long" if asked.long else "quick"
    proof = results.begin(mode, append=asked.append)
    names = asked.stage or [name for name in stages.STAGES if stages.exists(name)]
    if mode == "quick":
        for name in names:
            _take(proof, name, Budget("quick", QUICK_SECONDS[name]))
    elif asked.hours is None:
        _until_goals(proof, names)
    else:
        _long(proof, names, asked.hours * 3600)
    _say(results.report(proof))
    return 1 if proof.problems else 0


def _long(proof: Proof, names: list[str], seconds: float) -> None:
    ends = time.monotonic() + seconds
    number = 0
    while True:
        for name in names:
            left = ends - time.monotonic()
            if number and left < LEAST_SECONDS[name]:
                return
            number += 1
            _take(proof, name, _budget(proof, name, min(left, LONG_SECONDS[name])))


def _until_goals(proof: Proof, names: list[str]) -> None:
    while left := [name for name in names if not proof.has_reached(name)]:
        for name in left:
            _take(proof, name, _budget(proof, name, LONG_SECONDS[name]))


def _budget(proof: Proof, name: str, seconds: float) -> Budget:
    known = proof.stages.get(name)
    return Budget(
        "long",
        seconds,
        # Far from the seeds of --quick and of any earlier round.
        seed=int(time.time()) * 1_000_000 % 2**52,
        controls=known is None or not known.controls,
    )


def _take(proof: Proof, name: str, budget: Budget) -> None:
    _say(f"== {name} ({budget.mode}, {budget.seconds:.0f} s, seed {budget.seed})")
    result = stages.run(name, budget)
    proof.add(name, result)
    # After every part: what is known stays known where the next one is stopped.
    results.write(proof)
    _say(
        f"   {result.schedules:,} schedules, {result.histories:,} histories,"
        f" {len(result.violations)} violations in {result.seconds:.0f} s"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/prove", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything in its short form")
    parser.add_argument("--long", action="store_true", help="round after round")
    parser.add_argument(
        "--hours", type=float, help="for how long (--long); else until its goals are reached"
    )
    parser.add_argument(
        "--append", action="store_true", help="add to what is known of this state of the product"
    )
    parser.add_argument("--stage", action="append", choices=list(stages.STAGES))
    asked = parser.parse_args()
    if asked.quick == asked.long:
        parser.error("say --quick or --long")
    return asked


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
