"""The exam as a runner gets it: ready-made, compressed, asked for again only where it changed."""

from __future__ import annotations

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connection

from placement_test.exams.services import making
from placement_test.models import TestEvent
from tests import sitting

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.sitting import Browser

pytestmark = pytest.mark.django_db

HALL = 6


@pytest.fixture
def browser() -> Browser:
    return sitting.sitting(sitting.published(choices=20, shorts=10))


def ask(browser: Browser, **headers: str) -> HttpResponse:
    reply: Any = browser.client.get(f"/api/sessions/{browser.session.id}/exam/", headers=headers)
    return reply  # type: ignore[no-any-return]


def test_compressed_it_is_the_same_in_a_tenth_of_the_bytes(browser: Browser) -> None:
    plain = ask(browser)
    packed = ask(browser, accept_encoding="gzip, deflate, br")

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 5
    for reply in (plain, packed):
        assert "Accept-Encoding" in reply.headers["Vary"]


def test_a_browser_that_has_it_gets_304_and_each_form_has_its_own_etag(browser: Browser) -> None:
    plain = ask(browser)
    packed = ask(browser, accept_encoding="gzip")

    again = ask(browser, accept_encoding="gzip", if_none_match=packed.headers["ETag"])
    other_form = ask(browser, accept_encoding="gzip", if_none_match=plain.headers["ETag"])

    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == packed.headers["ETag"]
    assert other_form.status_code == 200


def test_the_second_one_costs_the_query_of_the_right_alone(
    browser: Browser, django_assert_num_queries: Any
) -> None:
    ask(browser)

    with django_assert_num_queries(1):
        ask(browser)


@pytest.mark.parametrize("renamed", ["exam", "event"])
def test_another_name_shows_at_once(browser: Browser, renamed: str) -> None:
    before = ask(browser)
    version = browser.session.version
    if renamed == "event":
        TestEvent.objects.update(name="Spring intake")
    else:
        new = making.NewExam("Spring intake", 60, version.label_style, 5)
        making.change_settings(version, new, None)

    after = ask(browser, if_none_match=before.headers["ETag"])

    assert b"Spring intake" not in before.content
    assert after.status_code == 200
    assert b"Spring intake" in after.content


@pytest.mark.django_db(transaction=True)
def test_a_hall_that_asks_at_one_moment_has_it_loaded_once() -> None:
    browsers = [sitting.sitting(sitting.published(choices=20))]
    version = browsers[0].session.version
    browsers += [sitting.sitting(version) for _ in range(HALL - 1)]
    cache.clear()
    all_there = threading.Barrier(HALL)
    loads: list[str] = []

    def slow(execute: Any, sql: str, *others: Any) -> Any:
        if 'FROM "placement_test_section"' in sql:
            loads.append(sql)
            # Longer than anybody takes to come as far.
            time.sleep(0.4)
        return execute(sql, *others)

    def ask_with_all(browser: Browser) -> bytes:
        all_there.wait(10)
        with connection.execute_wrapper(slow):
            content = ask(browser).content
        connection.close()
        return content

    with ThreadPoolExecutor(HALL) as pool:
        contents = set(pool.map(ask_with_all, browsers))

    assert len(contents) == 1
    assert len(loads) == 1
