from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from placement_test.lib import clock
from placement_test.models import (
    AnswerEvent,
    Receipt,
    RunnerState,
    StudentAnswer,
    StudentSession,
    Writer,
)
from placement_test.saving import crowd
from placement_test.sessions.access import cookie_name
from tests import sitting
from tests.browser.exam_papers import give_paper, give_track

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Locator, Page, Route
    from pytest_django.live_server_helper import LiveServer

    from placement_test.models import ExamVersion
    from tests.browser.conftest import OpenContext

pytestmark = pytest.mark.django_db(transaction=True)

OFFLINE = "ERR_INTERNET_DISCONNECTED"
HANDED_IN = "Handed in on this device"

KEPT_EXAM = """async (session) => {
  const { makeQueue } = await import("/static/js/modules/student-browser.js");
  const queue = makeQueue();
  await queue.open();
  const { definition } = await queue.record(session);
  queue.destroy();
  return Boolean(definition);
}"""


class Desk:
    """A student's browser with one session, and what the page shows of it."""

    def __init__(self, context: BrowserContext, address: str, version: ExamVersion) -> None:
        self.context = context
        made = sitting.registered(version)
        self.session = made.session
        context.add_cookies(
            [{"name": cookie_name(self.session.id), "value": made.token, "url": address}]
        )
        self.page = context.new_page()

    def start(self, page: Page | None = None) -> Desk:
        """Go to the test and press start."""
        self.page = page or self.page
        self.page.goto(f"/sit/{self.session.id}/test/")
        self.page.locator("#cover [data-slot=action]").click()
        return self.opened()

    def reload(self) -> Desk:
        self.page.reload()
        return self.opened()

    def opened(self) -> Desk:
        expect(self.page.locator("#cover")).to_be_hidden()
        return self

    def question(self, number: int) -> Locator:
        return self.page.locator(".question").nth(number - 1)

    def option(self, number: int, index: int) -> Locator:
        return self.question(number).locator("input").nth(index)

    def slot(self, name: str) -> Locator:
        return self.page.locator(f"#main [data-slot={name}]").first

    def all_saved(self) -> None:
        expect(self.slot("save-state")).to_have_attribute("data-state", "saved")

    def stored(self) -> list[Any]:
        """Return the answers in the database, in the order of the paper."""
        answers = StudentAnswer.objects.filter(session=self.session).order_by("part_id")
        return [json.loads(answer.value) for answer in answers]

    def hand_in(self) -> None:
        self.slot("open-review").click()
        self.page.locator("#review [data-slot=confirm]").click()
        self.page.wait_for_url("**/done/")


@pytest.fixture
def desk(open_context: OpenContext, live_server: LiveServer) -> Callable[..., Desk]:
    """Return ``desk(version, ...)``: a student who has registered for it."""

    def make(version: ExamVersion | None = None, **window: Any) -> Desk:
        context = open_context(locale="en-US", **window)
        return Desk(context, live_server.url, version or sitting.published())

    return make


def test_answers_are_saved_survive_a_reload_and_are_handed_in(desk: Callable[..., Desk]) -> None:
    version = sitting.published(choices=3, shorts=1, longs=1)
    give_paper(version)
    student = desk(version).start()

    student.option(1, 1).check(force=True)
    student.option(2, 4).check(force=True)
    student.question(4).locator("input").fill("blue")
    student.question(5).locator("textarea").fill("A long day.\nAnd a night.")
    student.question(3).locator(".flag-button").click()
    student.all_saved()
    student.reload()

    expect(student.option(1, 1)).to_be_checked()
    expect(student.option(2, 4)).to_be_checked()
    expect(student.question(4).locator("input")).to_have_value("blue")
    expect(student.question(5).locator("textarea")).to_have_value("A long day.\nAnd a night.")
    expect(student.question(3).locator(".flag-button")).to_have_attribute("aria-pressed", "true")
    assert student.stored() == [1, 4, "blue", "A long day.\nAnd a night."]

    student.hand_in()

    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.SUBMITTED
    code = Receipt.objects.get(session=student.session).check_code
    expect(student.page.locator(".receipt-code")).to_have_text(code)


def test_a_click_on_the_chosen_option_and_the_clear_button_take_an_answer_back(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.option(2, 2).click()
    student.option(3, 3).dblclick()

    student.option(1, 1).click()
    student.question(2).locator(".clear-button").click()
    student.all_saved()

    assert student.stored() == [None, None, 3]
    expect(student.question(1)).to_have_attribute("data-state", "empty")


def test_the_whole_test_can_be_sat_by_keyboard(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    keyboard = student.page.keyboard

    for keys in ("2", "n", "b", "n", "5", "f", "p"):
        keyboard.press(keys)
    student.all_saved()

    assert student.stored() == [1, 1, 4]
    expect(student.question(2)).to_have_attribute("data-current", "")
    expect(student.question(3)).to_have_attribute("data-flagged", "")

    keyboard.press("?")
    expect(student.page.locator("#help")).to_be_visible()
    student.page.locator("[data-slot=shortcuts]").uncheck()
    keyboard.press("Escape")
    keyboard.press("1")
    expect(student.option(2, 1)).to_be_checked()


def test_text_typed_in_the_last_moment_before_a_reload_is_there(desk: Callable[..., Desk]) -> None:
    student = desk(sitting.published(choices=0, shorts=2)).start()
    student.question(1).locator("input").click()

    student.page.keyboard.type("quick")
    student.reload()

    expect(student.question(1).locator("input")).to_have_value("quick")
    student.all_saved()
    assert student.stored() == ["quick"]


def test_a_korean_syllable_is_saved_when_it_is_complete(desk: Callable[..., Desk]) -> None:
    student = desk(sitting.published(choices=0, shorts=1)).start()
    student.question(1).locator("input").click()
    keys = student.context.new_cdp_session(student.page)

    for text in ("ㅎ", "하", "한"):
        keys.send("Input.imeSetComposition", {"text": text, "selectionStart": 1, "selectionEnd": 1})
        expect(student.slot("save-state")).to_have_attribute("data-state", "sending")
    keys.send("Input.insertText", {"text": "한"})
    student.all_saved()

    entries = AnswerEvent.objects.filter(session=student.session)
    assert [json.loads(entry.value) for entry in entries] == ["한"]


@pytest.mark.provokes(OFFLINE)
def test_offline_answers_are_kept_said_to_be_kept_and_sent_later(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    student.all_saved()

    student.context.set_offline(True)
    student.option(1, 1).click()
    expect(student.slot("save-state")).to_have_attribute("data-state", "device")
    expect(student.page.locator(".runner-banner")).to_have_count(1)
    assert student.stored() == []

    student.context.set_offline(False)
    student.all_saved()
    expect(student.page.locator(".runner-banner")).to_have_count(0)
    assert student.stored() == [1]


@pytest.mark.provokes(OFFLINE)
def test_what_could_not_be_sent_is_handed_in_by_the_next_page_of_this_browser(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    student.all_saved()
    student.context.set_offline(True)
    student.option(2, 3).click()
    expect(student.slot("save-state")).to_have_attribute("data-state", "device")
    student.page.close()
    student.context.set_offline(False)

    page = student.context.new_page()
    with page.expect_response(lambda reply: reply.url.endswith("/answers/")):
        page.goto("/")

    assert student.stored() == [3]


@pytest.mark.parametrize("body", ["<h1>Log in to the Wi-Fi</h1>", '{"accepted": []}'])
def test_a_captive_portal_is_no_acknowledgement(desk: Callable[..., Desk], body: str) -> None:
    student = desk().start()
    student.all_saved()
    student.page.route("**/answers/", lambda route: route.fulfill(status=200, body=body))

    with student.page.expect_response("**/answers/"):
        student.option(1, 1).click()

    expect(student.slot("save-state")).to_have_attribute("data-state", "device")
    student.page.unroute("**/answers/")
    student.reload().all_saved()
    assert student.stored() == [1]


@pytest.mark.provokes("ERR_FAILED")
def test_a_page_without_network_goes_on_as_the_writer_it_was(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.all_saved()
    student.page.route("**/api/**", lambda route: route.abort())

    student.reload()
    expect(student.option(1, 1)).to_be_checked()
    student.option(2, 2).click()
    expect(student.slot("save-state")).to_have_attribute("data-state", "device")
    student.page.unroute("**/api/**")
    student.page.evaluate("window.dispatchEvent(new Event('online'))")
    student.all_saved()

    assert student.stored() == [1, 2]
    entries = AnswerEvent.objects.filter(session=student.session).order_by("seq")
    assert list(entries.values_list("seq", flat=True)) == [1, 2]
    assert entries.values("epoch", "writer").distinct().count() == 1
    student.hand_in()


def test_without_indexeddb_answers_go_to_the_next_store(desk: Callable[..., Desk]) -> None:
    student = desk()
    student.context.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'InvalidStateError') }"
    )
    student.start()

    student.option(1, 1).click()
    student.all_saved()

    student.session.refresh_from_db()
    assert student.stored() == [1]
    assert student.session.storage == "local"


def test_without_any_storage_the_test_is_sat_all_the_same(desk: Callable[..., Desk]) -> None:
    student = desk()
    student.context.add_init_script(
        """
        IDBFactory.prototype.open = () => { throw new DOMException("no", "InvalidStateError"); };
        Storage.prototype.setItem = () => { throw new DOMException("no", "QuotaExceededError"); };
        """
    )
    student.start()

    student.option(1, 1).click()
    student.all_saved()

    student.session.refresh_from_db()
    assert student.stored() == [1]
    assert student.session.storage == "memory"


def test_a_second_tab_is_covered_until_it_takes_over(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.all_saved()
    first = student.page
    second = student.context.new_page()

    student.start(second)
    student.option(2, 2).click()
    student.all_saved()

    expect(first.locator("[data-slot=save-state]")).to_have_attribute("data-state", "readonly")
    expect(first.locator(".question input").first).to_be_disabled()
    assert student.stored() == [1, 2]

    student.page = first
    first.locator(".runner-banner button").click()
    expect(student.option(2, 2)).to_be_checked()
    student.option(2, 4).click()
    student.all_saved()
    expect(second.locator("[data-slot=save-state]")).to_have_attribute("data-state", "readonly")
    assert student.stored() == [1, 4]


def test_a_tab_that_is_loading_while_another_takes_over_does_not_open(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    loading = student.page
    held: list[Route] = []
    loading.route("**/state/", lambda route: held.append(route))  # noqa: PLW0108 - a builtin has no place for its mark
    with loading.expect_request("**/state/"):
        loading.reload()
    student.start(student.context.new_page())

    for route in held:
        route.continue_()
    loading.unroute("**/state/")

    # Only a cover that waits for the student has a button.
    expect(loading.locator("#cover [data-slot=action]")).to_be_visible()
    student.option(2, 2).click()
    student.all_saved()
    assert student.stored() == [2]


def test_what_is_being_typed_when_another_tab_takes_over_is_kept(
    desk: Callable[..., Desk],
) -> None:
    student = desk(sitting.published(choices=1, longs=1)).start()
    first = student.page
    # A syllable under composition: no pause makes an entry of it.
    first.locator("textarea").evaluate(
        """(field) => {
            field.dispatchEvent(new CompositionEvent("compositionstart"));
            field.value = "옛날";
            field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
        }"""
    )

    student.start(student.context.new_page())

    expect(student.page.locator("textarea")).to_have_value("옛날")
    assert student.stored() == ["옛날"]


def test_cancel_never_hands_in_and_the_review_names_what_is_open(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.question(3).locator(".flag-button").click()
    student.slot("open-review").click()

    review = student.page.locator("#review")
    empty = review.locator("[data-slot=empty] .map-item__number")
    flagged = review.locator("[data-slot=flagged] .map-item__number")
    expect(empty).to_have_text(["2", "3"])
    expect(flagged).to_have_text(["3"])
    review.locator("[data-dialog-close]").click()

    expect(review).to_be_hidden()
    student.option(2, 2).click()
    student.all_saved()
    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.OPEN


def test_twenty_clicks_are_one_submission(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.slot("open-review").click()

    student.page.locator("#review [data-slot=confirm]").evaluate(
        "button => { for (let i = 0; i < 20; i++) button.click() }"
    )
    student.page.wait_for_url("**/done/")

    assert Receipt.objects.filter(session=student.session).count() == 1


@pytest.mark.provokes("409", "ERR_FAILED")
def test_answers_that_differ_are_shown_before_they_are_handed_in(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.option(2, 2).click()
    student.all_saved()
    first = StudentAnswer.objects.filter(session=student.session).order_by("part_id")[:1]
    # Else it may fetch the newer answer before it hands in, as it does after its first reply.
    student.page.route("**/state/", lambda route: route.abort())
    newer = {"value": "4", "seq": 9}
    StudentAnswer.objects.filter(pk=first.get().pk).update(**newer)

    student.slot("open-review").click()
    student.page.locator("#review [data-slot=confirm]").click()
    message = student.page.locator("#review [data-slot=message]")
    expect(message).to_contain_text("questions: 1.")
    expect(student.option(1, 4)).to_be_checked()
    student.page.unroute("**/state/")
    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.OPEN

    student.page.locator("#review [data-slot=confirm]").click()
    student.page.wait_for_url("**/done/")
    assert student.stored() == [4, 2]


@pytest.mark.provokes("409")
def test_what_the_server_lost_is_given_to_it_again(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    student.option(1, 1).click()
    student.option(2, 2).click()
    student.all_saved()
    # As after the restore of an older backup: the claim is there, its entries are not.
    AnswerEvent.objects.filter(session=student.session).delete()
    StudentAnswer.objects.filter(session=student.session).delete()
    Writer.objects.filter(session=student.session).update(through=0, last_seq=0)

    student.hand_in()

    assert student.stored() == [1, 2]


@pytest.mark.provokes(OFFLINE)
def test_handing_in_offline_waits_and_says_so(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    student.all_saved()
    student.context.set_offline(True)
    student.option(1, 1).click()
    student.slot("open-review").click()

    student.page.locator("#review [data-slot=confirm]").click()
    expect(student.page.locator("#cover [data-slot=title]")).to_have_text(HANDED_IN)
    student.context.set_offline(False)
    student.page.wait_for_url("**/done/")

    assert student.stored() == [1]


def test_at_zero_everything_is_handed_in_even_what_is_being_typed(
    desk: Callable[..., Desk],
) -> None:
    student = desk(sitting.published(choices=0, shorts=1)).start()
    field = student.question(1).locator("input")
    field.click()
    student.page.keyboard.type("half a sent", delay=5)
    now = clock.now()
    StudentSession.objects.filter(id=student.session.id).update(deadline_at=now)

    student.page.evaluate("window.dispatchEvent(new Event('online'))")
    student.page.wait_for_url("**/done/")

    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.SUBMITTED
    assert student.stored() == ["half a sent"]


def test_time_given_in_the_last_seconds_is_not_handed_in(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    row = StudentSession.objects.filter(id=student.session.id)
    row.update(deadline_at=clock.now() + dt.timedelta(seconds=3))
    student.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(student.slot("time")).to_have_attribute("data-state", "last")
    row.update(deadline_at=clock.now() + dt.timedelta(minutes=9))

    # Zero has been and gone: the clock shows the time that was given.
    expect(student.slot("time")).to_have_attribute("data-state", "soon", timeout=10_000)
    student.opened().option(1, 1).click()
    student.all_saved()

    assert row.get().state == StudentSession.State.OPEN
    assert student.stored() == [1]


def test_who_has_pressed_start_needs_no_more_than_start_and_save(desk: Callable[..., Desk]) -> None:
    student = desk()
    page = student.page
    calls: list[str] = []
    page.on("request", lambda asked: calls.append(asked.url.rstrip("/").rpartition("/")[2]))

    with page.expect_response("**/exam/"):
        page.goto(f"/sit/{student.session.id}/")
    # Kept once it has come.
    page.wait_for_function(KEPT_EXAM, arg=str(student.session.id))
    page.locator("[data-start]").click()
    student.opened().option(1, 1).click()
    student.all_saved()

    made = [call for call in calls if call in {"state", "exam", "begin", "claim", "answers"}]
    assert made[:3] == ["exam", "begin", "answers"]
    # On a slow machine the first heartbeat comes before the page says that all is saved.
    assert set(made) == {"exam", "begin", "answers"}


def test_a_start_that_is_pressed_at_once_loads_the_exam_itself(desk: Callable[..., Desk]) -> None:
    student = desk()
    page = student.page
    page.route("**/exam/", lambda route: route.abort())
    page.goto(f"/sit/{student.session.id}/")
    page.unroute("**/exam/")

    page.locator("[data-start]").click()
    student.opened().option(1, 1).click()
    student.all_saved()

    assert student.stored() == [1]


def test_the_test_page_of_a_session_that_is_over_goes_on_to_its_last_page(
    desk: Callable[..., Desk],
) -> None:
    student = desk().start()
    row = StudentSession.objects.filter(id=student.session.id)
    row.update(deadline_at=clock.now() - dt.timedelta(hours=1))

    student.page.goto(f"/sit/{student.session.id}/test/")

    student.page.wait_for_url("**/done/")
    assert row.get().state == StudentSession.State.EXPIRED


@pytest.mark.provokes("401")
def test_who_has_no_right_to_a_session_is_asked_for_its_code(desk: Callable[..., Desk]) -> None:
    student = desk().start()
    student.context.clear_cookies()

    student.page.goto(f"/sit/{student.session.id}/test/")

    expect(student.page.locator("#code-dialog")).to_be_visible()
    assert student.session.version.exam.title not in student.page.content()


def over_in_a_crowd(student: Desk, monkeypatch: pytest.MonkeyPatch, share: float) -> Desk:
    """Have the time of a student end among a thousand; ``share`` is the place of the page."""
    monkeypatch.setattr(crowd, "ending_sessions", lambda: 1000)
    student.start()
    student.option(1, 1).click()
    student.all_saved()
    student.page.evaluate(f"Math.random = () => {share}")
    row = StudentSession.objects.filter(id=student.session.id)
    row.update(deadline_at=clock.now())
    student.page.evaluate("window.dispatchEvent(new Event('online'))")
    cover = student.page.locator("#cover")
    expect(cover.locator("[data-slot=text]")).to_contain_text("Many tests end at this moment")
    return student


def test_where_many_tests_end_each_waits_for_its_turn_to_hand_in(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of the 50 seconds that a thousand take.
    student = over_in_a_crowd(desk(), monkeypatch, share=0.12)

    student.page.wait_for_timeout(3000)
    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.OPEN

    student.page.wait_for_url("**/done/")
    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.SUBMITTED
    assert student.stored() == [1]


def test_time_that_is_given_ends_the_waiting_for_a_turn(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    student = over_in_a_crowd(desk(), monkeypatch, share=0.8)
    row = StudentSession.objects.filter(id=student.session.id)
    row.update(deadline_at=clock.now() + dt.timedelta(minutes=9))

    student.page.evaluate("window.dispatchEvent(new Event('online'))")

    student.opened().option(1, 2).click()
    student.all_saved()
    assert row.get().state == StudentSession.State.OPEN
    assert student.stored() == [2]


def test_a_play_counts_once_sound_really_played_and_survives_a_reload(
    desk: Callable[..., Desk],
) -> None:
    version = sitting.published()
    track = give_track(version)
    student = desk(version).start()
    left = student.page.locator(".track [data-slot=left]")
    expect(left).to_have_text("Plays left: 2")

    student.page.locator(".track button").click()
    expect(student.page.locator(".track")).to_have_attribute("data-state", "playing")
    assert not RunnerState.objects.filter(session=student.session, kind="play").exists()
    expect(left).to_have_text("Plays left: 1")
    student.all_saved()
    student.reload()

    expect(left).to_have_text("Plays left: 1")
    state = RunnerState.objects.get(session=student.session, kind="play")
    assert (state.subject, state.value) == (track.id, "1")
    # The interrupted play goes on and costs nothing.
    student.page.locator(".track button").click()
    expect(student.page.locator(".track")).to_have_attribute("data-state", "ready")
    expect(left).to_have_text("Plays left: 1")


@pytest.mark.provokes("ERR_FAILED")
def test_the_clock_does_not_start_before_the_recordings_are_there(
    desk: Callable[..., Desk],
) -> None:
    version = sitting.published()
    give_track(version)
    student = desk(version)
    student.page.route("**/tracks/*", lambda route: route.abort())
    student.page.goto(f"/sit/{student.session.id}/test/")
    expect(student.page.locator("#cover [data-slot=action]")).to_have_text("Try again")
    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.REGISTERED

    student.page.unroute("**/tracks/*")
    student.page.locator("#cover [data-slot=action]").click()
    expect(student.page.locator("#cover [data-slot=action]")).to_have_text("Start the test")
    student.page.locator("#cover [data-slot=action]").click()

    student.opened()
    student.session.refresh_from_db()
    assert student.session.state == StudentSession.State.OPEN


def test_the_paper_follows_the_question_and_can_be_made_larger(
    desk: Callable[..., Desk],
) -> None:
    version = sitting.published()
    give_paper(version, pages=3)
    student = desk(version).start()
    expect(student.slot("position")).to_have_text("Page 1 of 3 · question 1")

    student.option(3, 0).click()
    expect(student.slot("position")).to_have_text("Page 3 of 3 · questions 2 to 3")

    width = student.page.locator(".paper-page").first.evaluate("page => page.clientWidth")
    student.slot("zoom-in").click()
    expect(student.slot("zoom")).to_have_text("125 %")
    larger = student.page.locator(".paper-page").first.evaluate("page => page.clientWidth")
    assert larger > width


def test_the_line_between_paper_and_answers_moves_and_is_remembered(
    desk: Callable[..., Desk],
) -> None:
    version = sitting.published()
    give_paper(version)
    student = desk(version).start()
    line = student.slot("split")

    line.focus()
    for _ in range(3):
        student.page.keyboard.press("ArrowLeft")
    expect(line).to_have_attribute("aria-valuenow", "50")

    student.reload()
    expect(line).to_have_attribute("aria-valuenow", "50")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_everybody_can_use_the_runner(
    desk: Callable[..., Desk], axe: Callable[[Page], None], width: int
) -> None:
    version = sitting.published(choices=3, shorts=1, longs=1)
    give_paper(version)
    give_track(version)
    student = desk(version, width=width)
    student.page.goto(f"/sit/{student.session.id}/test/")
    expect(student.page.locator("#cover [data-slot=action]")).to_be_visible()
    axe(student.page)
    student.page.locator("#cover [data-slot=action]").click()
    student.opened()
    axe(student.page)
    if width < 900:
        student.slot("tab-answers").click()
        axe(student.page)
    student.slot("open-map").click()
    axe(student.page)
    student.page.keyboard.press("Escape")
    student.slot("open-review").click()
    axe(student.page)
    scroll = student.page.evaluate("document.documentElement.scrollWidth")
    assert scroll <= width


def test_below_900_pixels_the_answer_bar_answers_beside_the_paper(
    desk: Callable[..., Desk],
) -> None:
    version = sitting.published(choices=2, shorts=1)
    give_paper(version)
    student = desk(version, width=768, touch=True).start()
    bar = student.page.locator(".answer-bar")

    bar.locator("input").nth(1).click()
    bar.locator("[data-slot=next]").click()
    bar.locator("input").nth(3).click()
    bar.locator("[data-slot=next]").click()
    student.all_saved()
    assert student.stored() == [1, 3]

    bar.locator("[data-slot=answer] button").click()
    expect(student.question(3).locator("input")).to_be_focused()
