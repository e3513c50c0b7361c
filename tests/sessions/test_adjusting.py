from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from placement_test.errors import NotMarkedYet, ReasonMissing, SessionNotRunning
from placement_test.models import (
    Adjustment,
    AuditEntry,
    HandMark,
    Receipt,
    Result,
    StaffUser,
    StudentSession,
)
from placement_test.results.services import mark_by_hand
from placement_test.sessions import services
from tests import builders, sitting
from tests.results.finished import logged_in, outsider
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

pytestmark = pytest.mark.django_db

MINUTE_MS = 60_000


def decision(reason: str = "Fire drill", key: uuid.UUID | None = None) -> services.Decision:
    actor = StaffUser.objects.first() or builders.staff()
    return services.Decision(actor=actor, reason=reason, key=key or uuid.uuid4())


def fresh(browser: Browser) -> StudentSession:
    return StudentSession.objects.get(id=browser.session.id)


def adds_up(session: StudentSession) -> bool:
    """Return whether the deadline is what the append-only rows say."""
    given = sum(session.adjustments.values_list("seconds", flat=True))
    assert session.started_at is not None
    return session.deadline_at == session.started_at + dt.timedelta(
        seconds=session.allotted_seconds + given
    )


def test_time_that_is_given_moves_the_deadline_and_says_by_whom_and_why(
    noon: time_machine.Traveller,
) -> None:
    page = sitting.sitting()

    moved = services.give_time(services.one(page.session), minutes=5, decision=decision())

    assert moved == 1
    assert page.save()["remaining_ms"] == 65 * MINUTE_MS
    row = Adjustment.objects.get()
    assert (row.seconds, row.kind, row.reason, str(row.made_by)) == (
        300,
        "time",
        "Fire drill",
        "Ms Han",
    )
    assert adds_up(fresh(page))
    entry = AuditEntry.objects.get(action="time given")
    assert entry.after == {
        "sessions": 1,
        "minutes": 5,
        "deadline": "2026-03-09T04:05:00+00:00",
    }
    assert entry.before == {"deadline": "2026-03-09T04:00:00+00:00"}


def test_a_press_that_comes_twice_gives_the_time_once() -> None:
    page = sitting.sitting()
    press = decision()

    counts = [
        services.give_time(services.one(page.session), minutes=5, decision=press) for _ in "ab"
    ]

    assert counts == [1, 0]
    assert Adjustment.objects.count() == AuditEntry.objects.filter(action="time given").count() == 1
    assert adds_up(fresh(page))


def test_time_is_never_taken_below_now(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    noon.shift(50 * 60)

    services.give_time(services.one(page.session), minutes=-30, decision=decision())

    assert page.save()["remaining_ms"] == 0
    assert adds_up(fresh(page))


def test_everybody_who_works_in_an_event_gets_the_time_and_nobody_else() -> None:
    version = sitting.published()
    working = [sitting.sitting(version, name=f"Min-ji {n}") for n in range(3)]
    waiting = sitting.registered(version, name="Seo-yun").session
    done = sitting.sitting(version, name="Ha-eun")
    assert done.submit().status_code == 200
    elsewhere = sitting.sitting(version, event=builders.event(access_code="OTHER"), name="Ji-ho")
    event = working[0].session.event
    assert event is not None
    group = services.Group(StudentSession.objects.filter(event=event), event)

    moved = services.give_time(group, minutes=10, decision=decision())

    assert moved == 3
    assert all(page.save()["remaining_ms"] > 69 * MINUTE_MS for page in working)
    assert elsewhere.save()["remaining_ms"] <= 60 * MINUTE_MS
    assert not waiting.adjustments.exists()
    assert not done.session.adjustments.exists()
    entry = AuditEntry.objects.get(action="time given")
    assert (entry.object_type, entry.after) == ("testevent", {"sessions": 3, "minutes": 10})


@pytest.mark.parametrize("count", [1, 30])
def test_a_group_takes_the_same_queries_whatever_its_size(
    count: int, django_assert_num_queries: Any
) -> None:
    version = sitting.published()
    for n in range(count):
        sitting.sitting(version, name=f"Min-ji {n}")
    group = services.Group(StudentSession.objects.all(), builders.campus())
    press = decision()

    # begin, lock, done before, adjustments, deadlines, record, commit
    with django_assert_num_queries(7):
        services.give_time(group, minutes=1, decision=press)


def test_in_a_pause_the_clock_stands_and_entries_count(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    noon.shift(59 * 60)
    services.pause(services.one(page.session), decision=decision())
    noon.shift(30 * 60)

    reply = page.save(page.entry(part, 1))
    state = page.get("state").json()

    assert (reply["paused"], reply["remaining_ms"]) == (True, MINUTE_MS)
    assert [each["status"] for each in reply["accepted"]] == ["applied"]
    assert (state["paused"], state["remaining_ms"], state["state"]) == (True, MINUTE_MS, "open")


def test_a_pause_moves_the_deadline_by_its_length_when_it_ends(
    noon: time_machine.Traveller,
) -> None:
    page = sitting.sitting()
    noon.shift(59 * 60)
    services.pause(services.one(page.session), decision=decision())
    noon.shift(30 * 60 + 0.4)

    went_on = services.go_on(services.one(page.session), decision=decision())

    assert went_on == 1
    reply = page.save()
    assert "paused" not in reply
    # Up to the next whole second, for the student.
    assert reply["remaining_ms"] == MINUTE_MS + 600
    assert adds_up(fresh(page))
    kinds = Adjustment.objects.order_by("id").values_list("kind", "seconds")
    assert list(kinds) == [("pause", 0), ("continue", 30 * 60 + 1)]


def test_the_sweep_leaves_a_paused_session_alone(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    services.pause(services.one(page.session), decision=decision())
    noon.shift(5 * 3600)

    swept = services.sweep()

    assert swept == 0
    assert page.get("state").json()["state"] == "open"


def test_a_paused_student_may_hand_in(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    services.pause(services.one(page.session), decision=decision())
    noon.shift(5 * 3600)

    assert page.submit().status_code == 200
    session = fresh(page)
    assert (session.state, session.paused_at) == ("submitted", None)


def test_a_second_pause_and_a_second_end_of_it_change_nothing(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    group = services.one(page.session)

    counts = []
    for act in (services.pause, services.pause, services.go_on, services.go_on):
        counts.append(act(group, decision=decision()))
        noon.shift(60)

    assert counts == [1, 0, 1, 0]
    assert page.save()["remaining_ms"] == 58 * MINUTE_MS


def test_nothing_is_given_where_nothing_runs(noon: time_machine.Traveller) -> None:
    session = sitting.registered().session
    group = services.one(session)

    with pytest.raises(SessionNotRunning):
        services.give_time(group, minutes=5, decision=decision())
    with pytest.raises(SessionNotRunning):
        services.pause(group, decision=decision())
    with pytest.raises(SessionNotRunning):
        services.go_on(group, decision=decision())
    with pytest.raises(SessionNotRunning):
        services.end_now(session.id, decision=decision())
    with pytest.raises(NotMarkedYet):
        services.open_again(session.id, minutes=5, decision=decision())


def test_a_session_whose_time_is_over_is_not_paused(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    noon.shift(62 * 60)

    with pytest.raises(SessionNotRunning):
        services.pause(services.one(page.session), decision=decision())


def test_a_decision_about_time_needs_a_reason() -> None:
    with pytest.raises(ReasonMissing):
        decision(reason="  ")


def test_a_test_that_staff_end_is_marked_and_takes_what_is_on_its_way(
    noon: time_machine.Traveller,
) -> None:
    page = sitting.sitting()
    first, second, third = (part.id for part in parts_of(page.session.version))
    page.answer(first, 1)
    noon.shift(600)

    assert services.end_now(page.session.id, decision=decision())

    session = fresh(page)
    assert (session.state, session.ended_at) == ("expired", session.deadline_at)
    assert adds_up(session)
    noon.shift(30)
    on_its_way = page.statuses(page.entry(second, 1))
    noon.shift(60)
    too_late = page.statuses(page.entry(third, 1))
    assert (on_its_way, too_late) == (["applied"], ["late"])
    assert Result.objects.get(is_current=True).score == 4


def test_a_paused_test_can_be_ended(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    services.pause(services.one(page.session), decision=decision())
    noon.shift(5 * 3600)

    assert services.end_now(page.session.id, decision=decision())

    session = fresh(page)
    assert (session.state, session.paused_at, session.ended_at) == (
        "expired",
        None,
        dt.datetime(2026, 3, 9, 8, 0, tzinfo=dt.UTC),
    )


def test_a_test_that_is_opened_again_goes_on_and_gets_a_new_result_and_receipt(
    noon: time_machine.Traveller,
) -> None:
    page = sitting.sitting()
    first, second, _third = (part.id for part in parts_of(page.session.version))
    page.answer(first, 1)
    handed_in = page.submission()
    old = page.post("submit", handed_in).json()
    noon.shift(2 * 3600)

    assert services.open_again(page.session.id, minutes=15, decision=decision())

    assert page.save()["state"] == "claimed"
    again = Browser(page.session, page.token, shown=dict(page.shown), epoch=page.epoch)
    again.start()
    assert again.save()["remaining_ms"] == 15 * MINUTE_MS
    assert again.answer(second, 1) == "applied"
    # A submission that an old page repeats gets what it got.
    assert page.post("submit", handed_in).json()["receipt"] == old["receipt"]
    new = again.submit().json()
    assert new["check_code"] != old["check_code"]
    assert list(Receipt.objects.order_by("id").values_list("check_code", flat=True)) == [
        old["check_code"],
        new["check_code"],
    ]
    scores = Result.objects.order_by("id").values_list("score", "is_current", "cause")
    assert list(scores) == [(Decimal(2), False, "ended"), (Decimal(4), True, "ended")]
    assert adds_up(fresh(page))


def test_opened_again_twice_by_one_press_is_opened_once() -> None:
    page = sitting.sitting()
    page.submit()
    press = decision()

    done = [services.open_again(page.session.id, minutes=15, decision=press) for _ in "ab"]

    assert done == [True, False]
    assert Adjustment.objects.count() == 1


def test_a_mark_by_hand_counts_no_more_where_the_answer_changed_after_it(
    noon: time_machine.Traveller,
) -> None:
    page = sitting.sitting(sitting.published(choices=0, longs=2))
    changed, kept = parts_of(page.session.version)
    page.answer(changed.id, "A first essay")
    page.answer(kept.id, "Another essay")
    page.submit()
    teacher = builders.staff()
    noon.shift(60)
    for part in (changed, kept):
        mark_by_hand(page.session.id, part, points=Decimal(2), note="", seen=0, actor=teacher)
    services.open_again(page.session.id, minutes=15, decision=decision())
    again = Browser(page.session, page.token, shown=dict(page.shown), epoch=page.epoch).start()
    noon.shift(60)
    again.answer(changed.id, "Quite another essay")

    assert again.submit().status_code == 200

    result = Result.objects.get(is_current=True)
    assert (result.score, result.waiting, HandMark.objects.count()) == (Decimal(2), 1, 2)


def test_an_invigilator_does_all_of_it_on_the_session_page_but_opening_again() -> None:
    page = sitting.sitting()
    desk = logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR))
    url = reverse("staff-session-time", args=[page.session.id])

    def press(**fields: object) -> int:
        sent = {"reason": "Fire drill", "key": str(uuid.uuid4()), **fields}
        return desk.post(url, sent).status_code

    pressed = [
        press(action="give", minutes=5),
        press(action="pause"),
        press(action="go-on"),
        press(action="end"),
        press(action="reopen", minutes=5),
    ]

    assert pressed == [302, 302, 302, 302, 422]
    assert fresh(page).state == "expired"
    teacher = logged_in(builders.staff())
    fields = {"action": "reopen", "minutes": 5, "reason": "Power cut", "key": uuid.uuid4()}
    assert teacher.post(url, fields).status_code == 302
    assert fresh(page).state == "open"
    history = teacher.get(reverse("staff-session-history", args=[page.session.id]))
    shown = history.content.decode()
    assert all(
        f'<span class="strong">{words}' in shown
        for words in (
            "Time given 5 minutes",
            "Paused",
            "Continued",
            "Ended by staff",
            "Opened again",
        )
    )


def test_the_event_page_leads_to_the_time_of_everybody_working() -> None:
    page = sitting.sitting()
    desk = logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR))
    event = desk.get(reverse("staff-event", args=[page.session.event_id])).content.decode()
    url = reverse("staff-event-time", args=[page.session.event_id])
    assert url in event

    reply = desk.post(
        url,
        {"action": "give", "minutes": 5, "reason": "Late bus", "key": uuid.uuid4()},
        follow=True,
    )

    assert "1 deadline moved." in reply.content.decode()
    assert adds_up(fresh(page))


def test_where_nobody_is_working_the_page_says_so_and_offers_nothing() -> None:
    page = sitting.sitting()
    desk = logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR))
    url = reverse("staff-event-time", args=[page.session.event_id])

    offered = []
    for is_over in (False, True):
        if is_over:
            page.submit()
        shown = desk.get(url).content.decode()
        offered.append(('name="minutes"' in shown, "Nobody is working" in shown))

    assert offered == [(True, False), (False, True)]


def test_time_of_all_reaches_only_the_campuses_of_whoever_presses() -> None:
    sitting.sitting()
    desk = logged_in(outsider())

    reply = desk.post(
        reverse("staff-time"),
        {"action": "give", "minutes": 5, "reason": "Late bus", "key": uuid.uuid4()},
    )

    assert reply.status_code == 409
    assert not Adjustment.objects.exists()
