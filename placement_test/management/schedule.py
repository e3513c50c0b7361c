"""What an installation does by itself at regular times, in one list for every kind of runner."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging

from django.core.management import call_command
from django.utils.module_loading import import_string

from placement_test.lib import audit_chain
from placement_test.performance_monitor import PerformanceMonitor

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A function without arguments, named by its dotted path, and how often it runs."""

    name: str
    every: dt.timedelta
    function: str

    def run(self) -> None:
        """Import the function and call it."""
        import_string(self.function)()


def clear_expired_logins() -> None:
    """Delete staff's browser sessions that have expired."""
    call_command("clearsessions")


def archive_old_sessions() -> None:
    """Archive sessions that ended a month ago; their answers stay."""
    PerformanceMonitor.cleanup_old_sessions()


def verify_audit() -> None:
    """Check the chain of decisions; the audit page shows what was found, the log what is wrong."""
    found = audit_chain.verify()
    if not found.is_whole:
        logger.error(
            "audit chain broken",
            extra={"position": found.broken_at, "entry": found.entry_id, "why": found.why},
        )


JOBS = (
    # Students see "time is up" from their own clock; five seconds is what a teacher notices.
    Job(
        name="end overdue sessions",
        every=dt.timedelta(seconds=5),
        function="placement_test.sessions.tasks.sweep_overdue",
    ),
    # A class of forty writes about 1 MB of log in this time, which moves in some milliseconds.
    Job(
        name="checkpoint",
        every=dt.timedelta(seconds=30),
        function="placement_test.lib.transactions.checkpoint",
    ),
    Job(
        name="remove old previews",
        every=dt.timedelta(hours=6),
        function="placement_test.sessions.tasks.remove_old_previews",
    ),
    Job(
        name="upkeep of figures",
        every=dt.timedelta(minutes=1),
        function="placement_test.monitoring.upkeep.run",
    ),
    Job(
        name="archive old sessions",
        every=dt.timedelta(days=1),
        function="placement_test.management.schedule.archive_old_sessions",
    ),
    # A check of all decisions: some seconds for a hundred thousand of them.
    Job(
        name="verify audit trail",
        every=dt.timedelta(days=1),
        function="placement_test.management.schedule.verify_audit",
    ),
    Job(
        name="clear expired logins",
        every=dt.timedelta(days=1),
        function="placement_test.management.schedule.clear_expired_logins",
    ),
)
