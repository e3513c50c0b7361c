"""Forty students press the same button in the same second."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from placement_test.models import PartMark, Placement, Receipt, Result, StudentSession
from tests import sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

pytestmark = pytest.mark.django_db(transaction=True)

STUDENTS = 40
QUESTIONS = 50


def at_once(call: Callable[[Browser], Reply], browsers: list[Browser]) -> list[int]:
    """Run ``call`` for every browser, all released in one instant; return the statuses."""
    barrier = threading.Barrier(len(browsers))

    def run(browser: Browser) -> int:
        try:
            barrier.wait(timeout=30)
            return call(browser).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(browsers)) as pool:
        return list(pool.map(run, browsers))


def students() -> list[Browser]:
    version = sitting.published(choices=QUESTIONS)
    made = [sitting.registered(version, name=f"Min-ji {n}") for n in range(STUDENTS)]
    return [Browser(each.session, each.token) for each in made]


def test_forty_begin_in_the_same_second() -> None:
    browsers = students()

    statuses = at_once(lambda browser: browser.post("begin", {}), browsers)

    assert statuses == [200] * STUDENTS
    assert StudentSession.objects.filter(state="open", started_at__isnull=False).count() == STUDENTS


def test_forty_submit_in_the_same_second() -> None:
    browsers = [browser.start() for browser in students()]
    parts = [part.id for part in parts_of(browsers[0].session.version)]
    for number, browser in enumerate(browsers):
        browser.save(
            *[browser.entry(part, 1 if n <= number else 0) for n, part in enumerate(parts)]
        )

    statuses = at_once(lambda browser: browser.submit(), browsers)

    assert statuses == [200] * STUDENTS
    assert sorted(Result.objects.values_list("score", flat=True)) == [
        2 * (number + 1) for number in range(STUDENTS)
    ]
    assert Receipt.objects.count() == Placement.objects.count() == STUDENTS
    assert PartMark.objects.count() == STUDENTS * QUESTIONS


def test_one_student_who_submits_from_forty_tabs_has_one_result() -> None:
    browser = sitting.sitting(sitting.published(choices=QUESTIONS))
    tabs = [
        Browser(
            browser.session,
            browser.token,
            browser.writer,
            browser.epoch,
            browser.seq,
            browser.shown,
        )
        for _ in range(STUDENTS)
    ]

    statuses = at_once(lambda tab: tab.submit(), tabs)

    assert statuses == [200] * STUDENTS
    assert Result.objects.count() == Receipt.objects.count() == 1


def test_forty_tabs_that_save_the_same_entry_leave_one() -> None:
    browser = sitting.sitting()
    part = parts_of(browser.session.version)[0].id
    batch = browser.batch(browser.entry(part, 1))
    tabs = [Browser(browser.session, browser.token) for _ in range(STUDENTS)]

    statuses = at_once(lambda tab: tab.post("answers", batch), tabs)

    assert statuses == [200] * STUDENTS
    assert browser.session.events.count() == 1


def test_forty_clicks_on_easier_open_one_more_test() -> None:
    browser = sitting.sitting()
    tabs = [Browser(browser.session, browser.token) for _ in range(STUDENTS)]

    statuses = at_once(
        lambda tab: tab.client.post(f"/sit/{tab.session.id}/level/", {"step": "easier"}), tabs
    )

    assert sorted(statuses) == [302] + [409] * (STUDENTS - 1)
    assert StudentSession.objects.filter(previous=browser.session).count() == 1
