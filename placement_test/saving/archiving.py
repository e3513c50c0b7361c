"""Putting away sessions that ended long ago; nothing that a student entered is deleted."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from placement_test.lib import academy, audit, clock
from placement_test.models import StudentSession

logger = logging.getLogger(__name__)


@transaction.atomic
def archive_ended(days: int, *, dry_run: bool = False) -> int:
    """Archive sessions that ended ``days`` ago; return how many (with ``dry_run``: how many would).

    3 queries.  Abandoned sessions have ended before: the sweep ended and marked them.

    :raises ValueError: for less than a day
    """
    if days < 1:
        raise ValueError("days must be at least 1")
    now = clock.now()
    old = StudentSession.objects.filter(
        ended_at__lt=now - dt.timedelta(days=days), archived_at=None
    )
    if dry_run:
        return old.count()
    archived = old.update(archived_at=now)
    if archived:
        audit.record(
            None,
            "sessions archived",
            academy.current(),
            after={"sessions": archived, "days": days},
        )
        logger.info("sessions archived", extra={"count": archived, "days": days})
    return archived
