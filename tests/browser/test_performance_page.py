from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from placement_test.models import StaffUser
from placement_test.monitoring.flushing import flusher, recorder
from tests import builders
from tests.browser.pages import log_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import OpenContext

ROUTE = "staff/a-route-of-this-test/"
# The page asks every five seconds; what it is told may be two seconds old.
REFRESH_MS = 15_000

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_shows_new_figures_by_itself(
    open_context: OpenContext, axe: Callable[[Page], None]
) -> None:
    recorder.reset()  # earlier tests of this process may have used up the names it keeps apart
    builders.academy()
    builders.staff(role=StaffUser.Role.DIRECTOR)
    page = open_context(locale="en-US", width=390, height=844).new_page()
    log_in(page, "director")
    page.goto("/staff/performance/")
    before = page.locator("[data-line=rate-main]").get_attribute("d")

    for _ in range(500):
        recorder.record("request", ROUTE, "GET 200", 1.5)
    flusher.flush()

    row = page.get_by_role("row").filter(has_text=ROUTE)
    expect(row.first).to_contain_text("500", timeout=REFRESH_MS)
    expect(page.locator("[data-tile=slow-percent]")).to_have_attribute("data-state", "bad")
    assert page.locator("[data-line=rate-main]").get_attribute("d") != before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)


@pytest.mark.provokes("ERR_FAILED")
def test_says_when_its_figures_are_old(open_context: OpenContext) -> None:
    builders.academy()
    builders.staff(role=StaffUser.Role.DIRECTOR)
    page = open_context(locale="en-US").new_page()
    log_in(page, "director")
    page.goto("/staff/performance/")

    page.route("**/figures.json*", lambda route: route.abort())
    expect(page.locator("[data-stale]")).to_be_visible(timeout=REFRESH_MS)

    page.unroute("**/figures.json*")
    expect(page.locator("[data-stale]")).to_be_hidden(timeout=REFRESH_MS)
