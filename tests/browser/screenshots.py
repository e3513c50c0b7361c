"""The pictures of ``docs/screenshots/``, which ``scripts/screenshots`` takes.

The server has the sample academy.  Each main page is taken at two widths and in both languages,
in few colours, so that the repository stays small.
"""

from __future__ import annotations

import io
import itertools
import time
import urllib.request
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from placement_test.management.sample.people import PASSWORD
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.pages import Student, log_in

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

SIZES = {1280: 800, 768: 1024}
LOCALES = {"ko": "ko-KR", "en": "en-US"}
COLOURS = 256
# Narrower, paper and answer sheet are two tabs.
TABS_BELOW = 900
# The first start loads the sample academy.
START_SECONDS = 120
SCAN, WRITTEN = "CORE Placement Test", "EDGE-PINNACLE Written Test"


class Camera:
    """Takes the pictures of one width and language."""

    def __init__(self, browser: Browser, server: str, folder: Path, width: int, name: str) -> None:
        self.browser, self.server, self.folder = browser, server, folder
        self.width, self.name = width, name

    def take(self, page: Page, subject: str) -> None:
        """Keep what the window shows."""
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        image = Image.open(io.BytesIO(page.screenshot()))
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(self.folder / f"{subject}-{self.width}-{self.name}.png", optimize=True)

    def context(self) -> BrowserContext:
        """Open a window."""
        return self.browser.new_context(
            base_url=self.server,
            locale=LOCALES[self.name],
            timezone_id="Asia/Seoul",
            viewport={"width": self.width, "height": SIZES[self.width]},
        )

    def student(self) -> None:
        """Take a student's way from the welcome to the receipt."""
        page = self.context().new_page()
        student = Student(page)
        page.goto("/")
        self.take(page, "welcome")
        page.locator("main a.button").first.click()
        self.take(page, "registration")
        student.register("김민지", grade=3, rank=10)
        self.take(page, "before-the-test")
        student.start()
        if self.width < TABS_BELOW:
            student.slot("tab-answers").click()
        for place, option in enumerate((1, 3, 0, 2, 3, 0), start=1):
            student.tick(place, option)
        student.question(5).locator(".flag-button").click()
        student.all_saved()
        if self.width < TABS_BELOW:
            student.slot("tab-paper").click()
        self.take(page, "runner")
        student.review()
        self.take(page, "review")
        page.locator("#review [data-slot=confirm]").click()
        page.wait_for_url("**/done/")
        self.take(page, "receipt")

    def staff(self) -> None:
        """Take what a teacher sees."""
        page = self.context().new_page()
        log_in(page, "teacher", PASSWORD)
        page.wait_for_url("**/staff/")
        self.take(page, "home")
        page.goto("/staff/sessions/")
        self.take(page, "sessions")
        page.goto("/staff/sessions/?state=submitted&sort=-level")
        page.locator("tbody th a").first.click()
        self.take(page, "session")
        for title, step in ((SCAN, "tracks"), (WRITTEN, "key"), (SCAN, "paper")):
            page.goto(f"/staff/exams/?q={title}")
            page.locator("tbody th a").first.click()
            page.wait_for_url("**/exams/*/")
            page.goto(f"{page.url}{step}/")
            if step == "key":
                page.locator("#sheet-title").evaluate("title => title.scrollIntoView()")
            self.take(page, f"exam-{step}")
        page.goto("/staff/rules/")
        self.take(page, "rules")
        page.goto("/staff/statistics/")
        page.locator("tbody th a").first.click()
        self.take(page, "statistics")


def take_all(server: str, folder: Path) -> None:
    """Take all pictures into ``folder``, once the server answers."""
    _wait_for(server)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        cameras = [
            Camera(chromium, server, folder, width, name)
            for width, name in itertools.product(SIZES, LOCALES)
        ]
        # Staff first: what the students of these pictures leave is not in their lists.
        for camera in cameras:
            camera.staff()
        for camera in cameras:
            camera.student()
        chromium.close()


def _wait_for(server: str) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server}/livez", timeout=5).close()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.5)
        else:
            return
