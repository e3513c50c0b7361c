"""Sittings of invented students, made through the same services as real ones."""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from placement_test.lib import clock
from placement_test.management.sample import people
from placement_test.models import (
    AnswerEvent,
    PartMark,
    Placement,
    Receipt,
    Result,
    School,
    StudentSession,
    Writer,
)
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries as results
from placement_test.results.services.marking_by_hand import mark_by_hand
from placement_test.saving import entries, rules
from placement_test.sessions import services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placement_test.grading.rules import PartKey
    from placement_test.models import ConsentText, StaffUser, TestEvent
    from placement_test.query_optimizations import ExamDefinition

# About one in twelve questions stays empty, as on paper.
BLANK = 0.08
GUESS = 0.2
SECONDS_A_QUESTION = 45
SLIPS = ("a", "the", "go")
ESSAYS = (
    "I like science the most. We made a small lamp last week. I want to make clean energy.",
    "My best trip was to Jeju with my family. It was windy, but I was very happy there.",
    "I think students should read books every day. Books give us new words and new ideas.",
)


@dataclass(frozen=True, slots=True)
class Sitter:
    """One invented student on the way through a test."""

    dice: random.Random
    ability: float
    session: StudentSession
    token: str
    exam: ExamDefinition
    keys: dict[int, PartKey] = field(repr=False)

    def values(self) -> Iterator[tuple[int, Any]]:
        """Yield (part, value) in the order of the paper; harder questions come later."""
        parts = list(self.exam.parts.values())
        for place, part in enumerate(parts):
            difficulty = -1.2 + 2.4 * place / max(1, len(parts) - 1)
            chance = GUESS + (1 - GUESS) / (1 + math.exp(difficulty - self.ability))
            if self.dice.random() >= BLANK:
                yield part.id, self._value(self.keys[part.id], self.dice.random() < chance)

    def _value(self, key: PartKey, is_right: bool) -> Any:
        if key.kind == "long":
            return self.dice.choice(ESSAYS)
        if key.kind == "short":
            return (
                self.dice.choice(key.accepted) if is_right else self.dice.choice(("a", "the", "go"))
            )
        if is_right:
            right = sorted(key.correct)
            return right if key.kind == "choices" else right[0]
        picked = self.dice.randrange(key.option_count)
        return [picked] if key.kind == "choices" else picked


def sit(
    event: TestEvent, consent: ConsentText, *, at: dt.datetime, dice: random.Random, finish: bool
) -> StudentSession:
    """Register a student and let them work; with ``finish`` they hand in (or run out of time)."""
    with transaction.atomic():
        sitter = _register(event, consent, at, dice)
        started = at + dt.timedelta(minutes=dice.randint(1, 4))
        services.begin(sitter.session.id, token=sitter.token, arrived=started)
        writer = uuid.uuid4().hex
        claim = entries.Claim(writer)
        epoch = services.claim(sitter.session.id, claim, token=sitter.token).epoch
        values = list(sitter.values())
        if not finish:
            values = values[: dice.randint(3, max(4, len(values) // 2))]
        _save(sitter, values, writer=writer, epoch=epoch, started=started)
        if finish:
            _hand_in(sitter, writer, len(values), started)
        _date(sitter.session, at)
    return sitter.session


def mark_written(events: list[TestEvent], teacher: StaffUser) -> None:
    """Mark the written answers of past events; those of walk-ins still wait for a teacher."""
    dice = random.Random(len(events))  # noqa: S311 - sample data, the same each time
    waiting = PartMark.objects.filter(
        result__session__event__in=events,
        result__is_current=True,
        outcome=PartMark.Outcome.WAITING,
    ).select_related("part", "result")
    for mark in list(waiting):
        most = int(mark.part.points * 2)
        mark_by_hand(
            mark.result.session_id,
            mark.part,
            points=Decimal(dice.randint(most // 3, most)) / 2,
            note="",
            seen=0,
            actor=teacher,
        )


def _register(
    event: TestEvent, consent: ConsentText, at: dt.datetime, dice: random.Random
) -> Sitter:
    grade = dice.choice((1, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 8, 8, 9, 9, 10, 11, 12))
    rank = dice.choice((0, 10, 10, 20, 20, 30, 40, 50))
    schools = School.objects.filter(campus=event.campus, stage=people.stage_of(grade))
    made = services.register(
        event,
        services.Registration(
            name=people.name(dice),
            grade=grade,
            rank_percent=Decimal(rank),
            school_name=dice.choice([school.name for school in schools]),
            birth_date=dt.date(at.year - 6 - grade, dice.randint(1, 12), dice.randint(1, 28)),
            consent_id=consent.pk,
            consent_by="guardian" if grade <= 7 else "student",  # noqa: PLR2004
        ),
    )
    exam = OptimizedQueries.get_exam_with_questions(made.session.version_id)
    _revision, keys = results.current_key(exam.version_id, exam.parts)
    ability = dice.gauss(0.6 - rank / 40, 0.9)
    return Sitter(dice, ability, made.session, made.token, exam, keys)


def _save(
    sitter: Sitter,
    values: list[tuple[int, Any]],
    *,
    writer: str,
    epoch: int,
    started: dt.datetime,
) -> None:
    for first in range(0, len(values), 8):
        moment = started + dt.timedelta(seconds=SECONDS_A_QUESTION * (first + 8))
        batch = entries.Batch(
            v=1,
            nonce=uuid.uuid4().hex,
            epoch=epoch,
            writer=writer,
            entries=[
                entries.Entry(
                    seq=first + place,
                    part=part,
                    kind="answer",
                    value=msgspec.Raw(json.dumps(value).encode()),
                    at=int(moment.timestamp() * 1000),
                )
                for place, (part, value) in enumerate(values[first : first + 8], start=1)
            ],
            storage="idb",
        )
        services.save(
            sitter.session.id,
            batch,
            token=sitter.token,
            arrived=min(moment, started + dt.timedelta(seconds=sitter.exam.allotted_seconds)),
        )


def _hand_in(sitter: Sitter, writer: str, last_seq: int, started: dt.datetime) -> None:
    session = sitter.session
    if sitter.dice.random() < 0.06:  # noqa: PLR2004 - a few run out of time
        session.refresh_from_db()
        services.end_if_overdue(session)
        return
    minutes = session.allotted_seconds / 60 * sitter.dice.uniform(0.55, 0.98)
    services.submit(
        session.id,
        entries.Submission(
            submit_id=str(uuid.uuid4()),
            writer=writer,
            last_seq=last_seq,
            digest=rules.digest(results.answers(session.id)),
        ),
        token=sitter.token,
        arrived=started + dt.timedelta(minutes=minutes),
    )


def _date(session: StudentSession, at: dt.datetime) -> None:
    """Move to their day what the services stamped with the clock."""
    StudentSession.objects.filter(id=session.id).update(registered_at=at, consent_at=at)
    Writer.objects.filter(session=session).update(claimed_at=at)
    session.refresh_from_db()
    if session.ended_at is not None:
        for table in (Result, Placement, Receipt):
            table.objects.filter(session=session).update(made_at=session.ended_at)
    last = AnswerEvent.objects.filter(session=session).order_by("-received_at").first()
    if last is not None and session.ended_at is None:
        StudentSession.objects.filter(id=session.id).update(last_contact_at=clock.now())
