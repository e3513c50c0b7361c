from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from placement_test.urls import urlpatterns
from tests.browser import sample_day
from tests.browser.accessibility import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer
    from pytest_django.plugin import DjangoDbBlocker

    from tests.browser.conftest import OpenContext
    from tests.browser.sample_day import SampleDay

LOCALES = ("ko-KR", "en-US")
NOBODY, STUDENT = "nobody", "student"
INVIGILATOR, TEACHER, DIRECTOR = "invigilator", "teacher", "director"


class Reach(NamedTuple):
    """Who opens a page, about which row where it is not the usual one, and with which question."""

    role: str
    given: dict[str, str] = {}
    query: str = ""


SCAN = {"exam_id": "scan_id"}
PAGES = {
    # Without a login
    "student-home": Reach(NOBODY),
    "student-register": Reach(NOBODY),
    "staff-login": Reach(NOBODY),
    # Students, each with the cookie of the session
    "sit-intro": Reach(STUDENT, {"session_id": "registered_id"}),
    "sit-runner": Reach(STUDENT, {"session_id": "open_id"}),
    "sit-done": Reach(STUDENT, {"session_id": "submitted_id"}),
    # Who watches the room
    "staff-home": Reach(INVIGILATOR),
    "staff-sessions": Reach(INVIGILATOR),
    "staff-session": Reach(INVIGILATOR),
    "staff-events": Reach(INVIGILATOR),
    "staff-event": Reach(INVIGILATOR),
    "password_change": Reach(INVIGILATOR),
    # Teachers, exams
    "staff-exams": Reach(TEACHER),
    "staff-exam-new": Reach(TEACHER),
    "staff-exam": Reach(TEACHER),
    "staff-exam-settings": Reach(TEACHER),
    "staff-exam-paper": Reach(TEACHER),
    "staff-exam-questions": Reach(TEACHER),
    "staff-exam-question": Reach(TEACHER),
    "staff-exam-tracks": Reach(TEACHER, SCAN),
    "staff-exam-key": Reach(TEACHER),
    "staff-exam-cuts": Reach(TEACHER),
    "staff-exam-publish": Reach(TEACHER),
    # Teachers, results
    "staff-session-level": Reach(TEACHER),
    "staff-session-mark": Reach(TEACHER),
    "staff-marking": Reach(TEACHER),
    "staff-marking-part": Reach(TEACHER, {"part_id": "waiting_part_id"}),
    "staff-remark": Reach(TEACHER),
    "staff-statistics": Reach(TEACHER),
    "staff-statistics-version": Reach(TEACHER),
    # Teachers: people, schools, placement
    "staff-event-new": Reach(TEACHER),
    "staff-event-edit": Reach(TEACHER),
    "staff-students": Reach(TEACHER),
    "staff-student": Reach(TEACHER),
    "staff-student-edit": Reach(TEACHER),
    "staff-student-merge": Reach(TEACHER),
    "staff-student-merge-two": Reach(TEACHER),
    "staff-student-split": Reach(TEACHER),
    "staff-schools": Reach(TEACHER),
    "staff-school-new": Reach(TEACHER),
    "staff-school": Reach(TEACHER),
    "staff-school-import": Reach(TEACHER),
    "staff-curriculum": Reach(TEACHER),
    "staff-rules": Reach(TEACHER),
    "staff-rule-history": Reach(TEACHER),
    "staff-rule-set": Reach(TEACHER),
    # Directors
    "staff-people": Reach(DIRECTOR),
    "staff-person-new": Reach(DIRECTOR),
    "staff-person": Reach(DIRECTOR),
    "staff-policies": Reach(DIRECTOR),
    "staff-policy-consent": Reach(DIRECTOR),
    "staff-policy-consent-revision": Reach(DIRECTOR, {"number": "consent_number"}),
    "staff-policy-campuses": Reach(DIRECTOR),
    "staff-policy-campus-new": Reach(DIRECTOR),
    "staff-policy-campus": Reach(DIRECTOR),
    "staff-audit": Reach(DIRECTOR),
    "staff-program-new": Reach(DIRECTOR),
    "staff-program": Reach(DIRECTOR),
    "staff-program-sub-new": Reach(DIRECTOR),
    "staff-program-sub": Reach(DIRECTOR),
    "staff-level-new": Reach(DIRECTOR),
    "staff-level": Reach(DIRECTOR),
    "staff-performance": Reach(DIRECTOR),
}
# Pages that look different to somebody else, or in another state.
OTHER_LOOKS = {
    "the home of a teacher": ("staff-home", Reach(TEACHER)),
    "the home of a director": ("staff-home", Reach(DIRECTOR)),
    "the home of the administrator": ("staff-home", Reach("admin")),
    "a session with its answers": ("staff-session", Reach(TEACHER)),
    "a session that is placed": ("staff-session", Reach(TEACHER, {"session_id": "finished_id"})),
    "a session under way": ("staff-session", Reach(TEACHER, {"session_id": "open_id"})),
    "an empty list": ("staff-sessions", Reach(TEACHER, {}, "?q=nobody")),
    "filters without sense": ("staff-sessions", Reach(TEACHER, {}, "?from_date=x&state=y&event=z")),
    "the second page": ("staff-sessions", Reach(TEACHER, {}, "?page=2&sort=-percent")),
    "the curriculum of a director": ("staff-curriculum", Reach(DIRECTOR)),
    "the rules of a director": ("staff-rules", Reach(DIRECTOR)),
    "a published exam": ("staff-exam", Reach(TEACHER, {"exam_id": "published_id"})),
    "a published key": ("staff-exam-key", Reach(TEACHER, {"exam_id": "published_id"})),
    "fixed questions": ("staff-exam-questions", Reach(TEACHER, {"exam_id": "published_id"})),
    "a scanned paper": ("staff-exam-paper", Reach(TEACHER, SCAN)),
    "no exam found": ("staff-exams", Reach(TEACHER, {}, "?q=nothing")),
    "no student found": ("staff-students", Reach(TEACHER, {}, "?found=nobody")),
    "a test that waits": ("sit-runner", Reach(STUDENT, {"session_id": "registered_id"})),
    "a test whose time is over": ("sit-runner", Reach(STUDENT, {"session_id": "overdue_id"})),
    "a test handed in": ("sit-intro", Reach(STUDENT, {"session_id": "submitted_id"})),
}
# What a form or a page's script sends; no page by itself.
ACTIONS = {
    "logout",
    "staff-school-suggest",
    "staff-person-password",
    "staff-level-tier",
    "staff-level-use",
    "staff-student-phone",
    "staff-exam-preview",
    "staff-exam-edit",
    "staff-exam-duplicate",
    "staff-exam-archive",
    "staff-exam-unarchive",
    "staff-exam-delete",
    "staff-export",
    "staff-session-entries",
    "staff-session-withdraw",
    "sit-change-level",
    "api-begin",
    "api-claim",
    "api-answers",
    "api-submit",
}
# Files and what programs read.
NO_PAGES = {
    "livez",
    "readyz",
    "api-health",
    "metrics",
    "staff-performance-figures",
    "api-csrf",
    "api-state",
    "api-exam",
    "sit-page",
    "sit-words",
    "sit-track",
    "staff-page-image",
    "staff-track-file",
}


@pytest.fixture(scope="module")
def day(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[SampleDay]:
    """Load the academy once: the tests of this module read it."""
    with django_db_blocker.unblock():
        yield sample_day.prepare()
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def transactional_db(day: SampleDay) -> None:
    """Take the place of the fixture that empties the database after each test."""


class Visitor:
    """Opens pages in one context and looks at what every page has to have."""

    def __init__(self, context: BrowserContext, server: LiveServer, day: SampleDay) -> None:
        self.page = context.new_page()
        self.base_url, self.day = server.url, day
        self.locale = "ko"

    def open(self, name: str, reach: Reach) -> Page:
        """Go to a page in a role."""
        self.day.come_in(self.page.context, reach.role, self.base_url)
        reply = self.page.goto(self.day.url(name, given=reach.given, query=reach.query))
        assert reply is not None
        assert reply.status == 200, self.page.url
        return self.page


@pytest.fixture
def visit(
    open_context: OpenContext, live_server: LiveServer, day: SampleDay
) -> Callable[..., Page]:
    """Return ``visit(name, reach, locale=...)``: a page, opened in a window of its own."""

    def open_page(name: str, reach: Reach, *, locale: str = "en-US", width: int = 1280) -> Page:
        context = open_context(locale=locale, width=width)
        return Visitor(context, live_server, day).open(name, reach)

    return open_page


def has_what_every_page_has(page: Page, locale: str) -> None:
    """Expect language, one heading, a title, room at 768 pixels, and nobody shut out."""
    if page.locator(".runner").count():
        expect(page.locator("[data-slot=title]").first).not_to_have_text(
            re.compile("Loading the test|시험을 불러오는")
        )
    assert page.locator("html").get_attribute("lang") == locale.partition("-")[0]
    assert page.locator("h1").count() == 1
    assert page.title().strip()
    check(page)
    page.set_viewport_size({"width": 768, "height": 1024})
    assert overflow(page) <= 0, f"{page.url} is wider than a window of 768 pixels"


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return pixels


def test_no_page_is_forgotten() -> None:
    names = {str(pattern.name) for pattern in urlpatterns if hasattr(pattern, "name")}

    assert names == {*PAGES, *ACTIONS, *NO_PAGES}
    assert len(names) == len(PAGES) + len(ACTIONS) + len(NO_PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use(name: str, visit: Callable[..., Page]) -> None:
    for locale in LOCALES:
        page = visit(name, PAGES[name], locale=locale)

        has_what_every_page_has(page, locale)


@pytest.mark.parametrize("look", OTHER_LOOKS)
def test_everybody_can_use_also(look: str, visit: Callable[..., Page]) -> None:
    for locale in LOCALES:
        page = visit(*OTHER_LOOKS[look], locale=locale)

        has_what_every_page_has(page, locale)
