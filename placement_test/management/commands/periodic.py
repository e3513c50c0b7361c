"""Run the periodic work of an installation on one machine."""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from placement_test.management import turns
from placement_test.management.schedule import JOBS, Job

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# Who stands by looks this often: a job that runs daily is not put off for a day by each upgrade.
STAND_BY_SECONDS = 30.0
LEAVE = Job(name="leave", every=dt.timedelta(), function="placement_test.management.turns.leave")


class Command(BaseCommand):
    """Run every job at its time until SIGTERM or Ctrl-C; a job that fails is logged.

    Of several that run, on several hosts, one works and the others stand by.
    """

    help = "Runs periodic work: ends overdue sessions, moves SQLite's log, clears old logins."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--once``."""
        parser.add_argument("--once", action="store_true", help="run each job once and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Loop, or run each job once.

        :raises CommandError: with ``once``, if a job failed
        """
        if once:
            failed = [job.name for job in JOBS if not run(job)]
            if failed:
                raise CommandError(f"Failed: {', '.join(failed)}. The log says why.")
            return
        stopped = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stopped.set())
        loop(JOBS, stopped, turns.is_ours)
        run(LEAVE)


def always() -> bool:
    """Return True: no other process does this work."""
    return True


def loop(
    jobs: tuple[Job, ...], stopped: threading.Event, is_ours: Callable[[], bool] = always
) -> None:
    """Run each job now and then at its interval, one at a time, until ``stopped`` is set."""
    due = dict.fromkeys(jobs, time.monotonic())
    while not stopped.is_set():
        job = min(due, key=lambda job: due[job])
        if stopped.wait(max(0.0, due[job] - time.monotonic())):
            return
        wait = job.every.total_seconds()
        if run(job, is_ours) is None:
            wait = min(wait, STAND_BY_SECONDS)
        # Counted from the end: after a long stop a job runs once, not once for each turn missed.
        due[job] = time.monotonic() + wait


def run(job: Job, is_ours: Callable[[], bool] = always) -> bool | None:
    """Run ``job``; return whether it succeeded, None where it is another process's turn.

    What it raises is logged.
    """
    close_old_connections()
    try:
        if not is_ours():
            return None
        job.run()
    except Exception:  # the loop must go on
        logger.exception("periodic job failed", extra={"job": job.name})
        return False
    finally:
        close_old_connections()
    return True
