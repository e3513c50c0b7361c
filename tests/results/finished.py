"""Finished sessions, made in bulk or by a browser that hands in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.test import Client

from placement_test.lib import academy, clock
from placement_test.models import (
    AnswerEvent,
    KeyRevision,
    PartMark,
    Placement,
    Result,
    StaffUser,
    Student,
    StudentAnswer,
    StudentSession,
    TestEvent,
)
from tests import builders
from tests.sitting import parts_of, sitting

if TYPE_CHECKING:
    from placement_test.models import Campus, ExamVersion
    from tests.sitting import Browser


def logged_in(user: StaffUser) -> Client:
    """Return a browser in which ``user`` is logged in."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    builders.academy()
    academy.current()
    return client


def teacher() -> Client:
    """Return Ms Han's browser."""
    return logged_in(builders.staff())


def director() -> Client:
    """Return the director's browser."""
    return logged_in(builders.staff(role=StaffUser.Role.DIRECTOR, display_name="Director"))


def outsider() -> StaffUser:
    """Make a teacher of another campus."""
    return builders.staff(username="outsider", campuses=[builders.campus(name="Bundang")])


def handed_in(version: ExamVersion, *values: object, name: str = "Min-ji") -> StudentSession:
    """Return the session of a student who gave ``values``, one a part, and handed in."""
    event = TestEvent.objects.first() or builders.event()
    page: Browser = sitting(version, event=event, name=name)
    for part, value in zip(parts_of(version), values, strict=False):
        assert page.answer(part.id, value) == "applied"
    reply = page.submit()
    assert reply.status_code == 200, reply.content
    return StudentSession.objects.get(id=page.session.id)


def current(session: StudentSession) -> tuple[Result, Placement | None]:
    """Return the current result and placement of a session."""
    placement = Placement.objects.filter(session=session, is_current=True).first()
    return Result.objects.get(session=session, is_current=True), placement


def level(session: StudentSession) -> str:
    """Return the name of the level where the student stands now."""
    placement = current(session)[1]
    return str(placement.level) if placement else ""


def tier(session: StudentSession) -> int:
    """Return how many levels above the start the student stands now."""
    placement = current(session)[1]
    assert placement is not None
    return placement.level.tier - placement.start_level.tier


def many(
    version: ExamVersion, count: int, *, campus: Campus | None = None, late: bool = False
) -> list[StudentSession]:
    """Make marked and placed sessions in bulk, a minute apart, each with its answers."""
    home = campus or builders.campus()
    levels = builders.curriculum()
    event = TestEvent.objects.filter(campus=home).first() or builders.event(campus=home)
    now = clock.now()
    students = Student.objects.bulk_create(
        Student(campus=home, name=f"Student {n}", created_at=now) for n in range(count)
    )
    sessions = StudentSession.objects.bulk_create(
        StudentSession(
            student=student,
            event=event,
            campus=home,
            version=version,
            grade=5,
            rank_percent=Decimal(10),
            start_level=levels[0],
            state=StudentSession.State.SUBMITTED,
            registered_at=now - dt.timedelta(minutes=n),
            started_at=now - dt.timedelta(minutes=n),
            deadline_at=now,
            ended_at=now - dt.timedelta(minutes=n),
            allotted_seconds=3600,
        )
        for n, student in enumerate(students)
    )
    parts = parts_of(version)
    most = sum((part.points for part in parts), Decimal(0))
    revision = KeyRevision.objects.get(version=version, number=1)
    results = Result.objects.bulk_create(
        Result(
            session=session,
            version=version,
            key_revision=revision,
            cause=Result.Cause.ENDED,
            score=most,
            max_score=most,
            percent=Decimal(100),
            made_at=now,
        )
        for session in sessions
    )
    PartMark.objects.bulk_create(
        PartMark(result=result, part=part, points=part.points, outcome="correct")
        for result in results
        for part in parts
    )
    Placement.objects.bulk_create(
        Placement(
            session=session,
            result=result,
            origin=Placement.Origin.RULES,
            level=levels[1],
            start_level=levels[0],
            made_at=now,
        )
        for session, result in zip(sessions, results, strict=True)
    )
    StudentAnswer.objects.bulk_create(
        StudentAnswer(session=session, part=part, value="1", epoch=1, seq=n, writer=session.id)
        for session in sessions
        for n, part in enumerate(parts, start=1)
    )
    if late:
        AnswerEvent.objects.bulk_create(
            AnswerEvent(
                session=session,
                writer=session.id,
                seq=1,
                epoch=1,
                kind="answer",
                subject=parts[0].id,
                value="2",
                at_ms=1,
                received_at=now,
                status=AnswerEvent.Status.LATE,
            )
            for session in sessions
        )
    return sessions
