from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from placement_test.models import BrowserError, StudentAnswer
from placement_test.sessions.access import cookie_name
from tests import builders, sitting
from tests.browser.pages import log_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route
    from pytest_django.live_server_helper import LiveServer

    from tests.browser.conftest import OpenContext

pytestmark = pytest.mark.django_db(transaction=True)

THROW = "() => void setTimeout(() => { throw new Error('boom') })"
STORM = """(kinds) => {
  for (let at = 0; at < 10000; at++) {
    const which = kinds === 1 ? at : 'x'.repeat(at % kinds);
    setTimeout(() => { throw new Error(`boom ${which}`); });
  }
}"""
STATS = "() => window.PrimePath.errorHandler.stats()"
FLUSH = "() => window.PrimePath.errorHandler.flush()"
RETRY = """async ([url, options]) => {
  const reply = await window.PrimePath.errorHandler.retryAjax(url, options);
  return [reply.status, await reply.json()];
}"""


@pytest.fixture
def english(open_context: OpenContext) -> Page:
    builders.academy()
    return open_context(locale="en-US").new_page()


def reported(page: Page, count: int = 1) -> dict[str, int]:
    """Wait until that many reports have been sent; return what became of all of them."""
    deadline = time.monotonic() + 15
    while True:
        stats: dict[str, int] = page.evaluate(STATS)
        if stats["sent"] >= count:
            return stats
        assert time.monotonic() < deadline, stats
        page.wait_for_timeout(50)


def replies(page: Page, address: str, *answers: dict[str, Any]) -> list[dict[str, str]]:
    """Answer the requests to ``address`` in turn, the last one for ever; return their headers."""
    seen: list[dict[str, str]] = []

    def fulfil(route: Route) -> None:
        seen.append(route.request.headers)
        answer = answers[min(len(seen), len(answers)) - 1]
        if answer.get("abort"):
            route.abort()
        else:
            route.fulfill(json=answer.get("json", {}), **{"status": 200} | answer.get("with", {}))

    page.route(address, fulfil)
    return seen


@pytest.mark.provokes("boom")
def test_one_uncaught_error_gives_one_report(english: Page) -> None:
    english.goto("/")

    english.evaluate(THROW)
    reported(english)
    english.wait_for_timeout(1500)

    row = BrowserError.objects.get()
    assert (row.kind, row.message, row.count) == ("uncaught", "Error: boom", 1)
    assert (row.page, row.browser) == ("", "Chrome")
    assert english.evaluate(STATS) == {"queued": 0, "sent": 1, "dropped": 0, "batches": 1}
    expect(english.locator(".toast")).to_have_count(1)
    expect(english.locator(".toast")).to_contain_text("Something on this page did not work.")


@pytest.mark.provokes("boom")
def test_an_unhandled_promise_is_reported(english: Page) -> None:
    english.goto("/staff/login/?next=/staff/")

    english.evaluate("() => { Promise.reject(new Error('boom')); }")
    reported(english)

    row = BrowserError.objects.get()
    assert (row.kind, row.message, row.page) == ("rejection", "Error: boom", "staff/login/")


@pytest.mark.provokes("boom")
@pytest.mark.parametrize(("kinds", "groups"), [(1, 1), (97, 20)])
def test_ten_thousand_errors_give_a_bounded_queue_and_traffic_and_the_runner_saves(
    open_context: OpenContext, live_server: LiveServer, kinds: int, groups: int
) -> None:
    made = sitting.registered(sitting.published())
    context = open_context(locale="en-US")
    context.add_cookies(
        [{"name": cookie_name(made.session.id), "value": made.token, "url": live_server.url}]
    )
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(f"/sit/{made.session.id}/test/")
    page.locator("#cover [data-slot=action]").click()
    expect(page.locator("#cover")).to_be_hidden()

    page.evaluate(STORM, kinds)
    page.locator(".question").nth(0).locator("input").nth(2).check(force=True)
    stats = reported(page, groups)
    page.locator(".question").nth(1).locator("input").nth(3).check(force=True)
    expect(page.locator("#main [data-slot=save-state]")).to_have_attribute("data-state", "saved")

    stored = StudentAnswer.objects.filter(session=made.session).order_by("part_id")
    assert [json.loads(answer.value) for answer in stored] == [2, 3]
    assert stats["queued"] <= 20
    assert len([url for url in sent if "/api/errors/" in url]) <= 5
    assert BrowserError.objects.count() <= 2 * groups


@pytest.mark.provokes("503", "429")
def test_tries_again_what_is_transient_with_one_key(english: Page) -> None:
    english.goto("/")
    seen = replies(
        english,
        "**/api/thing/",
        {"with": {"status": 503}},
        {"with": {"status": 429, "headers": {"Retry-After": "2"}}},
        {"json": {"done": True}},
    )
    began = time.monotonic()

    result = english.evaluate(RETRY, ["/api/thing/", {"method": "POST", "body": "{}"}])

    assert result == [200, {"done": True}]
    assert time.monotonic() - began >= 2
    assert len({headers["idempotency-key"] for headers in seen}) == 1
    assert len(seen) == 3


@pytest.mark.provokes("400", "503")
@pytest.mark.parametrize(("status", "tries"), [(400, 1), (503, 4)])
def test_gives_up_in_the_end_and_at_once_where_nothing_would_change(
    english: Page, status: int, tries: int
) -> None:
    english.goto("/")
    english.evaluate("() => { Math.random = () => 0.01; }")
    seen = replies(english, "**/api/thing/", {"with": {"status": status}})

    assert english.evaluate(RETRY, ["/api/thing/", {}]) == [status, {}]

    assert len(seen) == tries
    assert "idempotency-key" not in seen[0]


@pytest.mark.provokes("403")
def test_takes_a_fresh_csrf_token_once_and_sends_the_same_request(english: Page) -> None:
    english.goto("/staff/login/")
    page_token = english.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    english.context.clear_cookies()
    body = json.dumps({"batch": "a" * 32, "reports": [{"kind": "handled", "message": "x"}]})
    sent: list[dict[str, str]] = []
    english.on("request", lambda one: sent.append(one.headers) if one.method == "POST" else None)
    options = {"method": "POST", "body": body, "headers": {"Content-Type": "application/json"}}

    result = english.evaluate(RETRY, ["/api/errors/", options])

    assert result == [200, {"accepted": 1}]
    assert [headers["x-csrftoken"] == page_token for headers in sent] == [True, False]
    assert len({headers["idempotency-key"] for headers in sent}) == 1


@pytest.mark.provokes("INTERNET_DISCONNECTED")
def test_says_that_the_network_is_gone_and_goes_on_when_it_is_back(english: Page) -> None:
    english.goto("/")
    english.context.set_offline(True)
    ask = """() => {
      window.tries = 0;
      const ask = async () => {
        window.tries++;
        const reply = await window.PrimePath.errorHandler.retryAjax("/api/csrf/", {retries: 0});
        window.got = reply.status;
      };
      return ask().catch((error) => window.PrimePath.errorHandler.handleError(error, "ask", ask));
    }"""

    english.evaluate(ask)
    toast = english.locator(".toast")
    expect(toast).to_contain_text("There is no connection.")
    expect(toast.get_by_role("button", name="Try again")).to_be_visible()
    english.context.set_offline(False)

    expect(toast).to_have_text("The connection is back.Try again")
    english.wait_for_timeout(500)
    assert english.evaluate("() => [window.got, window.tries]") == [200, 2]
    assert not BrowserError.objects.exists()


def test_a_notice_is_text_and_is_counted_and_can_be_closed(
    english: Page, axe: Callable[[Page], None]
) -> None:
    english.goto("/")
    show = "([text, type]) => window.PrimePath.errorHandler.showNotification(text, type)"

    for _ in range(3):
        english.evaluate(show, ["<b>Not</b> saved", "error"])

    toast = english.locator(".toast")
    expect(toast).to_have_attribute("role", "alert")
    expect(toast.locator(".toast__text")).to_have_text("<b>Not</b> saved ×3")  # noqa: RUF001 - as it is shown
    expect(english.locator(".toasts")).to_have_attribute("aria-live", "polite")
    axe(english)
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)


def test_shows_at_most_four_notices(english: Page) -> None:
    english.goto("/")

    english.evaluate(
        "() => { for (let n = 0; n < 9; n++) "
        "window.PrimePath.errorHandler.showNotification(`notice ${'x'.repeat(n)}`, 'info'); }"
    )

    expect(english.locator(".toast")).to_have_count(4)


def test_what_is_queued_is_sent_when_the_page_goes(english: Page) -> None:
    english.goto("/staff/login/")

    english.evaluate("() => window.PrimePath.errorHandler.report(new Error('last'), 'leaving')")
    english.goto("/")

    deadline = time.monotonic() + 5
    while not BrowserError.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert BrowserError.objects.get().message == "Error: last"


def test_staff_read_what_a_page_reported(english: Page, axe: Callable[[Page], None]) -> None:
    builders.staff(role=builders.Role.DIRECTOR, username="director")
    log_in(english, "director")
    english.evaluate("() => window.PrimePath.errorHandler.report(new Error('odd'), 'reading')")
    english.evaluate(FLUSH)

    english.get_by_role("link", name="Browser errors").click()
    axe(english)
    english.get_by_role("link", name="Error: odd").click()
    axe(english)
    english.get_by_role("button", name="Mark as resolved").click()

    expect(english.get_by_role("heading", name="No errors")).to_be_visible()
    axe(english)
