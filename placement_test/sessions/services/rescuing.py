"""Bring in what a student's device held, through the one save path."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from placement_test.errors import PlacementError
from placement_test.lib import audit
from placement_test.saving.entries import MOST_ENTRIES, Batch
from placement_test.saving.store import StaffAuthority
from placement_test.sessions.services.sitting import save
from placement_test.sessions.services.submitting import submit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from placement_test.models import StaffUser, StudentSession
    from placement_test.sessions.rescue_files import Kept


@dataclass(frozen=True, slots=True)
class Rescued:
    """What became of a file: entries by status, and of the submission in it, if there was one.

    ``submission`` is "" (none), "submitted" (with the receipt's code) or why it could not be made.
    """

    entries: int
    accepted: dict[str, int]
    submission: str
    check_code: str
    words: str

    def as_reply(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "entries": self.entries,
            "accepted": self.accepted,
            "submission": self.submission,
            "check_code": self.check_code,
            "message": self.words,
        }


def bring_in(
    session: StudentSession, kept: Kept, *, actor: StaffUser, arrived: dt.datetime
) -> Rescued:
    """Save every entry of the file, then hand in where it holds a submission.

    Entries are all saved or none; the same file again gives duplicates.  What arrives after the
    deadline is late, as from a browser.  A submission goes the way of every submission, with its
    checks of time, arrival and digest.

    :raises SessionNotStarted: for entries of a session that was never begun
    """
    authority = StaffAuthority(actor.pk)
    with transaction.atomic():
        statuses: Counter[str] = Counter()
        for batch in _batches(kept):
            reply = save(session.id, batch, token=authority, arrived=arrived)
            statuses.update(each.status for each in reply.accepted)
        accepted = dict(sorted(statuses.items()))
        audit.record(
            actor,
            "emergency file brought in",
            session,
            after={"entries": len(kept.entries), "accepted": accepted},
        )
    outcome, code, words = _hand_in(session, kept, authority, arrived)
    return Rescued(len(kept.entries), accepted, outcome, code, words)


def _batches(kept: Kept) -> Iterator[Batch]:
    """Return the entries as their pages would have sent them: by claim, in order."""
    ordered = sorted(kept.entries, key=lambda each: (each.epoch, each.writer, each.seq))
    for (epoch, writer), group in itertools.groupby(ordered, lambda e: (e.epoch, e.writer)):
        entries = [each.as_entry() for each in group]
        for start in range(0, len(entries), MOST_ENTRIES):
            yield Batch(1, "rescue", epoch, writer, entries[start : start + MOST_ENTRIES])


def _hand_in(
    session: StudentSession, kept: Kept, authority: StaffAuthority, arrived: dt.datetime
) -> tuple[str, str, str]:
    if kept.submission is None:
        return "", "", ""
    try:
        receipt = submit(session.id, kept.submission, token=authority, arrived=arrived)
    except PlacementError as error:
        return error.code, "", error.words()
    return "submitted", receipt.check_code, ""
