from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from placement_test.models import Receipt, StudentAnswer, StudentSession
from placement_test.sessions import rescue_files
from placement_test.sessions.access import cookie_name
from tests import sitting
from tests.browser.conftest import ARGUMENTS, CHROMIUM, WAIT_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

    from placement_test.sessions.services import Registered
    from tests.browser.watching import Watch

pytestmark = pytest.mark.django_db(transaction=True)


def started(browser: Browser, server: LiveServer, profile: Path, watch: Watch) -> BrowserContext:
    """Start a browser of its own on a profile that outlives it."""
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        base_url=server.url,
        locale="en-US",
        accept_downloads=True,
    )
    context.set_default_timeout(WAIT_MS)
    watch.follow(context)
    return context


def lasting_cookie(made: Registered, server: LiveServer) -> dict[str, Any]:
    """Return the session's cookie as a browser keeps it over a restart."""
    return {
        "name": cookie_name(made.session.id),
        "value": made.token,
        "domain": urlsplit(server.url).hostname or "",
        "path": "/",
        "httpOnly": True,
        "expires": 4_102_444_800,
    }


def answer_and_hand_in(page: Page) -> None:
    """Choose the second option of the first question, and confirm."""
    page.locator(".question").first.locator("input").nth(1).click()
    page.locator("[data-slot=open-review]").click()
    page.locator("#review [data-slot=confirm]").click()


@pytest.mark.provokes("ERR_INTERNET_DISCONNECTED")
def test_a_test_handed_in_without_network_arrives_after_the_browser_was_restarted(
    browser: Browser, live_server: LiveServer, watch: Watch, tmp_path: Path
) -> None:
    made = sitting.registered(sitting.published())
    session = made.session
    first = started(browser, live_server, tmp_path / "profile", watch)
    first.add_cookies([lasting_cookie(made, live_server)])  # type: ignore[list-item]
    page = first.new_page()
    page.goto(f"/sit/{session.id}/test/")
    page.locator("#cover [data-slot=action]").click()
    expect(page.locator("#cover")).to_be_hidden()
    first.set_offline(True)

    answer_and_hand_in(page)
    cover = page.locator("#cover")
    expect(cover.locator("[data-slot=title]")).to_have_text("Handed in on this device")
    assert StudentAnswer.objects.filter(session=session).count() == 0
    with page.expect_download() as download:
        cover.locator("[data-slot=action]").click()
    # What the browser encrypted is what the server reads.
    kept = rescue_files.kept(rescue_files.envelope(Path(download.value.path()).read_bytes()))
    assert kept.submission is not None
    found = (kept.session, [bytes(entry.value) for entry in kept.entries])
    assert found == (str(session.id), [b"1"])
    expect(cover.locator("[data-slot=note]")).to_contain_text("downloads")
    first.close()

    second = started(browser, live_server, tmp_path / "profile", watch)
    page = second.new_page()
    with page.expect_response("**/submit/"):
        page.goto("/")
    second.close()

    session.refresh_from_db()
    assert session.state == StudentSession.State.SUBMITTED
    assert Receipt.objects.filter(session=session).count() == 1
    assert list(StudentAnswer.objects.filter(session=session).values_list("value")) == [("1",)]
