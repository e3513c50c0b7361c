from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from placement_test.lib import clock
from placement_test.models import (
    Placement,
    Receipt,
    Result,
    Student,
    StudentAnswer,
    StudentSession,
)
from placement_test.sessions import access, resume_codes
from placement_test.sessions.services import tokens
from tests import sitting

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from placement_test.sessions.services import Registered
    from tests.browser.conftest import OpenContext

pytestmark = pytest.mark.django_db(transaction=True)


def seated(open_context: OpenContext, server: LiveServer, made: Registered, token: str) -> Page:
    """Open the test in a browser that holds ``token``."""
    context = open_context(locale="en-US")
    name = access.cookie_name(made.session.id)
    context.add_cookies([{"name": name, "value": token, "url": server.url}])
    page = context.new_page()
    page.goto(f"/sit/{made.session.id}/test/")
    return page


def press(page: Page) -> None:
    page.locator("#cover [data-slot=action]").click()
    expect(page.locator("#cover")).to_be_hidden()


def answer(page: Page, question: int, option: int) -> None:
    page.locator(".question").nth(question).locator("input").nth(option).click()
    expect(page.locator("[data-slot=save-state]")).to_have_attribute("data-state", "saved")


def at_work(open_context: OpenContext, server: LiveServer) -> tuple[Registered, Page]:
    """Sit down at a test of its own and answer the first question with the second option."""
    made = sitting.registered(sitting.published())
    page = seated(open_context, server, made, made.token)
    press(page)
    answer(page, 0, 1)
    return made, page


def values() -> list[str]:
    return sorted(StudentAnswer.objects.values_list("value", flat=True))


@pytest.mark.provokes("404")
def test_a_test_that_was_handed_in_is_back_on_a_server_that_lost_all_of_it(
    open_context: OpenContext, live_server: LiveServer
) -> None:
    _, page = at_work(open_context, live_server)
    page.reload()
    expect(page.locator("#cover")).to_be_hidden()
    answer(page, 1, 2)
    page.locator("[data-slot=open-review]").click()
    page.locator("#review [data-slot=confirm]").click()
    page.wait_for_url("**/done/")
    handed_in = Receipt.objects.get().submit_id

    Receipt.objects.all().delete()
    Placement.objects.all().delete()
    Result.objects.all().delete()
    StudentSession.objects.all().delete()
    Student.objects.all().delete()
    # It asks every 20-30 s (tests/js/restored-server.test.js), and when the network returns.
    with page.expect_response("**/submit/") as reply:
        page.evaluate("window.dispatchEvent(new Event('online'))")

    assert reply.value.status == 200
    assert StudentSession.objects.get().state == StudentSession.State.SUBMITTED
    assert values() == ["1", "2"]
    assert Receipt.objects.get().submit_id == handed_in


def test_a_second_device_asks_first_and_the_older_page_is_read_only_then(
    open_context: OpenContext, live_server: LiveServer
) -> None:
    made, first = at_work(open_context, live_server)
    token, _ = tokens.issue_token(made.session, clock.now())

    second = seated(open_context, live_server, made, token)
    expect(second.locator("#cover [data-slot=title]")).to_contain_text("open on another device")
    expect(first.locator("[data-slot=save-state]")).to_have_attribute("data-state", "saved")
    press(second)
    expect(second.locator(".question").first.locator("input").nth(1)).to_be_checked()
    answer(second, 0, 3)

    first.evaluate("window.dispatchEvent(new Event('online'))")
    banner = first.locator(".runner-banner button", has_text="Continue here")
    expect(banner).to_be_visible()
    expect(first.locator(".question input").first).to_be_disabled()
    assert values() == ["3"]


def test_a_page_that_was_taken_over_stays_read_only_where_time_is_given_after_its_end(
    open_context: OpenContext, live_server: LiveServer
) -> None:
    made, first = at_work(open_context, live_server)
    token, _ = tokens.issue_token(made.session, clock.now())
    second = seated(open_context, live_server, made, token)
    press(second)
    answer(second, 0, 3)
    row = StudentSession.objects.filter(id=made.session.id)
    row.update(deadline_at=clock.now() + dt.timedelta(seconds=3))
    first.evaluate("window.dispatchEvent(new Event('online'))")
    expect(first.locator(".runner-banner button", has_text="Continue here")).to_be_visible()
    second.close()

    expect(first.locator("[data-slot=time]")).to_have_attribute("data-state", "last")
    row.update(deadline_at=clock.now() + dt.timedelta(minutes=9))

    expect(first.locator("[data-slot=time]")).to_have_attribute(
        "data-state", "soon", timeout=10_000
    )
    expect(first.locator("#cover")).to_be_hidden()
    expect(first.locator(".runner-banner button", has_text="Continue here")).to_be_visible()
    expect(first.locator(".question input").first).to_be_disabled()


@pytest.mark.provokes("401", "403")
def test_a_browser_that_lost_its_cookie_goes_on_in_place_with_the_code(
    open_context: OpenContext, live_server: LiveServer
) -> None:
    _, page = at_work(open_context, live_server)

    page.context.clear_cookies()
    page.locator(".question").nth(1).locator("input").nth(2).click()
    dialog = page.locator("#code-dialog")
    expect(dialog).to_be_visible()
    code = resume_codes.shown(StudentSession.objects.get())
    dialog.locator("[data-slot=code]").fill(code.lower())
    dialog.locator("[data-slot=confirm]").click()

    expect(dialog).to_be_hidden()
    expect(page.locator("[data-slot=save-state]")).to_have_attribute("data-state", "saved")
    assert values() == ["1", "2"]
