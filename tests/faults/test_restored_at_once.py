"""Forty browsers give tickets and codes in the same second."""

from __future__ import annotations

import datetime as dt

import pytest

from placement_test.lib import clock
from placement_test.models import (
    Placement,
    Result,
    ResumeTry,
    SessionToken,
    Student,
    StudentSession,
)
from placement_test.sessions.rules import MOST_TRIES
from tests import sitting
from tests.faults.test_forty_at_once import STUDENTS, at_once, students
from tests.sitting import Browser, parts_of

pytestmark = pytest.mark.django_db(transaction=True)


def lose_everything() -> None:
    Placement.objects.all().delete()
    Result.objects.all().delete()
    StudentSession.objects.all().delete()
    Student.objects.all().delete()


def test_forty_tabs_that_give_one_ticket_make_one_session_and_one_student() -> None:
    browser = sitting.sitting()
    ticket = browser.ticket()
    lose_everything()
    tabs = [Browser(browser.session, browser.token) for _ in range(STUDENTS)]

    statuses = at_once(lambda tab: tab.restore(ticket), tabs)

    assert statuses == [200] * STUDENTS
    assert StudentSession.objects.get().state == "open"
    assert Student.objects.count() == SessionToken.objects.count() == 1


def test_forty_students_of_a_lost_test_day_are_back_in_one_go() -> None:
    browsers = [browser.start() for browser in students()]
    part = parts_of(browsers[0].session.version)[0].id
    entries = {browser.session.id: browser.entry(part, 1) for browser in browsers}
    tickets = {browser.session.id: browser.ticket() for browser in browsers}
    lose_everything()

    statuses = at_once(lambda browser: browser.restore(tickets[browser.session.id]), browsers)
    saved = [browser.statuses(entries[browser.session.id]) for browser in browsers]

    assert statuses == [200] * STUDENTS
    assert saved == [["applied"]] * STUDENTS
    assert Student.objects.count() == STUDENTS


def test_one_of_forty_starts_is_not_undone_by_tickets_from_before_it() -> None:
    made = sitting.registered()
    browser = Browser(made.session, made.token)
    ticket = browser.ticket()
    browser.start()
    started = StudentSession.objects.get().started_at
    tabs = [Browser(made.session, made.token) for _ in range(STUDENTS)]

    statuses = at_once(lambda tab: tab.restore(ticket), tabs)

    assert statuses == [200] * STUDENTS
    assert StudentSession.objects.get().started_at == started


def test_forty_guesses_at_one_code_in_one_instant_are_counted_one_by_one() -> None:
    browser = sitting.sitting()
    code = browser.get("state").json()["resume_code"]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    # As after an earlier day: where a row is new, whoever inserts it keeps the others waiting.
    long_ago = clock.now() - dt.timedelta(hours=1)
    for target in ("all", code[:4]):
        ResumeTry.objects.create(target=target, window_at=long_ago, count=1, last_at=long_ago)
    tabs = [Browser(browser.session, "") for _ in range(STUDENTS)]

    statuses = at_once(
        lambda tab: tab.client.post(
            "/api/resume/", {"code": wrong}, content_type="application/json"
        ),
        tabs,
    )

    tried = statuses.count(401)
    # One, and one more for each wait that a slow machine takes to answer forty.
    assert 1 <= tried <= MOST_TRIES
    assert statuses.count(429) == STUDENTS - tried
    assert set(ResumeTry.objects.values_list("count", flat=True)) == {tried}


def test_forty_devices_with_the_right_code_leave_one_in_front() -> None:
    browser = sitting.sitting()
    code = browser.get("state").json()["resume_code"]
    tabs = [Browser(browser.session, "") for _ in range(STUDENTS)]

    statuses = at_once(
        lambda tab: tab.client.post(
            "/api/resume/", {"code": code}, content_type="application/json"
        ),
        tabs,
    )

    assert statuses == [200] * STUDENTS
    assert SessionToken.objects.filter(superseded_at=None).count() == 1
