"""How many sessions are open and how many end soon, counted beside the requests."""

from __future__ import annotations

import datetime as dt
import time

from django.db.models import Count, Q

from placement_test.lib import clock
from placement_test.models import StudentSession

KNOWN_SECONDS = 15.0
# Longer than it takes until every page has heard of it.
SOON = dt.timedelta(minutes=2)


class _Crowd:
    open = 0
    ending = 0
    counted_at = float("-inf")


_crowd = _Crowd()


def count() -> None:
    """Count, if that was not done in the last 15 s: at most 1 query.

    It is for a thread beside the requests: no save waits for it.
    """
    if time.monotonic() < _crowd.counted_at + KNOWN_SECONDS:
        return
    soon = Q(deadline_at__lt=clock.now() + SOON, paused_at=None)
    counted = StudentSession.objects.filter(state=StudentSession.State.OPEN).aggregate(
        open=Count("pk"), ending=Count("pk", filter=soon)
    )
    _crowd.open, _crowd.ending = counted["open"], counted["ending"]
    _crowd.counted_at = time.monotonic()


def open_sessions() -> int:
    """Return how many were open when they were counted last; 0 in a process that never did."""
    return _crowd.open


def ending_sessions() -> int:
    """Return how many of them had two minutes at most, or were over and not ended yet."""
    return _crowd.ending


def forget() -> None:
    """Know nothing any more, as a new process does."""
    _crowd.open = _crowd.ending = 0
    _crowd.counted_at = float("-inf")
