"""What a browser may still do after its session went on to another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from placement_test.lib import clock
from placement_test.models import AnswerEvent, SessionToken, StudentAnswer, StudentSession, Writer
from placement_test.sessions.services.tokens import issue_token, supersede_tokens
from tests import sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

pytestmark = pytest.mark.django_db


def taken_over(browser: Browser) -> Browser:
    """Return the browser that the session goes on in."""
    now = clock.now()
    supersede_tokens(browser.session, now)
    return Browser(browser.session, issue_token(browser.session, now)[0])


@pytest.fixture
def old() -> Browser:
    browser = sitting.sitting()
    browser.answer(part_of(browser), 1)
    return browser


def part_of(browser: Browser, number: int = 0) -> int:
    return parts_of(browser.session.version)[number].id


def current(browser: Browser) -> dict[int, object]:
    rows = StudentAnswer.objects.filter(session=browser.session)
    return {row.part_id: json.loads(row.value) for row in rows}


def test_its_own_entries_are_taken_and_it_is_told_at_once(old: Browser) -> None:
    taken_over(old)

    reply = old.save(old.entry(part_of(old, 1), 2))

    assert (reply["accepted"][0]["status"], reply["state"]) == ("applied", "claimed")
    assert current(old) == {part_of(old): 1, part_of(old, 1): 2}


def test_the_browser_that_goes_on_hears_of_them(old: Browser) -> None:
    new = taken_over(old)
    rev = new.get("state").json()["rev"]

    old.answer(part_of(old, 1), 2)

    assert new.start().save()["rev"] == rev + 1


def test_its_older_entries_do_not_undo_newer_ones(old: Browser) -> None:
    new = taken_over(old).start()
    new.answer(part_of(old), 3)

    assert old.answer(part_of(old), 2) == "superseded"

    assert current(old) == {part_of(old): 3}


@pytest.mark.parametrize("call", ["claim", "submit"])
def test_to_claim_or_to_submit_it_needs_the_code(old: Browser, call: str) -> None:
    taken_over(old)
    bodies = {"claim": {"writer": old.writer, "seen_epoch": 9}, "submit": old.submission()}

    reply = old.post(call, bodies[call])

    assert (reply.status_code, reply.json()["error"]) == (401, "code_needed")
    assert StudentSession.objects.get(id=old.session.id).state == "open"


def test_it_does_not_start_a_test_that_went_on_elsewhere() -> None:
    made = sitting.registered()
    old = Browser(made.session, made.token)
    new = taken_over(old)

    assert old.post("begin", {}).json()["error"] == "code_needed"
    new.start()
    assert old.post("begin", {}).json()["ticket"] is None


def test_it_may_look_but_is_shown_neither_code_nor_ticket(old: Browser) -> None:
    new = taken_over(old)

    seen, own = old.get("state").json(), new.get("state").json()

    assert seen["answers"] == own["answers"]
    assert (seen["resume_code"], seen["ticket"]) == (None, None)
    assert own["resume_code"]
    assert own["ticket"]
    assert old.get("exam").status_code == 200


def test_it_opens_no_easier_test(old: Browser) -> None:
    taken_over(old)

    reply = old.client.post(f"/sit/{old.session.id}/level/", {"step": "easier"})

    assert reply.status_code == 401


def test_entries_of_a_writer_that_the_server_does_not_know_are_kept_and_never_count(
    old: Browser,
) -> None:
    taken_over(old).start()
    stray = Browser(old.session, old.token, epoch=9)
    before = StudentSession.objects.get(id=old.session.id).epoch

    statuses = [stray.answer(part_of(old, 1), 2) for _ in range(2)]

    assert statuses == ["superseded", "superseded"]
    assert current(old) == {part_of(old): 1}
    assert StudentSession.objects.get(id=old.session.id).epoch == before
    assert Writer.objects.get(writer=stray.writer).epoch == 0
    kept = AnswerEvent.objects.filter(writer=stray.writer).values_list("status", "reason")
    assert list(kept) == [("superseded", "no_claim")] * 2


def test_entries_under_another_epoch_than_the_writer_s_never_count(old: Browser) -> None:
    new = taken_over(old).start()
    old.epoch = 1000

    assert old.answer(part_of(old), 4) == "superseded"

    assert current(old) == {part_of(old): 1}
    assert StudentSession.objects.get(id=old.session.id).epoch == new.epoch


def test_it_cannot_write_under_the_name_of_the_page_that_goes_on(old: Browser) -> None:
    new = taken_over(old).start()
    thief = Browser(old.session, old.token, writer=new.writer, epoch=new.epoch)

    reply = thief.post("answers", thief.batch(thief.entry(part_of(old), 4)))

    assert (reply.status_code, reply.json()["error"]) == (401, "code_needed")
    assert new.answer(part_of(old), 3) == "applied"


def test_what_it_hands_in_after_the_end_is_late(old: Browser) -> None:
    new = taken_over(old).start()
    new.shown = {part_of(old): 1}
    assert new.submit().status_code == 200

    assert old.answer(part_of(old), 2) == "late"


def test_with_the_code_it_goes_on_as_before(old: Browser) -> None:
    new = taken_over(old).start()
    stray = Browser(old.session, old.token, epoch=9)
    stray.answer(part_of(old, 1), 2)
    back = taken_over(old)
    back.writer, back.seq = stray.writer, stray.seq

    back.start()

    assert back.epoch > new.epoch
    assert back.answer(part_of(old, 1), 4) == "applied"
    assert current(old)[part_of(old, 1)] == 4


def test_a_submission_that_waits_while_the_session_goes_on_is_refused(old: Browser) -> None:
    from placement_test.errors import CodeNeeded
    from placement_test.sessions.services.submitting import _freeze

    session = StudentSession.objects.get(id=old.session.id)
    session.state, session.ended_at = "submitted", clock.now()
    taken_over(old)

    with pytest.raises(CodeNeeded):
        _freeze(session, old.token)

    assert StudentSession.objects.get(id=old.session.id).state == "open"


def test_says_how_long_ago_another_browser_was_heard(noon: time_machine.Traveller) -> None:
    first = sitting.sitting()
    alone = first.get("state").json()["elsewhere_ms"]
    second = Browser(first.session, issue_token(first.session, clock.now())[0])
    noon.shift(5)

    before_its_claim = second.get("state").json()["elsewhere_ms"]
    second.start()
    noon.shift(2)
    second.save()

    assert (alone, before_its_claim) == (None, 5000)
    assert second.get("state").json()["elsewhere_ms"] == 7000
    assert first.get("state").json()["elsewhere_ms"] == 0


def test_a_browser_that_the_session_has_left_is_not_heard(noon: time_machine.Traveller) -> None:
    old = sitting.sitting()
    noon.shift(60)
    new = taken_over(old).start()
    noon.shift(1)

    old.save()

    assert new.get("state").json()["elsewhere_ms"] == 61_000


def test_a_token_is_superseded_once(old: Browser) -> None:
    taken_over(old)
    first = SessionToken.objects.get(superseded_at__isnull=False).superseded_at

    taken_over(old)

    assert SessionToken.objects.order_by("id")[0].superseded_at == first
