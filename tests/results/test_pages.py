from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from placement_test.exams.rules.keys import EnteredKey
from placement_test.exams.services.keys import correct_key
from placement_test.lib import clock, sealed
from placement_test.models import (
    AnswerEvent,
    EntryDecision,
    ExamVersion,
    HandMark,
    PlacementRule,
    Receipt,
    StaffUser,
    StudentSession,
)
from placement_test.results.queries import listing
from placement_test.sessions.services import Decision, give_time, one
from tests import builders, sitting
from tests.results.finished import (
    current,
    director,
    handed_in,
    level,
    logged_in,
    many,
    teacher,
)
from tests.sitting import parts_of, published

if TYPE_CHECKING:
    import time_machine
    from django.test import Client

pytestmark = pytest.mark.django_db

WRONG, RIGHT = 0, 1


def shown(client: Client, view: str, *args: object, **query: str | int) -> str:
    """Return a page's text."""
    reply = client.get(reverse(view, args=args), query)
    assert reply.status_code == 200, reply
    return reply.content.decode()


def queries(client: Client, url: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def names(client: Client, **query: str | int) -> list[str]:
    """Return the students of the list, in its order."""
    reply = client.get(reverse("staff-sessions"), query)
    assert reply.status_code == 200
    return [session.student.name for session in reply.context["page_obj"]]


# Home


def test_home_says_what_needs_somebody() -> None:
    version = published(choices=1, longs=1)
    session = handed_in(version, RIGHT, "text")
    sitting.sitting(version, name="Seo-jun")
    AnswerEvent.objects.filter(session=session).update(status="late")
    PlacementRule.objects.filter(grade=7, band=0).delete()
    ExamVersion.objects.create(
        exam=version.exam, number=2, created_at=clock.now(), allotted_minutes=60
    )

    context = director().get(reverse("staff-home")).context

    assert context["open_sessions"] == 1
    assert context["waiting"].count == 1
    assert context["undecided"] == 1
    assert (context["gaps"].count, context["gaps"].grades) == (1, [7])
    assert (context["drafts"].count, context["drafts"].oldest) == (1, version.exam.title)
    assert context["levels_missing"] == 0
    event = context["events"][0]
    assert (event.registered, event.working, event.submitted, event.expired) == (0, 1, 1, 0)
    assert [result.session_id for result in context["results"]] == [session.id]


def test_home_counts_what_happens_today(noon: time_machine.Traveller) -> None:
    sessions = many(published(choices=1), 3)
    begins = dt.datetime(2026, 3, 8, 15, 0, tzinfo=dt.UTC)  # midnight in Seoul
    for session, moment in zip(sessions, (begins, begins - dt.timedelta(seconds=1)), strict=False):
        StudentSession.objects.filter(id=session.id).update(registered_at=moment)

    event = director().get(reverse("staff-home")).context["events"][0]

    assert event.submitted == 2


def test_home_names_levels_without_an_exam_and_missing_rules() -> None:
    builders.curriculum()

    page = shown(director(), "staff-home")

    assert "44 levels have no published exam" in page
    assert "There are no placement rules" in page
    assert "No test event today" in page
    assert "No results yet" in page


def test_home_shows_an_invigilator_only_what_goes_on() -> None:
    builders.curriculum()

    page = shown(logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR)), "staff-home")

    assert "Sitting a test now" in page
    assert "Answers to mark" not in page
    assert "placement rules" not in page.split("<main")[1]


# The list


@pytest.mark.parametrize("count", [30, 3000])
def test_the_list_takes_as_many_queries_whatever_there_is(count: int) -> None:
    session = many(published(choices=1), count, late=True)[0]
    client = teacher()
    url = reverse("staff-sessions")
    chosen = f"event={session.event_id}&exam={session.version.exam_id}&campus={session.campus_id}"

    # login, choices, count, ids, rows
    assert queries(client, url) == 5
    assert queries(client, f"{url}?attention=any&find={sealed.seal('1')}&{chosen}") == 5


def test_finds_sessions_by_name_check_code_and_start_of_the_id() -> None:
    version = published(choices=1)
    session = handed_in(version, RIGHT, name="김민지")
    handed_in(version, WRONG, name="박서준")
    code = Receipt.objects.get(session=session).check_code
    client = teacher()

    for words in ("민지", code, code.lower(), f"{code[:4]} {code[4:]}", str(session.id)[:9]):
        assert names(client, find=sealed.seal(words)) == ["김민지"]
    assert names(client, find=sealed.seal("nobody")) == []


def test_words_searched_for_stand_in_no_address() -> None:
    handed_in(published(choices=1), RIGHT)
    client = teacher()

    reply = client.post(reverse("staff-sessions"), {"q": "김민지", "grade": "5", "state": ""})

    address = reply.headers["Location"]
    assert "grade=5" in address
    assert "state" not in address
    assert quote("김민지") not in address
    assert "김민지" in client.get(address).content.decode()


def test_filters_by_what_a_session_is() -> None:
    version = published(choices=1, longs=1)
    done = handed_in(version, RIGHT, name="Done")
    handed_in(version, RIGHT, "text", name="Waits")
    running = sitting.sitting(version, name="Works").session
    StudentSession.objects.filter(id=running.id).update(grade=6)
    AnswerEvent.objects.filter(session=done).update(status="late")
    placement = current(done)[1]
    assert placement is not None
    client = teacher()

    found = {
        name: sorted(names(client, **{name.split("=")[0]: name.split("=")[1]}))
        for name in (
            "state=open",
            "attention=marking",
            "attention=entries",
            "attention=any",
            f"level={placement.level_id}",
            "grade=6",
            f"exam={version.exam_id}",
            f"event={done.event_id}",
            f"campus={done.campus_id}",
        )
    }

    everybody = ["Done", "Waits", "Works"]
    assert list(found.values()) == [
        ["Works"],
        ["Waits"],
        ["Done"],
        ["Done", "Waits"],
        ["Done"],
        ["Works"],
        everybody,
        everybody,
        everybody,
    ]


def test_dates_are_days_of_the_academys_zone(noon: time_machine.Traveller) -> None:
    session = many(published(choices=1), 1)[0]
    # a quarter past midnight in Seoul is the evening before in UTC
    moment = dt.datetime(2026, 3, 7, 15, 15, tzinfo=dt.UTC)
    StudentSession.objects.filter(id=session.id).update(registered_at=moment)
    client = teacher()

    assert len(names(client, from_date="2026-03-08", to_date="2026-03-08")) == 1
    assert names(client, to_date="2026-03-07") == []
    assert names(client, from_date="2026-03-09") == []


def test_filters_that_make_no_sense_are_shown_and_passed_over() -> None:
    many(published(choices=1), 2)

    reply = teacher().get(
        reverse("staff-sessions"), {"grade": "x", "exam": "9999999999999999999999", "page": "x"}
    )

    assert reply.status_code == 200
    assert len(reply.context["page_obj"]) == 2


@pytest.mark.parametrize("sort", list(listing.SORTS))
def test_sorts_by_every_column_both_ways(sort: str) -> None:
    version = published(choices=2)
    for name, answers in (("A", [RIGHT, RIGHT]), ("B", [WRONG, RIGHT])):
        handed_in(version, *answers, name=name)
    client = teacher()

    there, back = names(client, sort=sort), names(client, sort=f"-{sort}")

    assert there == back[::-1]


def test_pages_keep_the_filters_and_show_each_session_once() -> None:
    many(published(choices=1), 120)
    client = teacher()

    pages = [names(client, grade=5, page=page) for page in (1, 2, 3)]
    first = shown(client, "staff-sessions", grade=5)

    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({name for page in pages for name in page}) == 120
    assert "?grade=5&amp;page=2" in first


def test_counts_no_further_than_pages_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    many(published(choices=1), 70)
    monkeypatch.setattr(listing, "MOST_COUNTED", 60)

    page = shown(teacher(), "staff-sessions")

    assert "60 sessions or more" in page


def test_an_empty_list_says_how_sessions_come() -> None:
    client = teacher()

    assert "No session yet" in shown(client, "staff-sessions")
    assert "No session fits these filters" in shown(client, "staff-sessions", state="open")


# One session


def test_a_session_shows_answers_beside_the_key_and_why() -> None:
    version = published(choices=2, shorts=1)
    session = handed_in(version, RIGHT, WRONG, "Blue")

    page = shown(teacher(), "staff-session", session.id)

    assert "Grade 5, class rank in the top 20 %: starts at" in page
    assert "66.66 % is at or above the cut of 40 %: stays at this level." in page
    for piece in ("②", "①", "Blue", "blue", "Correct", "Wrong"):
        assert piece in page


def test_a_session_keeps_its_history_and_its_entries_on_pages_of_their_own() -> None:
    session = handed_in(published(choices=2), RIGHT, WRONG)
    client = teacher()

    history = shown(client, "staff-session-history", session.id)
    entries = shown(client, "staff-session-timeline", session.id)

    assert "key revision 1" in history
    assert "1 device" in entries


@pytest.mark.parametrize("questions", [3, 60])
def test_a_session_takes_as_many_queries_for_3_questions_as_for_60(questions: int) -> None:
    session = handed_in(published(choices=questions), *[RIGHT] * questions)
    url = reverse("staff-session", args=[session.id])
    client = teacher()

    # login; session with result and placement, it and its answers (kept from then on), marks
    assert queries(client, url) == 5
    assert queries(client, url) == 3
    # login, session, results, placements, time given
    assert queries(client, reverse("staff-session-history", args=[session.id])) == 5
    # login; session, devices and number of entries, a page of them with those not applied,
    # conflicts
    assert queries(client, reverse("staff-session-timeline", args=[session.id])) == 5


def test_a_session_shows_the_time_that_was_given() -> None:
    page = sitting.sitting(published(choices=1))
    ms_han = builders.staff()
    decision = Decision(actor=ms_han, reason="Fire drill", key=uuid.uuid4())
    give_time(one(page.session), minutes=5, decision=decision)

    text = shown(logged_in(ms_han), "staff-session-history", page.session.id)

    assert "5 minutes" in text
    assert "Fire drill" in text


def test_a_page_of_staff_counts_late_answers() -> None:
    version = published(choices=2)
    session = handed_in(version, RIGHT, WRONG)
    event = AnswerEvent.objects.create(
        session=session,
        writer=session.id,
        seq=9,
        epoch=9,
        kind="answer",
        subject=parts_of(version)[1].id,
        value="1",
        at_ms=1,
        received_at=clock.now(),
        status="late",
    )
    client = teacher()
    body = {"entries": [event.pk], "decision": "accept", "reason": "Power cut"}

    reply = client.post(reverse("staff-session-entries", args=[session.id]), body, follow=True)

    assert "1 answer counts now." in reply.content.decode()
    assert current(session)[0].percent == Decimal(100)
    again = client.post(reverse("staff-session-entries", args=[session.id]), body, follow=True)
    assert "have been decided in the meantime" in again.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entries": ["1"], "decision": "accept"},
        {"entries": ["x"], "decision": "accept", "reason": "Why"},
        {"entries": ["9" * 40], "decision": "leave", "reason": "Why"},
        {"entries": ["1"], "decision": "burn", "reason": "Why"},
    ],
)
def test_a_decision_that_cannot_be_read_decides_nothing(body: dict[str, object]) -> None:
    session = handed_in(published(choices=1), RIGHT)

    reply = teacher().post(reverse("staff-session-entries", args=[session.id]), body, follow=True)

    assert "Choose at least one entry and give a reason." in reply.content.decode()
    assert not EntryDecision.objects.exists()


def test_staff_decide_a_level_and_take_it_back() -> None:
    session = handed_in(published(choices=1), RIGHT)
    by_rule = level(session)
    aim = builders.curriculum()[29]
    client = teacher()

    client.post(
        reverse("staff-session-level", args=[session.id]),
        {"level": aim.pk, "reason": "Interview"},
    )
    decided = shown(client, "staff-session", session.id)
    history = shown(client, "staff-session-history", session.id)
    client.post(reverse("staff-session-withdraw", args=[session.id]), {"reason": "Mistaken"})

    assert "Decided by staff: Interview" in decided
    assert "Interview" in history
    assert level(session) == by_rule


def test_a_decision_without_level_or_reason_is_refused() -> None:
    session = handed_in(published(choices=1), RIGHT)

    reply = teacher().post(reverse("staff-session-level", args=[session.id]), {"reason": ""})

    assert reply.status_code == 422
    assert set(reply.context["form"].errors) == {"level", "reason"}


# Marking


def test_marking_goes_on_to_the_next_answer_without_names() -> None:
    version = published(choices=0, longs=1)
    part = parts_of(version)[0]
    first = handed_in(version, "first text", name="Min-ji")
    handed_in(version, "second text", name="Seo-jun")
    client = teacher()
    url = reverse("staff-marking-part", args=[part.pk])
    page = client.get(url)
    form = page.context["form"]

    reply = client.post(url, {**form.initial, "points": "1.5", "note": "fine"}, follow=True)

    assert "first text" in page.content.decode()
    assert "Min-ji" not in page.content.decode()
    assert "second text" in reply.content.decode()
    assert current(first)[0].score == Decimal("1.50")
    assert shown(client, "staff-marking").count("1 answer waits") == 1


def test_skipping_shows_the_next_answer_and_comes_round() -> None:
    version = published(choices=0, longs=1)
    part = parts_of(version)[0]
    for text in ("first text", "second text"):
        handed_in(version, text, name=text)
    client = teacher()
    url = reverse("staff-marking-part", args=[part.pk])

    second = client.get(url, {"after": client.get(url).context["mark_id"]})
    third = client.get(url, {"after": second.context["mark_id"]})

    assert "second text" in second.content.decode()
    assert "first text" in third.content.decode()


def test_a_second_teacher_hears_that_the_answer_was_marked_meanwhile() -> None:
    version = published(choices=0, longs=1)
    part = parts_of(version)[0]
    for text in ("first text", "second text"):
        handed_in(version, text, name=text)
    client = teacher()
    url = reverse("staff-marking-part", args=[part.pk])
    body = {**client.get(url).context["form"].initial, "points": "2"}
    client.post(url, body)

    reply = client.post(url, {**body, "points": "0"}, follow=True)

    assert "Somebody else has marked this answer" in reply.content.decode()
    assert list(HandMark.objects.values_list("points", flat=True)) == [Decimal(2)]


@pytest.mark.parametrize("points", ["", "x", "-1", "2.01", "1.005", "NaN", "1e9"])
def test_points_that_are_none_are_refused(points: str) -> None:
    version = published(choices=0, longs=1)
    handed_in(version, "text")
    client = teacher()
    url = reverse("staff-marking-part", args=[parts_of(version)[0].pk])
    body = {**client.get(url).context["form"].initial, "points": points}

    reply = client.post(url, body)

    assert reply.status_code == 422
    assert not HandMark.objects.exists()


def test_an_answer_with_points_waits_no_more_though_its_session_does() -> None:
    version = published(choices=0, longs=2)
    session = handed_in(version, "one", "two")
    first, second = parts_of(version)
    client = teacher()
    client.post(
        reverse("staff-session-mark", args=[session.id, first.pk]), {"points": "1", "seen": "0"}
    )

    rows = client.get(reverse("staff-marking")).context["rows"]

    assert [(row["part_id"], row["count"]) for row in rows] == [(second.pk, 1)]
    assert current(session)[0].waiting == 2


def test_an_answer_of_another_exam_is_not_marked() -> None:
    session = handed_in(published(choices=1), RIGHT)
    elsewhere = parts_of(published(choices=1))[0]

    reply = teacher().get(reverse("staff-session-mark", args=[session.id, elsewhere.pk]))

    assert reply.status_code == 404


def test_one_answer_is_marked_anew_from_its_session() -> None:
    version = published(choices=1)
    session = handed_in(version, WRONG)
    client = teacher()
    url = reverse("staff-session-mark", args=[session.id, parts_of(version)[0].pk])

    client.post(url, {"points": "2", "note": "Misprint", "seen": "0"})
    refused = client.post(url, {"points": "0", "seen": "0"})

    assert refused.status_code == 409
    assert "2 of 2 points, by Ms Han" in refused.content.decode()
    assert current(session)[0].score == 2


# Marking again


def test_a_corrected_key_is_shown_before_it_is_applied() -> None:
    version = published(choices=2)
    session = handed_in(version, WRONG, RIGHT)
    part = parts_of(version)[0]
    revision = correct_key(version, {part.id: EnteredKey((WRONG,), (), {})}, "Misprint", None)
    client = teacher()
    url = reverse("staff-remark", args=[revision.pk])

    page = client.get(url).content.decode()
    unchanged = current(session)[0].score
    reply = client.post(url, follow=True).content.decode()

    assert "Min-ji" in page
    assert "Misprint" in page
    assert unchanged == 2
    assert current(session)[0].score == 4
    assert "1 session marked again" in reply
    assert "All sessions are marked under this key" in reply


def test_marking_again_goes_on_where_a_request_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    version = published(choices=2)
    for name in ("A", "B"):
        handed_in(version, WRONG, RIGHT, name=name)
    part = parts_of(version)[0]
    revision = correct_key(version, {part.id: EnteredKey((WRONG,), (), {})}, "Misprint", None)
    monkeypatch.setattr("placement_test.results.views.keys.SESSIONS_A_REQUEST", 1)

    reply = teacher().post(reverse("staff-remark", args=[revision.pk]), follow=True)

    assert "1 sessions are left" in reply.content.decode()


# Statistics


def test_statistics_show_the_figures_of_a_version() -> None:
    version = published(choices=3)
    sheets: list[list[int | None]] = [[1, 1, 1], [1, 1, 0], [1, 0, None], [0, 0, 0]]
    for n, answers in enumerate(sheets):
        handed_in(version, *answers, name=f"S{n}")

    reply = teacher().get(reverse("staff-statistics-version", args=[version.pk]))

    figures = reply.context["figures"]
    assert (figures.sittings, figures.description.median) == (4, pytest.approx(49.995))
    assert [question.facility for question in figures.questions] == [0.75, 0.5, 0.25]
    assert [question.blank for question in figures.questions] == [0, 0, 1]
    assert figures.alpha == pytest.approx(0.75)
    options = figures.questions[0].parts[0].options
    assert [(option.count, option.is_right) for option in options[:2]] == [(1, False), (3, True)]
    assert "<svg" in reply.content.decode()


def test_an_exam_that_nobody_has_sat_has_no_figures() -> None:
    version = published(choices=1)
    client = teacher()

    assert "No figures yet" in shown(client, "staff-statistics")
    assert "No figures yet" in shown(client, "staff-statistics-version", version.pk)
