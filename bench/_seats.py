"""Sessions in great number, made by a few statements, and the published exam that they sit.

Each has a row, a token and a writer of its own.  The first one is made by the product's own
services; the others are copies of its rows, so that columns which this module does not know are as
the product leaves them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from bench._orders import Seat
from placement_test.lib import clock, transactions
from placement_test.models import (
    AnswerEvent,
    PartMark,
    Placement,
    Receipt,
    Result,
    SessionToken,
    StaffUser,
    Student,
    StudentAnswer,
    StudentSession,
    Writer,
)
from placement_test.saving.entries import Claim
from placement_test.saving.store import token_digest
from placement_test.sessions import resume_codes, services
from placement_test.sessions.access import cookie_name
from placement_test.sessions.services.tokens import TOKEN_BYTES
from tests import builders, sitting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Model

    from placement_test.models import ExamVersion

# As DESIGN.md has real papers: 30-55 questions, nearly all of them choice.
CHOICES, SHORTS = 38, 2
# Longer than any measurement: what is left of one step does not run out in a later one.
ALLOTTED_MINUTES = 600

# What an answer leaves behind: columns, and what goes into them.
LOGGED = {
    "session_id": "b.session",
    "writer": "b.writer",
    "seq": "a.seq",
    "epoch": "1",
    "kind": "'answer'",
    "subject": "a.part",
    "value": "a.value",
    "at_ms": "0",
    "received_at": "%(at)s",
    "status": "'applied'",
    "reason": "''",
}
STANDING = {
    "session_id": "b.session",
    "part_id": "a.part",
    "value": "a.value",
    "epoch": "1",
    "seq": "a.seq",
    "writer": "b.writer",
}

State = Literal["registered", "open"]


@dataclass(slots=True)
class Hall:
    """The academy of a measurement: its exam, and every session that was made so far."""

    parts: tuple[tuple[int, str], ...] = ()
    """(part id, kind), in the order of the paper."""
    questions: tuple[int, ...] = ()
    sets: int = 0
    _first: StudentSession | None = None
    _finished: StudentSession | None = None
    _version: ExamVersion | None = None

    def open(self) -> None:
        """Make the academy with its exam in an empty database."""
        builders.academy()
        version = sitting.published(choices=CHOICES, shorts=SHORTS)
        made = sitting.registered(version)
        services.begin(made.session.id, token=made.token, arrived=clock.now())
        services.claim(made.session.id, Claim(uuid.uuid4().hex), token=made.token)
        parts = sitting.parts_of(version)
        self.parts = tuple((part.pk, part.kind) for part in parts)
        self.questions = tuple(part.question_id for part in parts)
        self._first = StudentSession.objects.get(id=made.session.id)
        self._version = version
        _make_table()

    def seat(
        self,
        count: int,
        *,
        state: State = "open",
        started_at: dt.datetime | None = None,
        seconds: int = ALLOTTED_MINUTES * 60,
        with_answers: bool = False,
    ) -> tuple[int, list[Seat]]:
        """Make so many sessions; return the number of the set and what their browsers hold.

        ``seconds`` after ``started_at`` (now) their time ends.  ``with_answers``: one each part.
        """
        assert self._first is not None  # noqa: S101 - opened
        self.sets += 1
        seats = [
            Seat(
                number=number,
                session=str(uuid.uuid4()),
                writer=uuid.uuid4().hex,
                token=secrets.token_urlsafe(TOKEN_BYTES),
                last_seq=len(self.parts) if with_answers else 0,
            )
            for number in range(count)
        ]
        for seat in seats:
            seat.cookie = f"{cookie_name(uuid.UUID(seat.session))}={seat.token}"
        with transaction.atomic():
            _note(self.sets, seats)
            self._copy(state, started_at or clock.now(), seconds)
            if with_answers:
                _answer_everything(self.sets, self.parts)
        _settle()
        return self.sets, seats

    def finish(self, count: int, *, at: dt.datetime) -> None:
        """Make so many sessions that began then, were answered, handed in, marked and placed."""
        if self._finished is None:
            assert self._version is not None  # noqa: S101 - opened
            self._finished = _hand_in(self._version, given(self.parts))
        with _unchecked():
            number, _seats = self.seat(count, started_at=at, seconds=3600, with_answers=True)
            with transaction.atomic():
                retire(number)
                _conclude(self._finished, number)
        _settle()

    def staff_cookie(self) -> str:
        """Return the cookie of a director who has logged in."""
        browser = Client()
        browser.force_login(
            builders.staff(role=StaffUser.Role.DIRECTOR),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        name = settings.SESSION_COOKIE_NAME
        return f"{name}={browser.cookies[name].value}"

    def _copy(self, state: State, at: dt.datetime, seconds: int) -> None:
        first = self._first
        assert first is not None  # noqa: S101
        assert first.student_id is not None  # noqa: S101
        _copies(Student, first.student_id, self.sets, {"name": "b.name"})
        session: dict[str, str] = {
            "id": "b.session",
            "student_id": "(SELECT s.id FROM placement_test_student s WHERE s.name = b.name)",
            "state": "%(state)s",
            "registered_at": "%(at)s",
            "allotted_seconds": "%(seconds)s",
            "started_at": "%(at)s" if state == "open" else "NULL",
            "deadline_at": "%(deadline)s" if state == "open" else "NULL",
            "last_contact_at": "%(at)s" if state == "open" else "NULL",
            "resume_locator": "b.locator",
            "epoch": "1" if state == "open" else "0",
            "claim_count": "1" if state == "open" else "0",
            # The token comes after its session; the first save notes it.
            "contact_token_id": "NULL",
            "limit_window": "0",
            "limit_calls": "0",
        }
        facts = {
            "state": state,
            "at": _stored(at),
            "seconds": seconds,
            "deadline": _stored(at + dt.timedelta(seconds=seconds)),
        }
        _copies(StudentSession, _as_key(first.id), self.sets, session, facts)
        token = SessionToken.objects.get(session=first)
        changed = {"session_id": "b.session", "digest": "b.digest", "issued_at": "%(at)s"}
        _copies(SessionToken, token.pk, self.sets, changed, facts)
        if state == "open":
            writer = Writer.objects.get(session=first)
            own = "(SELECT t.id FROM placement_test_sessiontoken t WHERE t.session_id = b.session)"
            changed = {
                "session_id": "b.session",
                "writer": "b.writer",
                "token_id": own,
                "claimed_at": "%(at)s",
            }
            _copies(Writer, writer.pk, self.sets, changed, facts)


def _hand_in(version: ExamVersion, answers: dict[int, object]) -> StudentSession:
    """Have a browser sit the exam, and return the session."""
    browser = sitting.sitting(version)
    for part, value in answers.items():
        browser.answer(part, value)
    browser.submit()
    return StudentSession.objects.get(id=browser.session.id)


@contextlib.contextmanager
def _unchecked() -> Iterator[None]:
    """Look up no row that another refers to: all of them are copies of rows that were checked."""
    off, on = "PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"
    if connection.vendor == "postgresql":
        off, on = "SET session_replication_role = replica", "RESET session_replication_role"
    with connection.cursor() as cursor:
        cursor.execute(off)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(on)


def _conclude(like: StudentSession, number_of_set: int) -> None:
    """Give each session of a set the result, marks, placement and receipt of another one."""
    result = Result.objects.get(session=like)
    own_result = "(SELECT o.id FROM placement_test_result o WHERE o.session_id = b.session)"
    own = {"session_id": "b.session"}
    _copies(Result, result.pk, number_of_set, own)
    placement = Placement.objects.get(session=like)
    _copies(Placement, placement.pk, number_of_set, own | {"result_id": own_result})
    receipt = Receipt.objects.get(session=like)
    code = {"check_code": "upper(substr(b.digest, 1, 8))"}
    _copies(Receipt, receipt.pk, number_of_set, own | code)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {PartMark._meta.db_table} (result_id, part_id, points, outcome)"  # noqa: S608
            " SELECT o.id, m.part_id, m.points, m.outcome FROM bench_seat b"
            " JOIN placement_test_result o ON o.session_id = b.session"
            f" JOIN {PartMark._meta.db_table} m ON m.result_id = %s"
            " WHERE b.number_of_set = %s",
            [result.pk, number_of_set],
        )


def retire(number: int) -> None:
    """End a set's sessions as if they had been handed in, so that they are open no more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE placement_test_studentsession SET state = 'submitted', ended_at = %s"
            " WHERE state = 'open'"
            " AND id IN (SELECT session FROM bench_seat WHERE number_of_set = %s)",
            [_stored(clock.now()), number],
        )


def set_deadline(number: int, at: dt.datetime, seconds: float) -> None:
    """Have the time of a set's sessions end ``seconds`` after a moment, all in the same instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE placement_test_studentsession SET deadline_at = %s"
            " WHERE id IN (SELECT session FROM bench_seat WHERE number_of_set = %s)",
            [_stored(at + dt.timedelta(seconds=seconds)), number],
        )
    _settle()


def finished(number: int) -> int:
    """Return how many sessions of a set have ended, been marked and been placed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM bench_seat b"
            " JOIN placement_test_studentsession s ON s.id = b.session"
            " JOIN placement_test_result r ON r.session_id = s.id AND r.is_current"
            " JOIN placement_test_placement p ON p.session_id = s.id AND p.is_current"
            " WHERE b.number_of_set = %s AND s.state IN ('submitted', 'expired')",
            [number],
        )
        return int(cursor.fetchone()[0])


def given(parts: Sequence[tuple[int, str]]) -> dict[int, object]:
    """Return the answers of who has answered everything."""
    return {
        part: place % 5 if kind == "choice" else "blue"
        for place, (part, kind) in enumerate(parts, start=1)
    }


def _make_table() -> None:
    key = "uuid" if connection.vendor == "postgresql" else "char(32)"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_seat")
        cursor.execute(
            "CREATE TABLE bench_seat (number_of_set integer, number integer,"
            f" session {key}, writer {key}, digest char(64), locator varchar(4), name varchar(60),"
            " PRIMARY KEY (number_of_set, number))"
        )


def _note(number_of_set: int, seats: Sequence[Seat]) -> None:
    rows = [
        (
            number_of_set,
            seat.number,
            seat.session.replace("-", ""),
            seat.writer,
            token_digest(seat.token),
            resume_codes.locator(StudentSession(id=uuid.UUID(seat.session))),
            f"Student {number_of_set}-{seat.number:06}",
        )
        for seat in seats
    ]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO bench_seat VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)


def _copies(
    model: type[Model],
    row: int | uuid.UUID | str,
    number_of_set: int,
    changed: dict[str, str],
    facts: dict[str, Any] | None = None,
) -> None:
    """Copy one row for each seat of a set, with other content in the columns of ``changed``."""
    columns = [field.column for field in model._meta.concrete_fields if field.column]
    if "id" not in changed:
        columns.remove("id")
    values = ", ".join(changed.get(column, f"r.{column}") for column in columns)
    table = model._meta.db_table
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608 - names of our own tables
        f" SELECT {values} FROM bench_seat b, {table} r"
        " WHERE r.id = %(row)s AND b.number_of_set = %(set)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"row": row, "set": number_of_set, **(facts or {})})


def _answer_everything(number_of_set: int, parts: Sequence[tuple[int, str]]) -> None:
    """Answer each part once, as the writer of each seat."""
    made = "bench_answer"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {made} (seq integer, part bigint, value text)")
        cursor.executemany(
            f"INSERT INTO {made} VALUES (%s, %s, %s)",  # noqa: S608
            [
                (seq, part, json.dumps(value))
                for seq, (part, value) in enumerate(given(parts).items(), start=1)
            ],
        )
        for model, values in ((AnswerEvent, LOGGED), (StudentAnswer, STANDING)):
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({', '.join(values)})"  # noqa: S608
                f" SELECT {', '.join(values.values())}"
                f" FROM bench_seat b, {made} a WHERE b.number_of_set = %(set)s",
                {"at": _stored(clock.now()), "set": number_of_set},
            )
        for table, changes, key in (
            ("writer", "through = %(count)s, last_seq = %(count)s", "session_id"),
            ("studentsession", "event_count = %(count)s", "id"),
        ):
            cursor.execute(
                f"UPDATE placement_test_{table} SET {changes} WHERE {key} IN"  # noqa: S608
                " (SELECT session FROM bench_seat WHERE number_of_set = %(set)s)",
                {"count": len(parts), "set": number_of_set},
            )
        cursor.execute(f"DROP TABLE {made}")


def _settle() -> None:
    """Have the database done with what was just made, so that no measurement pays for it."""
    if transactions.is_sqlite():
        transactions.checkpoint()
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _stored(moment: dt.datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _as_key(session: uuid.UUID) -> uuid.UUID | str:
    return session if connection.vendor == "postgresql" else session.hex
