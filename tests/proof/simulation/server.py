"""The server of the save protocol as a model: the product's own rules, rows as tuples in memory.

It answers as ``placement_test.saving.store`` and ``placement_test.sessions.services`` do;
``tests.proof.simulation.test_conformance`` holds it to that on both databases.  Time is the
scheduler's, in milliseconds.  A call is one transaction: it takes effect as a whole or not at all.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from placement_test.saving import rules
from placement_test.saving.entries import HIGHEST_BELIEVED_EPOCH
from tests.proof.checker import text_of
from tests.proof.history import (
    Stored,
    StoredConflict,
    StoredEvent,
    StoredResult,
    StoredWriter,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.proof.history import Entry, Key, Standing

Reply = tuple[int, dict[str, Any] | None]

BEGINNING = dt.datetime(2026, 3, 9, 3, 0, tzinfo=dt.UTC)
UNKNOWN_WRITER = -2
GRACE_MS = int(rules.GRACE.total_seconds() * 1000)
SESSION = "3f2a0c1e8f0b4a7e9d520123456789ab"


@lru_cache(maxsize=4096)
def moment_at(ms: int) -> dt.datetime:
    """Return the moment that many milliseconds after the beginning of a schedule."""
    return BEGINNING + dt.timedelta(milliseconds=ms)


class Exam(NamedTuple):
    """What a session is sat on: shapes as saving checks them, and the right answers."""

    shapes: rules.Shapes
    key: Mapping[int, str]


class Ticket(NamedTuple):
    """What a browser is given to make its session again."""

    token: str
    issued_at: int
    started_at: int | None
    allotted_ms: int
    registered_at: int


class Token(NamedTuple):
    issued_at: int
    superseded_at: int | None


class Writer(NamedTuple):
    epoch: int
    through: int
    last_seq: int
    token: str


class Refused(Exception):
    """A call that changes nothing."""

    def __init__(self, status: int, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body: dict[str, Any] = {"error": code, **facts}


def _unknown() -> Refused:
    return Refused(404, "session_unknown")


class Server:
    """One session and all that belongs to it."""

    def __init__(self, exam: Exam, *, allotted_ms: int, registered_at: int = 0) -> None:
        self.exam = exam
        # A sitting on the version: what a ticket, too, would bring back.
        self.allotted_ms = allotted_ms
        self.registered_at = registered_at
        self._check = _checker(exam)
        self._empty()

    def _empty(self) -> None:
        self.exists = True
        self.state = "registered"
        self.started_at: int | None = None
        self.deadline: int | None = None
        self.ended_at: int | None = None
        self.epoch = 0
        self.rev = 0
        self.event_count = 0
        self.last_contact: int | None = None
        self.contact_token: str | None = None
        self.elsewhere: int | None = None
        self.tokens: dict[str, Token] = {}
        self.writers: dict[str, Writer] = {}
        self.events: dict[Key, StoredEvent] = {}
        self.at: dict[Key, int] = {}
        self.standing: dict[tuple[str, int], Standing] = {}
        self.conflicts: dict[tuple[Any, ...], StoredConflict] = {}
        self.receipts: tuple[dict[str, Any], ...] = ()
        self.results: tuple[tuple[int, str], ...] = ()
        self.given_ms = 0
        self.decisions = 0
        self.reopened = 0
        self.deadline_moves = 0

    # What is kept of a session in a backup.
    _FIELDS = (
        "exists", "state", "started_at", "deadline", "ended_at", "epoch", "rev", "event_count",
        "last_contact", "contact_token", "elsewhere", "tokens", "writers", "events", "at",
        "standing", "conflicts", "receipts", "results", "given_ms", "decisions", "reopened",
    )  # fmt: skip

    def backup(self) -> dict[str, Any]:
        """Return everything stored, as a backup would hold it."""
        kept = {name: getattr(self, name) for name in self._FIELDS}
        return {
            name: dict(value) if isinstance(value, dict) else value for name, value in kept.items()
        }

    def restore_backup(self, kept: dict[str, Any] | None) -> None:
        """Go back to a backup; None: to one from before the registration."""
        moves = self.deadline_moves
        if kept is None:
            self._empty()
            self.exists = False
        else:
            for name, value in kept.items():
                setattr(self, name, dict(value) if isinstance(value, dict) else value)
        self.deadline_moves = moves + 1

    # Calls

    def handle(self, call: str, body: Any, token: str, now: int) -> Reply:
        """Return status and body of one call that arrived now."""
        try:
            return 200, getattr(self, "on_" + call)(body, token, now)
        except Refused as refused:
            return refused.status, refused.body

    def on_begin(self, body: tuple[str, int] | None, token: str, now: int) -> dict[str, Any]:
        held = self._held(token)
        claimed = None
        if self.state == "registered":
            if held.superseded_at is not None:
                raise Refused(401, "code_needed")
            self._start(now)
            if body is not None and not self.writers and not self.event_count:
                claimed = self.on_claim(body, token, now)
        return {**self._state(held, token, now), "claim": claimed}

    def on_exam(self, _body: None, token: str, _now: int) -> dict[str, Any]:
        self._held(token)
        return {"version": 1}

    def on_claim(self, body: tuple[str, int], token: str, now: int) -> dict[str, Any]:
        writer, seen = body
        if self._held(token).superseded_at is not None:
            raise Refused(401, "code_needed")
        known = self.writers.get(writer)
        # Epoch 0: it handed entries in while it might not claim.
        if known is None or not known.epoch:
            if self.ended_at is not None:
                raise Refused(409, "ended")
            self.epoch = self._next_epoch(seen, now)
            through, last = (known.through, known.last_seq) if known else (0, 0)
            known = self.writers[writer] = Writer(self.epoch, through, last, token)
        self._note_contact(token, now)
        return {"epoch": known.epoch, "rev": self.rev, "events": self.event_count}

    def on_state(self, _body: None, token: str, now: int) -> dict[str, Any]:
        held = self._held(token)
        self.end_if_overdue(now)
        return self._state(held, token, now)

    def _state(self, held: Token, token: str, now: int) -> dict[str, Any]:
        standing: dict[str, dict[int, tuple[int, int, str]]] = {
            "answer": {},
            "flag": {},
            "play": {},
        }
        for (kind, subject), (epoch, seq, _writer, text) in self.standing.items():
            standing[kind][subject] = epoch, seq, text
        is_last = self.contact_token in {None, token}
        heard = self.elsewhere if is_last else self.last_contact
        return {
            "epoch": self.epoch,
            "state": self.state,
            "rev": self.rev,
            "events": self.event_count,
            "answers": standing["answer"],
            "flags": standing["flag"],
            "plays": standing["play"],
            "through": {name: writer.through for name, writer in self.writers.items()},
            "remaining_ms": self._remaining(now),
            "elsewhere_ms": None if heard is None else max(0, now - heard),
            "ticket": None if held.superseded_at is not None else self._ticket(token),
        }

    def on_answers(
        self, body: tuple[str, int, str, Sequence[Entry]], token: str, now: int
    ) -> dict[str, Any]:
        nonce, epoch, writer, entries = body
        held = self._held(token)
        is_left = held.superseded_at is not None
        known = self.writers.get(writer)
        if is_left and known is not None and not self._may_hand_in(known, token):
            raise Refused(401, "code_needed")
        missing: list[tuple[int, int]] = []
        accepted: list[tuple[int, str, str]] = []
        if entries:
            accepted, missing = self._write(epoch, writer, entries, token, now)
        elif known is not None and known.last_seq > known.through:
            missing = self._advance(writer)
        if not is_left:
            self.epoch = max(self.epoch, min(epoch, HIGHEST_BELIEVED_EPOCH))
            self._note_contact(token, now)
        is_fenced = (is_left or epoch < self.epoch) and self.state == "open"
        is_unknown = known is None
        known = self.writers.get(writer)
        return {
            "nonce": nonce,
            "session": SESSION,
            "accepted": accepted,
            "through": known.through if known else 0,
            "missing": missing,
            "state": "claimed" if is_fenced else self.state,
            # A claim that is lost: the page asks for the state, and gives back what is lacking.
            "rev": UNKNOWN_WRITER if is_unknown else self.rev,
            "remaining_ms": self._remaining(now),
        }

    def on_submit(self, body: tuple[str, str, int, str], token: str, now: int) -> dict[str, Any]:
        submit_id, writer, last_seq, digest = body
        if self._held(token).superseded_at is not None:
            raise Refused(401, "code_needed")
        known = [receipt for receipt in self.receipts if receipt["submit_id"] == submit_id]
        if self.state == "open" and self.reopened and known:
            return {"receipt": known[0], "check_code": "0"}
        if self.state != "submitted":
            self._check_submission(writer, last_seq, digest, token, now)
            self._close("submitted", now)
            self.receipts = (*self.receipts, {"submit_id": submit_id, "digest": digest})
        return {"receipt": self.receipts[-1], "check_code": "0"}

    def on_restore(self, ticket: Ticket, token: str, now: int) -> dict[str, Any]:
        if ticket.token != token:
            raise Refused(401, "token_missing")
        if not self.exists:
            self.exists = True
            self.registered_at = ticket.registered_at
        self._bring_back_token(ticket)
        if self.state == "registered" and ticket.started_at is not None:
            self._start(ticket.started_at)
        return self._times(now)

    # What nobody but the server or its staff does

    def register(self, token: str, now: int) -> None:
        """Give the first browser its right."""
        self.tokens[token] = Token(now, None)

    def crash(self, now: int) -> None:
        """End in the middle and come back: what is committed is there."""

    def resume(self, token: str, now: int) -> Ticket | None:
        """Let another browser take the session over, as with a resume code; return its ticket."""
        for name, held in self.tokens.items():
            if held.superseded_at is None:
                self.tokens[name] = Token(held.issued_at, now)
        self.tokens[token] = Token(now, None)
        return self._ticket(token)

    def sweep(self, now: int) -> None:
        """End the session where its time is over."""
        if self.exists:
            self.end_if_overdue(now)

    def end_if_overdue(self, now: int) -> None:
        if self.state == "open" and self.deadline is not None and now > self.deadline + GRACE_MS:
            self._close("expired", self.deadline)

    def give_time(self, ms: int) -> None:
        """Move the deadline of an open session."""
        if self.exists and self.state == "open" and self.deadline is not None:
            self.given_ms += ms
            self.deadline += ms
            self.deadline_moves += 1

    def reopen(self, ms: int, now: int) -> None:
        """Open an ended session again, with time from now on; receipts stay."""
        if self.exists and self.ended_at is not None:
            self.reopened += 1
            self.epoch += 1
            self.state, self.ended_at = "open", None
            self.deadline = now + ms
            self.deadline_moves += 1

    def count_late(self) -> None:
        """Count every answer that waits for a person: the newest of a part, over what stands."""
        waiting = [
            event
            for event in self.events.values()
            if event.kind == "answer"
            and event.status in {"late", "superseded"}
            and event.accepted is None
        ]
        if not waiting or not self.results:
            return
        newest: dict[int, Standing] = {}
        for event in waiting:
            self.events[event.key] = event_with(event, accepted=True)
            standing = (event.epoch, event.seq, event.writer, event.value_text)
            newest[event.part] = max(standing, newest.get(event.part, standing))
        for part, standing in newest.items():
            self.standing["answer", part] = standing
        self.decisions += len(waiting)
        self._mark("late")

    def stored(self) -> Stored:
        """Return all rows, for the checker."""
        if not self.exists:
            return Stored(state="gone")
        answers = {part: row for (kind, part), row in self.standing.items() if kind == "answer"}
        last = len(self.results) - 1
        return Stored(
            events=tuple(self.events.values()),
            answers=answers,
            writers={
                name: StoredWriter(
                    writer.epoch, writer.through, writer.last_seq, self._is_left(writer.token)
                )
                for name, writer in self.writers.items()
            },
            conflicts=tuple(self.conflicts.values()),
            receipts=self.receipts,
            results=tuple(
                StoredResult(
                    str(score),
                    str(self._score()) if number == last else None,
                    cause,
                    number == last,
                )
                for number, (score, cause) in enumerate(self.results)
            ),
            state=self.state,
            decisions=self.decisions,
            reopened=self.reopened,
            runner_states={key: row for key, row in self.standing.items() if key[0] != "answer"},
            deadline_ms=None if self.reopened else self.deadline,
        )

    # The parts of a save, each of which a control takes away

    def _next_epoch(self, seen: int, now: int) -> int:
        seen = min(seen, HIGHEST_BELIEVED_EPOCH)
        return rules.next_epoch(self.epoch, seen, moment_at(self.registered_at), moment_at(now))

    def _is_newer(self, new: Standing, held: Standing | None, at: int) -> bool:  # noqa: ARG002
        return held is None or new[:3] > held[:3]

    def _is_known(self, key: Key) -> bool:
        return key in self.events

    def _is_same(self, event: StoredEvent, entry: Entry, text: str) -> bool:
        return (event.kind, event.part, event.value_text) == (entry.kind, entry.part, text) and (
            self.at[event.key] == entry.at
        )

    def _keeps(self, status: str) -> bool:  # noqa: ARG002
        return True

    def _write(
        self, epoch: int, writer: str, entries: Sequence[Entry], token: str, now: int
    ) -> tuple[list[tuple[int, str, str]], list[tuple[int, int]]]:
        when = rules.moment(
            self.state,
            None if self.deadline is None else moment_at(self.deadline),
            moment_at(now),
        )
        if when == "early":
            raise Refused(409, "not_started")
        known = self.writers.get(writer)
        is_left = self._is_left(token)
        is_own = not is_left or (known is not None and known.epoch == epoch)
        usual = "late" if when == "late" else "applied" if is_own else "superseded"
        rows: list[StoredEvent] = []
        replies: dict[int, tuple[int, str, str]] = {}
        fresh: dict[Key, StoredEvent] = {}
        for entry in entries:
            checked = self._check(entry.kind, entry.part, text_of(entry.value))
            key = (writer, entry.seq)
            held = fresh.get(key) or (self.events[key] if self._is_known(key) else None)
            if held is not None:
                self._meet_again(held, entry, checked.text, epoch, replies)
                continue
            event = StoredEvent(
                writer, entry.seq, epoch, entry.kind, entry.part, checked.text,
                "rejected" if checked.reason else usual, checked.reason, now,
            )  # fmt: skip
            self.at[key] = entry.at
            fresh[key] = event
            rows.append(event)
        missing = self._apply(rows, replies, epoch, writer, token)
        return [replies[entry.seq] for entry in entries], missing

    def _meet_again(
        self,
        held: StoredEvent,
        entry: Entry,
        text: str,
        epoch: int,
        replies: dict[int, tuple[int, str, str]],
    ) -> None:
        same = self._is_same(held, entry, text)
        if not same:
            content = (held.writer, entry.seq, epoch, entry.kind, entry.part, entry.at, text)
            self.conflicts.setdefault(
                content,
                StoredConflict(held.writer, entry.seq, epoch, entry.kind, entry.part, text),
            )
        if not same or entry.seq not in replies:
            replies[entry.seq] = entry.seq, "duplicate" if same else "conflict", ""

    def _apply(
        self,
        rows: list[StoredEvent],
        replies: dict[int, tuple[int, str, str]],
        epoch: int,
        writer: str,
        token: str,
    ) -> list[tuple[int, int]]:
        lost, has_won = self._upsert([row for row in rows if row.status == "applied"])
        self.event_count += len(rows)
        for row in rows:
            is_lost = row.status == "applied" and (row.kind, row.part) in lost
            event = event_with(row, status="superseded") if is_lost else row
            if self._keeps(event.status):
                self.events[event.key] = event
            known = replies.get(event.seq)
            # Other content under the same seq of this very batch: one word would speak for both.
            if known is None or known[1] != "conflict":
                replies[event.seq] = event.seq, event.status, event.reason
        missing: list[tuple[int, int]] = []
        if rows:
            missing = self._count(rows, epoch, writer, token)
        elif writer in self.writers:
            missing = self._advance(writer)
        if has_won and epoch < self.epoch:
            self.rev += 1
        if has_won and self.state == "expired":
            self._mark("late")
        return missing

    def _upsert(self, applied: list[StoredEvent]) -> tuple[set[tuple[str, int]], bool]:
        """Let the newest of each subject stand; return those that met a newer one.

        And whether an answer changed.
        """
        newest: dict[tuple[str, int], StoredEvent] = {}
        for kind in ("answer", "flag", "play"):
            seqs = rules.newest((each.part, each.seq) for each in applied if each.kind == kind)
            newest.update(
                ((kind, each.part), each)
                for each in applied
                if each.kind == kind and seqs[each.part] == each.seq
            )
        lost: set[tuple[str, int]] = set()
        for subject, event in newest.items():
            standing = (event.epoch, event.seq, event.writer, event.value_text)
            if self._is_newer(standing, self.standing.get(subject), self.at[event.key]):
                self.standing[subject] = standing
            else:
                lost.add(subject)
        return lost, any(kind == "answer" for kind, _part in newest.keys() - lost)

    def _count(
        self, rows: list[StoredEvent], epoch: int, writer: str, token: str
    ) -> list[tuple[int, int]]:
        known = self.writers.get(writer)
        if known is None:
            known = Writer(0 if self._is_left(token) else epoch, 0, 0, token)
        last = max(known.last_seq, *(row.seq for row in rows))
        self.writers[writer] = known._replace(last_seq=last)
        return self._advance(writer)

    def _advance(self, writer: str) -> list[tuple[int, int]]:
        known = self.writers[writer]
        arrived = [
            seq
            for seq in range(known.through + 1, known.last_seq + 1)
            if (writer, seq) in self.events
        ]
        through, missing = rules.gaps(known.through, arrived)
        self.writers[writer] = known._replace(through=through)
        return missing

    # The rest

    def _held(self, token: str) -> Token:
        if not self.exists:
            raise _unknown()
        held = self.tokens.get(token)
        if held is None:
            raise Refused(401, "token_missing")
        return held

    def _is_left(self, token: str) -> bool:
        held = self.tokens.get(token)
        return held is not None and held.superseded_at is not None

    def _may_hand_in(self, writer: Writer, token: str) -> bool:
        return (
            writer.token == token or writer.token not in self.tokens or self._is_left(writer.token)
        )

    def _note_contact(self, token: str, now: int) -> None:
        if self.contact_token not in {None, token}:
            self.elsewhere = self.last_contact
        self.contact_token, self.last_contact = token, now

    def _start(self, at: int) -> None:
        self.state, self.started_at = "open", at
        self.deadline = at + self.allotted_ms + self.given_ms
        self.deadline_moves += 1

    def _ticket(self, token: str) -> Ticket | None:
        held = self.tokens[token]
        if held.superseded_at is not None:
            return None
        return Ticket(token, held.issued_at, self.started_at, self.allotted_ms, self.registered_at)

    def _bring_back_token(self, ticket: Ticket) -> None:
        if ticket.token in self.tokens:
            return
        own = ticket.issued_at
        later = [
            at
            for held in self.tokens.values()
            for at in (held.issued_at, held.superseded_at)
            if at is not None and at > own
        ]
        if not later:
            for name, held in self.tokens.items():
                if held.superseded_at is None and held.issued_at < own:
                    self.tokens[name] = Token(held.issued_at, own)
        self.tokens[ticket.token] = Token(own, min(later, default=None))

    def _check_submission(
        self, writer: str, last_seq: int, digest: str, token: str, now: int
    ) -> None:
        if self.state == "registered":
            raise Refused(409, "not_started")
        deadline = None if self.deadline is None else moment_at(self.deadline)
        if self.state == "expired" or rules.moment(self.state, deadline, moment_at(now)) == "late":
            raise Refused(409, "ended")
        known = self.writers.get(writer)
        through = known.through if known else 0
        if through < last_seq:
            raise Refused(409, "missing", missing=[(through + 1, last_seq)])
        if rules.digest(self._answers()) != digest:
            raise Refused(409, "digest", **self.on_state(None, token, now))

    def _answers(self) -> dict[int, str]:
        return {part: row[3] for (kind, part), row in self.standing.items() if kind == "answer"}

    def _close(self, state: str, at: int) -> None:
        self.state, self.ended_at = state, at
        self._mark("ended")

    def _score(self) -> int:
        return sum(text == self.exam.key.get(part) for part, text in self._answers().items())

    def _mark(self, cause: str) -> None:
        self.results = (*self.results, (self._score(), cause))

    def _remaining(self, now: int) -> int:
        deadline = None if self.deadline is None else moment_at(self.deadline)
        return rules.remaining_ms(deadline, self.allotted_ms // 1000, moment_at(now))

    def _times(self, now: int) -> dict[str, Any]:
        return {
            "state": self.state,
            "remaining_ms": self._remaining(now),
            "allotted_ms": self.allotted_ms,
        }


def event_with(event: StoredEvent, **facts: Any) -> StoredEvent:
    """Return the event with other facts."""
    own = {name: getattr(event, name) for name in StoredEvent.__slots__}
    return StoredEvent(**{**own, **facts})


def _checker(exam: Exam) -> Any:
    # The product's own rule, asked once for each different entry: values repeat by the thousand.
    @lru_cache(maxsize=4096)
    def check(kind: str, subject: int, text: str) -> rules.Checked:
        return rules.check(kind, subject, text.encode(), exam.shapes)

    return check
