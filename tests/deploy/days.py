"""A day of the proof's scripted pages on an installation of another shape than the proof's own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.proof.processes.days import Order
from tests.proof.processes.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proof.processes.installation import Installation

ROOT = Path(__file__).parents[2]
SECONDS = 150


def run(
    module: str, folder: Path, order: Order, **variables: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run ``module`` in a process of its own; return the day's outcome and what it found besides.

    A lane has settings and servers of its own.
    """
    file = folder / "order.json"
    file.write_text(json.dumps(dataclasses.asdict(order)))
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PRIMEPATH_")}
    found = subprocess.run(
        [sys.executable, "-m", module, str(folder)],
        cwd=ROOT,
        env=clean | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert found.returncode == 0, found.stdout[-4000:]
    return (
        json.loads((folder / "outcome.json").read_text()),
        json.loads((folder / "besides.json").read_text()),
    )


def main(
    make: Callable[[Path], Installation],
    look: Callable[[Installation], dict[str, Any]],
) -> None:
    """Run the day ordered in the folder named on the command line; ``look`` comes at its end."""
    folder = Path(sys.argv[1])
    facts = json.loads((folder / "order.json").read_text())
    lane = Lane(make(folder))
    try:
        lane.open()
        outcome = lane.run(Order(**{**facts, "troubles": tuple(facts["troubles"])}))
        besides = lane.by_hand(look, lane.installation)
        (folder / "outcome.json").write_text(json.dumps(dataclasses.asdict(outcome)))
        (folder / "besides.json").write_text(json.dumps(besides))
    finally:
        lane.close()
