from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import connection

from bench import _kept
from bench._orders import Saved, Seat
from bench._seats import Hall
from placement_test.lib import clock
from placement_test.models import AnswerEvent, RunnerState, StudentAnswer, StudentSession
from placement_test.saving import entries
from placement_test.sessions import services
from tests.bench.stand_in import Server, load, saved

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall()
    made.open()
    yield made
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_seat")


def save(hall: Hall, seat: Seat, value: object, *, seq: int, kind: str = "answer") -> Saved:
    """Save one entry through the product, as a load does; return what the load notes."""
    part = hall.parts[0][0] if kind == "answer" else hall.questions[0]
    entry = {"seq": seq, "part": part, "kind": kind, "value": value, "at": 1_773_000_000_000}
    batch = {"v": 1, "nonce": "n", "epoch": 1, "writer": seat.writer, "entries": [entry]}
    services.save(
        UUID(seat.session),
        entries.batch(json.dumps(batch).encode()),
        token=seat.token,
        arrived=clock.now(),
    )
    return Saved(seat.number, seq, json.dumps(entry).encode())


def test_nothing_is_lost_where_everything_is_there(hall: Hall) -> None:
    number, seats = hall.seat(3)
    done = [save(hall, seat, value, seq=seq) for seat in seats for seq, value in ((1, 0), (2, 4))]
    done.append(save(hall, seats[0], True, seq=3, kind="flag"))

    assert _kept.lost(number, done).count == 0
    assert _kept.violations(seats, done, []) == []


def test_an_entry_that_is_gone_is_lost(hall: Hall) -> None:
    number, seats = hall.seat(2)
    done = [save(hall, seat, 0, seq=1) for seat in seats]
    done += [save(hall, seat, 1, seq=2) for seat in seats]

    AnswerEvent.objects.filter(session_id=UUID(seats[1].session), seq=1).delete()

    found = _kept.lost(number, done)
    assert found.count == 1
    assert found.examples[0].startswith("seat 1, seq 1: sent ('answer',")
    assert len(_kept.violations(seats, done, [])) > 0


def test_an_entry_with_another_value_is_lost(hall: Hall) -> None:
    number, seats = hall.seat(1)
    done = [save(hall, seats[0], 0, seq=1), save(hall, seats[0], 1, seq=2)]

    AnswerEvent.objects.filter(seq=1).update(value="3")

    assert _kept.lost(number, done).count == 1


def test_an_answer_that_went_back_is_lost(hall: Hall) -> None:
    number, seats = hall.seat(1)
    done = [save(hall, seats[0], 0, seq=1), save(hall, seats[0], 1, seq=2)]

    StudentAnswer.objects.filter(session_id=UUID(seats[0].session)).update(value="0", seq=1)

    assert _kept.lost(number, done).count == 1


def test_a_flag_that_is_gone_is_lost(hall: Hall) -> None:
    number, seats = hall.seat(1)
    done = [save(hall, seats[0], True, seq=1, kind="flag")]

    RunnerState.objects.all().delete()

    assert _kept.lost(number, done).count == 1


def test_a_server_that_acknowledges_and_keeps_nothing_is_found_out(hall: Hall) -> None:
    number, seats = hall.seat(4)

    outcome = load(Server(saved), seats, parts=list(hall.parts), questions=list(hall.questions))

    entries = [entry for each in outcome.saved for entry in _kept.contents(each.entries)]
    assert outcome.errors == {}
    # Each one is missing in the log; and nothing stands where the last of each part should.
    assert _kept.lost(number, outcome.saved).count > len(entries) >= 4
    assert len(_kept.violations(seats, outcome.saved, [])) > 0


def test_each_session_is_its_own_and_can_be_worked_in(hall: Hall) -> None:
    number, seats = hall.seat(3, with_answers=True)

    sessions = StudentSession.objects.filter(id__in=[seat.session for seat in seats])
    assert {(each.state, each.epoch, each.event_count) for each in sessions} == {("open", 1, 40)}
    assert len({each.student_id for each in sessions}) == 3
    done = [save(hall, seat, 3, seq=41) for seat in seats]
    assert _kept.lost(number, done).count == 0


def test_a_registered_session_can_be_started(hall: Hall) -> None:
    _number, (seat,) = hall.seat(1, state="registered")
    session = UUID(seat.session)

    services.begin(session, token=seat.token, arrived=clock.now())

    claimed = services.claim(session, entries.Claim(seat.writer), token=seat.token)
    assert claimed.epoch == 1
