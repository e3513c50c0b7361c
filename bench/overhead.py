"""What watching costs: CPU of the middleware, of the decorator, and of one hand-in.

``scripts/bench overhead`` prints the figures; ``--write`` also keeps them in ``bench/results``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = Path(__file__).parent / "results" / "overhead.json"
ROUNDS = 9
CALLS = 4000
# A page of the product: at most ten statements, and about two tracked operations.
QUERIES_A_REQUEST = 10
OPERATIONS_A_REQUEST = 2
# A busy worker hands in about this many cells, every five seconds.
CELLS_A_HAND_IN = 150
GOAL_MS = 0.1


def cpu_us(work: Callable[[], object], calls: int = CALLS) -> float:
    """Return the CPU time of one call in microseconds."""
    began = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - began) / calls * 1_000_000


def added_us(bare: Callable[[], object], watched: Callable[[], object]) -> dict[str, float]:
    """Return what watching adds to one call: median of rounds that alternate, and their worst."""
    differences = [cpu_us(watched) - cpu_us(bare) for _ in range(ROUNDS)]
    return {
        "median_us": round(statistics.median(differences), 2),
        "worst_us": round(max(differences), 2),
    }


def measure() -> dict[str, Any]:
    """Measure everything on an empty database of its own."""
    from django.core.management import call_command
    from django.db import connection
    from django.http import HttpResponse
    from django.test import RequestFactory

    from placement_test.monitoring.flushing import flusher, recorder
    from placement_test.performance_monitor import PerformanceMiddleware, PerformanceMonitor

    call_command("migrate", verbosity=0)
    request = RequestFactory().get("/staff/")

    def answer(_request: object) -> HttpResponse:
        return HttpResponse("ok")

    def page(_request: object) -> HttpResponse:
        with connection.cursor() as cursor:
            for _ in range(QUERIES_A_REQUEST):
                cursor.execute("SELECT 1")
        return HttpResponse("ok")

    @PerformanceMonitor.track_execution_time("bench.nothing")
    def tracked() -> None:
        return None

    def untracked() -> None:
        return None

    watched_answer, watched_page = PerformanceMiddleware(answer), PerformanceMiddleware(page)
    empty = added_us(lambda: answer(request), lambda: watched_answer(request))
    full = added_us(lambda: page(request), lambda: watched_page(request))
    decorator = added_us(untracked, tracked)
    recorder.take()
    flusher.flush()
    hand_ins = []
    for _ in range(ROUNDS):
        for number in range(CELLS_A_HAND_IN):
            recorder.record("operation", f"bench{number}", "ok", 0.01)
        began = time.process_time()
        flusher.flush()
        hand_ins.append((time.process_time() - began) * 1000)
    a_request = full["median_us"] + OPERATIONS_A_REQUEST * decorator["median_us"]
    return {
        "middleware": empty,
        f"middleware_with_{QUERIES_A_REQUEST}_queries": full,
        "decorator": decorator,
        f"hand_in_of_{CELLS_A_HAND_IN}_cells_ms": round(statistics.median(hand_ins), 2),
        "a_request_ms": round(a_request / 1000, 4),
        "goal_ms": GOAL_MS,
    }


def circumstances() -> dict[str, Any]:
    """Return on what and when this was measured."""
    from placement_test.lib import clock

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": clock.now().date().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
    }


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            PRIMEPATH_TEST="1",
            PRIMEPATH_DATA_DIR=folder,
            PRIMEPATH_DATABASE_URL=f"sqlite:///{folder}/bench.sqlite3",
            DJANGO_SETTINGS_MODULE="primepath.settings",
        )
        import django

        django.setup()
        rounds = {"rounds": ROUNDS, "calls_a_round": CALLS}
        found = json.dumps({**measure(), **circumstances(), **rounds}, indent=2)
    print(found)
    if options.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(found + "\n")


if __name__ == "__main__":
    main()
