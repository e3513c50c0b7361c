"""A server that lost sessions, or went back to an older state, is given them again."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from placement_test.lib import clock, private
from placement_test.lib.keys import Key
from placement_test.models import (
    Adjustment,
    AnswerEvent,
    ConsentText,
    ExamVersion,
    Placement,
    Result,
    SessionToken,
    Student,
    StudentAnswer,
    StudentSession,
)
from placement_test.saving.store import token_digest
from placement_test.sessions import tickets
from placement_test.sessions.services import Registration, change_level, register
from tests import builders, sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

pytestmark = pytest.mark.django_db

COLUMNS_OF_A_RUN = {"contact_token_id", "last_contact_at", "limit_window", "limit_calls", "epoch"}


def min_ji() -> Browser:
    """Register with everything that a form can ask, and start."""
    version = sitting.published()
    first = sitting.registered(version)
    event = first.session.event
    assert event is not None
    school = builders.school()
    consent = builders.consent_text()
    registration = Registration(
        name="김민지",
        grade=5,
        rank_percent=first.session.rank_percent,
        school_name=school.name,
        birth_date=dt.date(2015, 5, 1),
        phone="010-1234-5678",
        consent_id=consent.pk,
        consent_by="guardian",
    )
    made = register(event, registration)
    return Browser(made.session, made.token).start()


def lose(session: StudentSession, *, student: bool = False) -> None:
    """Take a session out of the tables, as a backup from before it would."""
    owner = session.student
    Placement.objects.filter(session=session).delete()
    Result.objects.filter(session=session).delete()
    StudentSession.objects.get(id=session.id).delete()
    if student and owner is not None:
        owner.delete()


def facts(session: StudentSession) -> dict[str, Any]:
    row = StudentSession.objects.filter(id=session.id).values().get()
    return {name: value for name, value in row.items() if name not in COLUMNS_OF_A_RUN}


def test_begin_and_state_give_the_browser_a_ticket() -> None:
    browser = min_ji()

    begun = browser.post("begin", {}).json()["ticket"]

    for ticket in (begun, browser.ticket()):
        opened = tickets.opened(ticket, browser.session.id)
        assert (opened.session, opened.token) == (browser.session.id, token_digest(browser.token))


def test_a_lost_session_comes_back_as_it_was_and_takes_its_answers_again() -> None:
    browser = min_ji()
    part = parts_of(browser.session.version)[0].id
    entry = browser.entry(part, 1)
    browser.save(entry)
    ticket = browser.ticket()
    before = facts(browser.session) | {"event_count": 0, "claim_count": 0}
    lose(browser.session)
    assert browser.post("answers", browser.batch(entry)).status_code == 404

    reply = browser.restore(ticket)

    assert (reply.status_code, reply.json()["state"]) == (200, "open")
    assert reply.json()["allotted_ms"] == 60 * 60 * 1000
    assert 0 < reply.json()["remaining_ms"] <= 60 * 60 * 1000
    assert facts(browser.session) == before
    assert browser.statuses(entry) == ["applied"]
    assert browser.submit().status_code == 200


def test_the_student_comes_back_with_the_session_where_the_record_is_lost_too() -> None:
    browser = min_ji()
    ticket = browser.ticket()
    lose(browser.session, student=True)

    browser.restore(ticket)

    student = StudentSession.objects.get(id=browser.session.id).student
    assert student is not None
    assert (student.name, student.birth_date) == ("김민지", dt.date(2015, 5, 1))
    assert private.decrypt(student.phone) == "01012345678"


def test_another_person_who_took_the_lost_record_s_number_is_not_taken_for_the_student() -> None:
    browser = min_ji()
    ticket = browser.ticket()
    number = browser.session.student_id
    assert number is not None
    lose(browser.session, student=True)
    other = builders.student(name="이서윤", birth_date=None, phone="")
    Student.objects.filter(name=other.name).delete()
    other.pk = number
    other.save(force_insert=True)

    browser.restore(ticket)

    student = StudentSession.objects.get(id=browser.session.id).student
    assert student is not None
    assert (student.pk == number, student.name) == (False, "김민지")


def test_two_tests_of_one_student_without_birth_date_stay_with_one_record() -> None:
    browser = sitting.sitting()
    made = change_level(browser.session, -1)
    harder = Browser(made.session, made.token).start()
    first, second = browser.ticket(), harder.ticket()
    lose(harder.session)
    lose(browser.session, student=True)

    browser.restore(first)
    harder.restore(second)

    rows = StudentSession.objects.filter(id__in=[browser.session.id, harder.session.id])
    assert len({row.student_id for row in rows}) == 1
    assert StudentSession.objects.get(id=harder.session.id).previous_id == browser.session.id


def test_a_student_who_was_erased_does_not_come_back() -> None:
    browser = min_ji()
    ticket = browser.ticket()
    Student.objects.filter(name="김민지").delete()

    assert browser.restore(ticket).status_code == 200

    assert StudentSession.objects.get(id=browser.session.id).student is None
    assert Student.objects.filter(name="김민지").count() == 0


def test_giving_the_ticket_again_changes_nothing(noon: time_machine.Traveller) -> None:
    browser = min_ji()
    browser.answer(parts_of(browser.session.version)[0].id, 1)
    ticket = browser.ticket()
    before = StudentSession.objects.filter(id=browser.session.id).values().get()
    noon.shift(30)

    for _ in range(2):
        assert browser.restore(ticket).status_code == 200

    assert StudentSession.objects.filter(id=browser.session.id).values().get() == before
    assert SessionToken.objects.filter(session=browser.session).count() == 1


def test_a_server_from_before_the_start_gets_the_start_back(
    noon: time_machine.Traveller,
) -> None:
    browser = min_ji()
    ticket = browser.ticket()
    started = StudentSession.objects.get(id=browser.session.id).started_at
    back = StudentSession.objects.filter(id=browser.session.id)
    back.update(state="registered", started_at=None, deadline_at=None, epoch=0)
    noon.shift(600)
    entry = browser.entry(parts_of(browser.session.version)[0].id, 1)

    refused = browser.post("answers", browser.batch(entry))
    reply = browser.restore(ticket)

    assert (refused.status_code, refused.json()["error"]) == (409, "not_started")
    assert not AnswerEvent.objects.exists()
    assert back.get().started_at == started
    assert reply.json()["remaining_ms"] == (60 * 60 - 600) * 1000
    assert browser.statuses(entry) == ["applied"]


def test_time_that_staff_gave_is_counted_where_the_database_knows_of_it(
    noon: time_machine.Traveller,
) -> None:
    browser = min_ji()
    ticket = browser.ticket()
    StudentSession.objects.filter(id=browser.session.id).update(
        state="registered", started_at=None, deadline_at=None
    )
    Adjustment.objects.create(
        session=browser.session, seconds=300, reason="fire drill", made_at=clock.now()
    )

    reply = browser.restore(ticket)

    assert reply.json()["remaining_ms"] == (60 * 60 + 300) * 1000


def test_a_heartbeat_before_the_start_is_taken_and_entries_are_refused_whole() -> None:
    made = sitting.registered()
    browser = Browser(made.session, made.token, epoch=1)

    assert browser.save()["state"] == "registered"
    reply = browser.post("answers", browser.batch(browser.entry(1, 1)))

    assert (reply.status_code, reply.json()["error"]) == (409, "not_started")
    assert not AnswerEvent.objects.exists()


def test_a_ticket_works_only_with_the_cookie_that_it_names() -> None:
    browser, other = min_ji(), sitting.sitting()
    ticket = browser.ticket()
    lose(browser.session)

    replies = [
        Browser(browser.session, token).restore(ticket) for token in ("", "guess", other.token)
    ]

    assert [reply.status_code for reply in replies] == [401, 401, 401]
    assert not StudentSession.objects.filter(id=browser.session.id).exists()


def test_a_ticket_is_of_one_session() -> None:
    browser, other = min_ji(), sitting.sitting()

    reply = other.restore(browser.ticket())

    assert (reply.status_code, reply.json()["error"]) == (400, "ticket_unreadable")


@pytest.mark.parametrize(
    "change",
    [
        lambda ticket: ticket[:-8],
        lambda ticket: ticket[:-8] + "AAAAAAAA",
        lambda ticket: "other." + ticket.rpartition(".")[2],
        lambda ticket: ticket.rpartition(".")[2],
        lambda _ticket: "x",
        lambda _ticket: "한글.한글",
        lambda ticket: ticket.rpartition(".")[0] + ".",
    ],
)
def test_a_ticket_that_was_touched_is_unreadable(change: Any) -> None:
    browser = min_ji()
    ticket = browser.ticket()
    lose(browser.session)

    reply = browser.restore(change(ticket))

    assert (reply.status_code, reply.json()["error"]) == (400, "ticket_unreadable")
    assert not StudentSession.objects.filter(id=browser.session.id).exists()


def test_nobody_reads_the_student_out_of_a_ticket() -> None:
    browser = min_ji()

    first, second = browser.ticket(), browser.ticket()

    assert first != second
    assert len(first) < 1500
    for ticket in (first, second):
        kept = base64.urlsafe_b64decode(ticket.rpartition(".")[2])
        for told in ("민지", "\\ubbfc", "2015-05-01", "01012345678", str(browser.session.id)):
            assert told not in ticket
            assert told.encode() not in kept


def test_a_claim_after_a_restore_is_above_all_before_though_nobody_remembers_them(
    noon: time_machine.Traveller,
) -> None:
    browser = min_ji()
    for _ in range(3):
        noon.shift(2)
        browser.writer = uuid.uuid4().hex
        browser.start()
    ticket, before = browser.ticket(), browser.epoch
    lose(browser.session)
    noon.shift(60)
    browser.epoch, browser.writer = 0, uuid.uuid4().hex

    assert browser.restore(ticket).status_code == 200
    browser.start()

    assert browser.epoch > before


def test_tickets_under_an_older_key_are_read_and_new_ones_made_under_the_newest(
    settings: Any,
) -> None:
    browser = min_ji()
    old = browser.ticket()
    rings = settings.KEY_RINGS
    settings.KEY_RINGS = rings | {"ticket": (Key("new", b"n" * 32), *rings["ticket"])}
    lose(browser.session)

    assert browser.restore(old).status_code == 200

    assert browser.ticket().startswith("new.")


def test_a_ticket_is_good_for_two_days(noon: time_machine.Traveller) -> None:
    browser = min_ji()
    ticket = browser.ticket()
    lose(browser.session)
    noon.shift(48 * 3600 + 1)

    assert browser.restore(ticket).json()["error"] == "ticket_unreadable"

    noon.shift(-1)
    assert browser.restore(ticket).status_code == 200


def test_previews_and_archived_sessions_get_no_ticket() -> None:
    from placement_test.sessions.services import preview

    made = preview(sitting.published(), builders.campus(), builders.staff())
    archived = sitting.sitting()
    StudentSession.objects.filter(id=archived.session.id).update(archived_at=clock.now())

    previewing = Browser(made.session, made.token)

    assert previewing.post("begin", {}).json()["ticket"] is None
    assert archived.get("state").json()["ticket"] is None


@pytest.mark.parametrize("lost", ["event", "version", "other version of that number"])
def test_without_the_event_or_the_exam_version_the_server_says_so(lost: str) -> None:
    browser = min_ji()
    ticket = browser.ticket()
    session = browser.session
    StudentSession.objects.all().delete()
    if lost == "event":
        assert session.event is not None
        session.event.delete()
    elif lost == "version":
        session.version.published_at = None
        ExamVersion.objects.filter(id=session.version_id).update(published_at=None)
    else:
        ExamVersion.objects.update(published_at=clock.now())

    reply = browser.restore(ticket)

    assert (reply.status_code, reply.json()["error"]) == (409, "cannot_restore")
    assert not StudentSession.objects.exists()


def test_what_else_is_missing_leaves_a_gap_and_no_failure() -> None:
    browser = min_ji()
    ticket = browser.ticket()
    lose(browser.session)
    assert browser.session.school is not None
    browser.session.school.delete()
    ConsentText.objects.all().delete()

    assert browser.restore(ticket).status_code == 200

    row = StudentSession.objects.get(id=browser.session.id)
    assert (row.school, row.consent, row.consent_by) == (None, None, "guardian")


def test_a_submission_that_was_lost_is_made_again() -> None:
    browser = min_ji()
    entry = browser.entry(parts_of(browser.session.version)[0].id, 1)
    browser.save(entry)
    ticket = browser.ticket()
    submission = browser.submission()
    first = browser.post("submit", submission).json()
    lose(browser.session)

    browser.restore(ticket)
    browser.save(entry)
    again = browser.post("submit", submission)

    assert again.status_code == 200
    assert StudentAnswer.objects.get(session=browser.session).value == "1"
    assert StudentSession.objects.get(id=browser.session.id).state == "submitted"
    assert first["receipt"]["key_id"] == again.json()["receipt"]["key_id"]


def test_looking_costs_three_statements_where_nothing_was_lost(
    django_assert_max_num_queries: Any,
) -> None:
    browser = min_ji()
    ticket = browser.ticket()

    # begin, session, tokens, commit
    with django_assert_max_num_queries(4):
        browser.restore(ticket)


def test_an_unknown_ticket_makes_no_session() -> None:
    stranger = Browser(StudentSession(id=uuid.uuid4()), "token")

    assert stranger.restore("x.AAAA").status_code == 400
    assert settings.KEY_RINGS["ticket"]
