from __future__ import annotations

import base64
import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from placement_test.models import (
    KeyRevision,
    PartMark,
    Placement,
    Receipt,
    Result,
    StudentSession,
)
from placement_test.sessions.services import end_if_overdue, sweep
from tests import sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

pytestmark = pytest.mark.django_db


def answer_all(browser: Browser, values: list[Any]) -> None:
    parts = parts_of(browser.session.version)
    browser.save(
        *[browser.entry(part.id, value) for part, value in zip(parts, values, strict=False)]
    )


def test_submitting_marks_places_and_signs() -> None:
    browser = sitting.sitting(sitting.published(choices=3, shorts=1))
    answer_all(browser, [1, 1, 0, " BLUE "])

    reply = browser.submit()

    result = Result.objects.get(session=browser.session)
    placement = Placement.objects.get(session=browser.session)
    assert reply.status_code == 200, reply.content
    assert [result.score, result.max_score, result.percent] == [6, 8, 75]
    assert (placement.step, placement.level_id) == (0, browser.session.start_level_id)
    assert list(
        PartMark.objects.filter(result=result).order_by("part_id").values_list("outcome", flat=True)
    ) == ["correct", "correct", "wrong", "correct"]


def test_the_receipt_can_be_checked_with_the_public_key_alone() -> None:
    browser = sitting.sitting()
    answer_all(browser, [1])

    reply = browser.submit().json()

    key = Ed25519PrivateKey.from_private_bytes(settings.KEY_RINGS["receipt"][0].secret)
    body = json.loads(reply["receipt"]["body"])
    key.public_key().verify(
        base64.b64decode(reply["receipt"]["signature"]), reply["receipt"]["body"].encode()
    )
    assert (body["session"], body["answers"]) == (str(browser.session.id), 1)
    assert body["digest"] == browser.digest()
    assert len(reply["check_code"]) == 8


def test_twenty_clicks_are_one_submission() -> None:
    browser = sitting.sitting()
    answer_all(browser, [1])

    codes = {browser.submit().json()["check_code"] for _ in range(20)}

    assert len(codes) == 1
    assert Receipt.objects.count() == Result.objects.count() == 1


def test_asks_for_what_has_not_arrived() -> None:
    browser = sitting.sitting()
    answer_all(browser, [1])
    browser.seq += 2

    reply = browser.submit()

    assert (reply.status_code, reply.json()["error"]) == (409, "missing")
    assert reply.json()["missing"] == [[2, 3]]
    assert not Result.objects.exists()


def test_answers_a_differing_digest_with_what_the_server_holds() -> None:
    browser = sitting.sitting()
    answer_all(browser, [1, 2])
    part = parts_of(browser.session.version)[0].id
    browser.shown[part] = 3

    reply = browser.submit()

    assert (reply.status_code, reply.json()["error"]) == (409, "digest")
    assert reply.json()["answers"][str(part)] == [1, 1, 1]
    assert StudentSession.objects.get(id=browser.session.id).state == "open"


def test_a_cleared_answer_is_no_part_of_the_digest() -> None:
    browser = sitting.sitting()
    answer_all(browser, [1, 2])
    answer_all(browser, [None])

    assert browser.submit().status_code == 200

    assert json.loads(Receipt.objects.get().body)["answers"] == 1


def test_submitting_before_the_start_is_refused() -> None:
    made = sitting.registered()
    browser = Browser(made.session, made.token)

    reply = browser.submit()

    assert (reply.status_code, reply.json()["error"]) == (409, "not_started")


def test_submitting_after_the_grace_is_refused_and_the_sweep_marks_what_is_there(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    answer_all(browser, [1, 1, 1])
    noon.shift(dt.timedelta(minutes=61, seconds=1))

    assert browser.submit().json()["error"] == "ended"
    assert sweep() == 1

    session = StudentSession.objects.get(id=browser.session.id)
    assert (session.state, session.ended_at) == ("expired", session.deadline_at)
    assert Result.objects.get(session=session).percent == 100


def test_the_sweep_leaves_sessions_within_their_grace_alone(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    noon.shift(dt.timedelta(minutes=61))

    assert sweep() == 0

    assert StudentSession.objects.get(id=browser.session.id).state == "open"


def test_a_session_that_cannot_be_marked_keeps_no_other_one_from_ending(
    noon: time_machine.Traveller,
) -> None:
    broken, sound = sitting.sitting(), sitting.sitting()
    StudentSession.objects.filter(id=broken.session.id).update(
        version=sitting.published(title="A paper without a key"),
        deadline_at=F("deadline_at") - dt.timedelta(minutes=1),
    )
    KeyRevision.objects.exclude(version=sound.session.version).delete()
    noon.shift(dt.timedelta(minutes=62))

    assert sweep() == 1

    states = dict(StudentSession.objects.values_list("id", "state"))
    assert states == {broken.session.id: "open", sound.session.id: "expired"}


def test_any_read_ends_an_overdue_session(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    noon.shift(dt.timedelta(minutes=62))

    assert browser.get("state").json()["state"] == "expired"

    assert Result.objects.filter(session=browser.session).exists()


def test_what_arrived_in_time_counts_although_the_sweep_was_faster(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    parts = parts_of(browser.session.version)
    noon.shift(dt.timedelta(minutes=59))
    arrived_batch = browser.batch(browser.entry(parts[0].id, 1))
    StudentSession.objects.filter(id=browser.session.id).update(
        deadline_at=browser.session.registered_at
    )
    sweep()
    StudentSession.objects.filter(id=browser.session.id).update(
        deadline_at=browser.session.registered_at + dt.timedelta(minutes=60)
    )

    reply = browser.post("answers", arrived_batch).json()

    assert reply["accepted"] == [{"seq": 1, "status": "applied"}]
    assert Result.objects.get(session=browser.session, is_current=True).score == 2


def test_a_session_that_waits_for_marking_is_not_placed_yet() -> None:
    browser = sitting.sitting(sitting.published(choices=1, longs=1))
    answer_all(browser, [1, "I like blue. It is calm."])

    browser.submit()

    result = Result.objects.get(session=browser.session)
    assert [result.waiting, result.score] == [1, 2]
    assert not Placement.objects.exists()


@pytest.mark.parametrize(("right", "step"), [(0, -1), (2, 0), (5, 1)])
def test_the_cuts_move_the_starting_level(right: int, step: int) -> None:
    browser = sitting.sitting(sitting.published(choices=5))
    answer_all(browser, [1] * right + [0] * (5 - right))

    browser.submit()

    placement = Placement.objects.select_related("level", "start_level").get()
    assert placement.step == step
    assert placement.level.tier == placement.start_level.tier + step
    assert placement.reasons["percent"] == str(Decimal(right * 20).quantize(Decimal("0.01")))


@pytest.mark.parametrize("count", [5, 50])
def test_submitting_takes_at_most_ten_statements_for_an_exam_of_any_length(count: int) -> None:
    warm = sitting.sitting(sitting.published(choices=count))
    answer_all(warm, [1] * count)
    browser = Browser(*_again(warm)).start()
    answer_all(browser, [1] * count)
    warm.submit()

    with CaptureQueriesContext(connection) as captured:
        assert browser.submit().status_code == 200

    # begin, session, answers, key, result, marks, placement, freeze, receipt, commit
    assert len(captured) == 10, [query["sql"][:90] for query in captured]


def _again(browser: Browser) -> tuple[StudentSession, str]:
    made = sitting.registered(browser.session.version, event=browser.session.event, name="Ji-ho")
    return made.session, made.token


def test_ending_twice_changes_nothing(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    noon.shift(dt.timedelta(minutes=62))

    first = end_if_overdue(StudentSession.objects.get(id=browser.session.id))
    second = end_if_overdue(StudentSession.objects.get(id=browser.session.id))

    assert first.ended_at == second.ended_at
    assert Result.objects.count() == 1
