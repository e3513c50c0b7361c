"""What one session may send: bounds on its rate and on what it leaves in the tables.

Counted on the session's row, which every save writes anyway.  Never per address: a whole classroom
comes from one.  A browser that is refused keeps what it holds and sends it again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db.models import Case, F, When

from placement_test.errors import TooManySaves
from placement_test.models import StudentSession

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

logger = logging.getLogger(__name__)

# Retry-After is what is left of a window: long enough to take the load off, and a browser that
# ran into it loses no time that a student would notice.
WINDOW_SECONDS = 5
# A page sends at most three batches a second while someone types and clicks, and hands an outbox
# in with some 20 a second.  Five pages of one session at full speed stay below this.
MOST_CALLS = 100
# One entry a second for five and a half hours; an essay adds one every two seconds.
MOST_EVENTS = 20_000
# Two browsers with one profile's copied outbox make one each, and then claim anew.
MOST_CONFLICTS = 500
# Each page load makes one: reloading every seven seconds for two hours.
MOST_CLAIMS = 1_000

CALL_FIELDS = ("limit_window", "limit_calls")


def window(at: dt.datetime) -> int:
    """Return the number of the window that a moment falls into."""
    return int(at.timestamp()) // WINDOW_SECONDS


def next_call(session: UUID, *, counted_in: int, calls: int, at: dt.datetime) -> tuple[int, int]:
    """Return the window and its number of calls with this one; a refused call is not counted.

    :raises TooManySaves: where the window is full
    """
    current = window(at)
    if current != counted_in:
        return current, 1
    if calls >= MOST_CALLS:
        logger.info("session saves too often", extra={"session": session})
        left = (current + 1) * WINDOW_SECONDS - at.timestamp()
        raise TooManySaves(max(1, min(WINDOW_SECONDS, round(left))))
    return current, calls + 1


def count_call(session: StudentSession, at: dt.datetime) -> None:
    """Count a call on the session, which the caller has locked and saves.

    :raises TooManySaves: where the window is full
    """
    session.limit_window, session.limit_calls = next_call(
        session.id, counted_in=session.limit_window, calls=session.limit_calls, at=at
    )


def count_refused(session: UUID, at: dt.datetime) -> None:
    """Count a call whose transaction was taken back: 1 query."""
    current = window(at)
    calls = Case(When(limit_window=current, then=F("limit_calls") + 1), default=1)
    StudentSession.objects.filter(id=session).update(limit_window=current, limit_calls=calls)


def check_total(session: UUID, what: str, count: int, most: int) -> None:
    """Refuse what would make more than ``most`` of something in one session.

    :raises TooManySaves: then; somebody should look at this session
    """
    if count > most:
        logger.warning("session at its bound", extra={"session": session, "what": what})
        raise TooManySaves(WINDOW_SECONDS)
