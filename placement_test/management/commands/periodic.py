"""Run the periodic work of an installation on one machine."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from placement_test.management.schedule import JOBS

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from placement_test.management.schedule import Job

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run every job at its time until SIGTERM or Ctrl-C; a job that fails is logged."""

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
        loop(JOBS, stopped)


def loop(jobs: tuple[Job, ...], stopped: threading.Event) -> None:
    """Run each job now and then at its interval, one at a time, until ``stopped`` is set."""
    due = dict.fromkeys(jobs, time.monotonic())
    while not stopped.is_set():
        job = min(due, key=lambda job: due[job])
        if stopped.wait(max(0.0, due[job] - time.monotonic())):
            return
        run(job)
        # Counted from the end: after a long stop a job runs once, not once for each turn missed.
        due[job] = time.monotonic() + job.every.total_seconds()


def run(job: Job) -> bool:
    """Run ``job``; return whether it succeeded.  What it raises is logged."""
    close_old_connections()
    try:
        job.run()
    except Exception:  # the loop must go on
        logger.exception("periodic job failed", extra={"job": job.name})
        return False
    finally:
        close_old_connections()
    return True
