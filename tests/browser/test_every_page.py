from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, NamedTuple

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import expect

from placement_test.urls import urlpatterns
from tests.browser import sample_day
from tests.browser.accessibility import check
from tests.browser.pages import log_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer
    from pytest_django.plugin import DjangoDbBlocker

    from tests.browser.conftest import OpenContext
    from tests.browser.sample_day import SampleDay

# Whether nothing lies over the middle of what a field's label or the field itself shows.
IN_SIGHT = """(field) => {
  const shown = field.closest("label") ?? field;
  const { x, y, width, height } = shown.getBoundingClientRect();
  return shown.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""
UNKNOWN = str(uuid.uuid4())
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
    "student-resume": Reach(NOBODY),
    "staff-login": Reach(NOBODY),
    # Students, each with the cookie of the session
    "sit-intro": Reach(STUDENT, {"session_id": "registered_id"}),
    "sit-runner": Reach(STUDENT, {"session_id": "open_id"}),
    "sit-done": Reach(STUDENT, {"session_id": "submitted_id"}),
    # Who watches the room
    "staff-home": Reach(INVIGILATOR),
    "staff-sessions": Reach(INVIGILATOR),
    "staff-session": Reach(INVIGILATOR),
    "staff-session-code": Reach(INVIGILATOR, {"session_id": "open_id"}),
    "staff-session-time": Reach(INVIGILATOR, {"session_id": "open_id"}),
    "staff-rescue": Reach(INVIGILATOR),
    "staff-time": Reach(INVIGILATOR),
    "staff-event-time": Reach(INVIGILATOR),
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
    "staff-session-history": Reach(TEACHER),
    "staff-session-timeline": Reach(TEACHER),
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
    "staff-browser-errors": Reach(DIRECTOR),
    "staff-browser-error": Reach(DIRECTOR),
}
# Pages that look different to somebody else, or in another state.
OTHER_LOOKS = {
    "the home of a teacher": ("staff-home", Reach(TEACHER)),
    "the home of a director": ("staff-home", Reach(DIRECTOR)),
    "the home of the administrator": ("staff-home", Reach("admin")),
    "a session with its answers": ("staff-session", Reach(TEACHER)),
    "a session that is placed": ("staff-session", Reach(TEACHER, {"session_id": "finished_id"})),
    "a session under way": ("staff-session", Reach(TEACHER, {"session_id": "open_id"})),
    "the time of a test that has ended": ("staff-session-time", Reach(TEACHER)),
    "an empty list": ("staff-sessions", Reach(TEACHER, {}, "?grade=12&state=registered")),
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
    "a test whose time is over": ("sit-intro", Reach(STUDENT, {"session_id": "overdue_id"})),
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
    "staff-browser-error-resolve",
    "sit-change-level",
    "api-errors",
    "api-begin",
    "api-claim",
    "api-answers",
    "api-submit",
    "api-restore",
    "api-resume",
    "api-rescue",
}
# Files and what programs read.
NO_PAGES = {
    "livez",
    "readyz",
    "api-health",
    "metrics",
    "staff-performance-figures",
    "service-worker",
    "sit-shell",
    "api-csrf",
    "api-state",
    "api-exam",
    "sit-page",
    "sit-words",
    "sit-track",
    "staff-page-image",
    "staff-track-file",
    "receipt-keys",
    "sit-receipt",
    "staff-session-receipt",
    "staff-session-export",
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


# Errors


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.provokes("40[0-9]")
def test_whoever_is_refused_is_told_so_in_words(
    locale: str, open_context: OpenContext, live_server: LiveServer, day: SampleDay
) -> None:
    stranger = open_context(locale=locale).new_page()
    teacher = open_context(locale=locale)
    day.come_in(teacher, TEACHER, live_server.url)
    refusals = [
        (stranger, "/no/such/page/", 404),
        (stranger, day.url("sit-intro", given={"session_id": "open_id"}), 401),
        (stranger, day.url("sit-done", given={"session_id": UNKNOWN}), 404),
        (stranger, day.url("student-register", given={"event_id": "closed_id"}), 409),
        (teacher.new_page(), day.url("staff-audit"), 403),
        (teacher.new_page(), day.url("staff-session", given={"session_id": UNKNOWN}), 404),
        (teacher.new_page(), day.url("staff-session", given={"session_id": "elsewhere_id"}), 404),
    ]
    for page, url, status in refusals:
        reply = page.goto(url)

        assert reply is not None
        assert (page.url, reply.status) == (live_server.url + url, status)
        has_what_every_page_has(page, locale)


@pytest.mark.provokes("403")
def test_a_page_that_was_open_for_too_long_says_so(
    visit: Callable[..., Page], day: SampleDay
) -> None:
    page = visit("student-home", PAGES["student-home"])
    page.context.clear_cookies()
    page.get_by_role("textbox", name="Access code").fill("CODE")

    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("Reload it and try again")).to_be_visible()
    has_what_every_page_has(page, "en-US")


@pytest.mark.provokes("429")
def test_after_many_wrong_passwords_the_door_stays_shut(visit: Callable[..., Page]) -> None:
    for _try in range(settings.AXES_FAILURE_LIMIT):
        Client().post(reverse("staff-login"), {"username": "nobody", "password": "wrong"})
    page = visit("staff-login", PAGES["staff-login"])

    log_in(page, "nobody", "wrong")

    expect(page.locator("form")).to_have_count(1)
    has_what_every_page_has(page, "en-US")


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_of_our_own_mistakes_stands_without_the_product(
    locale: str, open_context: OpenContext
) -> None:
    page = open_context(locale=locale).new_page()
    with translation.override(locale.partition("-")[0]):
        body = render_to_string("500.html")
    page.route("**/broken/", lambda route: route.fulfill(body=body, content_type="text/html"))

    page.goto("/broken/")

    has_what_every_page_has(page, locale)


# What a form says

# The form of each page, and which field is emptied first.
FORMS = {
    "student-register": "name",
    "password_change": "old_password",
    "staff-event-new": "name",
    "staff-exam-new": "title",
    "staff-exam-settings": "title",
    "staff-exam-question": "number",
    "staff-session-level": "reason",
    "staff-session-mark": "points",
    "staff-student-edit": "name",
    "staff-school-new": "name",
    "staff-school-import": "schools",
    "staff-person-new": "username",
    "staff-policies": "name",
    "staff-policy-consent": "korean",
    "staff-program-new": "name",
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.provokes("422")
def test_what_is_wrong_with_a_form_is_said_and_comes_into_focus(
    name: str, visit: Callable[..., Page]
) -> None:
    for locale in LOCALES:
        page = visit(name, PAGES[name], locale=locale)
        field = page.locator(f"main [name={FORMS[name]}]").last
        field.fill("")

        field.locator("xpath=ancestor::form").locator("button.button--primary").click()

        expect(page.locator("[data-error-summary]")).to_be_focused()
        expect(page.locator(f"main [name={FORMS[name]}]").last).to_have_attribute(
            "aria-invalid", "true"
        )
        has_what_every_page_has(page, locale)


# What pages become when somebody presses something


def test_staff_choose_colours_in_their_menu(visit: Callable[..., Page]) -> None:
    page = visit("staff-home", Reach(DIRECTOR))
    page.locator(".staff-nav__user summary").click()

    page.get_by_role("button", name="Dark").click()

    check(page)
    page.keyboard.press("Escape")
    expect(page.locator(".staff-nav__user summary")).to_be_focused()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_telephone_number_is_shown_when_asked_for(visit: Callable[..., Page]) -> None:
    page = visit("staff-student", Reach(TEACHER, {"student_id": "called_id"}))

    page.get_by_role("button", name="Show").click()

    expect(page.get_by_text("01012345678")).to_be_visible()
    has_what_every_page_has(page, "en-US")


def test_a_new_password_is_shown_once(visit: Callable[..., Page]) -> None:
    page = visit("staff-person", Reach(DIRECTOR, {"person_id": "colleague_id"}))

    page.get_by_role("button", name="Give a new password").click()

    expect(page.locator("main .code[translate=no]")).to_be_visible()
    has_what_every_page_has(page, "en-US")


def test_changed_rules_are_shown_before_they_are_saved(visit: Callable[..., Page]) -> None:
    page = visit("staff-rules", Reach(DIRECTOR))
    page.locator("main table select").nth(1).select_option(index=0)

    page.get_by_role("button", name="Check").click()

    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    has_what_every_page_has(page, "en-US")


def test_a_key_line_with_slips_names_them(visit: Callable[..., Page]) -> None:
    page = visit("staff-exam-key", Reach(TEACHER, SCAN))
    page.get_by_label("Key as text").fill("1-4: BDAZ; 99: A")

    page.get_by_role("button", name="Fill in the sheet").click()

    expect(page.locator(".notice[data-kind=warn]")).to_contain_text("99")
    has_what_every_page_has(page, "en-US")


def test_what_has_the_focus_is_not_behind_the_bar_at_the_bottom(
    visit: Callable[..., Page],
) -> None:
    page = visit("staff-exam-key", Reach(TEACHER, {"exam_id": "published_id"}))

    for row in page.locator("[data-key-row]").all():
        field = row.locator("input:not([type=hidden])").first
        field.focus()

        assert field.evaluate(IN_SIGHT), row.inner_text()


def test_a_teacher_sits_the_exam_that_is_being_made(visit: Callable[..., Page]) -> None:
    page = visit("staff-exam-publish", PAGES["staff-exam-publish"])

    page.get_by_role("button", name="Preview as a student").click()

    page.wait_for_url("**/sit/*/")
    has_what_every_page_has(page, "en-US")


# The runner


@pytest.mark.parametrize("dialog", ["map", "review", "help"])
def test_everybody_can_use_a_dialog_of_the_test(dialog: str, visit: Callable[..., Page]) -> None:
    for locale in LOCALES:
        page = visit("sit-runner", PAGES["sit-runner"], locale=locale)
        opened(page)
        if dialog == "help":
            page.locator("#main [data-slot=menu] summary").click()
            check(page)

        page.locator(f"#main [data-slot=open-{dialog}]").click()

        expect(page.locator("dialog[open]")).to_be_visible()
        check(page)
        page.set_viewport_size({"width": 390, "height": 700})
        check(page)
        assert overflow(page) <= 0


@pytest.mark.parametrize("name", ["student-register", "sit-intro", "sit-runner", "sit-done"])
def test_at_200_percent_students_still_see_everything(
    name: str, visit: Callable[..., Page]
) -> None:
    for width in (640, 390):
        page = visit(name, PAGES[name], locale="ko-KR", width=width)
        if name == "sit-runner":
            opened(page)

        assert overflow(page) <= 0
        check(page)


@pytest.mark.parametrize("theme", ["dark", "contrast"])
@pytest.mark.parametrize(
    "name",
    ["student-home", "student-register", "sit-runner", "sit-done", "staff-home", "staff-exam-key"],
)
def test_everybody_can_read_every_theme(
    name: str, theme: str, open_context: OpenContext, live_server: LiveServer, day: SampleDay
) -> None:
    context = open_context(locale="en-US")
    context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
    reach = PAGES[name]
    role = DIRECTOR if reach.role == INVIGILATOR else reach.role

    page = Visitor(context, live_server, day).open(name, reach._replace(role=role))

    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    if name == "sit-runner":
        opened(page)
    check(page)


def opened(page: Page) -> None:
    """Wait until answers can be entered; where another window has the test, take it over."""
    cover = page.locator("#cover")
    action = cover.locator("[data-slot=action]")
    expect(
        action.or_(page.locator(".runner:has(.question)")).locator("visible=true")
    ).not_to_have_count(0)
    if action.is_visible():
        action.click()
    expect(cover).to_be_hidden()
