"""Fixtures of tests in a real Chromium, against a real server on the test database.

``page`` is a Korean desktop window whose addresses are relative to the server: ``page.goto("/")``.
``open_context`` makes other ones.  Whatever goes wrong in a page fails its test at the end: an
uncaught error, an error on the console (a blocked script or style is one), a request to another
host, a reply of 500 or more.  ``@pytest.mark.provokes("409", ...)`` names what a test provokes.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import accessibility
from tests.browser.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",  # tests run as root on machines that are thrown away
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)
# Not in the repository; CI keeps nothing of it.
PICTURES = Path(__file__).parents[2] / "test-results"
# Longer than any page needs on two busy cores, well below a test's own limit.
WAIT_MS = 15_000


class OpenContext(Protocol):
    """Make a context: a browser window with cookies and storage of its own."""

    def __call__(
        self, *, locale: str = "ko-KR", width: int = 1280, height: int = 800, touch: bool = False
    ) -> BrowserContext: ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of every page of a test that failed, in ``test-results/``."""
    report = yield
    watch = getattr(item, "funcargs", {}).get("watch")
    if call.when == "call" and report.failed and watch is not None:
        PICTURES.mkdir(exist_ok=True)
        for number, page in enumerate(watch.pages()):
            file = PICTURES / f"{re.sub(r'[^a-z0-9-]+', '-', item.name)}-{number}.png"
            page.screenshot(path=file)
            report.sections.append(("Page", f"{page.url} {file}"))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run one Chromium for the tests of a module.

    Not for the session: while Playwright runs, this thread has a running event loop, which tests
    of other modules must not meet.
    """
    if not shutil.which(CHROMIUM):
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing")
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django sees that event loop and refuses the database; nothing here runs on the loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watch(request: pytest.FixtureRequest, live_server: LiveServer) -> Iterator[Watch]:
    """Collect what goes wrong in this test's pages; fail at its end for what nobody provoked."""
    watch = Watch(host=urlsplit(live_server.url).netloc)
    yield watch
    expected = [
        pattern for marker in request.node.iter_markers("provokes") for pattern in marker.args
    ]
    problems = watch.unexpected(expected)
    assert not problems, "In the browser:\n" + "\n".join(problems)


@pytest.fixture
def open_context(browser: Browser, live_server: LiveServer, watch: Watch) -> Iterator[OpenContext]:
    """Make contexts that are watched, and closed at the end."""
    opened: list[BrowserContext] = []

    def open_one(
        *,
        locale: str = "ko-KR",
        width: int = 1280,
        height: int = 800,
        touch: bool = False,
        scripts: bool = True,
    ) -> BrowserContext:
        context = browser.new_context(
            base_url=live_server.url,
            locale=locale,
            viewport={"width": width, "height": height},
            has_touch=touch,
            java_script_enabled=scripts,
            # A worker's requests pass by page.route; tests of it make their own context.
            service_workers="block",
        )
        context.set_default_timeout(WAIT_MS)
        watch.follow(context)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def context(open_context: OpenContext) -> BrowserContext:
    """Open a Korean desktop window of 1280 x 800."""
    return open_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Open a page in ``context``."""
    return context.new_page()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return ``axe(page)``: it fails with a readable list when the page excludes someone."""
    return accessibility.check
