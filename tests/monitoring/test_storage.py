from __future__ import annotations

import datetime as dt
import logging
import os
import uuid
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from placement_test.lib import clock
from placement_test.models import Figure, MonitoredProcess, SlowOperation
from placement_test.monitoring import storage, upkeep, window
from placement_test.monitoring.flushing import Flusher, flusher, recorder
from placement_test.monitoring.recorder import Recorder
from placement_test.monitoring.storage import Identity, What

if TYPE_CHECKING:
    import time_machine
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

SUBMIT = What("operation", "submit", "ok")


def process(host: str = "one") -> Identity:
    return Identity(uuid.uuid4(), host, 7, "server", clock.now())


def hand_in(who: Identity, number: int, *seconds: float) -> bool:
    recorder = Recorder()
    for duration in seconds:
        recorder.record("operation", "submit", "ok", duration, queries=2)
    return storage.add(who, recorder.take(), number=number, memory_bytes=1000)


def submits(seconds: int = 300) -> int:
    return window.recent(seconds).total("operation", "submit").count


def test_adds_up_what_several_processes_hand_in(noon: time_machine.Traveller) -> None:
    one, other = process(), process("two")

    hand_in(one, 1, 0.010, 0.020)
    hand_in(other, 1, 0.010)
    hand_in(one, 2, 1.500)

    found = window.recent().total("operation", "submit")
    assert (found.count, found.sum_us, found.max_us, found.queries, found.slow) == (
        4,
        1_540_000,
        1_500_000,
        8,
        1,
    )
    assert storage.ever()[SUBMIT].counts == found.counts


def test_adds_a_hand_in_once_though_it_is_sent_twice(noon: time_machine.Traveller) -> None:
    who = process()

    added = [hand_in(who, 1, 0.01), hand_in(who, 1, 0.01), hand_in(who, 2, 0.01)]

    assert added == [True, False, True]
    assert submits() == 2


def test_hands_in_with_a_handful_of_statements(
    noon: time_machine.Traveller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    counting = Recorder()
    for number in range(150):
        counting.record("operation", f"name{number}", "ok", 0.01)
    taken = counting.take()

    # savepoint, the process, 300 cells, release
    with django_assert_num_queries(4):
        storage.add(process(), taken, number=1, memory_bytes=1000)


def test_looks_back_no_further_than_asked(noon: time_machine.Traveller) -> None:
    hand_in(process(), 1, 0.01)

    found = []
    for seconds in (290, 20, 3000):
        noon.shift(seconds)
        found.append((submits(300), submits(7200)))

    assert found == [(1, 1), (0, 1), (0, 1)]


def test_keeps_every_count_when_slots_become_minutes(noon: time_machine.Traveller) -> None:
    who = process()
    for number in range(1, 13):
        hand_in(who, number, 0.01)
        noon.shift(10)
    noon.shift(3600)
    hand_in(who, 13, 0.01)

    storage.thin_out()

    assert submits(7200) == 13
    steps = Figure.objects.exclude(step=storage.EVER).values_list("step", "count")
    assert sorted(steps) == [(10, 1), (60, 6), (60, 6)]


def test_adds_to_a_minute_that_was_thinned_out_before(noon: time_machine.Traveller) -> None:
    hand_in(process(), 1, 0.01)
    late = Recorder()
    late.record("operation", "submit", "ok", 0.01)
    noon.shift(4000)
    storage.thin_out()

    storage.add(process("late"), late.take(), number=1, memory_bytes=1)
    storage.thin_out()

    assert submits(7200) == 2
    assert Figure.objects.filter(step=storage.MINUTE).count() == 1


def test_totals_stay_when_minutes_go(noon: time_machine.Traveller) -> None:
    hand_in(process(), 1, 0.01)
    noon.shift(dt.timedelta(hours=2))
    storage.thin_out()
    noon.shift(dt.timedelta(days=9))

    storage.thin_out()

    assert submits(86_400 * 20) == 0
    assert storage.ever()[SUBMIT].count == 1
    assert MonitoredProcess.objects.count() == 0


def test_upkeep_notes_the_size_of_the_database(noon: time_machine.Traveller) -> None:
    hand_in(process(), 1)

    upkeep.run()
    flusher.flush()

    noted = window.recent().figures
    # A database grows while it is looked at, by the pages of this very figure.
    size = noted[What("gauge", "system", "database_bytes")].sum_us
    assert size == pytest.approx(storage.database_bytes(), rel=0.1)
    assert noted[What("gauge", "system", "memory_bytes")].sum_us == 1000


def test_stores_slow_operations(noon: time_machine.Traveller) -> None:
    recorder.record("operation", "submit", "error", 2.5)

    flusher.flush()

    row = SlowOperation.objects.get()
    assert (row.name, row.outcome, row.milliseconds, row.pid) == (
        "submit",
        "error",
        2500,
        os.getpid(),
    )


def test_a_child_after_a_fork_does_not_hand_in_what_its_parent_counted() -> None:
    recorder.record("operation", "submit", "ok", 0.01)
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writing, str(len(recorder.take().cells)).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 10) == b"0"
    assert len(recorder.take().cells) == 1


@pytest.mark.django_db(transaction=True)
def test_keeps_counts_while_the_database_refuses_and_adds_each_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counting = Recorder()
    handing_in = Flusher(counting)
    table = Figure._meta.db_table
    counting.record("operation", "submit", "ok", 0.01)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        with caplog.at_level(logging.WARNING):
            refused = [handing_in.try_flush()]
            counting.record("operation", "submit", "ok", 0.01)
            refused.append(handing_in.try_flush())
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")

    taken = handing_in.try_flush()

    assert (refused, taken) == ([False, False], True)
    assert submits() == 2
    assert {record.message for record in caplog.records} == {"figures not handed in"}
