"""Real server processes on real databases, scripted clients, a faulty network and a nemesis.

Two lanes at the same time, one on SQLite and one on PostgreSQL, each an installation of its own in
a process of its own (``lane``); each day's outcome is kept as soon as it is over.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.proof.processes import orders
from tests.proof.stages import ROOT, StageResult

if TYPE_CHECKING:
    from tests.proof.processes.days import Order
    from tests.proof.stages import Budget

# More days than any round has time for.
MOST_DAYS = 200
MOST_TOLD = 30
PATIENCE_SECONDS = 100


def run(budget: Budget) -> StageResult:
    """Run the days that fit into the budget on both databases."""
    began = time.monotonic()
    result = StageResult()
    with tempfile.TemporaryDirectory(prefix="primepath-lanes-") as name:
        folder = Path(name)
        lanes = {database: _start(folder, database, budget) for database in orders.DATABASES}
        for database, lane in lanes.items():
            left = began + budget.seconds + PATIENCE_SECONDS - time.monotonic()
            try:
                ended = lane.wait(max(1.0, left))
            except subprocess.TimeoutExpired:
                lane.terminate()
                lane.wait(30)
                ended = -1
            log = (folder / f"{database}.log").read_text(errors="replace")[-6000:]
            if ended != 0:
                result.violations.append(f"the lane on {database} ended with {ended}:\n{log}")
        for database in lanes:
            _take(result, folder / f"{database}.jsonl")
    _leave_no_control_untold(result, budget)
    return result


def _start(folder: Path, database: str, budget: Budget) -> subprocess.Popen[bytes]:
    file = folder / f"{database}.json"
    file.write_text(json.dumps([asdict(order) for order in _days(database, budget)]))
    with (folder / f"{database}.log").open("wb") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.proof.processes.lane", database),
                *(str(file), str(folder / f"{database}.jsonl"), str(budget.seconds)),
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )


def _days(database: str, budget: Budget) -> list[Order]:
    seed = budget.seed
    if budget.mode == "tiny":
        return [orders.tiny(database, seed)]
    tried = orders.controls(database) if budget.controls else []
    if budget.mode == "quick":
        return [orders.quick(database, seed), *tried]
    dice = random.Random(f"{seed}/{database}")  # noqa: S311 - the same days again
    days = itertools.islice(orders.long(database, seed, dice), MOST_DAYS)
    # One control takes a constraint away: all of them have a lane to themselves in --quick, and
    # here come after a day that shows the product as it is.
    return [orders.quick(database, seed), *tried] if tried else list(days)


def _take(result: StageResult, file: Path) -> None:
    if not file.exists():
        return
    for line in file.read_text().splitlines():
        outcome: dict[str, Any] = json.loads(line)
        if outcome["control"]:
            _take_control(result, outcome)
            continue
        result.runs += 1
        result.histories += outcome["histories"]
        told = outcome["violations"]
        more = [f"... and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
        result.violations += [f"{outcome['database']}: {each}" for each in told[:MOST_TOLD]] + more
        result.seeds.append(outcome["seed"])
        _add(result.faults, outcome["faults"])
        _add(result.coverage, outcome["coverage"])
        _add(result.coverage, {f"replies_{k}": n for k, n in outcome["statuses"].items()})
        result.figures[f"{outcome['database']}_seconds_a_day"] = outcome["seconds"]
        entries = {"entries": outcome["entries"], "acknowledgements": outcome["acknowledged"]}
        _add(result.coverage, {f"histories_{outcome['database']}": outcome["histories"], **entries})


def _take_control(result: StageResult, outcome: dict[str, Any]) -> None:
    result.controls[outcome["seed"]] = outcome["caught_after"]
    result.figures[f"{outcome['seed']}_violations"] = float(len(outcome["violations"]))


def _leave_no_control_untold(result: StageResult, budget: Budget) -> None:
    """A control whose day was not reached has not been caught."""
    if budget.mode != "tiny" and budget.controls:
        for name in orders.CONTROLS:
            result.controls.setdefault(name, None)


def _add(into: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count
