"""What a stage of the proof is given and what it gives back, and how one is run.

A stage is a module with ``run(budget: Budget) -> StageResult``.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Mode = Literal["tiny", "quick", "long"]

STAGES = {
    "simulation": "tests.proof.simulation",
    "processes": "tests.proof.processes",
    "chromium": "tests.proof.chromium",
}
# A stage that hangs is ended that much after its time, and told as a violation.
PATIENCE_SECONDS = 300
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much to do.  ``tiny`` is for the tests: a few seconds, no controls."""

    mode: Mode
    seconds: float
    """Begin nothing new after that."""
    seed: int = 1
    """The first seed; another one in each round of ``--long``."""
    controls: bool = True
    """Whether to run the negative controls as well."""


@dataclass(slots=True)
class StageResult:
    """What one run of a stage saw.  Numbers of several runs add up."""

    schedules: int = 0
    """Simulated runs of one session with the faults of a seed."""
    histories: int = 0
    """Whole records of one session of real processes, with a fault on its path."""
    runs: int = 0
    """Days with servers, a nemesis and many clients."""
    faults: dict[str, int] = field(default_factory=dict)
    browser_faults: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    """In words, with seed and schedule."""
    controls: dict[str, int | None] = field(default_factory=dict)
    """Histories until a control was caught; None: it was not.  Only those that the stage tried."""
    seeds: list[str] = field(default_factory=list)
    coverage: dict[str, int] = field(default_factory=dict)
    """How many schedules or histories had something: two writers, a restore ..."""
    figures: dict[str, float] = field(default_factory=dict)
    """Other measurements, the newest one counts."""
    seconds: float = 0.0

    def add(self, other: StageResult) -> None:
        """Add what another run of the same stage saw."""
        self.schedules += other.schedules
        self.histories += other.histories
        self.runs += other.runs
        self.seconds += other.seconds
        for own, more in (
            (self.faults, other.faults),
            (self.browser_faults, other.browser_faults),
            (self.coverage, other.coverage),
        ):
            for name, count in more.items():
                own[name] = own.get(name, 0) + count
        self.violations += other.violations
        self.controls.update(other.controls)
        self.seeds += other.seeds
        self.figures.update(other.figures)

    @property
    def uncaught(self) -> list[str]:
        return sorted(name for name, caught in self.controls.items() if caught is None)

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def from_json(facts: dict[str, Any]) -> StageResult:
    """Return a result that ``as_json`` gave."""
    return StageResult(**facts)


def exists(name: str) -> bool:
    """Return whether the stage is there."""
    return importlib.util.find_spec(STAGES[name]) is not None


def run(name: str, budget: Budget) -> StageResult:
    """Run a stage in a process of its own, so that each has its own settings and none ends another.

    What goes wrong with the stage itself is a violation: nothing was proved then.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="primepath-proof-") as folder:
        file = Path(folder) / "result.json"
        # A test run's settings are not those of a stage; it makes its own.
        clean = {key: text for key, text in os.environ.items() if not key.startswith("PRIMEPATH_")}
        command = [sys.executable, "-m", "tests.proof.stages", STAGES[name], str(file)]
        try:
            ended = subprocess.run(
                [*command, json.dumps(dataclasses.asdict(budget))],
                cwd=ROOT,
                env=clean,
                check=False,
                timeout=budget.seconds + PATIENCE_SECONDS,
            ).returncode
            problem = f"the stage {name} ended with {ended}"
        except subprocess.TimeoutExpired:
            problem = f"the stage {name} did not end"
        result = (
            from_json(json.loads(file.read_text()))
            if file.exists()
            else StageResult(violations=[problem])
        )
    result.seconds = time.monotonic() - began
    return result


def main() -> None:
    """Run a stage here and write what it saw: ``stages MODULE FILE BUDGET``."""
    module, file, budget = sys.argv[1:]
    stage = importlib.import_module(module)
    result: StageResult = stage.run(Budget(**json.loads(budget)))
    Path(file).write_text(json.dumps(result.as_json()))


if __name__ == "__main__":
    main()
