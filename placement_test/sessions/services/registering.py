"""Registration: who sits which exam, by rule and never by guess."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.curriculum import queries as curriculum
from placement_test.curriculum import services as placement_rules
from placement_test.curriculum.rules import move
from placement_test.errors import EventClosed, NoExamForLevel, NoFurtherLevelChange
from placement_test.exams.queries import serving as exams
from placement_test.lib import academy, audit, clock
from placement_test.models import Level, School, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.results import queries as results
from placement_test.sessions import resume_codes
from placement_test.sessions.services.tokens import issue_token
from placement_test.students import services as students

if TYPE_CHECKING:
    from decimal import Decimal

    from placement_test.models import (
        Campus,
        ExamVersion,
        StaffUser,
        Student,
        TestEvent,
    )


@dataclass(frozen=True, slots=True)
class Registration:
    """What the form says, checked."""

    name: str
    grade: int
    rank_percent: Decimal
    school_name: str = ""
    birth_date: dt.date | None = None
    phone: str = ""
    consent_id: int | None = None
    consent_by: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A new session and the plain token for its browser; only its digest is stored."""

    session: StudentSession
    token: str


@PerformanceMonitor.track_execution_time("sessions.register")
@transaction.atomic
def register(event: TestEvent, registration: Registration) -> Registered:
    """Make a session on the exam that the rules name.

    :raises EventClosed: outside the event's window
    :raises NoRuleForStudent: where no rule covers grade and rank
    :raises NoExamForLevel: where no published exam serves the level
    """
    now = clock.now()
    if now < event.opens_at or (event.closes_at is not None and now >= event.closes_at):
        raise EventClosed
    rule_set, level = placement_rules.start_for(registration.grade, registration.rank_percent)
    student = students.find_or_create(
        event.campus, registration.name, registration.birth_date, registration.phone
    )
    version = choose_exam(level, event.campus, student)
    return _issue(
        StudentSession(
            student=student,
            event=event,
            campus=event.campus,
            version=version,
            grade=registration.grade,
            rank_percent=registration.rank_percent,
            school=_school(event.campus, registration.school_name),
            rule_set=rule_set,
            start_level=level,
            consent_id=registration.consent_id,
            consent_at=now if registration.consent_id else None,
            consent_by=registration.consent_by,
            registered_at=now,
            allotted_seconds=version.allotted_minutes * 60,
        )
    )


def choose_exam(level: Level, campus: Campus, student: Student) -> ExamVersion:
    """Return the exam for a level: one that the student has not sat, else the one sat longest ago.

    :raises NoExamForLevel: where none is published
    """
    fitting = exams.published_for(level, campus)
    if not fitting:
        raise NoExamForLevel
    sat = StudentSession.objects.filter(student=student).order_by("registered_at")
    last_sat = dict(sat.values_list("version__exam_id", "registered_at"))
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return min(fitting, key=lambda version: last_sat.get(version.exam_id, never))


@transaction.atomic
def change_level(session: StudentSession, step: int) -> Registered:
    """Make a linked session one level easier (-1) or harder (+1); the first one stays as it is.

    :raises NoFurtherLevelChange: where the policy, the time or the curriculum allows none
    :raises NoExamForLevel: where no published exam serves that level
    """
    # Two clicks in one instant: the second one waits here and then finds the first one's session.
    results.locked(StudentSession.objects.filter(id=session.id)).get()
    if session.student is None or session.campus is None or not may_change_level(session):
        raise NoFurtherLevelChange
    ladder = curriculum.ladder(including=session.start_level_id)
    start = next(level for level in ladder if level.id == session.start_level_id)
    moved = move(start, step, ladder)
    if moved.stopped_at_edge:
        raise NoFurtherLevelChange
    level = Level.objects.select_related("sub_program__program").get(id=moved.level.id)
    version = choose_exam(level, session.campus, session.student)
    return _issue(
        StudentSession(
            student=session.student,
            event=session.event,
            campus=session.campus,
            version=version,
            previous=session,
            level_step=session.level_step + step,
            grade=session.grade,
            rank_percent=session.rank_percent,
            school=session.school,
            rule_set=session.rule_set,
            start_level=level,
            consent=session.consent,
            consent_at=session.consent_at,
            consent_by=session.consent_by,
            registered_at=clock.now(),
            allotted_seconds=version.allotted_minutes * 60,
        )
    )


def may_change_level(session: StudentSession) -> bool:
    """Return whether policy and time allow an easier or harder test after this one.

    1 query, and one for each earlier test of the chain.  Whether there is a level to go to shows
    only when one is chosen.
    """
    policy = academy.current()
    window = dt.timedelta(minutes=policy.level_change_minutes)
    return (
        session.student_id is not None
        and session.start_level_id is not None
        and (session.started_at is None or clock.now() - session.started_at <= window)
        and _changes_made(session) < policy.level_changes
        and not session.following.exists()
    )


def _changes_made(session: StudentSession) -> int:
    made = 0
    earlier = session.previous
    while earlier is not None:
        made += 1
        earlier = earlier.previous
    return made


@transaction.atomic
def preview(version: ExamVersion, campus: Campus | None, actor: StaffUser) -> Registered:
    """Make a session for a teacher to sit a version as a student would; lists leave it out.

    It is never marked, and gone after a day.
    """
    issued = _issue(
        StudentSession(
            campus=campus,
            version=version,
            preview_by=actor,
            grade=1,
            rank_percent=0,
            registered_at=clock.now(),
            allotted_seconds=version.allotted_minutes * 60,
        )
    )
    audit.record(actor, "exam previewed", version)
    return issued


def _issue(session: StudentSession) -> Registered:
    session.resume_locator = resume_codes.locator(session)
    session.save(force_insert=True)
    token, _ = issue_token(session, session.registered_at)
    return Registered(session, token)


def _school(campus: Campus, name: str) -> School | None:
    """Return the campus's school of that name; an unknown one is left to staff to add."""
    wanted = " ".join(name.split())
    return School.objects.filter(campus=campus, name__iexact=wanted).first() if wanted else None
