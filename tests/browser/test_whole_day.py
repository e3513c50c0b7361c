"""A placement day through the pages alone: from two papers to levels that staff can explain.

Before it begins there are only an academy, its curriculum and rules, one test event and logins.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from playwright.sync_api import expect

from placement_test.management import sample
from tests import builders
from tests.browser.pages import Student, Teacher

if TYPE_CHECKING:
    from tests.browser.conftest import OpenContext

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240), pytest.mark.slow]

SAMPLE = Path(sample.__file__).parent
PAPERS, TRACKS = SAMPLE / "papers", SAMPLE / "tracks"

SCAN, FORTY = "CORE scan", "ASCENT forty"
# By the rules: grade 5 from 10 to below 20 % starts at the second, grade 3 at the third.
FORTY_LEVELS = [f"ASCENT Drive {number}" for number in (1, 2, 3)]
SCAN_LEVELS = [f"CORE Elite {number}" for number in (1, 2, 3)]
SCAN_KEY = "1-20: BDACD ACBDA CBDCA DBACB"
FORTY_KEY = "1-10: 24513 32414; 11-20: 52134 52413; 21-30: 25241 34314; 31-40: 42532 13542"
# The same as option indices.
SCAN_RIGHT = ["ABCD".index(letter) for letter in "BDACDACBDACBDCADBACB"]
FORTY_RIGHT = [int(digit) - 1 for digit in "2451332414521345241325241343144253213542"]
# Which questions each track serves, and how often it may be played.
SERVED = {"core-1": ("1-3", 3), "core-2": ("4-5", 2), "core-3": ("6", 1), "core-4": ("7", 2)}
SERVED["core-5"] = ("8-11", 2)
ESSAY = "My best day was the day at the sea.\n우리 가족은 바다에 갔다."
WRONG = {1: 4, 2: 0, 3: 0, 39: 0, 40: 0, 38: 0}  # by question: another option than the key's

# Recordings run four times as fast, so that nobody waits for them.
FAST_TAPE = """
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  this.playbackRate = 4;
  return play.call(this);
};
"""


@pytest.fixture
def before_the_day() -> None:
    """An academy with curriculum and rules, an open walk-in event, and its staff."""
    builders.academy()
    builders.rule_set()
    builders.consent_text()
    builders.event(name="Walk-in test", is_listed=True)
    builders.staff()


def test_from_a_paper_to_a_level(before_the_day: None, open_context: OpenContext) -> None:
    han = Teacher(open_context(locale="en-US", height=1000).new_page(), "teacher")
    makes_an_exam_from_the_scan(han)
    makes_an_exam_from_the_paper_of_forty(han)

    minji = Student(open_context(touch=True).new_page())
    sits_the_paper_of_forty(minji)
    thinks_twice(minji, han)
    code = minji.hand_in()
    seojun_context = open_context(touch=True)
    seojun_context.add_init_script(FAST_TAPE)
    sits_the_scan_with_its_tracks(Student(seojun_context.new_page()))

    reads_and_marks(han, code)
    overrules(han)
    exports_the_same_figures(han)
    corrects_the_key(han)


def makes_an_exam_from_the_scan(han: Teacher) -> None:
    han.upload_paper(
        PAPERS / "core.pdf",
        title=SCAN,
        minutes=40,
        labels="(A) (B) (C) (D)",
        options=4,
        levels=SCAN_LEVELS,
    )
    han.told("3 pages were drawn")
    picture = han.page.get_by_role("img", name="Page 1, opens in a new tab")
    width, height = picture.evaluate("img => [img.naturalWidth, img.naturalHeight]")
    # The sheet lies on its side in the file; its /Rotate puts two book pages beside each other.
    assert width > height > 100

    han.next("Questions")
    han.divide(
        {"Section": "Listening", "Skill": "Listening", "Question numbers": "1-11"},
        {"Section": "Reading", "Skill": "Reading", "Question numbers": "12-20"},
    )
    han.next("Tracks")
    han.upload_tracks([TRACKS / f"{name}.mp3" for name in SERVED], plays=2)
    for name, (numbers, plays) in SERVED.items():
        han.assign(name, numbers, plays=plays)
    han.press("Save the tracks")
    expect(han.page.get_by_role("group", name="core-5").get_by_label("Questions")).to_have_value(
        "8-11"
    )
    keys_cuts_and_publishes(han, SCAN_KEY, 20)


def makes_an_exam_from_the_paper_of_forty(han: Teacher) -> None:
    han.upload_paper(
        PAPERS / "ascent.pdf",
        title=FORTY,
        minutes=50,
        labels="① ② ③ ④ ⑤",
        options=5,
        levels=FORTY_LEVELS,
    )
    han.next("Questions")
    han.divide(
        {"Section": "Reading", "Question numbers": "1-40", "Points each": "2"},
        {
            "Section": "Writing",
            "Skill": "Writing",
            "Question numbers": "41",
            "Kind": "Long answer",
            "Points each": "20",
        },
    )
    expect(han.page.get_by_text("41 questions, 100 points")).to_be_visible()
    han.next("Tracks")
    keys_cuts_and_publishes(han, FORTY_KEY, 40)


def keys_cuts_and_publishes(han: Teacher, line: str, count: int) -> None:
    han.next("Key")
    han.paste_key(line)
    han.told(f"{count} answers were read into the sheet below")
    han.press("Save the key")
    han.told(f"The key was saved: {count} of {count}.")
    han.next("Cuts")
    # Down below 40, up from 80: the proposal is kept.
    han.press("Save the cuts")
    expect(han.page.get_by_text("Nothing is saved yet")).to_have_count(0)
    han.next("Check and publish")
    han.publish()


def sits_the_paper_of_forty(minji: Student) -> None:
    minji.register("김민지", grade=5, rank=10)
    expect(minji.page.get_by_role("heading", level=1)).to_have_text(FORTY)
    expect(minji.page.locator("html")).to_have_attribute("lang", "ko")
    expect(minji.page.locator(".points strong")).to_contain_text(["50", "41"])
    minji.start()

    answers = [WRONG.get(number, right) for number, right in enumerate(FORTY_RIGHT, start=1)]
    for place in range(1, 21):
        minji.tick(place, answers[place - 1])
    minji.question(21).locator("input").first.focus()
    for option in answers[20:]:
        minji.page.keyboard.press(str(option + 1))
        minji.page.keyboard.press("n")
    minji.question(41).locator("textarea").press_sequentially(ESSAY, delay=1)
    minji.question(7).locator(".flag-button").click()
    shown = minji.sheet()
    assert shown == [[[option], ""] for option in answers] + [[[], ESSAY]]

    minji.page.reload()

    minji.opened()
    assert minji.sheet() == shown
    expect(minji.question(7).locator(".flag-button")).to_have_attribute("aria-pressed", "true")


def thinks_twice(minji: Student, han: Teacher) -> None:
    review = minji.review()
    expect(review.locator("[data-slot=empty] .map-item")).to_have_count(0)
    expect(review.locator("[data-slot=flagged] .map-item__number")).to_have_text(["7"])

    review.locator("[data-dialog-close]").click()

    expect(review).to_be_hidden()
    minji.all_saved()
    han.go("Sessions")
    expect(han.row_of("김민지").locator(".badge")).to_have_text("Working")
    # Still hers to change: a wrong answer becomes a right one.
    minji.tick(1, FORTY_RIGHT[0])
    minji.all_saved()


def sits_the_scan_with_its_tracks(seojun: Student) -> None:
    seojun.register("박서준", grade=3, rank=10)
    expect(seojun.page.get_by_role("heading", level=1)).to_have_text(SCAN)
    seojun.start()
    tracks = seojun.page.locator(".track")
    expect(tracks).to_have_count(5)
    third = tracks.nth(2)
    play, left = third.locator("button"), third.locator("[data-slot=left]")
    expect(left).to_contain_text("1")

    play.click()

    expect(third).to_have_attribute("data-state", "playing")
    expect(third).to_have_attribute("data-state", "played", timeout=20_000)
    expect(play).to_be_disabled()
    seojun.all_saved()
    seojun.page.reload()
    seojun.opened()
    expect(tracks.nth(2)).to_have_attribute("data-state", "played")
    expect(tracks.nth(2).locator("button")).to_be_disabled()
    expect(tracks.nth(1).locator("button")).to_be_enabled()

    for place, option in enumerate(SCAN_RIGHT[:15], start=1):
        seojun.tick(place, option)
    review = seojun.review()
    expect(review.locator("[data-slot=empty] .map-item")).to_have_count(5)
    review.locator("[data-dialog-close]").click()
    seojun.hand_in()
    expect(seojun.page.locator(".outcome__level")).to_have_text("CORE Elite 3")


def reads_and_marks(han: Teacher, code: str) -> None:
    han.go("Home")
    assert han.figure("Answers to mark") == "1"
    han.go("Sessions")
    han.page.get_by_role("searchbox", name="Search").fill(code)
    han.press("Filter")
    expect(han.page.get_by_role("row")).to_have_count(2)
    expect(han.row_of("김민지")).to_contain_text("Waiting for marking")
    han.open_session("김민지")
    assert han.figure("Score") == "70 / 100"
    expect(han.page.get_by_text("Follows once all answers are marked.")).to_be_visible()

    han.go("Marking")
    han.page.get_by_role("link", name="Mark 41").click()
    expect(han.page.locator(".prose")).to_contain_text("우리 가족은 바다에 갔다.")
    expect(han.page.get_by_text("김민지")).to_have_count(0)
    han.page.get_by_label("Points").fill("12")
    han.page.get_by_label("Note").fill("Clear, some slips")
    han.press("Save and next")
    expect(han.page.get_by_text("Everything is marked")).to_be_visible()

    han.open_session("김민지")
    assert (han.figure("Level"), han.figure("Score")) == ("ASCENT Drive 3", "82 / 100")
    assert han.listed("Why this level") == [
        "Grade 5, class rank in the top 20 %: starts at ASCENT Drive 2.",
        "82 % is at or above the cut of 80 %: 1 level up.",
    ]


def overrules(han: Teacher) -> None:
    han.page.get_by_role("link", name="Decide the level").click()
    han.page.get_by_label("Level").select_option(label="ASCENT Flex 1")
    han.page.get_by_label("Reason").fill("Reads far above this class")
    han.press("Decide")

    han.told("The level was decided.")
    assert han.figure("Level") == "ASCENT Flex 1"
    assert han.listed("Why this level") == ["Decided by staff: Reads far above this class"]


def exports_the_same_figures(han: Teacher) -> None:
    han.go("Sessions")
    shown = [
        [
            han.row_of(name).get_by_role("cell").nth(cell).inner_text().split("\n")[0]
            for cell in (4, 5)
        ]
        for name in ("박서준", "김민지")
    ]
    assert shown == [["75 %", "CORE Elite 3"], ["82 %", "ASCENT Flex 1 Decided by staff"]]

    book = openpyxl.load_workbook(io.BytesIO(downloaded(han, "Excel (XLSX)")))
    sheet = [[cell.value for cell in row] for row in book.worksheets[0].rows]
    text = downloaded(han, "CSV (UTF-8)").decode("utf-8-sig")

    wanted = ("Student", "Exam", "Score", "Out of", "Percent", "Starting level", "Level", "Writing")
    places = [sheet[0].index(name) for name in wanted]
    assert [[row[place] for place in places] for row in sheet[1:]] == [
        ["박서준", SCAN, 15, 20, 75, "CORE Elite 3", "CORE Elite 3", None],
        ["김민지", FORTY, 82, 100, 82, "ASCENT Drive 2", "ASCENT Flex 1", 12],
    ]
    as_text = [["" if cell is None else str(cell) for cell in row] for row in sheet]
    assert list(csv.reader(io.StringIO(text))) == as_text


def downloaded(han: Teacher, kind: str) -> bytes:
    """Export the list and return the file."""
    if not han.page.get_by_role("button", name=kind).is_visible():
        han.page.locator("summary", has_text="Export").click()
    with han.page.expect_download() as started:
        han.press(kind)
    return Path(started.value.path()).read_bytes()


def corrects_the_key(han: Teacher) -> None:
    han.go("Exams")
    han.page.get_by_role("link", name=FORTY).click()
    han.page.get_by_role("link", name="Correct the key 1").click()
    # Two answers that were taken for right are wrong.
    for number in (10, 11):
        right = han.page.get_by_role("radio", name=f"{number}: ①", exact=True)
        han.page.locator(".bubble").filter(has=right).click()
    han.page.get_by_label("What was wrong with the key").fill("Two slips in the booklet")
    han.press("Save the corrected key")
    han.told("No result has changed yet")
    han.page.get_by_role("link", name="See whose score and level would change").click()

    figures = ("Sessions to mark again", "Scores change", "Levels change")
    assert [han.figure(label) for label in figures] == ["1", "1", "0"]
    expect(han.row_of("김민지")).to_contain_text("82 → 78")
    expect(han.row_of("김민지")).to_contain_text("Decided by staff")
    han.press("Mark 1 session again")

    han.told("1 session marked again")
    han.open_session("김민지")
    assert (han.figure("Level"), han.figure("Score")) == ("ASCENT Flex 1", "78 / 100")
    han.page.get_by_text("Return to the level of the rules").click()
    han.page.get_by_label("Reason").fill("Agreed with the parents")
    han.press("Withdraw the decision")
    assert han.figure("Level") == "ASCENT Drive 2"
    assert han.listed("Why this level")[1] == (
        "78 % is at or above the cut of 40 %: stays at this level."
    )
    han.page.get_by_role("link", name="History").click()
    expect(han.page.get_by_role("heading", name="All results")).to_be_visible()
    results = han.listed("All results")
    assert [line.split(" ", 2)[2].split(" (")[0] for line in results] == [
        "78 / 100",
        "82 / 100",
        "70 / 100",
    ]
    assert ["key revision 2" in line for line in results] == [True, False, False]
    assert len(han.listed("All placements")) == 3
