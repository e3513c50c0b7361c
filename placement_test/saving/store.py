"""The writing of one batch: one short transaction, committed before it is acknowledged."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from placement_test.errors import (
    CodeNeeded,
    SessionEnded,
    SessionNotStarted,
    SessionUnknown,
    TokenMissing,
)
from placement_test.lib import clock
from placement_test.monitoring.flushing import recorder
from placement_test.saving import crowd, limits, rules
from placement_test.saving.entries import HIGHEST_BELIEVED_EPOCH, EntryReply, SaveReply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from django.db.backends.utils import CursorWrapper

    from placement_test.models import SessionToken
    from placement_test.saving.entries import Batch, Claim, Entry

LOCK = """
SELECT version_id, state, deadline_at, allotted_seconds, epoch, rev, paused_at,
    last_contact_at, contact_token_id, elsewhere_at, registered_at,
    limit_window, limit_calls, event_count, conflict_count, claim_count
FROM placement_test_studentsession WHERE id = %s
"""

# Not joined to the lock: PostgreSQL reads joined rows as they were before it waited for the lock,
# so that a second request of the same writer would not see what the first one wrote, and a token
# that was superseded meanwhile would still claim.
WRITER = """
SELECT id, through, last_seq, epoch FROM placement_test_writer
WHERE session_id = %s AND writer = %s
"""
RIGHT_AND_WRITER = """
SELECT t.id, t.superseded_at, w.id, w.through, w.last_seq, w.epoch, w.token_id, o.superseded_at
FROM placement_test_sessiontoken t
LEFT JOIN placement_test_writer w ON w.session_id = t.session_id AND w.writer = %s
LEFT JOIN placement_test_sessiontoken o ON o.id = w.token_id
WHERE t.session_id = %s AND t.digest = %s
"""

# Why an entry is superseded where the part holds nothing newer: its browser had lost the session.
NO_CLAIM = "no_claim"

# No page is at this ``rev`` (-1 is that of a page which has to ask anyway): it fetches the state,
# and gives back what it finds lacking there.
UNKNOWN_WRITER = -2

EVENT_COLUMNS = (
    "session_id, writer, seq, epoch, kind, subject, value, at_ms, received_at, status, reason"
)

UPSERT = """
INSERT INTO {table} (session_id, {subject}, value, epoch, seq, writer) VALUES {rows}
ON CONFLICT (session_id, {subject}) DO UPDATE
SET value = excluded.value, epoch = excluded.epoch, seq = excluded.seq, writer = excluded.writer
WHERE (excluded.epoch, excluded.seq, excluded.writer)
    > ({table}.epoch, {table}.seq, {table}.writer)
RETURNING {subject}
"""


@dataclass(frozen=True, slots=True)
class StaffAuthority:
    """Stands in the place of a token where staff bring in what a student's device held.

    Only the import of emergency files makes one; no request carries it.
    """

    staff_id: int


Right = str | StaffAuthority
"""The plain token of a browser's cookie, or staff's authority."""


@dataclass(slots=True)
class Locked:
    """A session under its row lock, as far as saving must know it."""

    id: UUID
    version_id: int
    state: str
    deadline_at: dt.datetime | None
    allotted_seconds: int
    epoch: int
    rev: int
    paused_at: dt.datetime | None
    last_contact_at: dt.datetime | None
    contact_token: int | None
    elsewhere_at: dt.datetime | None
    registered_at: dt.datetime | None
    limit_window: int
    limit_calls: int
    events: int
    conflicts: int
    claims: int
    token: int | None = None
    is_superseded: bool = False
    writer_row: int | None = None
    through: int = 0
    last_seq: int = 0
    is_by_staff: bool = False
    writer_epoch: int = 0


@dataclass(slots=True)
class Saved:
    """A reply, and whether the batch changed what a finished session's result stands on."""

    reply: SaveReply
    changes_result: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """The epoch of a writer, and where the session stood when it was given."""

    epoch: int
    rev: int
    events: int


@dataclass(slots=True)
class _Row:
    entry: Entry
    text: str
    status: str
    reason: str = ""


@dataclass(slots=True)
class _Writing:
    """One batch on its way: what is new, what was there, what it made of the answers."""

    locked: Locked
    batch: Batch
    arrived: dt.datetime
    rows: list[_Row] = field(default_factory=list)
    replies: dict[int, EntryReply] = field(default_factory=dict)
    missing: list[tuple[int, int]] = field(default_factory=list)


def lock(session_id: UUID, *, token: Right, writer: str) -> Locked:
    """Lock a session inside the caller's transaction, and check the browser's right: 2 queries.

    ``token`` is the plain token of the cookie; "" is never right.

    :raises SessionUnknown: where there is no such session
    :raises TokenMissing: where the token is not one of its own
    :raises CodeNeeded: where the token is superseded and the writer is that of one that is not
    """
    suffix = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(LOCK + suffix, [session_id.hex])
        row = cursor.fetchone()
        if row is None:
            raise SessionUnknown
        version, state, deadline, allotted, epoch, rev, *others = row
        paused, contact, by, elsewhere, registered, *counts = others
        locked = Locked(
            session_id,
            version,
            state,
            _moment(deadline),
            allotted,
            epoch,
            rev,
            _moment(paused),
            _moment(contact),
            by,
            _moment(elsewhere),
            _moment(registered),
            *counts,
        )
        locked.is_by_staff = isinstance(token, StaffAuthority)
        if locked.is_by_staff:
            cursor.execute(WRITER, [session_id.hex, writer])
            found = cursor.fetchone()
            if found is not None:
                _note_writer(locked, *found)
            return locked
        cursor.execute(RIGHT_AND_WRITER, [writer, session_id.hex, token_digest(token)])
        found = cursor.fetchone()
    if found is None:
        raise TokenMissing
    _note_right(locked, *found)
    return locked


def _note_right(locked: Locked, token: int, superseded_at: object, *writer: Any) -> None:
    row, *_counters, owner, owner_superseded_at = writer
    locked.token, locked.is_superseded = token, superseded_at is not None
    if row is None:
        return
    # Any page can read the names of the session's writers; entries under the name of the one that
    # goes on would stand in its way.
    is_owner = owner in {None, token} or owner_superseded_at is not None
    if locked.is_superseded and not is_owner:
        raise CodeNeeded
    _note_writer(locked, *writer[:-2])


def _note_writer(locked: Locked, row: int, through: int, last_seq: int, epoch: int) -> None:
    locked.writer_row, locked.writer_epoch = row, epoch
    locked.through, locked.last_seq = through, last_seq


def token_digest(token: Right) -> str:
    """Return under what a token is stored; staff's authority has none, so it is ""."""
    if isinstance(token, StaffAuthority):
        return ""
    return hashlib.sha256(token.encode()).hexdigest()


def save(
    session_id: UUID,
    batch: Batch,
    *,
    token: Right,
    arrived: dt.datetime,
    shapes_of: Callable[[int], rules.Shapes],
) -> Saved:
    """Write one batch and return its reply; everything is on disk when this returns.

    ``shapes_of(version_id)`` says what the exam has.  Statements: begin, lock, writer, upsert,
    append, writer, session, commit; a heartbeat takes begin, lock, writer, session, commit.
    Entries seen before cost one more.

    :raises SessionUnknown, TokenMissing, CodeNeeded: as ``lock``
    :raises SessionNotStarted: for entries before the start
    :raises TooManySaves: beyond the bounds of one session
    """
    with transaction.atomic(savepoint=False):
        locked = lock(session_id, token=token, writer=batch.writer)
        _count_call(locked, arrived)
        writing = _Writing(locked, batch, arrived)
        changes_result = False
        if batch.entries:
            _sort_out(writing, shapes_of(locked.version_id))
            changes_result = _write(writing) and locked.state == "expired"
        if not writing.rows and locked.last_seq > locked.through:
            _find_missing(writing)
        _note_contact(writing)
    for status, entries in Counter(reply.status for reply in writing.replies.values()).items():
        recorder.count("entries", "save", status, entries)
    return Saved(_reply(writing), changes_result)


def claim(session_id: UUID, claim: Claim, *, token: Right, arrived: dt.datetime) -> Claimed:
    """Return the epoch under which this writer writes: begin, lock, right, writer, session, commit.

    The same writer always gets the same epoch; a new one gets a higher one than any before.

    :raises SessionUnknown, TokenMissing: as ``lock``
    :raises CodeNeeded: where the session went on to another browser
    :raises SessionEnded: where the session is over
    :raises TooManySaves: beyond the bounds of one session
    """
    with transaction.atomic():
        locked = lock(session_id, token=token, writer=claim.writer)
        if locked.is_superseded:
            raise CodeNeeded
        _count_call(locked, arrived)
        epoch = locked.writer_epoch
        # 0: it handed entries in while it might not claim.
        if not epoch:
            if locked.state in rules.OVER:
                raise SessionEnded
            epoch = _take_epoch(locked, claim, arrived)
        _store(locked, arrived, {})
    return Claimed(epoch, locked.rev, locked.events)


def start(held: SessionToken, claim: Claim, *, arrived: dt.datetime) -> Claimed | None:
    """Store that the session starts, and have its first page claim: right, session.

    ``held.session`` is locked, and says already how it starts; afterwards it says what is stored.
    None, and nothing is stored, where a page has claimed or entries are there: then this is no
    first page, and has to ask like any other.
    """
    session = held.session
    locked = _first_locked(held)
    if locked.claims or locked.events:
        return None
    _count_call(locked, arrived)
    epoch = _take_epoch(locked, claim, arrived)
    begun = {
        "state": session.state,
        "started_at": _stored(session.started_at),
        "deadline_at": _stored(session.deadline_at),
    }
    _store(locked, arrived, begun)
    session.epoch = epoch
    session.elsewhere_at = locked.elsewhere_at
    session.last_contact_at, session.contact_token_id = arrived, held.pk
    return Claimed(epoch, locked.rev, locked.events)


def _first_locked(held: SessionToken) -> Locked:
    session = held.session
    return Locked(
        session.id,
        session.version_id,
        session.state,
        session.deadline_at,
        session.allotted_seconds,
        session.epoch,
        session.rev,
        session.paused_at,
        session.last_contact_at,
        session.contact_token_id,
        session.elsewhere_at,
        session.registered_at,
        session.limit_window,
        session.limit_calls,
        session.event_count,
        session.conflict_count,
        session.claim_count,
        token=held.pk,
    )


def _take_epoch(locked: Locked, claim: Claim, arrived: dt.datetime) -> int:
    """Have a writer that has no epoch claim, and return its own, higher than any before."""
    seen = min(claim.seen_epoch, HIGHEST_BELIEVED_EPOCH)
    assert locked.registered_at is not None  # noqa: S101 - no session is without it
    locked.epoch = rules.next_epoch(locked.epoch, seen, locked.registered_at, arrived)
    locked.claims += 1
    _check_total(locked, "claims", locked.claims, limits.MOST_CLAIMS)
    _write_claim(locked, claim.writer, arrived)
    return locked.epoch


def _write_claim(locked: Locked, writer: str, arrived: dt.datetime) -> None:
    with connection.cursor() as cursor:
        if locked.writer_row is None:
            _insert_writer(cursor, locked, writer, locked.epoch, arrived)
        else:
            cursor.execute(
                "UPDATE placement_test_writer SET token_id = %s, epoch = %s WHERE id = %s",
                [locked.token, locked.epoch, locked.writer_row],
            )


def _insert_writer(
    cursor: CursorWrapper, locked: Locked, writer: str, epoch: int, arrived: dt.datetime
) -> None:
    cursor.execute(
        "INSERT INTO placement_test_writer"
        " (session_id, writer, token_id, epoch, through, last_seq, claimed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            locked.id.hex,
            writer,
            locked.token,
            epoch,
            locked.through,
            locked.last_seq,
            _stored(arrived),
        ],
    )


def _count_call(locked: Locked, arrived: dt.datetime) -> None:
    # A file that staff bring in is many batches at once.
    if not locked.is_by_staff:
        locked.limit_window, locked.limit_calls = limits.next_call(
            locked.id, counted_in=locked.limit_window, calls=locked.limit_calls, at=arrived
        )


def _check_total(locked: Locked, what: str, count: int, most: int) -> None:
    # What a full session has no room for is what staff bring in by hand.
    if not locked.is_by_staff:
        limits.check_total(locked.id, what, count, most)


def _sort_out(writing: _Writing, shapes: rules.Shapes) -> None:
    """Tell new entries from known ones and give each new one its status."""
    locked, batch = writing.locked, writing.batch
    counted = rules.clocked(writing.arrived, locked.paused_at)
    when = rules.moment(locked.state, locked.deadline_at, counted)
    if when == "early":
        # A server restored from before the start: the page brings the start back, then these.
        raise SessionNotStarted
    is_own_claim = not locked.is_superseded or batch.epoch == locked.writer_epoch
    usual = "late" if when == "late" else "applied" if is_own_claim else "superseded"
    known = (
        _known(locked, batch) if batch.entries[0].seq <= locked.last_seq or _mixed(batch) else {}
    )
    for entry in batch.entries:
        checked = rules.check(entry.kind, entry.part, bytes(entry.value), shapes)
        content = (entry.kind, entry.part, checked.text, entry.at)
        if entry.seq in known:
            same = known[entry.seq] == content
            if not same:
                _keep_conflict(writing, entry, checked.text)
            if not same or entry.seq not in writing.replies:
                status = "duplicate" if same else "conflict"
                writing.replies[entry.seq] = EntryReply(entry.seq, status)
            continue
        known[entry.seq] = content
        status = "rejected" if checked.reason else usual
        reason = NO_CLAIM if status == "superseded" else checked.reason
        writing.rows.append(_Row(entry, checked.text, status, reason))


def _mixed(batch: Batch) -> bool:
    """Return whether the seqs are not simply ascending, so that one may be there already."""
    seqs = [entry.seq for entry in batch.entries]
    return any(later <= earlier for earlier, later in itertools.pairwise(seqs))


def _known(locked: Locked, batch: Batch) -> dict[int, tuple[str, int, str, int]]:
    seqs = [entry.seq for entry in batch.entries if entry.seq <= locked.last_seq]
    if not seqs:
        return {}
    marks = ", ".join(["%s"] * len(seqs))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, kind, subject, value, at_ms FROM placement_test_answerevent"  # noqa: S608
            f" WHERE session_id = %s AND writer = %s AND seq IN ({marks})",
            [locked.id.hex, batch.writer, *seqs],
        )
        return {seq: tuple(content) for seq, *content in cursor.fetchall()}


def _write(writing: _Writing) -> bool:
    """Append the new entries and apply them; return whether an answer changed."""
    batch, locked = writing.batch, writing.locked
    applied = [row for row in writing.rows if row.status == "applied"]
    won = _apply(writing, [row for row in applied if row.entry.kind == "answer"], "answer")
    for kind in ("flag", "play"):
        _apply(writing, [row for row in applied if row.entry.kind == kind], kind)
    if writing.rows:
        locked.events += len(writing.rows)
        _check_total(locked, "events", locked.events, limits.MOST_EVENTS)
        _append(writing)
        _advance(writing)
    for row in writing.rows:
        known = writing.replies.get(row.entry.seq)
        # Other content under the same seq of this very batch: "applied" would speak for both.
        if known is None or known.status != "conflict":
            writing.replies[row.entry.seq] = EntryReply(row.entry.seq, row.status, row.reason)
    # The page that goes on may have looked before, and may not have claimed yet.
    if won and (locked.is_superseded or batch.epoch < locked.epoch):
        locked.rev += 1
    return bool(won)


def _apply(writing: _Writing, rows: Sequence[_Row], kind: str) -> set[int]:
    """Upsert the newest entry of each subject; mark those that met a newer one."""
    if not rows:
        return set()
    newest = rules.newest((row.entry.part, row.entry.seq) for row in rows)
    folded = [row for row in rows if newest[row.entry.part] == row.entry.seq]
    batch, session = writing.batch, writing.locked.id.hex
    if kind == "answer":
        table, subject, extra = "placement_test_studentanswer", "part_id", []
    else:
        table, subject, extra = "placement_test_runnerstate", "kind, subject", [kind]
    one = "(" + ", ".join(["%s"] * (6 + len(extra))) + ")"
    sql = UPSERT.format(table=table, subject=subject, rows=", ".join([one] * len(folded)))
    values: list[Any] = []
    for row in folded:
        order = (batch.epoch, row.entry.seq, batch.writer)
        values += [session, *extra, row.entry.part, row.text, *order]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        won = {row[-1] for row in cursor.fetchall()}
    for row in rows:
        if row.entry.part not in won:
            row.status = "superseded"
    return won


def _append(writing: _Writing) -> None:
    batch = writing.batch
    one = "(" + ", ".join(["%s"] * 11) + ")"
    received = _stored(writing.arrived)
    values: list[Any] = []
    for row in writing.rows:
        entry = row.entry
        values += [
            writing.locked.id.hex,
            batch.writer,
            entry.seq,
            batch.epoch,
            entry.kind,
            entry.part,
            row.text,
            entry.at,
            received,
            row.status,
            row.reason,
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO placement_test_answerevent ({EVENT_COLUMNS})"  # noqa: S608
            f" VALUES {', '.join([one] * len(writing.rows))}",
            values,
        )


def _advance(writing: _Writing) -> None:
    """Move the writer's counters on; a writer that never claimed gets its row here."""
    locked, batch = writing.locked, writing.batch
    new = sorted(row.entry.seq for row in writing.rows)
    if new[0] == locked.through + 1 == locked.last_seq + 1 and new[-1] - new[0] + 1 == len(new):
        locked.through = locked.last_seq = new[-1]
    else:
        locked.last_seq = max(locked.last_seq, new[-1])
        _find_missing(writing)
    with connection.cursor() as cursor:
        if locked.writer_row is None:
            locked.claims += 1
            _check_total(locked, "claims", locked.claims, limits.MOST_CLAIMS)
            epoch = 0 if locked.is_superseded else batch.epoch
            _insert_writer(cursor, locked, batch.writer, epoch, writing.arrived)
        else:
            cursor.execute(
                "UPDATE placement_test_writer SET through = %s, last_seq = %s WHERE id = %s",
                [locked.through, locked.last_seq, locked.writer_row],
            )


def _find_missing(writing: _Writing) -> None:
    """Say which seqs of the writer have not arrived, and move ``through`` up to the first."""
    locked = writing.locked
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq FROM placement_test_answerevent"
            " WHERE session_id = %s AND writer = %s AND seq > %s ORDER BY seq",
            [locked.id.hex, writing.batch.writer, locked.through],
        )
        arrived = [seq for (seq,) in cursor.fetchall()]
    locked.through, writing.missing = rules.gaps(locked.through, arrived)


def _keep_conflict(writing: _Writing, entry: Entry, text: str) -> None:
    content = rules.canonical(f"{writing.batch.epoch} {entry.kind} {entry.part} {entry.at} {text}")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO placement_test_conflictingentry"
            " (session_id, writer, seq, digest, content, received_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                writing.locked.id.hex,
                writing.batch.writer,
                entry.seq,
                hashlib.sha256(content.encode()).hexdigest(),
                content,
                _stored(writing.arrived),
            ],
        )
        if cursor.rowcount > 0:
            locked = writing.locked
            locked.conflicts += 1
            _check_total(locked, "conflicts", locked.conflicts, limits.MOST_CONFLICTS)


def _note_contact(writing: _Writing) -> None:
    locked, batch = writing.locked, writing.batch
    if not locked.is_superseded:
        # A server restored from a backup may know fewer claims than the browser has seen.
        locked.epoch = max(locked.epoch, min(batch.epoch, HIGHEST_BELIEVED_EPOCH))
    _store(locked, writing.arrived, {"pending": batch.pending, "storage": batch.storage})


def _store(locked: Locked, arrived: dt.datetime, contact: dict[str, Any]) -> None:
    """Write what changed of the session itself; ``contact`` is what its browser says of itself."""
    columns: dict[str, Any] = {
        "rev": locked.rev,
        "limit_window": locked.limit_window,
        "limit_calls": locked.limit_calls,
        "event_count": locked.events,
        "conflict_count": locked.conflicts,
        "claim_count": locked.claims,
    }
    if not locked.is_superseded:
        columns["epoch"] = locked.epoch
    # Neither staff nor a browser that the session has left is where it goes on.
    if not locked.is_superseded and not locked.is_by_staff:
        if locked.contact_token not in {None, locked.token}:
            locked.elsewhere_at = locked.last_contact_at
        columns |= contact | {
            "last_contact_at": _stored(arrived),
            "contact_token_id": locked.token,
            "elsewhere_at": _stored(locked.elsewhere_at),
        }
    changes = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE placement_test_studentsession SET {changes} WHERE id = %s",  # noqa: S608
            [*columns.values(), locked.id.hex],
        )


def _reply(writing: _Writing) -> SaveReply:
    locked, batch = writing.locked, writing.batch
    now = clock.now()
    clocked = rules.clocked(now, locked.paused_at)
    is_fenced = locked.is_superseded or batch.epoch < locked.epoch
    return SaveReply(
        v=batch.v,
        nonce=batch.nonce,
        session=str(locked.id),
        accepted=[writing.replies[entry.seq] for entry in batch.entries],
        through=locked.through,
        missing=writing.missing,
        state="claimed" if is_fenced and locked.state == "open" else locked.state,
        # Every page has claimed: a writer without a row is one that this server has lost.
        rev=locked.rev if locked.writer_row is not None else UNKNOWN_WRITER,
        server_ms=int(now.timestamp() * 1000),
        remaining_ms=rules.remaining_ms(locked.deadline_at, locked.allotted_seconds, clocked),
        next_flush_ms=rules.next_flush_ms(crowd.open_sessions()),
        end_spread_ms=rules.end_spread_ms(crowd.ending_sessions()),
        paused=locked.paused_at is not None,
    )


def _stored(moment: dt.datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _moment(value: object) -> dt.datetime | None:
    """Return a moment as the driver gave it: SQLite hands out text without a zone."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=dt.UTC)
    return value if isinstance(value, dt.datetime) else None
