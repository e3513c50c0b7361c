"""The academy of a run: its exam and its students, made by the product's own services."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from placement_test.errors import SessionNotRunning
from placement_test.lib import clock
from placement_test.models import Part, StudentSession, TestEvent
from placement_test.saving.rules import GRACE
from placement_test.sessions import services
from placement_test.sessions.access import cookie_name
from placement_test.sessions.services import Registration
from tests import builders, sitting
from tests.proof.history import Client, History, Outage
from tests.proof.processes.page import Seat
from tests.proof.stored import stored

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

CHOICES, SHORTS, LONGS = 14, 4, 2


@dataclass
class Academy:
    """What the students of a run sit."""

    parts: tuple[tuple[int, str], ...] = ()
    questions: tuple[int, ...] = ()
    actor: Any = None
    event: TestEvent | None = None
    begun_before: set[str] = field(default_factory=set)

    def make(self) -> None:
        """Make the academy, its exam and its event in an empty database."""
        builders.academy()
        builders.rule_set()
        version = sitting.published(choices=CHOICES, shorts=SHORTS, longs=LONGS, minutes=60)
        version.exam.levels.set(builders.curriculum())
        rows = Part.objects.filter(question__section__version=version).order_by("id")
        self.parts = tuple((part.pk, part.kind) for part in rows)
        self.questions = tuple(part.question_id for part in rows)
        self.event = builders.event()
        self.actor = builders.staff(role=builders.Role.DIRECTOR)

    def register(self, name: str, port: Callable[[], int]) -> Seat:
        """Register a student; return what the browser gets."""
        assert self.event is not None
        made = services.register(
            self.event, Registration(name=name, grade=5, rank_percent=Decimal(10))
        )
        return Seat(
            made.session.id.hex,
            f"{cookie_name(made.session.id)}={made.token}",
            self.parts,
            self.questions,
            port,
        )

    def begin_before(self, seat: Seat, seconds_left: float) -> None:
        """Have a student begun so long ago that deadline and grace end in ``seconds_left``."""
        session = StudentSession.objects.get(id=seat.session)
        ago = dt.timedelta(seconds=session.allotted_seconds - seconds_left) + GRACE
        token = seat.cookie.partition("=")[2]
        services.begin(session.id, token=token, arrived=clock.now() - ago)

    def give_time(self, dice: random.Random, sessions: Iterable[str]) -> int:
        """Give some students who are working a minute more; return how many."""
        working = StudentSession.objects.filter(id__in=list(sessions), state="open")
        found = list(working)
        chosen = dice.sample(found, min(5, len(found)))
        given = 0
        for session in chosen:
            decision = services.Decision(self.actor, "The network was away", uuid.uuid4())
            with contextlib.suppress(SessionNotRunning):
                given += services.give_time(services.one(session), minutes=1, decision=decision)
        return given


def history(
    seat: Seat,
    clients: Iterable[Client],
    faults: Iterable[str],
    *,
    restored: bool,
    outages: Iterable[Outage] = (),
) -> History:
    """Return a session's whole record."""
    return History(
        session=seat.session,
        clients=tuple(clients),
        stored=stored(uuid.UUID(seat.session)),
        faults=tuple(sorted(faults)),
        restored=restored,
        outages=tuple(outages),
    )
