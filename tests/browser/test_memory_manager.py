from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from placement_test.models import StudentAnswer
from placement_test.sessions.access import cookie_name
from tests import builders, sitting

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page
    from pytest_django.live_server_helper import LiveServer

    from tests.browser.conftest import OpenContext

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = """(count) => {
  const {memoryManager} = window.PrimePath;
  const targets = [window, document, document.body];
  for (let n = 0; n < count; n++) {
    const listener = () => n;
    const target = targets[n % targets.length];
    memoryManager.registerEventListener(target, "resize", listener, n % 2 === 0);
    memoryManager.registerEventListener(new EventTarget(), "gone", listener);
    const timer = setTimeout(listener, 600000);
    memoryManager.registerTimer(timer);
    const interval = setInterval(listener, 600000);
    memoryManager.registerInterval(interval);
    memoryManager.registerModule(`module-${n}`, {destroy() {}, listener});
    memoryManager.unregisterEventListener(target, "resize", listener, n % 2 === 0);
    memoryManager.unregisterTimer(timer);
    memoryManager.unregisterInterval(interval);
    memoryManager.unregisterModule(`module-${n}`);
    clearTimeout(timer);
    clearInterval(interval);
  }
}"""
STATS = "() => window.PrimePath.memoryManager.getMemoryStats()"
OWN = """() => {
  window.ended = 0;
  window.PrimePath.memoryManager.registerModule("panel", {destroy: () => { window.ended++; }});
}"""
COUNTED = ("modules", "timers", "intervals", "listeners")


@pytest.fixture
def page_of_staff(open_context: OpenContext) -> Page:
    builders.academy()
    page = open_context(locale="en-US").new_page()
    page.goto("/staff/login/")
    return page


def figures(page: Page, devtools: CDPSession) -> dict[str, float]:
    """Return heap and listeners after everything unreachable has been collected."""
    for _ in range(4):
        devtools.send("HeapProfiler.collectGarbage")
        # What tidies up after the collected runs in turns of its own.
        page.wait_for_timeout(300)
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    wanted = ("JSHeapUsedSize", "JSEventListeners", "Nodes")
    return {one["name"]: one["value"] for one in metrics if one["name"] in wanted}


def test_a_hundred_thousand_registrations_leave_nothing(page_of_staff: Page) -> None:
    devtools = page_of_staff.context.new_cdp_session(page_of_staff)
    devtools.send("Performance.enable")
    # The engine's tables grow once with the most that was ever in them.
    page_of_staff.evaluate(REGISTER, 100_000)
    before = figures(page_of_staff, devtools)

    page_of_staff.evaluate(REGISTER, 100_000)
    after = figures(page_of_staff, devtools)

    stats = page_of_staff.evaluate(STATS)
    assert [stats[name] for name in COUNTED] == [0, 0, 0, 0]
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["Nodes"] <= before["Nodes"]
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] < 300_000, (before, after)


def test_a_page_from_the_back_forward_cache_works_on(page_of_staff: Page) -> None:
    page_of_staff.evaluate(OWN)

    page_of_staff.evaluate(
        "() => window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))"
    )
    assert page_of_staff.evaluate("() => window.ended") == 0
    page_of_staff.evaluate(
        "() => window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: false}))"
    )

    assert page_of_staff.evaluate("() => window.ended") == 1


def test_a_page_that_is_left_is_cleaned_up(page_of_staff: Page) -> None:
    page_of_staff.evaluate(
        """() => {
          window.PrimePath.memoryManager.registerModule("panel", {
            destroy: () => sessionStorage.setItem("ended", "yes"),
          });
          // A page that listens to this is never put into the cache.
          window.addEventListener("unload", () => {});
        }"""
    )

    page_of_staff.goto("/")

    assert page_of_staff.evaluate("() => sessionStorage.ended") == "yes"


def test_clean_up_in_the_runner_ends_neither_saver_nor_clock(
    open_context: OpenContext, live_server: LiveServer
) -> None:
    made = sitting.registered(sitting.published())
    context = open_context(locale="en-US")
    context.add_cookies(
        [{"name": cookie_name(made.session.id), "value": made.token, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(f"/sit/{made.session.id}/test/")
    page.locator("#cover [data-slot=action]").click()
    expect(page.locator("#cover")).to_be_hidden()

    page.evaluate("() => window.PrimePath.memoryManager.cleanup()")
    page.locator(".question").nth(0).locator("input").nth(2).check(force=True)
    expect(page.locator("#main [data-slot=save-state]")).to_have_attribute("data-state", "saved")

    assert page.evaluate(STATS)["modules"] >= 3
    assert StudentAnswer.objects.get(session=made.session).value == "2"


def test_collecting_makes_no_database_and_touches_nothing_foreign(page_of_staff: Page) -> None:
    page_of_staff.evaluate("() => localStorage.setItem('foreign', '1')")

    removed = page_of_staff.evaluate("() => window.PrimePath.memoryManager.collectStorage()")

    kept = "async () => [(await indexedDB.databases()).length, localStorage.foreign]"
    assert removed == 0
    assert page_of_staff.evaluate(kept) == [0, "1"]
