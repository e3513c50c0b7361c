from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from placement_test.models import StudentSession
from placement_test.sessions import tasks
from placement_test.sessions.tasks import Presence
from tests import sitting

if TYPE_CHECKING:
    import time_machine


@pytest.mark.parametrize(
    ("replies", "seconds"),
    [([True], 0), ([True, True, True], 20), ([True, False, True], 0), ([True, False], 0)],
)
def test_counts_how_long_the_server_has_answered_without_a_break(
    replies: list[bool], seconds: float
) -> None:
    answers, moments = iter(replies), iter(range(0, 10_000, 10))
    presence = Presence(lambda: next(answers), lambda: float(next(moments)))

    counted = [presence.seconds() for _ in replies]

    assert counted[-1] == seconds


@pytest.mark.django_db
def test_the_sweep_waits_until_browsers_could_reach_the_server_again(
    noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 0.0
    monkeypatch.setattr(tasks, "_presence", Presence(lambda: True, lambda: moment))
    browser = sitting.sitting()
    noon.shift(dt.timedelta(minutes=90))

    ended = []
    for seconds in (0.0, 59.0, 61.0):
        moment = seconds
        ended.append(tasks.sweep_overdue())

    assert ended == [0, 0, 1]
    assert StudentSession.objects.get(id=browser.session.id).state == "expired"


def test_a_port_that_nobody_listens_on_does_not_answer(settings: object) -> None:
    settings.SERVER_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]

    assert not tasks.answers()
