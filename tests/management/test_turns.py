from __future__ import annotations

import datetime as dt
import uuid

import pytest

from placement_test.lib import clock
from placement_test.management import turns
from placement_test.models import MonitoredProcess
from placement_test.monitoring import storage
from placement_test.monitoring.flushing import flusher

pytestmark = pytest.mark.django_db

A_SECOND = dt.timedelta(seconds=1)


def process(
    *, started: dt.timedelta, role: str = turns.ROLE, silent: dt.timedelta = A_SECOND
) -> MonitoredProcess:
    """Make a process that started so much later than this one (negative: earlier)."""
    return MonitoredProcess.objects.create(
        host="another",
        pid=7,
        role=role,
        started_at=flusher.identity.started_at + started,
        seen_at=clock.now() - silent,
        flushes=1,
        memory_bytes=0,
    )


def test_it_is_the_turn_of_the_only_one() -> None:
    assert turns.is_ours()


def test_it_is_the_turn_of_the_process_that_has_run_longest() -> None:
    process(started=A_SECOND)
    assert turns.is_ours()

    process(started=-A_SECOND)
    assert not turns.is_ours()


def test_one_of_two_that_started_in_the_same_moment_goes_first() -> None:
    other = process(started=dt.timedelta())

    assert turns.is_ours() == (flusher.identity.id < other.id)


def test_a_process_that_has_gone_silent_is_followed() -> None:
    process(started=-A_SECOND, silent=storage.ALIVE + A_SECOND)

    assert turns.is_ours()


def test_web_processes_are_in_nobodys_way() -> None:
    process(started=-A_SECOND, role="server")

    assert turns.is_ours()


def test_a_process_that_leaves_lets_the_next_one_work_at_once() -> None:
    own = flusher.identity
    MonitoredProcess.objects.create(
        id=own.id,
        host=own.host,
        pid=own.pid,
        role=turns.ROLE,
        started_at=own.started_at,
        seen_at=clock.now(),
        flushes=1,
        memory_bytes=0,
    )
    process(started=A_SECOND)

    turns.leave()

    assert not MonitoredProcess.objects.filter(id=own.id).exists()


@pytest.mark.parametrize("count", [1, 30])
def test_asks_once_however_many_there_are(count: int, django_assert_num_queries: object) -> None:
    for _ in range(count):
        process(started=A_SECOND)

    with django_assert_num_queries(1):  # type: ignore[operator]
        turns.is_ours()


def test_ids_are_compared_the_same_way_by_python_and_the_database() -> None:
    ids = [uuid.UUID(int=number << 96) for number in (1, 2**31, 2**32 - 1)]
    for each in ids:
        row = process(started=dt.timedelta())
        MonitoredProcess.objects.filter(id=row.id).update(id=each)

    stored = list(MonitoredProcess.objects.order_by("id").values_list("id", flat=True))

    assert stored == sorted(ids)
