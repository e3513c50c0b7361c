"""Staff press twice, several of them at once, while students save."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from placement_test.errors import PlacementError
from placement_test.lib import audit_chain
from placement_test.models import Adjustment, AuditEntry, Result, StudentSession
from placement_test.sessions import services
from tests import builders, sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 40


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Run all of them, released in one instant; return what each returned or the code it raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return call()
        except PlacementError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def adds_up(session: StudentSession) -> bool:
    given = sum(session.adjustments.values_list("seconds", flat=True))
    assert session.started_at is not None
    return session.deadline_at == session.started_at + dt.timedelta(
        seconds=session.allotted_seconds + given
    )


def test_one_press_that_arrives_forty_times_gives_the_time_once() -> None:
    group = services.one(sitting.sitting().session)
    press = services.Decision(actor=builders.staff(), reason="Fire drill", key=uuid.uuid4())

    counts = at_once([lambda: services.give_time(group, minutes=5, decision=press)] * AT_ONCE)

    assert sorted(counts, key=str) == [0] * (AT_ONCE - 1) + [1]
    assert adds_up(StudentSession.objects.get())


def test_forty_members_of_staff_give_a_minute_each_to_the_same_group() -> None:
    version = sitting.published()
    for n in range(5):
        sitting.sitting(version, name=f"Min-ji {n}")
    staff = builders.staff()
    group = services.Group(StudentSession.objects.all(), builders.campus())

    def give() -> int:
        press = services.Decision(actor=staff, reason="Late bus", key=uuid.uuid4())
        return services.give_time(group, minutes=1, decision=press)

    counts = at_once([give] * AT_ONCE)

    assert counts == [5] * AT_ONCE
    assert Adjustment.objects.count() == 5 * AT_ONCE
    assert all(adds_up(session) for session in StudentSession.objects.all())
    assert AuditEntry.objects.filter(action="time given").count() == AT_ONCE
    assert audit_chain.verify() == audit_chain.Finding(AuditEntry.objects.count())


def test_pauses_ends_and_saves_at_once_leave_times_that_add_up() -> None:
    browser = sitting.sitting()
    part = parts_of(browser.session.version)[0].id
    staff = builders.staff()
    group = services.one(browser.session)

    def decided(act: Callable[..., object]) -> Callable[[], object]:
        def call() -> object:
            press = services.Decision(actor=staff, reason="Fire drill", key=uuid.uuid4())
            return act(group, decision=press)

        return call

    def save() -> int:
        page = Browser(browser.session, browser.token)
        page.epoch = browser.epoch
        return page.post("answers", page.batch(page.entry(part, 1))).status_code

    calls = [decided(services.pause), decided(services.go_on), save] * 10
    outcomes = at_once(calls)

    assert outcomes[2::3] == [200] * 10
    assert adds_up(StudentSession.objects.get())
    events = set(browser.session.events.values_list("status", flat=True))
    assert events <= {"applied", "superseded"}


def test_ending_opening_again_and_handing_in_at_once_leave_one_current_result() -> None:
    browser = sitting.sitting()
    staff = builders.staff()
    session_id = browser.session.id

    def press() -> services.Decision:
        return services.Decision(actor=staff, reason="Power cut", key=uuid.uuid4())

    def submit() -> int:
        page = Browser(browser.session, browser.token, browser.writer, browser.epoch)
        return page.submit().status_code

    calls: list[Callable[[], object]] = [
        lambda: services.end_now(session_id, decision=press()),
        lambda: services.open_again(session_id, minutes=5, decision=press()),
        submit,
    ]
    outcomes = at_once(calls * 8)

    assert set(outcomes) <= {True, "not_running", "not_marked_yet", 200, 409}
    assert Result.objects.filter(is_current=True).count() == 1
    assert adds_up(StudentSession.objects.get())
