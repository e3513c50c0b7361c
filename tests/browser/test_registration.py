from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from placement_test.models import Academy, StudentSession
from tests import builders, sitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import OpenContext

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_day() -> None:
    """An academy with rules, an exam for every level, a listed event and one behind a code."""
    builders.academy()
    builders.rule_set()
    builders.consent_text()
    builders.school(name="Mokdong Primary School")
    sitting.published(levels=builders.curriculum())
    builders.event(name="Walk-in test", is_listed=True, access_code="WALKIN")
    builders.event(name="Saturday test", access_code="SATURDAY")


@pytest.fixture
def page(open_context: OpenContext) -> Page:
    """An English window, so that words can be looked for."""
    return open_context(locale="en-US").new_page()


def fill_in(page: Page, *, grade: int = 5, consent_by: str = "guardian") -> None:
    page.get_by_label("Name").fill("  Min-ji   Kim ")
    page.get_by_label("Grade").select_option(str(grade))
    page.get_by_label("10-20%").check()
    page.get_by_label("School", exact=True).fill("Mokdong Primary School")
    page.get_by_label("I have read the text").check()
    page.locator(f"input[name=consent_by][value={consent_by}]").check()


def test_a_student_registers_is_given_an_exam_and_starts_it(open_day: None, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register and start").click()
    fill_in(page)
    page.get_by_role("button", name="Continue").click()

    page.wait_for_url("**/sit/*/")
    session = StudentSession.objects.select_related("student", "school").get()
    assert session.student is not None
    assert session.student.name == "Min-ji Kim"
    assert str(session.school) == "Mokdong Primary School"
    assert (session.grade, int(session.rank_percent), session.consent_by) == (5, 10, "guardian")

    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Start the test").click()
    expect(page.locator("#cover")).to_be_hidden()
    session.refresh_from_db()
    assert session.state == StudentSession.State.OPEN


def test_an_access_code_opens_an_event_however_it_is_typed(open_day: None, page: Page) -> None:
    page.goto("/")

    page.get_by_label("Access code", exact=True).fill("satur-day ")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("Saturday test")).to_be_visible()


@pytest.mark.provokes("422")
def test_a_wrong_code_is_explained_beside_the_field(open_day: None, page: Page) -> None:
    page.goto("/")

    page.get_by_label("Access code", exact=True).fill("NOPE99")
    page.get_by_role("button", name="Continue").click()

    field = page.get_by_label("Access code", exact=True)
    expect(field).to_have_value("NOPE99")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-error-summary]")).to_be_focused()


@pytest.mark.provokes("422")
def test_under_14_a_guardian_has_to_agree_and_nothing_typed_is_lost(
    open_day: None, page: Page
) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register and start").click()
    fill_in(page, grade=7, consent_by="student")
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("#id_consent_by_error")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("  Min-ji   Kim ")
    expect(page.get_by_label("10-20%")).to_be_checked()
    assert not StudentSession.objects.exists()

    fifteen = dt.date.today() - dt.timedelta(days=15 * 366)  # noqa: DTZ011 - a birthday
    page.get_by_label("Birth date").fill(fifteen.isoformat())
    page.get_by_role("button", name="Continue").click()

    page.wait_for_url("**/sit/*/")
    assert StudentSession.objects.get().consent_by == "student"


def test_a_double_click_registers_once(open_day: None, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register and start").click()
    page.wait_for_load_state("networkidle")
    fill_in(page)

    page.get_by_role("button", name="Continue").dblclick()
    page.wait_for_url("**/sit/*/")

    assert StudentSession.objects.count() == 1


def test_a_harder_test_is_a_new_session(open_day: None, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register and start").click()
    fill_in(page)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/sit/*/")
    first = page.url

    page.get_by_role("button", name="A harder test").click()
    page.wait_for_url(lambda url: "/sit/" in url and url != first)

    earlier, later = StudentSession.objects.order_by("registered_at")
    assert later.previous == earlier
    assert later.level_step == 1
    # The policy allows one change.
    expect(page.get_by_role("button", name="A harder test")).to_have_count(0)


@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
@pytest.mark.provokes("422")
def test_everybody_can_use_the_pages_around_the_test(
    open_day: None, open_context: OpenContext, axe: Callable[[Page], None], locale: str
) -> None:
    Academy.objects.update(shown_result=Academy.Shown.SCORE)
    page = open_context(locale=locale, width=390).new_page()
    page.goto("/")
    axe(page)
    page.locator("main a.button").first.click()
    axe(page)
    page.locator("form[data-submit-once] button").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    axe(page)
    page.locator("#id_name").fill("김민지")
    page.locator("#id_grade").select_option("5")
    page.locator("input[name=rank]").first.check()
    page.locator("#id_agrees").check()
    page.locator("input[name=consent_by][value=guardian]").check()
    page.locator("form[data-submit-once] button").click()
    page.wait_for_url("**/sit/*/")
    axe(page)
    page.wait_for_load_state("networkidle")
    page.locator("[data-start]").click()
    expect(page.locator("#cover")).to_be_hidden()
    page.locator("#main [data-slot=open-review]").click()
    page.locator("#review [data-slot=confirm]").click()
    page.wait_for_url("**/done/")
    axe(page)


@pytest.mark.provokes("404", "401")
def test_a_foreign_session_gets_a_page_that_says_so(
    open_day: None, page: Page, axe: Callable[[Page], None]
) -> None:
    made = sitting.registered(sitting.published())

    page.goto(f"/sit/{made.session.id}/")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    axe(page)
