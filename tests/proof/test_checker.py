"""Every rule of the checker has a history that breaks it, beside a clean one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.proof.checker import RULES, digest_of, text_of, violations
from tests.proof.history import (
    Acknowledged,
    Claimed,
    Client,
    Entry,
    History,
    Outage,
    Stored,
    StoredConflict,
    StoredEvent,
    StoredResult,
    StoredWriter,
    SubmitAttempt,
)

if TYPE_CHECKING:
    from collections.abc import Callable

A, B = "a" * 32, "b" * 32
ANSWERED = Entry(1, A, 1, "answer", 7, 2)
CHANGED = Entry(1, A, 2, "answer", 7, 3)
FLAGGED = Entry(1, A, 3, "flag", 70, True)
VIEW = {7: 3, 8: None}
DIGEST = digest_of(VIEW)
SUBMIT = "5" * 32
RECEIPT = {"submit_id": SUBMIT, "digest": DIGEST}


def event(entry: Entry, **facts: Any) -> StoredEvent:
    standing = StoredEvent(
        entry.writer, entry.seq, entry.epoch, entry.kind, entry.part, text_of(entry.value),
        "applied", received_ms=1000,
    )  # fmt: skip
    return replace(standing, **facts)


def acknowledged(*entries: Entry, status: str = "applied") -> tuple[Acknowledged, ...]:
    return tuple(Acknowledged(entry, status) for entry in entries)


MIN_JI = Client(
    "Min-ji",
    entries=(ANSWERED, CHANGED, FLAGGED),
    shown_on_device=frozenset({(A, 1), (A, 2), (A, 3)}),
    acknowledged=acknowledged(ANSWERED, CHANGED, FLAGGED),
    submissions=(SubmitAttempt(SUBMIT, A, 3, DIGEST), SubmitAttempt(SUBMIT, A, 3, DIGEST, RECEIPT)),
    final_view=VIEW,
    claims=(Claimed(A, 1, 0),),
    due=((7, 3),),
    clock=((5000, 5100), (4200, 4000)),
)
SUBMITTED = Stored(
    events=(event(ANSWERED), event(CHANGED), event(FLAGGED)),
    answers={7: (1, 2, A, "3")},
    writers={A: StoredWriter(1, 3, 3)},
    receipts=(RECEIPT,),
    results=(StoredResult("2.00", "2.00"),),
    state="submitted",
    runner_states={("flag", 70): (1, 3, A, "true")},
    deadline_ms=10_000,
)
OPEN = replace(SUBMITTED, receipts=(), results=(), state="open")
WRITING = replace(MIN_JI, submissions=())


def history(client: Client = MIN_JI, stored: Stored = SUBMITTED, **facts: Any) -> History:
    return History("3f2a", (client,), stored, **facts)


def broken(found: History) -> set[str]:
    return {violation.rule for violation in violations(found)}


def test_a_clean_history_breaks_nothing() -> None:
    assert violations(history()) == []
    assert violations(history(WRITING, OPEN)) == []
    assert violations(History("3f2a", (), Stored())) == []


UNSENT = Entry(1, A, 4, "answer", 8, 1)
OTHER = Entry(1, A, 1, "answer", 7, 4)
LATER = Entry(2, B, 1, "answer", 7, 1)


def without(*seqs: int) -> tuple[StoredEvent, ...]:
    return tuple(each for each in SUBMITTED.events if each.seq not in seqs)


LOST_FLAG = replace(OPEN, events=without(3), writers={A: StoredWriter(1, 2, 2)}, runner_states={})
WITH_UNSENT = replace(WRITING, entries=(*MIN_JI.entries, UNSENT), final_view=None)
SUPERSEDED = event(ANSWERED, status="superseded")

BREAKING: list[tuple[str, Client, Stored]] = [
    ("acknowledged_is_stored", replace(WRITING, shown_on_device=frozenset()), LOST_FLAG),
    (
        "acknowledged_is_stored",
        replace(
            WRITING,
            entries=(OTHER, *MIN_JI.entries),
            acknowledged=acknowledged(OTHER, status="duplicate"),
            shown_on_device=frozenset(),
        ),
        OPEN,
    ),
    ("status_is_true", replace(WRITING, acknowledged=acknowledged(ANSWERED, status="late")), OPEN),
    (
        "status_is_true",
        replace(WRITING, acknowledged=acknowledged(ANSWERED, status="conflict")),
        OPEN,
    ),
    ("device_arrives", replace(WRITING, acknowledged=()), LOST_FLAG),
    (
        "device_arrives",
        replace(WITH_UNSENT, shown_on_device=frozenset({(A, 4)})),
        OPEN,
    ),
    (
        "current_is_greatest",
        replace(WRITING, final_view=None),
        replace(OPEN, answers={7: (1, 1, A, "2")}),
    ),
    ("current_is_greatest", replace(WRITING, final_view=None), replace(OPEN, answers={})),
    ("current_is_greatest", WRITING, replace(OPEN, runner_states={})),
    (
        "current_is_greatest",
        replace(WRITING, acknowledged=(), final_view=None),
        replace(OPEN, events=(event(ANSWERED), event(CHANGED, status="late"), event(FLAGGED))),
    ),
    (
        "superseded_has_a_newer",
        replace(WRITING, acknowledged=(), final_view=None),
        replace(
            OPEN,
            events=(event(ANSWERED), event(CHANGED, status="superseded"), event(FLAGGED)),
            answers={7: (1, 1, A, "2")},
        ),
    ),
    ("one_effect", WRITING, replace(OPEN, events=(*OPEN.events, event(FLAGGED)))),
    (
        "one_effect",
        WRITING,
        replace(OPEN, conflicts=(StoredConflict(A, 2, 1, "answer", 7, "3"),)),
    ),
    (
        "one_effect",
        WRITING,
        replace(OPEN, conflicts=(StoredConflict(A, 9, 1, "answer", 7, "3"),)),
    ),
    (
        "nothing_is_invented",
        replace(WRITING, acknowledged=(), shown_on_device=frozenset()),
        replace(OPEN, events=(event(ANSWERED, value_text="0"), *without(1))),
    ),
    (
        "no_gaps",
        replace(WRITING, acknowledged=(), shown_on_device=frozenset()),
        replace(OPEN, events=without(1)),
    ),
    ("no_gaps", WRITING, replace(OPEN, writers={A: StoredWriter(1, 2, 3)})),
    ("no_gaps", WRITING, replace(OPEN, writers={})),
    ("submitted_stays", MIN_JI, replace(SUBMITTED, receipts=(RECEIPT, RECEIPT))),
    ("submitted_stays", MIN_JI, replace(SUBMITTED, results=())),
    (
        "submitted_stays",
        MIN_JI,
        replace(
            SUBMITTED,
            results=(
                StoredResult("2.00", None, is_current=False),
                StoredResult("2.00", "2.00", cause="late"),
            ),
        ),
    ),
    ("submitted_stays", WRITING, replace(SUBMITTED, receipts=())),
    (
        "digests_agree",
        replace(MIN_JI, final_view=None, acknowledged=(), entries=(*MIN_JI.entries, LATER)),
        replace(
            SUBMITTED,
            events=(*SUBMITTED.events, event(LATER)),
            answers={7: (2, 1, B, "1")},
            writers={**SUBMITTED.writers, B: StoredWriter(2, 1, 1)},
        ),
    ),
    ("digests_agree", MIN_JI, replace(SUBMITTED, receipts=({**RECEIPT, "submit_id": B},))),
    (
        "digests_agree",
        replace(
            MIN_JI,
            final_view=None,
            submissions=(SubmitAttempt(SUBMIT, A, 3, digest_of({7: 0}), RECEIPT),),
        ),
        SUBMITTED,
    ),
    ("seen_is_stored", replace(WRITING, final_view={7: 3, 8: 1}), OPEN),
    ("seen_is_stored", replace(WRITING, final_view={}), OPEN),
    (
        "score_is_right",
        MIN_JI,
        replace(SUBMITTED, results=(StoredResult("2.00", "4.00"),)),
    ),
    (
        "in_time",
        WRITING,
        replace(OPEN, events=(event(ANSWERED), event(CHANGED, received_ms=70_001), *without(1, 2))),
    ),
    ("epochs_rise", replace(MIN_JI, claims=(Claimed(A, 4, 4),)), SUBMITTED),
    ("typed_is_recorded", replace(MIN_JI, due=((8, "blue"),)), SUBMITTED),
    ("clock_is_true", replace(MIN_JI, clock=((5000, 4700),)), SUBMITTED),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "client", "stored"), BREAKING)
def test_a_rule_sees_what_breaks_it(rule: str, client: Client, stored: Stored) -> None:
    assert broken(history(client, stored)) == {rule}


def test_every_rule_has_a_history_that_breaks_it() -> None:
    others = {"acknowledged_survives"}

    assert {rule for rule, _client, _stored in BREAKING} == set(RULES) - others


def test_an_acknowledgement_that_the_power_cut_made_untrue_is_seen_though_all_was_given_again() -> (
    None
):
    told, there = frozenset({(A, 1), (A, 2)}), frozenset({(A, 1), (A, 2), (A, 3)})

    assert violations(history(outages=(Outage(told, there),))) == []
    assert broken(history(outages=(Outage(told, there), Outage(told, told - {(A, 2)})))) == {
        "acknowledged_survives"
    }


def test_what_nobody_can_know_is_no_violation() -> None:
    unsure = replace(WITH_UNSENT, drained=False, shown_on_device=frozenset({(A, 4)}))
    arrived = replace(
        OPEN,
        events=(*OPEN.events, event(UNSENT)),
        answers={**OPEN.answers, 8: (1, 4, A, "1")},
        writers={A: StoredWriter(1, 4, 4)},
    )

    assert violations(history(unsure, OPEN)) == []
    assert violations(history(unsure, arrived)) == []


def test_a_server_restored_from_a_backup_lacks_only_what_no_living_browser_holds() -> None:
    gone = replace(WRITING, drained=False, final_view=None)
    restored: Callable[[Client], History] = lambda client: history(  # noqa: E731
        client, LOST_FLAG, restored=True
    )

    assert violations(restored(gone)) == []
    assert broken(restored(WRITING)) == {"acknowledged_is_stored", "device_arrives"}
    forgetful = replace(WRITING, volatile=frozenset({(A, 3)}), shown_on_device=frozenset())
    assert violations(restored(forgetful)) == []
    assert broken(history(gone, LOST_FLAG)) == {"acknowledged_is_stored"}


LATE_ENTRY = Entry(1, A, 4, "answer", 7, 1)
LATE_SHOWN = replace(
    MIN_JI,
    entries=(*MIN_JI.entries, LATE_ENTRY),
    acknowledged=acknowledged(LATE_ENTRY, status="late"),
)


def test_a_late_entry_counts_only_once_it_was_decided() -> None:
    late = event(LATE_ENTRY, status="late", received_ms=99_000)
    counted = (1, 4, A, "1")
    held = replace(SUBMITTED, events=(*SUBMITTED.events, late), writers={A: StoredWriter(1, 4, 4)})
    decided = replace(
        held,
        events=(*SUBMITTED.events, replace(late, accepted=True)),
        answers={7: counted},
        results=(
            StoredResult("2.00", None, is_current=False),
            StoredResult("0.00", "0.00", cause="late"),
        ),
        decisions=1,
    )

    assert violations(history(LATE_SHOWN, held)) == []
    assert violations(history(LATE_SHOWN, decided)) == []
    undecided = replace(held, answers={7: counted})
    assert broken(history(LATE_SHOWN, undecided)) == {
        "current_is_greatest",
        "digests_agree",
        "seen_is_stored",
    }


def test_a_view_may_differ_where_the_entry_waits_for_a_person() -> None:
    late = event(LATE_ENTRY, status="late")
    held = replace(OPEN, events=(*OPEN.events, late), writers={A: StoredWriter(1, 4, 4)})
    client = replace(LATE_SHOWN, submissions=(), final_view={7: 1})

    assert violations(history(client, held)) == []


def test_two_pages_under_one_writer_make_a_true_conflict() -> None:
    twin = Client(
        "a duplicated tab",
        entries=(OTHER,),
        shown_on_device=frozenset({(A, 1)}),
        acknowledged=acknowledged(OTHER, status="conflict"),
    )
    stored = replace(OPEN, conflicts=(StoredConflict(A, 1, 1, "answer", 7, "4"),))

    assert violations(History("3f2a", (WRITING, twin), stored)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1, "1"),
        ([0, 2], "[0,2]"),
        ("정답", '"정답"'),
        (None, "null"),
        ((1,), "[1]"),
    ],
)
def test_values_are_compared_as_canonical_text(value: object, text: str) -> None:
    assert text_of(value) == text
