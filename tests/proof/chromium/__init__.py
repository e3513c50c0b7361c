"""The proof's third stage: a real Chromium with its profile on disk, and a real server.

Students sit tests with mouse and keyboard while browsers, networks, storage, clocks and servers
fail.  What a page formed, said and heard is noted from its own storage, words and requests.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.proof.stages import PATIENCE_SECONDS, ROOT, StageResult, from_json

if TYPE_CHECKING:
    from tests.proof.chromium.share import Share
    from tests.proof.stages import Budget

# Databases are made, servers and browsers started and closed in this time.
OUTSIDE_SECONDS = 25


def run(budget: Budget) -> StageResult:
    """Play what fits into the budget, on both databases at once."""
    from tests.proof.chromium import plan

    shares = plan.shares(budget, budget.seconds - OUTSIDE_SECONDS)
    began = time.monotonic()
    result = StageResult()
    with tempfile.TemporaryDirectory(prefix="primepath-proof-") as name:
        folder = Path(name)
        started = [
            (_start(database, share, folder), folder / f"{database}.json", database)
            for database, share in shares.items()
        ]
        for process, file, database in started:
            result.add(_end(process, file, database, began + budget.seconds + PATIENCE_SECONDS / 2))
    return result


def _start(database: str, share: Share, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.proof.chromium.share",
            str(folder / f"{database}.json"),
            json.dumps(dataclasses.asdict(share)),
        ],
        cwd=ROOT,
        env={**os.environ, "PRIMEPATH_TEST_DB": database},
    )


def _end(
    process: subprocess.Popen[bytes], file: Path, database: str, give_up_at: float
) -> StageResult:
    try:
        process.wait(max(1, give_up_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if not file.exists():
        return StageResult(
            violations=[f"the share on {database} ended with {process.returncode}, nothing told"]
        )
    return from_json(json.loads(file.read_text()))
