"""The chain of staff decisions: each holds the digest of the one before it and of its own content.

A decision is chained right after its commit, by a transaction that holds no other lock than that
of the chain's end: so it can neither wait in a circle nor slow down the one that decides.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.lib import clock
from placement_test.models import AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterable

# More wait only after an outage; the next call takes the rest.
MOST_AT_ONCE = 500
# What a page looks at each time: some milliseconds, and more than a busy day's decisions.
NEWEST = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: how many entries fit, and the first one that does not, with why."""

    length: int
    broken_at: int = 0
    entry_id: int | None = None
    why: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether every entry is what it was and where it was."""
        return not self.broken_at


def digest(entry: AuditEntry) -> str:
    """Return the SHA-256 (hex) of an entry's canonical content, position and predecessor."""
    content = {
        "position": entry.position,
        "previous": entry.previous,
        "at": entry.at.astimezone(dt.UTC).isoformat(),
        "actor": entry.actor_id,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def extend() -> int:
    """Chain the committed decisions that are not yet; return how many.  2 queries, 2 more if any.

    Call it outside of transactions that hold other locks.
    """
    head = _locked_head()
    waiting = list(AuditEntry.objects.filter(position=None).order_by("id")[:MOST_AT_ONCE])
    for entry in waiting:
        head.length += 1
        entry.position, entry.previous = head.length, head.digest
        entry.digest = head.digest = digest(entry)
    if waiting:
        AuditEntry.objects.bulk_update(waiting, ["position", "previous", "digest"])
        head.save(update_fields=["length", "digest"])
    return len(waiting)


def verify() -> Finding:
    """Check the whole chain and keep what was found for the pages; reads every decision.

    What came after the check had begun is left to the next one.
    """
    while extend():
        pass
    head = AuditHead.objects.get(id=1)
    rows = AuditEntry.objects.filter(position__lte=head.length).order_by("position")
    found = _check(rows.iterator(), first=1, previous="", end=head)
    AuditHead.objects.filter(id=1).update(
        checked_at=clock.now(), checked_length=found.length, broken_at=found.broken_at
    )
    return found


def newest(head: AuditHead) -> Finding:
    """Return a check of the newest up to ``head``, the chain's end read before: 1 query."""
    rows = list(
        AuditEntry.objects.filter(position__isnull=False).order_by("-position")[:NEWEST][::-1]
    )
    # Chained since the end was read: not compared with it.
    rows = [row for row in rows if row.position is not None and row.position <= head.length]
    first = max(1, head.length - len(rows) + 1)
    previous = rows[0].previous if rows and first > 1 else ""
    return _check(rows, first=first, previous=previous, end=head)


def _check(rows: Iterable[AuditEntry], *, first: int, previous: str, end: AuditHead) -> Finding:
    position = first - 1
    for row in rows:
        position += 1
        if row.position != position:
            return Finding(position - 1, position, None, "is missing")
        if row.previous != previous:
            return Finding(position - 1, position, row.pk, "does not follow the one before it")
        if row.digest != digest(row):
            return Finding(position - 1, position, row.pk, "was changed")
        previous = row.digest
    if position != end.length:
        return Finding(position, position + 1, None, "is missing")
    if previous != end.digest:
        return Finding(position, position, None, "is not the end that was noted")
    return Finding(position)


def _locked_head() -> AuditHead:
    locked = AuditHead.objects.select_for_update()
    found = locked.filter(id=1).first()
    if found is None:
        AuditHead.objects.get_or_create(id=1)
        return locked.get(id=1)
    return found
