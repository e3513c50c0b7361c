"""What a teacher and a student do at the product's pages, by what they see and press."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import builders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from playwright.sync_api import Locator, Page

# Each row of the sheet as [which inputs are checked, what is typed].
SHEET = """() => [...document.querySelectorAll(".question")].map((question) => [
  [...question.querySelectorAll("input")].flatMap((input, at) => (input.checked ? [at] : [])),
  [...question.querySelectorAll("textarea")].map((field) => field.value).join(),
])"""


def log_in(page: Page, username: str, password: str = builders.PASSWORD) -> None:
    """Come in through the staff's door; the language of ``page`` does not matter."""
    page.goto("/staff/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button").click()


class Teacher:
    """A member of staff at an English window."""

    def __init__(self, page: Page, username: str) -> None:
        self.page = page
        log_in(page, username)
        page.wait_for_url("**/staff/")

    def go(self, name: str) -> None:
        """Follow a link of the navigation."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def press(self, name: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def told(self, words: str) -> None:
        """Expect a notice."""
        expect(self.page.locator(".notice").filter(has_text=words).first).to_be_visible()

    def next(self, label: str) -> None:
        """Go on to the next step of exam making."""
        self.page.get_by_role("link", name=f"Next: {label}").click()
        expect(self.page.get_by_role("link", name=label, exact=True)).to_have_attribute(
            "aria-current", "page"
        )

    def upload_paper(
        self,
        paper: Path,
        *,
        title: str,
        minutes: int,
        labels: str,
        options: int,
        levels: Iterable[str],
    ) -> None:
        """Make an exam from a paper, for these levels."""
        self.go("Exams")
        self.page.get_by_role("link", name="New exam").first.click()
        self.page.get_by_label("Paper (PDF)").set_input_files(paper)
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("Minutes").fill(str(minutes))
        self.page.get_by_label("Option labels").select_option(label=labels)
        self.page.get_by_label("Options a question").fill(str(options))
        for level in levels:
            self.page.get_by_role("checkbox", name=level, exact=True).check()
        self.press("Make the exam")

    def divide(self, *sections: dict[str, str]) -> None:
        """Say which sections there are, by label and value, and save them."""
        rows = self.page.locator("[data-rows-list] [data-row]")
        for at, section in enumerate(sections):
            if at:
                self.press("Add a section")
            for label, value in section.items():
                field = rows.nth(at).get_by_label(label, exact=True)
                if label in {"Skill", "Kind"}:
                    field.select_option(label=value)
                else:
                    field.fill(value)
        self.press("Save the sections")

    def upload_tracks(self, tracks: Sequence[Path], plays: int) -> None:
        """Add recordings that may be played this often."""
        self.page.get_by_label("Recordings").set_input_files(tracks)
        self.page.get_by_label("Plays allowed").fill(str(plays))
        self.press("Upload")

    def assign(self, title: str, numbers: str, *, plays: int) -> None:
        """Say which questions a track serves."""
        row = self.page.get_by_role("group", name=title, exact=True)
        row.get_by_label("Questions").fill(numbers)
        row.get_by_label("Plays allowed").fill(str(plays))

    def paste_key(self, line: str) -> None:
        """Read a key line into the sheet."""
        self.page.get_by_label("Key as text").fill(line)
        self.press("Fill in the sheet")

    def publish(self) -> None:
        """Publish what is complete."""
        expect(self.page.get_by_role("heading", name="Ready")).to_be_visible()
        self.press("Publish version 1")
        expect(self.page.locator("main .badge--published").first).to_be_visible()

    def open_session(self, student: str) -> None:
        """Open the session of a student from the list."""
        self.go("Sessions")
        self.page.get_by_role("link", name=student, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(student)

    def row_of(self, student: str) -> Locator:
        """Return a student's line in the table that is shown."""
        return self.page.get_by_role("row").filter(
            has=self.page.get_by_role("link", name=student, exact=True)
        )

    def figure(self, label: str) -> str:
        """Return one of the large figures of a page."""
        stat = self.page.locator(".stat").filter(has_text=re.compile(rf"^\s*{label}"))
        return " ".join(stat.locator(".stat__value").inner_text().split())

    def listed(self, heading: str) -> list[str]:
        """Return the lines of the list below a heading, as words."""
        section = self.page.locator("section").filter(
            has=self.page.get_by_role("heading", name=heading, exact=True)
        )
        return [
            " ".join(line.split()) for line in section.get_by_role("listitem").all_inner_texts()
        ]


class Student:
    """A student at a window of any language: found by place, not by words."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def register(self, name: str, *, grade: int, rank: int) -> None:
        """Register for the first test event of the welcome page; ``rank`` begins the band."""
        self.page.goto("/")
        self.page.locator("main a.button").first.click()
        self.page.locator("#id_name").fill(name)
        self.page.locator("#id_grade").select_option(str(grade))
        self.page.locator(f"input[name=rank][value='{rank}']").check()
        self.page.locator("#id_agrees").check()
        self.page.locator("input[name=consent_by][value=guardian]").check()
        self.page.locator("form[data-submit-once] button").click()
        self.page.wait_for_url("**/sit/*/")
        self.page.wait_for_load_state("networkidle")

    def start(self) -> None:
        """Start the clock from the page before the test."""
        self.page.locator("[data-start]").click()
        self.opened()

    def opened(self) -> None:
        """Wait until answers can be entered."""
        expect(self.page.locator("#cover")).to_be_hidden()

    def question(self, place: int) -> Locator:
        """Return a question of the answer sheet, counted from 1."""
        return self.page.locator(".question").nth(place - 1)

    def tick(self, place: int, option: int) -> None:
        """Choose an option, counted from 0, by mouse."""
        self.question(place).locator(".bubble").nth(option).click()

    def slot(self, name: str) -> Locator:
        """Return a piece of the runner."""
        return self.page.locator(f"#main [data-slot={name}]").first

    def all_saved(self) -> None:
        """Wait until the page says that everything is saved."""
        expect(self.slot("save-state")).to_have_attribute("data-state", "saved")

    def sheet(self) -> list[list[object]]:
        """Return what each question shows: the options that are chosen, and the text."""
        rows: list[list[object]] = self.page.evaluate(SHEET)
        return rows

    def review(self) -> Locator:
        """Open the look back before handing in."""
        self.slot("open-review").click()
        review = self.page.locator("#review")
        expect(review).to_be_visible()
        return review

    def hand_in(self) -> str:
        """Hand in; return the check code of the receipt."""
        self.review().locator("[data-slot=confirm]").click()
        self.page.wait_for_url("**/done/")
        return self.page.locator(".receipt-code").inner_text()
