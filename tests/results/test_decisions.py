from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placement_test.errors import (
    EntriesDecided,
    KeyReplaced,
    MarkedMeanwhile,
    NotMarkedYet,
    NotOverruled,
    PointsOutOfRange,
    ReasonMissing,
)
from placement_test.exams.rules.keys import EnteredKey
from placement_test.exams.services.keys import correct_key
from placement_test.models import (
    AnswerEvent,
    AuditEntry,
    EntryDecision,
    ExamVersion,
    HandMark,
    KeyRevision,
    Level,
    Placement,
    Result,
    StaffUser,
    StudentAnswer,
    StudentSession,
)
from placement_test.results import services
from placement_test.results.queries import remarking as reads
from placement_test.results.services import remarking
from tests import builders, sitting
from tests.results.finished import current, handed_in, level, many, tier
from tests.sitting import parts_of, published

pytestmark = pytest.mark.django_db

WRONG, RIGHT = 0, 1


@pytest.fixture
def ms_han() -> StaffUser:
    return builders.staff()


def late_answers(session: StudentSession, *entries: tuple[int, int, str]) -> list[int]:
    """Store answers under (part, seq, status), each of them the right option."""
    return [
        AnswerEvent.objects.create(
            session=session,
            writer=session.id,
            seq=seq,
            epoch=5,
            kind="answer",
            subject=part,
            value="1",
            at_ms=1,
            received_at=session.registered_at,
            status=status,
        ).pk
        for part, seq, status in entries
    ]


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


# Marking by hand


def test_marking_the_last_waiting_answer_places_the_student(ms_han: StaffUser) -> None:
    version = published(choices=1, longs=2)
    session = handed_in(version, RIGHT, "one", "two")
    first, second = parts_of(version)[1:]
    assert (current(session)[0].waiting, level(session)) == (2, "")

    waiting = services.mark_by_hand(
        session.id, first, points=Decimal(2), note="", seen=0, actor=ms_han
    )
    result = services.mark_by_hand(
        session.id, second, points=Decimal("1.5"), note="good", seen=0, actor=ms_han
    )

    assert waiting is None
    assert result is not None
    assert (result.cause, result.score, result.waiting) == ("marked", Decimal("5.50"), 0)
    assert tier(session) == 1
    assert actions()[-2:] == ["answer marked", "answer marked"]


def test_a_second_teacher_does_not_overwrite_silently(ms_han: StaffUser) -> None:
    version = published(choices=0, longs=1)
    session = handed_in(version, "text")
    part = parts_of(version)[0]
    services.mark_by_hand(session.id, part, points=Decimal(2), note="", seen=0, actor=ms_han)

    with pytest.raises(MarkedMeanwhile):
        services.mark_by_hand(session.id, part, points=Decimal(0), note="", seen=0, actor=ms_han)

    assert list(HandMark.objects.values_list("points", flat=True)) == [Decimal(2)]


def test_new_points_replace_old_ones_where_they_were_seen(ms_han: StaffUser) -> None:
    version = published(choices=0, longs=1)
    session = handed_in(version, "text")
    part = parts_of(version)[0]
    services.mark_by_hand(session.id, part, points=Decimal(2), note="", seen=0, actor=ms_han)
    seen = HandMark.objects.get().pk

    services.mark_by_hand(session.id, part, points=Decimal(0), note="", seen=seen, actor=ms_han)

    assert current(session)[0].score == 0
    assert Result.objects.filter(session=session).count() == 3


@pytest.mark.parametrize("points", ["-0.01", "2.01"])
def test_points_lie_between_nothing_and_what_the_part_is_worth(
    ms_han: StaffUser, points: str
) -> None:
    version = published(choices=0, longs=1)
    session = handed_in(version, "text")

    with pytest.raises(PointsOutOfRange):
        services.mark_by_hand(
            session.id,
            parts_of(version)[0],
            points=Decimal(points),
            note="",
            seen=0,
            actor=ms_han,
        )


def test_a_running_session_is_not_marked_by_hand(ms_han: StaffUser) -> None:
    version = published(longs=1)
    page = sitting.sitting(version)

    with pytest.raises(NotMarkedYet):
        services.mark_by_hand(
            page.session.id,
            parts_of(version)[0],
            points=Decimal(1),
            note="",
            seen=0,
            actor=ms_han,
        )


# The level by decision


def test_staff_overrule_a_level_and_a_new_result_leaves_it(ms_han: StaffUser) -> None:
    version = published(choices=2, longs=1)
    session = handed_in(version, RIGHT, RIGHT, "text")
    aim = Level.objects.get(tier=30)

    services.overrule(session.id, level=aim, reason="Interview", actor=ms_han)
    services.mark_by_hand(
        session.id, parts_of(version)[2], points=Decimal(0), note="", seen=0, actor=ms_han
    )

    placement = current(session)[1]
    assert placement is not None
    assert (placement.level, placement.origin, placement.reason) == (aim, "overrule", "Interview")
    assert actions()[-2:] == ["level overruled", "answer marked"]


def test_withdrawing_returns_to_the_level_of_the_rules(ms_han: StaffUser) -> None:
    session = handed_in(published(choices=2), RIGHT, RIGHT)
    by_rule = level(session)
    services.overrule(session.id, level=Level.objects.get(tier=30), reason="Why", actor=ms_han)

    services.withdraw(session.id, reason="Mistaken", actor=ms_han)

    assert level(session) == by_rule
    assert list(Placement.objects.order_by("id").values_list("origin", "is_current")) == [
        ("rules", False),
        ("overrule", False),
        ("rules", True),
    ]


def test_overruling_needs_a_reason_and_withdrawing_something_to_withdraw(
    ms_han: StaffUser,
) -> None:
    session = handed_in(published(choices=1), RIGHT)

    with pytest.raises(ReasonMissing):
        services.overrule(session.id, level=Level.objects.get(tier=1), reason=" ", actor=ms_han)
    with pytest.raises(NotOverruled):
        services.withdraw(session.id, reason="Why", actor=ms_han)


# Late answers


def test_counting_a_late_answer_marks_and_places_again(ms_han: StaffUser) -> None:
    version = published(choices=2)
    session = handed_in(version, RIGHT, WRONG)
    assert tier(session) == 0
    ids = late_answers(session, (parts_of(version)[1].id, 1, "late"))

    result = services.decide_late(session.id, ids, accept=True, reason="Power cut", actor=ms_han)

    assert result is not None
    assert (result.cause, result.percent, tier(session)) == ("late", Decimal(100), 1)
    assert AnswerEvent.objects.get(pk=ids[0]).status == "late"
    decision = EntryDecision.objects.get()
    assert (decision.event_id, decision.accepted, decision.reason) == (ids[0], True, "Power cut")
    assert actions()[-1] == "late answers counted"


def test_of_several_late_answers_to_one_part_the_newest_counts(ms_han: StaffUser) -> None:
    version = published(choices=1)
    session = handed_in(version, WRONG)
    part = parts_of(version)[0]
    ids = late_answers(session, (part.id, 2, "late"), (part.id, 1, "superseded"))
    AnswerEvent.objects.filter(pk=ids[1]).update(value="3")

    services.decide_late(session.id, ids, accept=True, reason="Power cut", actor=ms_han)

    answer = StudentAnswer.objects.get(session=session)
    assert (answer.value, answer.epoch, answer.seq) == ("1", 5, 2)


def test_leaving_late_answers_changes_no_result(ms_han: StaffUser) -> None:
    version = published(choices=1)
    session = handed_in(version, WRONG)
    part = parts_of(version)[0]
    ids = late_answers(session, (part.id, 1, "late"), (part.id, 2, "rejected"))

    assert (
        services.decide_late(session.id, ids, accept=False, reason="Too late", actor=ms_han) is None
    )

    assert Result.objects.count() == 1
    assert set(EntryDecision.objects.values_list("event_id", "accepted")) == {
        (ids[0], False),
        (ids[1], False),
    }


def test_what_was_decided_or_rejected_or_foreign_cannot_be_counted(ms_han: StaffUser) -> None:
    version = published(choices=1)
    session = handed_in(version, WRONG)
    other = handed_in(version, WRONG, name="Seo-jun")
    part = parts_of(version)[0]
    late, rejected = late_answers(session, (part.id, 1, "late"), (part.id, 2, "rejected"))
    foreign = late_answers(other, (part.id, 1, "late"))[0]
    services.decide_late(session.id, [late], accept=False, reason="No", actor=ms_han)

    for ids in ([late], [rejected], [foreign], []):
        with pytest.raises(EntriesDecided):
            services.decide_late(session.id, ids, accept=True, reason="Yes", actor=ms_han)

    assert Result.objects.filter(session=session).count() == 1


# A corrected key


def corrected(version: ExamVersion, actor: StaffUser, *, right: int) -> KeyRevision:
    """Make another option of the first part the right one."""
    part = parts_of(version)[0]
    return correct_key(version, {part.id: EnteredKey((right,), (), {})}, "Misprint", actor)


def test_previews_and_applies_a_corrected_key(ms_han: StaffUser) -> None:
    version = published(choices=2)
    gains = handed_in(version, WRONG, RIGHT)
    loses = handed_in(version, RIGHT, RIGHT, name="Seo-jun")
    same = handed_in(version, 2, WRONG, name="Ha-eun")
    revision = corrected(version, ms_han, right=WRONG)

    preview = remarking.preview(revision)
    stored = Result.objects.count()
    applied = remarking.apply(revision, ms_han)

    assert stored == 3
    assert (preview.sessions, preview.scores, preview.levels) == (3, 2, 2)
    assert {
        change.session_id: (change.score_before, change.score_after) for change in preview.changes
    } == {
        gains.id: (Decimal(2), Decimal(4)),
        loses.id: (Decimal(4), Decimal(2)),
    }
    assert applied == remarking.Applied(sessions=3, scores=2, levels=2, remaining=0)
    assert (tier(gains), tier(loses), tier(same)) == (1, 0, -1)
    for change in preview.changes:
        session = StudentSession.objects.get(id=change.session_id)
        result, placement = current(session)
        assert (result.cause, result.score) == ("key", change.score_after)
        assert placement is not None
        assert placement.level_id == change.level_after
    entry = AuditEntry.objects.get(action="sessions marked again")
    assert entry.after == {"sessions": 3, "scores": 2, "levels": 2}


def test_applying_twice_is_applying_once_and_a_broken_off_call_is_resumed(
    ms_han: StaffUser,
) -> None:
    version = published(choices=2)
    for name in ("A", "B", "C"):
        handed_in(version, WRONG, RIGHT, name=name)
    revision = corrected(version, ms_han, right=WRONG)

    calls = [remarking.apply(revision, ms_han, most=2) for _ in range(3)]

    assert [(call.sessions, call.remaining) for call in calls] == [(2, 1), (1, 0), (0, 0)]
    assert Result.objects.filter(cause="key").count() == 3
    assert remarking.preview(revision).sessions == 0


def test_a_session_that_another_call_marked_meanwhile_is_passed_over(
    ms_han: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = published(choices=2)
    session = handed_in(version, WRONG, RIGHT)
    revision = corrected(version, ms_han, right=WRONG)
    monkeypatch.setattr(reads, "pending_ids", lambda _revision: [session.id] * 2)

    assert remarking.apply(revision, ms_han).sessions == 1

    assert Result.objects.filter(session=session).count() == 2


def test_a_corrected_key_leaves_decided_levels_and_hand_marks(ms_han: StaffUser) -> None:
    version = published(choices=1, longs=1)
    session = handed_in(version, WRONG, "text")
    services.mark_by_hand(
        session.id, parts_of(version)[1], points=Decimal(1), note="", seen=0, actor=ms_han
    )
    services.overrule(session.id, level=Level.objects.get(tier=30), reason="Why", actor=ms_han)
    revision = corrected(version, ms_han, right=WRONG)

    change = remarking.preview(revision).changes[0]
    remarking.apply(revision, ms_han)

    assert (change.score_after, change.changes_level, change.is_overruled) == (
        Decimal(3),
        False,
        True,
    )
    result, placement = current(session)
    assert (result.score, placement and placement.level.tier) == (Decimal(3), 30)


def test_an_older_revision_is_not_marked_under(ms_han: StaffUser) -> None:
    version = published(choices=1)
    first = corrected(version, ms_han, right=WRONG)
    corrected(version, ms_han, right=2)

    for call in (lambda: remarking.preview(first), lambda: remarking.apply(first, ms_han)):
        with pytest.raises(KeyReplaced):
            call()


def test_a_preview_takes_as_many_queries_for_30_sessions_as_for_300(
    ms_han: StaffUser,
) -> None:
    builders.curriculum()
    version = published(choices=2)
    revision = corrected(version, ms_han, right=WRONG)
    counted = []
    for more in (30, 270):
        many(version, more)
        remarking.preview(revision)
        with CaptureQueriesContext(connection) as captured:
            assert remarking.preview(revision).sessions == (30 if more == 30 else 300)
        counted.append(len(captured))

    # newest key, ids, answers, hand marks, sessions with result and placement
    assert counted == [5, 5]
