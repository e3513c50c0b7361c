"""Many sessions whose time is over end together, as each would have ended alone."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from placement_test.models import PartMark, Placement, Result, StudentSession
from placement_test.sessions.services import ending, sweep
from tests import sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

    from placement_test.models import ExamVersion

OVER = dt.timedelta(minutes=62)
SHEETS: tuple[list[Any], ...] = ([1, 1, 1, " BLUE "], [0, 1], [], [None, 1, 2, "red"])


def sitters(version: ExamVersion, count: int) -> list[Browser]:
    browsers = [sitting.sitting(version) for _ in range(count)]
    for number, browser in enumerate(browsers):
        sheet = SHEETS[number % len(SHEETS)]
        parts = parts_of(version)
        browser.save(
            *[browser.entry(part.id, value) for part, value in zip(parts, sheet, strict=False)]
        )
    return browsers


def outcome(browser: Browser) -> dict[str, Any]:
    """All that ending wrote about a session, without the numbers of the rows."""
    session = StudentSession.objects.get(id=browser.session.id)
    result: dict[str, Any] = dict(Result.objects.filter(session=session).values().get())
    marks = PartMark.objects.filter(result_id=result["id"]).order_by("part_id")
    placement: dict[str, Any] = dict(Placement.objects.filter(session=session).values().get())
    for row in (result, placement):
        for name in ("id", "session_id", "result_id", "made_at"):
            row.pop(name, None)
    return {
        "state": (session.state, session.ended_at == session.deadline_at, session.paused_at),
        "result": result,
        "marks": list(marks.values_list("part_id", "points", "outcome")),
        "placement": placement,
    }


@pytest.mark.django_db
def test_together_gives_what_one_by_one_gives(
    noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = sitting.published(choices=3, shorts=1)
    together, alone = sitters(version, len(SHEETS)), sitters(version, len(SHEETS))
    noon.shift(OVER)
    StudentSession.objects.filter(id__in=[each.session.id for each in alone]).update(
        deadline_at=F("deadline_at") + dt.timedelta(hours=1)
    )

    assert sweep() == len(SHEETS)
    StudentSession.objects.filter(id__in=[each.session.id for each in alone]).update(
        deadline_at=F("deadline_at") - dt.timedelta(hours=1)
    )
    monkeypatch.setattr(ending, "_end_together", lambda _ids, _at: set())
    assert sweep() == len(SHEETS)

    assert [outcome(each) for each in together] == [outcome(each) for each in alone]
    assert len({str(outcome(each)["marks"]) for each in together}) == len(SHEETS)


@pytest.mark.django_db
def test_more_sessions_are_no_more_queries(noon: time_machine.Traveller) -> None:
    version = sitting.published(choices=3)
    counts = []
    # The first one also loads what is cached.
    for count in (1, 2, 12):
        sitters(version, count)
        noon.shift(OVER)
        with CaptureQueriesContext(connection) as captured:
            assert sweep() == count
        counts.append(len(captured))

    assert counts[1] == counts[2]


@pytest.mark.django_db
def test_several_rounds_end_all(
    noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "TOGETHER", 2)
    sitters(sitting.published(), 5)
    noon.shift(OVER)

    assert sweep() == 5

    assert Result.objects.count() == Placement.objects.count() == 5
    assert sweep() == 0


@pytest.mark.django_db
def test_one_that_staff_opened_again_is_marked_with_its_history(
    noon: time_machine.Traveller,
) -> None:
    first, again = sitters(sitting.published(), 2)
    noon.shift(OVER)
    assert sweep() == 2
    StudentSession.objects.filter(id=again.session.id).update(
        state="open", ended_at=None, reopened_at=F("deadline_at")
    )

    assert sweep() == 1

    assert Result.objects.filter(session=first.session).count() == 1
    assert list(
        Result.objects.filter(session=again.session).values_list("is_current", flat=True)
    ) == [False, True]


def sweep_elsewhere() -> None:
    try:
        sweep()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one lock for all")
def test_one_that_is_held_is_waited_for_behind_the_others(noon: time_machine.Traveller) -> None:
    held, free = sitters(sitting.published(), 2)
    noon.shift(OVER)
    has_lock, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                StudentSession.objects.select_for_update().get(id=held.session.id)
                has_lock.set()
                may_go.wait(20)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    has_lock.wait(20)
    waiting = threading.Thread(target=sweep_elsewhere)
    waiting.start()
    try:
        for _ in range(200):
            if Result.objects.filter(session=free.session).exists():
                break
            may_go.wait(0.05)
        assert StudentSession.objects.get(id=held.session.id).state == "open"
    finally:
        may_go.set()
        holder.join()
        waiting.join()

    assert {outcome(each)["state"][0] for each in (held, free)} == {"expired"}
