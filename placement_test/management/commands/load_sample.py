"""Fill an empty installation with a sample academy."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from placement_test.exams.services import build_from_description
from placement_test.lib import academy, clock
from placement_test.management import sample
from placement_test.management.sample import curriculum, people, sittings
from placement_test.models import (
    Academy,
    AuditEntry,
    Campus,
    Exam,
    Level,
    RuleSet,
    StaffUser,
    Student,
    StudentSession,
    TestEvent,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from placement_test.models import ConsentText

SESSIONS = 320
SEED = 20261201
OCCUPIED = (Academy, StaffUser, Exam, Student, StudentSession, RuleSet, Level, AuditEntry)


class Command(BaseCommand):
    """Make the sample academy: curriculum, rules, staff, events, exams, finished sessions."""

    help = "Fill an EMPTY database with a sample academy; refuses any other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of sessions."""
        parser.add_argument(
            "--sessions", type=int, default=SESSIONS, help=f"finished sessions ({SESSIONS})"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse a database that holds anything, else fill it; all or nothing."""
        if options["sessions"] < 0:
            raise CommandError("--sessions takes a number from 0")
        occupied = [model._meta.model_name for model in OCCUPIED if model.objects.exists()]
        if occupied:
            raise CommandError(
                f"This database is in use (it holds: {', '.join(map(str, occupied))})."
                " The sample goes into an empty one only."
            )
        with transaction.atomic():
            consent = _ground()
            _exams(StaffUser.objects.get(username="teacher"))
            past, today = _events()
            _sessions(past, today, consent, options["sessions"])
            sittings.mark_written(past, StaffUser.objects.get(username="teacher"))
        academy.forget()
        self.stdout.write(
            f"{Exam.objects.count()} exams and {StudentSession.objects.count()} sessions made"
        )


def _ground() -> ConsentText:
    people.make_academy()
    staff = people.make_staff()
    rule_set = curriculum.make_rule_set(curriculum.make_curriculum())
    RuleSet.objects.filter(pk=rule_set.pk).update(made_by=staff["director"])
    return people.make_consent(staff["director"])


def _exams(teacher: StaffUser) -> None:
    folder = Path(sample.__file__).parent
    for description in json.loads((folder / "exams.json").read_text()):
        recordings = {
            track["file"]: (folder / "tracks" / track["file"]).read_bytes()
            for track in description["tracks"]
        }
        paper = (folder / "papers" / description["paper"]).read_bytes()
        build_from_description(description, paper, recordings, teacher)


def _events() -> tuple[list[TestEvent], list[TestEvent]]:
    now = clock.now()
    zone = academy.zone()
    morning = now.astimezone(zone).replace(hour=9, minute=0, second=0, microsecond=0)
    past: list[TestEvent] = []
    today: list[TestEvent] = []
    for number, campus in enumerate(Campus.objects.order_by("id"), start=1):
        for weeks, name in ((8, "가을 학기 레벨 테스트"), (4, "11월 정기 레벨 테스트")):
            day = morning - dt.timedelta(weeks=weeks)
            past.append(
                TestEvent.objects.create(
                    campus=campus,
                    name=name,
                    opens_at=day,
                    closes_at=day + dt.timedelta(hours=9),
                    access_code=f"TEST{number}{weeks:02}",
                    expected_students=60,
                )
            )
        today.append(
            TestEvent.objects.create(
                campus=campus,
                name="상시 레벨 테스트",
                opens_at=morning - dt.timedelta(weeks=10),
                access_code=f"WALKIN{number}",
                is_listed=True,
            )
        )
        soon = morning + dt.timedelta(days=12)
        TestEvent.objects.create(
            campus=campus,
            name="겨울 특강 레벨 테스트",
            opens_at=soon,
            closes_at=soon + dt.timedelta(hours=8),
            access_code=f"WINTER{number}",
            expected_students=80,
        )
    return past, today


def _sessions(
    past: list[TestEvent], today: list[TestEvent], consent: ConsentText, count: int
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - sample data, the same each time
    now = clock.now()
    opened = {event.pk: event for event in (*past, *today)}
    # Their windows are over: open them while their students are let in.
    TestEvent.objects.filter(pk__in=opened).update(closes_at=None)
    for event in opened.values():
        closes_at, event.closes_at = event.closes_at, None
        share = count // len(opened)
        for _each in range(share):
            if closes_at is None:
                at = now - dt.timedelta(days=dice.uniform(0.2, 60))
            else:
                at = event.opens_at + dt.timedelta(minutes=dice.uniform(0, 300))
            sittings.sit(event, consent, at=at, dice=dice, finish=True)
        event.closes_at = closes_at
        event.save(update_fields=["closes_at"])
    for event in today:
        for _each in range(4 if count else 0):
            at = now - dt.timedelta(minutes=dice.uniform(3, 12))
            sittings.sit(event, consent, at=at, dice=dice, finish=False)
