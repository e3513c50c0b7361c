"""Ways to save the same answers, and what each costs an answer."""

from __future__ import annotations

import datetime as dt
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.db import transaction

from bench.cost.meter import Cost, Meter, ratio
from placement_test.lib import clock
from placement_test.models import Part, SessionToken, StudentAnswer, StudentSession
from placement_test.saving.entries import Batch, Entry
from placement_test.saving.store import token_digest
from placement_test.sessions import services
from tests import sitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from bench._rows import Row
    from placement_test.models import ExamVersion

T = TypeVar("T")

QUESTIONS = 64
STUDENTS = 3
# Each answer is entered once and changed once, as by a student who looks twice.
VALUES = (1, 2)
# A session may send twice as often for five seconds (saving/limits.py).
BETWEEN_SAVES = dt.timedelta(seconds=0.1)


@dataclass(slots=True)
class Seat:
    """A student's open session, as a browser holds it."""

    session_id: UUID
    token: str
    writer: str
    epoch: int
    now: dt.datetime
    seq: int = 0

    def arrival(self) -> dt.datetime:
        """Return when the next save arrives."""
        self.now += BETWEEN_SAVES
        return self.now


@dataclass(frozen=True, slots=True)
class Request:
    """What one student sends at once: (part, option) of each answer."""

    seat: Seat
    answers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to save: so many answers a request, the requests of so many students together."""

    name: str
    answers: int
    save: Callable[[Sequence[Request]], None]
    together: int = 1


def in_the_usual_way(requests: Sequence[Request]) -> None:
    """Save each answer as a plain product does: look everything up, update or create, note it.

    It does less than the product: no log of entries, no order between devices, no counters.
    """
    for request in requests:
        for part_id, option in request.answers:
            _save_one(request.seat, part_id, option)


@transaction.atomic
def _save_one(seat: Seat, part_id: int, option: int) -> None:
    at = seat.arrival()
    seat.seq += 1
    session = StudentSession.objects.select_related("version").get(id=seat.session_id)
    SessionToken.objects.get(session=session, digest=token_digest(seat.token))
    part = Part.objects.select_related("question__section").get(id=part_id)
    if session.state != StudentSession.State.OPEN or not session.deadline_at:
        raise ValueError("the session is not open")
    if part.question.section.version_id != session.version_id or session.deadline_at < at:
        raise ValueError("not of this exam, or too late")
    StudentAnswer.objects.update_or_create(
        session=session,
        part=part,
        defaults={
            "value": str(option),
            "epoch": seat.epoch,
            "seq": seat.seq,
            "writer": seat.writer,
        },
    )
    session.last_contact_at = at
    session.save(update_fields=["last_contact_at"])


def in_batches(requests: Sequence[Request]) -> None:
    """Save what each student sends by the product's save path."""
    for request in requests:
        seat = request.seat
        entries = []
        for part_id, option in request.answers:
            seat.seq += 1
            entries.append(Entry(seat.seq, part_id, "answer", msgspec.Raw(str(option).encode())))
        reply = services.save(
            seat.session_id,
            Batch(v=1, nonce="bench", epoch=seat.epoch, writer=seat.writer, entries=entries),
            token=seat.token,
            arrived=seat.arrival(),
        )
        if {each.status for each in reply.accepted} != {"applied"}:
            raise ValueError("an answer was not applied")


USUAL = Variant("one by one, the usual way", 1, in_the_usual_way)
# Another way is one more line, also one that saves for several students together.
VARIANTS = [
    USUAL,
    Variant("save path, one by one", 1, in_batches),
    Variant("save path, 5 a batch", 5, in_batches),
    Variant("save path, 20 a batch", 20, in_batches),
    Variant("save path, 64 a batch", 64, in_batches),
]


def measure(*, rounds: int, questions: int = QUESTIONS, students: int = STUDENTS) -> list[Row]:
    """Measure every variant in turns, so that what else the machine does meets all of them."""
    version = sitting.published(choices=questions)
    meter = Meter()
    costs = {variant.name: Cost() for variant in VARIANTS}
    for number in range(rounds + 1):
        for variant in VARIANTS:
            # The first round warms up.
            cost = costs[variant.name] if number else Cost()
            _play(variant, version, meter, cost, students)
    answers = {
        variant.name: rounds * max(students, variant.together) * questions * len(VALUES)
        for variant in VARIANTS
    }
    usual = _an_answer(costs[USUAL.name], answers[USUAL.name])
    return [
        _row(variant, costs[variant.name], answers[variant.name], usual) for variant in VARIANTS
    ]


def _play(variant: Variant, version: ExamVersion, meter: Meter, cost: Cost, students: int) -> None:
    """Have students answer everything in one way; look whether all of it is there."""
    seats = [_seat(version) for _ in range(max(students, variant.together))]
    parts = [part.pk for part in sitting.parts_of(version)]
    for option in VALUES:
        for some in _chunks(parts, variant.answers):
            answers = tuple((part, option) for part in some)
            for group in _chunks(seats, variant.together):
                with meter.measuring(cost):
                    variant.save([Request(seat, answers) for seat in group])
    stored = StudentAnswer.objects.filter(
        session__in=[seat.session_id for seat in seats], value=str(VALUES[-1])
    ).count()
    if stored != len(seats) * len(parts):
        raise ValueError(f"{variant.name}: {stored} of {len(seats) * len(parts)} answers stored")


def _seat(version: ExamVersion) -> Seat:
    browser = sitting.sitting(version)
    # A process looks up the exam of a session once, with its first save.
    browser.save()
    return Seat(browser.session.id, browser.token, browser.writer, browser.epoch, clock.now())


def _an_answer(cost: Cost, answers: int) -> tuple[float, float]:
    """Return statements and CPU (ms, of application and database) of one answer."""
    return cost.statements / answers, (cost.app_ms + (cost.db_ms or 0)) / answers


def _row(variant: Variant, cost: Cost, answers: int, usual: tuple[float, float]) -> Row:
    statements, cpu_ms = _an_answer(cost, answers)
    saves = len(cost.wall_ms) * variant.together
    return {
        "way": variant.name,
        "answers": answers,
        "statements_an_answer": round(statements, 2),
        "statements_a_save": round(cost.statements / saves, 2),
        "app_cpu_ms_an_answer": round(cost.app_ms / answers, 3),
        "db_cpu_ms_an_answer": None if cost.db_ms is None else round(cost.db_ms / answers, 3),
        "wall_ms_an_answer": round(sum(cost.wall_ms) / answers, 3),
        "wall_ms_a_save_median": round(statistics.median(cost.wall_ms) / variant.together, 3),
        "times_fewer_statements": ratio(usual[0], statements),
        "times_less_cpu": ratio(usual[1], cpu_ms),
    }


def _chunks(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (things[at : at + size] for at in range(0, len(things), size))
