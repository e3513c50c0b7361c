"""The usual batch on PostgreSQL: one statement, for as many sessions as wait at this moment.

A batch is plain where its page claimed last, its browser has the right, and its entries are new, in
order, in time and without a gap.  The database's own function ``placement_test_save_plain`` checks
that under the session's lock, and writes what ``store.save`` would write.  Of any other batch it
touches nothing; ``store.save`` takes it.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)

from placement_test.lib import clock
from placement_test.lib.together import Together
from placement_test.monitoring.flushing import recorder
from placement_test.saving import crowd, limits, rules
from placement_test.saving.entries import HIGHEST_BELIEVED_EPOCH, EntryReply, SaveReply
from placement_test.saving.store import token_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from placement_test.saving.entries import Batch

STATEMENT = "SELECT * FROM placement_test_save_plain(%s, %s, %s)"
# More wait only where the database stood still for a while.
MOST_TOGETHER = 64


class _Entry(msgspec.Struct, frozen=True):
    seq: int
    kind: str
    subject: int
    value: str
    at: int
    status: str
    reason: str
    newest: bool
    """Of those of its subject in this batch; refused ones do not count."""


class _Given(msgspec.Struct, frozen=True):
    """A batch as the database's function takes it."""

    session: UUID
    digest: str
    writer: str
    epoch: int
    first: int
    count: int
    arrived: dt.datetime
    latest: dt.datetime
    """The earliest deadline under which it still counts."""
    window_: int
    pending: int
    storage: str
    entries: list[_Entry]


@dataclass(frozen=True, slots=True)
class _Written:
    deadline_at: dt.datetime
    allotted_seconds: int
    rev: int
    through: int
    superseded: frozenset[int]


_encode = msgspec.json.Encoder().encode


def save(
    session_id: UUID, batch: Batch, *, token: str, arrived: dt.datetime, shapes: rules.Shapes
) -> SaveReply | None:
    """Write a plain batch and return its reply; None, and nothing is written, for another one.

    One statement, shared with the batches of other threads; in a transaction of the caller's it is
    written there, alone.

    :raises OperationalError, InterfaceError: where nobody knows whether it was written
    """
    if not _may_be_plain(batch):
        return None
    given = _given(session_id, batch, token, arrived, shapes)
    content = _encode(given)
    written = _write([content], connection)[0] if connection.in_atomic_block else _together(content)
    if written is None:
        return None
    reply = _reply(session_id, batch, given, written)
    for status, entries in Counter(entry.status for entry in reply.accepted).items():
        recorder.count("entries", "save", status, entries)
    return reply


def _may_be_plain(batch: Batch) -> bool:
    if batch.epoch > HIGHEST_BELIEVED_EPOCH:
        return False
    first = batch.entries[0].seq if batch.entries else 0
    return all(entry.seq == seq for seq, entry in enumerate(batch.entries, start=first))


def _given(
    session_id: UUID, batch: Batch, token: str, arrived: dt.datetime, shapes: rules.Shapes
) -> _Given:
    checked = [
        rules.check(entry.kind, entry.part, bytes(entry.value), shapes) for entry in batch.entries
    ]
    newest = {
        (entry.kind, entry.part): entry.seq
        for entry, known in zip(batch.entries, checked, strict=True)
        if not known.reason
    }
    return _Given(
        session=session_id,
        digest=token_digest(token),
        writer=batch.writer,
        epoch=batch.epoch,
        first=batch.entries[0].seq if batch.entries else 0,
        count=len(batch.entries),
        arrived=arrived,
        latest=arrived - rules.GRACE,
        window_=limits.window(arrived),
        pending=batch.pending,
        storage=batch.storage,
        entries=[
            _Entry(
                seq=entry.seq,
                kind=entry.kind,
                subject=entry.part,
                value=known.text,
                at=entry.at,
                status="rejected" if known.reason else "applied",
                reason=known.reason,
                newest=newest.get((entry.kind, entry.part)) == entry.seq,
            )
            for entry, known in zip(batch.entries, checked, strict=True)
        ],
    )


def _write(contents: Sequence[bytes], own: BaseDatabaseWrapper) -> list[_Written | None]:
    """Write those that are plain, in one statement that is its own transaction."""
    batches = b"[" + b",".join(contents) + b"]"
    written: list[_Written | None] = [None] * len(contents)
    with own.cursor() as cursor:
        cursor.execute(STATEMENT, [batches.decode(), limits.MOST_CALLS, limits.MOST_EVENTS])
        for number, deadline, allotted, rev, through, superseded in cursor.fetchall():
            written[number - 1] = _Written(
                deadline, allotted, rev, through, frozenset(superseded or ())
            )
    return written


def _write_or_leave(contents: Sequence[bytes]) -> list[_Written | None]:
    """Write them; where the database refuses the statement, leave each to ``store.save``.

    One thread at a time is here.  It takes the process's connection for saves, so that a hundred
    waiting threads need no hundred connections; the statement counts as its own request's.
    """
    own = _connection()
    own.execute_wrappers = connection.execute_wrappers
    try:
        return _write(contents, own)
    except (OperationalError, InterfaceError):
        # Whether it was committed is unknown: no other try before the page's own.
        own.close()
        raise
    except DatabaseError:
        return [None] * len(contents)


@functools.cache
def _connection() -> BaseDatabaseWrapper:
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.inc_thread_sharing()
    # A check before each statement would be a second one; one that is gone costs one round.
    own.settings_dict = {**own.settings_dict, "CONN_HEALTH_CHECKS": False}
    return own


def close() -> None:
    """Close the process's connection for saves; the next one opens it again."""
    _connection().close()


_together: Together[bytes, _Written | None] = Together(_write_or_leave, MOST_TOGETHER)


def _reply(session_id: UUID, batch: Batch, given: _Given, written: _Written) -> SaveReply:
    now = clock.now()
    return SaveReply(
        v=batch.v,
        nonce=batch.nonce,
        session=str(session_id),
        accepted=[
            EntryReply(
                entry.seq,
                "superseded" if entry.seq in written.superseded else entry.status,
                entry.reason,
            )
            for entry in given.entries
        ],
        through=written.through,
        missing=[],
        state="open",
        rev=written.rev,
        server_ms=int(now.timestamp() * 1000),
        remaining_ms=rules.remaining_ms(written.deadline_at, written.allotted_seconds, now),
        next_flush_ms=rules.next_flush_ms(crowd.open_sessions()),
        end_spread_ms=rules.end_spread_ms(crowd.ending_sessions()),
    )
