"""What ``stored`` reads is what the services wrote."""

from __future__ import annotations

import uuid

import pytest

from placement_test.results.services import late
from tests import builders, sitting
from tests.proof.checker import violations
from tests.proof.history import (
    Acknowledged,
    Claimed,
    Client,
    Entry,
    History,
    Stored,
    StoredConflict,
    StoredEvent,
    StoredResult,
    StoredWriter,
    SubmitAttempt,
)
from tests.proof.stored import stored
from tests.sitting import parts_of

pytestmark = pytest.mark.django_db


def test_a_whole_sitting_is_told_and_is_clean(noon: object) -> None:
    browser = sitting.sitting()
    writer = browser.writer
    parts = parts_of(browser.session.version)
    first, second, question = parts[0].id, parts[1].id, parts[0].question_id
    browser.answer(first, 0)
    browser.answer(first, 1)
    browser.save(browser.entry(second, 4), browser.entry(question, True, kind="flag"))
    conflicting = browser.save({**browser.entry(second, 2, seq=1), "at": 7})
    browser.submit()

    told = stored(browser.session.id)

    entries = (
        Entry(1, writer, 1, "answer", first, 0),
        Entry(1, writer, 2, "answer", first, 1),
        Entry(1, writer, 3, "answer", second, 4),
        Entry(1, writer, 4, "flag", question, True),
    )
    texts = ("0", "1", "4", "true")
    begun = int(browser.session.registered_at.timestamp() * 1000)
    assert conflicting["accepted"] == [{"seq": 1, "status": "conflict"}]
    assert told.events == tuple(
        StoredEvent(writer, each.seq, 1, each.kind, each.part, text, "applied", received_ms=begun)
        for each, text in zip(entries, texts, strict=True)
    )
    assert told.answers == {first: (1, 2, writer, "1"), second: (1, 3, writer, "4")}
    assert told.runner_states == {("flag", question): (1, 4, writer, "true")}
    assert told.writers == {writer: StoredWriter(1, 4, 4)}
    assert told.conflicts == (StoredConflict(writer, 1, 1, "answer", second, "2"),)
    assert [body["digest"] for body in told.receipts] == [browser.digest()]
    assert told.results == (StoredResult("2.00", "2.00"),)
    assert (told.state, told.decisions, told.reopened) == ("submitted", 0, 0)
    assert told.deadline_ms == begun + 3_600_000
    receipt = told.receipts[0]
    client = Client(
        "Min-ji",
        entries,
        frozenset(entry.key for entry in entries),
        tuple(Acknowledged(entry, "applied") for entry in entries),
        (SubmitAttempt(receipt["submit_id"], writer, 4, browser.digest(), receipt),),
        final_view=browser.shown,
        claims=(Claimed(writer, 1, 0),),
    )
    assert violations(History(str(browser.session.id), (client,), told)) == []


def test_a_decision_is_told_with_its_entry(noon: object) -> None:
    browser = sitting.sitting()
    part = parts_of(browser.session.version)[0].id
    browser.answer(part, 0)
    browser.submit()
    browser.answer(part, 1)
    event = browser.session.events.get(status="late")

    late.decide_late(
        browser.session.id, [event.pk], accept=True, reason="network", actor=builders.staff()
    )

    told = stored(browser.session.id)
    assert [each.accepted for each in told.events] == [None, True]
    assert told.answers[part] == (1, 2, browser.writer, "1")
    assert [(each.score, each.recomputed, each.cause) for each in told.results] == [
        ("0.00", None, "ended"),
        ("2.00", "2.00", "late"),
    ]
    assert told.decisions == 1


def test_a_session_that_is_gone_is_told_as_gone() -> None:
    assert stored(uuid.uuid4()) == Stored(state="gone")
