from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from placement_test.models import (
    AnswerEvent,
    ConflictingEntry,
    ExamVersion,
    RunnerState,
    StudentAnswer,
    StudentSession,
)
from placement_test.saving.store import UNKNOWN_WRITER
from tests import sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

SIXTY_FIVE = range(1, 66)

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> ExamVersion:
    return sitting.published(choices=3, shorts=1, longs=1)


@pytest.fixture
def browser(version: ExamVersion) -> Browser:
    return sitting.sitting(version)


@pytest.fixture
def parts(version: ExamVersion) -> list[int]:
    return [part.id for part in parts_of(version)]


def current(browser: Browser) -> dict[int, Any]:
    rows = StudentAnswer.objects.filter(session=browser.session)
    return {row.part_id: json.loads(row.value) for row in rows}


def logged(browser: Browser) -> list[tuple[int, str]]:
    rows = AnswerEvent.objects.filter(session=browser.session).order_by("seq")
    return [(row.seq, row.status) for row in rows]


def test_saves_a_batch_and_acknowledges_each_entry(browser: Browser, parts: list[int]) -> None:
    reply = browser.save(browser.entry(parts[0], 1), browser.entry(parts[3], "blue"))

    assert [each["status"] for each in reply["accepted"]] == ["applied", "applied"]
    assert (reply["through"], reply["missing"], reply["state"]) == (2, [], "open")
    assert current(browser) == {parts[0]: 1, parts[3]: "blue"}


def test_echoes_nonce_and_session_so_that_no_portal_page_is_an_acknowledgement(
    browser: Browser,
) -> None:
    reply = browser.save(nonce="f00d")

    assert (reply["v"], reply["nonce"], reply["session"]) == (1, "f00d", str(browser.session.id))


def test_saving_twice_equals_saving_once(browser: Browser, parts: list[int]) -> None:
    entry = browser.entry(parts[0], 1)
    browser.save(entry)

    assert browser.statuses(entry) == ["duplicate"]

    assert current(browser) == {parts[0]: 1}
    assert logged(browser) == [(1, "applied")]


def test_keeps_other_content_under_a_used_seq_as_a_conflict(
    browser: Browser, parts: list[int]
) -> None:
    browser.save(browser.entry(parts[0], 1))

    statuses = [browser.statuses(browser.entry(parts[0], 2, seq=1)) for _ in range(2)]

    assert statuses == [["conflict"], ["conflict"]]
    assert current(browser) == {parts[0]: 1}
    assert ConflictingEntry.objects.filter(session=browser.session).count() == 1


def test_other_content_under_one_seq_of_a_batch_is_not_acknowledged_as_applied(
    browser: Browser, parts: list[int]
) -> None:
    entry, other = browser.entry(parts[0], 1), browser.entry(parts[0], 2, seq=1)

    reply = browser.save(entry, other)

    assert [each["status"] for each in reply["accepted"]] == ["conflict", "conflict"]
    assert current(browser) == {parts[0]: 1}


def test_says_what_is_missing_also_where_all_was_seen_before(
    browser: Browser, parts: list[int]
) -> None:
    browser.entry(parts[0], 1)
    third = browser.entry(parts[0], 2, seq=3)
    browser.save(third)

    reply = browser.save(third)

    assert reply["accepted"] == [{"seq": 3, "status": "duplicate"}]
    assert (reply["through"], reply["missing"]) == (0, [[1, 2]])


def test_the_last_entry_of_a_part_in_a_batch_wins(browser: Browser, parts: list[int]) -> None:
    browser.save(*[browser.entry(parts[0], value) for value in (0, 1, 2)])

    assert current(browser) == {parts[0]: 2}
    assert logged(browser) == [(1, "applied"), (2, "applied"), (3, "applied")]


def test_clearing_an_answer_is_a_change(browser: Browser, parts: list[int]) -> None:
    browser.answer(parts[0], 1)
    browser.answer(parts[0], None)

    assert current(browser) == {parts[0]: None}


def test_a_late_delivery_of_an_older_entry_does_not_undo_the_newer_one(
    browser: Browser, parts: list[int]
) -> None:
    older, newer = browser.entry(parts[0], 1), browser.entry(parts[0], 2)

    reply = browser.save(newer)
    assert (reply["through"], reply["missing"]) == (0, [[1, 1]])
    assert browser.statuses(older) == ["superseded"]

    assert current(browser) == {parts[0]: 2}
    assert browser.save()["through"] == 2


def test_an_older_page_is_told_and_its_entries_are_kept(browser: Browser, parts: list[int]) -> None:
    newer = Browser(browser.session, browser.token).start()
    newer.answer(parts[0], 2)

    reply = browser.save(browser.entry(parts[0], 1), browser.entry(parts[1], 3))

    assert [each["status"] for each in reply["accepted"]] == ["superseded", "applied"]
    assert reply["state"] == "claimed"
    assert current(newer) == {parts[0]: 2, parts[1]: 3}


def test_the_revision_rises_only_when_another_writer_changed_something(
    browser: Browser, parts: list[int]
) -> None:
    newer = Browser(browser.session, browser.token).start()
    before = newer.save(newer.entry(parts[0], 2))["rev"]

    browser.save(browser.entry(parts[0], 1))
    unchanged = newer.save()["rev"]
    browser.save(browser.entry(parts[1], 1))

    assert (before, unchanged, newer.save()["rev"]) == (0, 0, 1)


def test_a_page_whose_claim_a_restored_server_lost_is_made_to_ask_for_the_state(
    browser: Browser, parts: list[int]
) -> None:
    browser.answer(parts[0], 1)
    browser.session.writers.all().delete()

    heartbeat, next_one = browser.save(), browser.save()

    assert heartbeat["rev"] == next_one["rev"] == UNKNOWN_WRITER
    assert browser.save(browser.entry(parts[0], 2))["rev"] == UNKNOWN_WRITER
    assert browser.save()["rev"] == 0


@pytest.mark.parametrize(
    ("seconds", "status"), [(-1, "applied"), (1, "applied"), (60, "applied"), (61, "late")]
)
def test_what_arrives_within_the_grace_counts_and_later_is_kept_as_late(
    noon: time_machine.Traveller,
    version: ExamVersion,
    parts: list[int],
    seconds: int,
    status: str,
) -> None:
    browser = sitting.sitting(version)
    noon.shift(dt.timedelta(minutes=60, seconds=seconds))

    assert browser.answer(parts[0], 1) == status

    assert logged(browser) == [(1, status)]
    assert current(browser) == ({parts[0]: 1} if status == "applied" else {})


def test_keeps_an_answer_that_arrives_after_submission_as_late(
    browser: Browser, parts: list[int]
) -> None:
    browser.answer(parts[0], 1)
    assert browser.submit().status_code == 200

    assert browser.answer(parts[1], 1) == "late"

    assert current(browser) == {parts[0]: 1}


@pytest.mark.parametrize(
    ("index", "value", "reason"),
    [
        (0, 5, "option"),
        (0, -1, "type"),
        (0, "1", "type"),
        (0, True, "type"),
        (0, [1], "type"),
        (0, 1.5, "type"),
        (0, {"a": 1}, "type"),
        (3, 1, "type"),
        (3, "x" * 20_000, "too_long"),
        (None, 1, "unknown"),
    ],
)
def test_keeps_what_cannot_be_an_answer_raw_and_counts_it_as_received(
    browser: Browser, parts: list[int], index: int | None, value: object, reason: str
) -> None:
    subject = 999_999 if index is None else parts[index]

    reply = browser.save(browser.entry(subject, value))

    assert reply["accepted"] == [{"seq": 1, "status": "rejected", "reason": reason}]
    assert reply["through"] == 1
    assert json.loads(AnswerEvent.objects.get(session=browser.session).value) == value
    assert current(browser) == {}


def test_keeps_null_characters_and_every_script(browser: Browser, parts: list[int]) -> None:
    text = "한글\u0000 \u2028 \U0001f600 \x1b e\u0301"

    assert browser.answer(parts[3], text) == "applied"

    assert current(browser) == {parts[3]: text}
    assert browser.get("state").json()["answers"][str(parts[3])] == [1, 1, text]
    assert browser.submit().status_code == 200


def test_keeps_flags_and_plays_beside_the_answers(
    browser: Browser, parts: list[int], version: ExamVersion
) -> None:
    question = version.sections.get().questions.first()
    assert question is not None

    statuses = browser.statuses(
        browser.entry(question.id, True, kind="flag"),
        browser.entry(question.id, "yes", kind="flag"),
        browser.entry(12345, 1, kind="play"),
    )

    assert statuses == ["applied", "rejected", "rejected"]
    assert browser.get("state").json()["flags"] == {str(question.id): [1, 1, True]}
    assert RunnerState.objects.filter(session=browser.session).count() == 1


def test_a_writer_that_the_server_does_not_know_any_more_is_taken_in(
    browser: Browser, parts: list[int]
) -> None:
    restored = Browser(browser.session, browser.token, epoch=7)

    reply = restored.save(restored.entry(parts[0], 1))

    assert reply["accepted"][0]["status"] == "applied"
    assert StudentSession.objects.get(id=browser.session.id).epoch == 7


@pytest.mark.parametrize("sent", [2**30, 2**31 - 1])
def test_an_absurd_epoch_locks_no_later_page_out(
    browser: Browser, parts: list[int], sent: int
) -> None:
    browser.epoch = sent
    browser.answer(parts[0], 1)

    later = Browser(browser.session, browser.token, epoch=sent).start()

    assert later.epoch == 2**30 + 1
    assert later.answer(parts[1], 2) == "applied"
    assert current(browser) == {parts[0]: 1, parts[1]: 2}


def test_a_heartbeat_notes_the_contact(noon: time_machine.Traveller, browser: Browser) -> None:
    noon.shift(30)

    reply = browser.save(pending=3, storage="memory")

    session = StudentSession.objects.get(id=browser.session.id)
    assert (session.pending, session.storage) == (3, "memory")
    assert session.last_contact_at is not None
    assert (reply["accepted"], reply["remaining_ms"]) == ([], (60 * 60 - 30) * 1000)


@pytest.mark.parametrize("count", [1, 5])
def test_query_count_does_not_depend_on_the_number_of_answers(
    browser: Browser, parts: list[int], django_assert_num_queries: Any, count: int
) -> None:
    browser.answer(parts[0], 0)  # the exam is cached from here on
    values = [1, 1, 1, "blue", "A long answer."]
    entries = [browser.entry(parts[n], values[n]) for n in range(count)]

    # One statement on PostgreSQL.  SQLite: begin (a savepoint here), lock, writer, upsert, append,
    # writer, session, commit.
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 8):
        browser.save(*entries)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        ({"v": 2}, 400),
        ({"writer": "short"}, 400),
        ({"epoch": 0}, 400),
        ({"epoch": 2**31}, 400),
        ({"nonce": ""}, 400),
        ({"entries": [{"seq": 0, "part": 1, "kind": "answer", "value": 1}]}, 400),
        ({"entries": [{"seq": 1, "part": 1, "kind": "other", "value": 1}]}, 400),
        ({"entries": [{"seq": 1, "part": 1, "kind": "answer"}]}, 400),
        (
            {"entries": [{"seq": n, "part": 1, "kind": "flag", "value": 1} for n in range(1, 66)]},
            400,
        ),
        (b"[" * 60_000, 400),
        (b" " * 70_000, 413),
    ],
)
def test_refuses_what_is_no_batch_and_stores_nothing(
    browser: Browser, change: bytes | dict[str, object], status: int
) -> None:
    body = change if isinstance(change, bytes) else browser.batch(**change)

    reply = browser.post("answers", body)

    assert reply.status_code == status
    assert set(reply.json()) >= {"error", "message"}
    assert logged(browser) == []


def test_a_browser_without_the_token_may_not_save(browser: Browser) -> None:
    outsider = Browser(browser.session, "guess")

    assert outsider.post("answers", outsider.batch(epoch=1)).status_code == 401


def test_an_unknown_session_is_not_found(browser: Browser) -> None:
    stranger = Browser(StudentSession(id=uuid.uuid4()), browser.token)

    assert stranger.post("answers", stranger.batch(epoch=1)).status_code == 404
