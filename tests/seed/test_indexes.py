"""The ten indexes of the seed: each is taken by the query it serves."""

from __future__ import annotations

import datetime as dt
import importlib
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import AddIndex
from django.db.models import Q, UniqueConstraint

from bench._seats import Hall
from placement_test.lib import clock, private
from placement_test.models import (
    AnswerEvent,
    PartMark,
    Receipt,
    Result,
    Student,
    StudentAnswer,
    StudentSession,
)
from tests import environment, sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

# Enough for a planner to prefer an index to reading the table, few enough to make in seconds.  With
# three entries a session PostgreSQL now and then read all of them and sorted them out itself.
SESSIONS = 2_000
EVENTS_A_SESSION = 20
MANY_ANSWERS = 1_000_000

migration = importlib.import_module("placement_test.migrations.0001_add_performance_indexes")


def sessions_list() -> QuerySet[Any]:
    rows = StudentSession.objects.filter(preview_by__isnull=True)
    return rows.order_by("-registered_at", "-id")[:25]


def sweep() -> QuerySet[Any]:
    rows = StudentSession.objects.filter(state="open", deadline_at__lt=clock.now())
    return rows.order_by("deadline_at")[:500]


def clean_up() -> QuerySet[Any]:
    oldest = clock.now() - dt.timedelta(days=200)
    return StudentSession.objects.filter(archived_at__isnull=True, ended_at__lt=oldest)


def undecided() -> QuerySet[Any]:
    return AnswerEvent.objects.filter(~Q(status="applied"), session=StudentSession.objects.first())


def code() -> QuerySet[Any]:
    return Receipt.objects.filter(check_code="C0000007")


def newest_results() -> QuerySet[Any]:
    return Result.objects.filter(is_current=True).order_by("-made_at", "-id")[:8]


def waiting_sessions() -> QuerySet[Any]:
    return Result.objects.filter(is_current=True, waiting__gt=0).values("session")


def marking_queue() -> QuerySet[Any]:
    return PartMark.objects.filter(outcome="waiting", part=PartMark.objects.first().part)  # type: ignore[union-attr]


def by_name() -> QuerySet[Any]:
    student = Student.objects.order_by("id").first()
    assert student is not None
    return Student.objects.filter(campus=student.campus, name=student.name)


def by_phone() -> QuerySet[Any]:
    return Student.objects.filter(~Q(phone_index=""), phone_index=private.index("010-0000-0007"))


SERVED: dict[str, Callable[[], QuerySet[Any]]] = {
    "session_by_registration": sessions_list,
    "session_open_by_deadline": sweep,
    "session_unarchived_by_end": clean_up,
    "event_not_applied": undecided,
    "receipt_by_check_code": code,
    "result_current_by_time": newest_results,
    "result_waiting": waiting_sessions,
    "mark_waiting_by_part": marking_queue,
    "student_by_name": by_name,
    "student_by_phone": by_phone,
}


def added() -> dict[str, AddIndex]:
    return {
        str(operation.index.name): operation
        for operation in migration.Migration.operations
        if isinstance(operation, AddIndex)
    }


def test_there_are_ten_and_each_has_its_query() -> None:
    assert len(added()) == 10
    assert set(added()) == set(SERVED)


def test_the_models_agree_with_the_migration() -> None:
    declared = {
        index.name: index
        for model in apps.get_app_config("placement_test").get_models()
        for index in model._meta.indexes
    }

    assert {name: operation.index for name, operation in added().items()} == {
        name: declared[name] for name in added()
    }


def test_none_doubles_a_unique_constraint() -> None:
    whole = [operation for operation in added().values() if operation.index.condition is None]
    for operation in whole:
        model = apps.get_model("placement_test", operation.model_name)
        fields = list(operation.index.fields)
        unique = [
            list(constraint.fields)[: len(fields)]
            for constraint in model._meta.constraints
            if isinstance(constraint, UniqueConstraint)
        ]

        assert fields not in unique


@pytest.mark.django_db
def test_the_planner_takes_each_of_them() -> None:
    fill()

    plans = {name: query().explain() for name, query in SERVED.items()}

    assert {name: name in plan for name, plan in plans.items()} == dict.fromkeys(SERVED, True), (
        plans
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(environment.database() != "postgresql", reason="PostgreSQL's planner")
def test_the_planner_takes_each_of_them_with_a_million_answers() -> None:
    hall = Hall()
    hall.open()
    hall.finish(MANY_ANSWERS // len(hall.parts), at=clock.now() - dt.timedelta(days=30))
    assert StudentAnswer.objects.count() >= MANY_ANSWERS

    plans = {name: query().explain() for name, query in SERVED.items()}

    assert {name: name in plan for name, plan in plans.items()} == dict.fromkeys(SERVED, True), (
        plans
    )


def fill() -> None:
    """Make a few thousand sessions with all that hangs on them, by copying one."""
    browser = sitting.sitting(sitting.published(choices=1, longs=1))
    version = browser.session.version
    first, second = parts_of(version)
    browser.answer(first.id, 1)
    browser.answer(second.id, "I like blue.")
    browser.submit()
    made = StudentSession.objects.get(id=browser.session.id)
    result = Result.objects.get()
    students = Student.objects.bulk_create(
        Student(
            campus=made.campus,
            name=f"Min-ji {n}",
            phone_index=private.index(f"010-0000-{n:04}") if n < 40 else "",
            created_at=clock.now(),
        )
        for n in range(SESSIONS)
    )
    now = clock.now()
    sessions = StudentSession.objects.bulk_create(
        StudentSession(
            student=student,
            event=made.event,
            campus=made.campus,
            version=version,
            grade=5,
            rank_percent=10,
            state="open" if n % 200 == 0 else "submitted",
            registered_at=now - dt.timedelta(hours=n),
            started_at=now - dt.timedelta(hours=n),
            deadline_at=now - dt.timedelta(hours=n - 1),
            ended_at=None if n % 200 == 0 else now - dt.timedelta(hours=n * 3),
            allotted_seconds=3600,
        )
        for n, student in enumerate(students)
    )
    AnswerEvent.objects.bulk_create(
        AnswerEvent(
            session=session,
            writer=session.id,
            seq=seq,
            epoch=1,
            kind="answer",
            subject=first.id,
            value="1",
            at_ms=0,
            received_at=now,
            status="late" if seq == 1 and n % 100 == 0 else "applied",
        )
        for n, session in enumerate(sessions)
        for seq in range(1, EVENTS_A_SESSION + 1)
    )
    Receipt.objects.bulk_create(
        Receipt(
            session=session,
            submit_id=session.id,
            body="{}",
            signature="-",
            key_id="-",
            check_code=f"C{n:07}",
            made_at=now,
        )
        for n, session in enumerate(sessions)
    )
    results = Result.objects.bulk_create(
        Result(
            session=session,
            version=version,
            key_revision=result.key_revision,
            cause="ended",
            score=1,
            max_score=4,
            percent=25,
            waiting=int(n % 200 == 0),
            made_at=now - dt.timedelta(hours=n),
        )
        for n, session in enumerate(sessions)
    )
    PartMark.objects.bulk_create(
        PartMark(
            result=each, part=second, points=0, outcome="waiting" if each.waiting else "correct"
        )
        for each in results
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
