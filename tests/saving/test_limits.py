"""What one session may send, and what becomes of more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from placement_test.lib import clock
from placement_test.models import AnswerEvent, ConflictingEntry, StudentSession, Writer
from placement_test.saving import entries, limits
from tests import sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    import time_machine

    from tests.sitting import Browser

pytestmark = pytest.mark.django_db


def full(browser: Browser) -> None:
    StudentSession.objects.filter(id=browser.session.id).update(
        limit_window=limits.window(clock.now()), limit_calls=limits.MOST_CALLS
    )


def test_as_many_calls_as_a_window_takes_are_taken(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    StudentSession.objects.update(limit_calls=limits.MOST_CALLS - 2)

    statuses = [browser.post("answers", browser.batch()).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("call", ["answers", "claim", "submit"])
def test_more_is_answered_429_and_is_taken_a_moment_later(
    noon: time_machine.Traveller, call: str
) -> None:
    browser = sitting.sitting()
    entry = browser.entry(parts_of(browser.session.version)[0].id, 1)
    bodies: dict[str, Any] = {
        "answers": browser.batch(entry),
        "claim": {"writer": "f" * 32, "seen_epoch": 1},
        "submit": browser.submission(last_seq=0, digest="0" * 64),
    }
    full(browser)

    refused = browser.post(call, bodies[call])

    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_saves")
    assert 1 <= int(refused["Retry-After"]) <= limits.WINDOW_SECONDS
    assert not AnswerEvent.objects.exists()
    noon.shift(int(refused["Retry-After"]))
    assert browser.post(call, bodies[call]).status_code in {200, 409}


def test_a_page_that_asks_for_its_receipt_for_ever_is_counted(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    submission = browser.submission(digest="0" * 64)

    statuses = [browser.post("submit", submission).status_code for _ in range(limits.MOST_CALLS)]

    assert statuses[0] == 409
    assert statuses[-1] == 429


def test_the_limit_of_one_session_is_no_other_session_s(noon: time_machine.Traveller) -> None:
    version = sitting.published()
    busy, quiet = sitting.sitting(version), sitting.sitting(version)
    full(busy)

    assert busy.post("answers", busy.batch()).status_code == 429
    assert quiet.post("answers", quiet.batch()).status_code == 200


@pytest.mark.parametrize("column", ["event_count", "conflict_count", "claim_count"])
def test_a_session_at_its_bound_is_answered_429_and_keeps_what_it_has(column: str) -> None:
    browser = sitting.sitting()
    part = parts_of(browser.session.version)[0].id
    first = browser.entry(part, 1)
    browser.save(first)
    most = {
        "event_count": limits.MOST_EVENTS,
        "conflict_count": limits.MOST_CONFLICTS,
        "claim_count": limits.MOST_CLAIMS,
    }
    StudentSession.objects.update(**{column: most[column]})

    replies = {
        "event_count": lambda: browser.post("answers", browser.batch(browser.entry(part, 2))),
        "conflict_count": lambda: browser.post(
            "answers", browser.batch(browser.entry(part, 2, seq=1))
        ),
        "claim_count": lambda: browser.post("claim", {"writer": "f" * 32}),
    }[column]()

    assert (replies.status_code, replies.json()["error"]) == (429, "too_many_saves")
    assert "Retry-After" in replies
    assert browser.statuses(first) == ["duplicate"]
    counts = [AnswerEvent.objects.count(), ConflictingEntry.objects.count(), Writer.objects.count()]
    assert counts == [1, 0, 1]


def test_counts_what_a_session_has() -> None:
    browser = sitting.sitting()
    part = parts_of(browser.session.version)[0].id
    browser.save(browser.entry(part, 1), browser.entry(part, 2))
    for _ in range(2):
        browser.save(browser.entry(part, 3, seq=1))
    other = sitting.Browser(browser.session, browser.token, epoch=1)
    other.save(other.entry(part, 0))

    session = StudentSession.objects.get(id=browser.session.id)

    assert (session.event_count, session.conflict_count, session.claim_count) == (3, 1, 2)


def test_this_version_of_the_protocol_and_the_one_before_are_taken() -> None:
    browser = sitting.sitting()
    taken = range(entries.OLDEST_PROTOCOL, entries.PROTOCOL + 1)

    replies = {v: browser.post("answers", browser.batch(v=v)) for v in range(4)}

    assert entries.PROTOCOL - entries.OLDEST_PROTOCOL in {0, 1}
    assert {v: reply.status_code for v, reply in replies.items()} == {
        v: 200 if v in taken else 400 for v in range(4)
    }
    assert [replies[v].json()["v"] for v in taken] == list(taken)
