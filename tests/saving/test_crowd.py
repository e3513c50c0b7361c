"""What pages are asked to do where many sessions are open."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placement_test.lib import clock
from placement_test.models import StudentSession
from placement_test.monitoring.flushing import Flusher, flusher
from placement_test.monitoring.recorder import Recorder
from placement_test.saving import crowd, rules
from tests import sitting

ENDED = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sessions", "heartbeat", "spread"),
    [(0, 15_000, 0), (30, 15_000, 1500), (10_000, 15_000, 500_000), (15_000, 22_500, 750_000)],
)
def test_the_more_are_open_the_less_often_each_is_heard(
    sessions: int, heartbeat: int, spread: int
) -> None:
    assert rules.next_flush_ms(sessions) == heartbeat
    assert rules.end_spread_ms(sessions) == spread


def test_two_heartbeats_that_are_missed_show_within_the_grace_period() -> None:
    assert 2 * rules.next_flush_ms(1_000_000) <= rules.GRACE.total_seconds() * 1000


def test_a_page_hears_of_the_crowd_with_every_reply() -> None:
    browsers = [sitting.sitting(sitting.published()) for _ in range(3)]
    assert browsers[0].save()["end_spread_ms"] == 0

    StudentSession.objects.update(deadline_at=clock.now() + dt.timedelta(minutes=1))
    crowd.count()

    assert browsers[0].save()["end_spread_ms"] == rules.end_spread_ms(3) > 0
    # Also one whose reply is written by the longer way.
    StudentSession.objects.filter(id=browsers[1].session.id).update(
        state="submitted", ended_at=ENDED
    )
    assert browsers[1].save()["end_spread_ms"] == rules.end_spread_ms(3)


def test_those_who_have_time_are_no_crowd_at_the_end() -> None:
    browsers = [sitting.sitting(sitting.published()) for _ in range(4)]
    rows = StudentSession.objects.filter
    rows(id=browsers[0].session.id).update(deadline_at=clock.now() + dt.timedelta(minutes=1))
    rows(id=browsers[1].session.id).update(deadline_at=clock.now() - dt.timedelta(seconds=30))
    rows(id=browsers[2].session.id).update(
        deadline_at=clock.now() - dt.timedelta(minutes=5), paused_at=clock.now()
    )

    crowd.count()

    assert (crowd.open_sessions(), crowd.ending_sessions()) == (4, 2)


def test_only_open_sessions_are_a_crowd() -> None:
    sitting.sitting(sitting.published())
    StudentSession.objects.update(state=StudentSession.State.SUBMITTED, ended_at=ENDED)

    crowd.count()

    assert crowd.open_sessions() == 0


def test_they_are_counted_by_one_query_and_not_all_the_time() -> None:
    sitting.sitting(sitting.published())

    with CaptureQueriesContext(connection) as first:
        crowd.count()
    with CaptureQueriesContext(connection) as second:
        crowd.count()

    assert (len(first), len(second)) == (1, 0)


def test_each_process_counts_beside_handing_in_its_figures() -> None:
    sitting.sitting(sitting.published())

    flusher.work_beside()

    assert crowd.open_sessions() == 1


def test_work_that_fails_does_not_stop_the_thread() -> None:
    def fail() -> None:
        raise OSError

    own = Flusher(Recorder())
    own.beside(fail)

    own.work_beside()
