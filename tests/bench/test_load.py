from __future__ import annotations

from typing import Any

import pytest

from tests.bench.stand_in import Server, load, saved, seats


def test_latency_counts_from_the_intended_moment_whatever_the_server_does() -> None:
    # Twenty saves within half a second, each of which takes 50 ms and waits for those before it.
    server = Server(saved, seconds=0.05)

    outcome = load(server, seats(20))

    assert len(outcome.save_ms) == 20
    assert max(outcome.save_ms) > 400


def test_a_server_that_stands_still_shows_in_every_save_that_was_due_meanwhile() -> None:
    # Forty saves within a second; nothing is answered in its first half and a bit.
    server = Server(saved, stall=0.6)

    outcome = load(server, seats(40), interval_seconds=1.0, seconds=1.0, connections=2)

    # Counted from when they went out, it would be two.
    assert len(outcome.save_ms) == 40
    assert sum(ms > 100 for ms in outcome.save_ms) > 10
    assert max(outcome.save_ms) > 550
    # It is the server's doing: the load itself was in time.
    assert sorted(outcome.late_ms)[20] < 50


def test_what_nobody_acknowledged_counts_with_the_time_that_it_has_waited() -> None:
    server = Server(lambda _body: (503, {"error": "unavailable"}))

    outcome = load(server, seats(5), drain_seconds=0.4)

    assert len(outcome.unsaved) == 5
    assert min(outcome.save_ms) > 350
    assert outcome.saved == []


def test_a_refused_save_is_made_again_with_the_same_entries() -> None:
    refused: set[str] = set()

    def once(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["session"] in refused:
            return saved(body)
        refused.add(body["session"])
        return 429, {"error": "too_many_saves"}

    server = Server(once)

    outcome = load(server, seats(4))

    assert outcome.errors == {"429": 4}
    assert [each.first_seq for each in outcome.saved] == [1, 1, 1, 1]
    for first, second in server.calls.values():
        assert first["entries"] == second["entries"]
        assert first["nonce"] != second["nonce"]


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"nonce": "another"}, "of another call"),
        ({"session": "another"}, "of another call"),
        ({"accepted": []}, "other entries"),
        ({"state": "expired"}, "not applied"),
    ],
)
def test_only_a_reply_to_this_call_of_this_session_acknowledges(
    others: dict[str, Any], reason: str
) -> None:
    server = Server(lambda body: saved(body, **others))

    outcome = load(server, seats(1), drain_seconds=0.1)

    assert outcome.saved == []
    assert set(outcome.errors) == {reason}


def test_a_page_of_a_captive_portal_acknowledges_nothing() -> None:
    server = Server(lambda _body: (200, {"words": "Please accept our terms."}))

    outcome = load(server, seats(1), drain_seconds=0.1)

    assert outcome.saved == []
    assert set(outcome.errors) == {"no acknowledgement"}


def test_a_page_with_nothing_to_send_is_heard_when_the_server_wants_it() -> None:
    server = Server(lambda body: saved(body, next_flush_ms=200))

    outcome = load(server, seats(1), interval_seconds=0.5, seconds=1.0)

    (calls,) = server.calls.values()
    kinds = ["save" if call["entries"] else "heartbeat" for call in calls]
    assert kinds[:3] == ["save", "heartbeat", "heartbeat"]
    assert calls[1]["arrived"] - calls[0]["arrived"] == pytest.approx(0.2, abs=0.1)
    assert len(outcome.heartbeat_ms) == kinds.count("heartbeat")


def test_what_came_meanwhile_goes_in_one_batch_after_the_one_in_flight() -> None:
    server = Server(saved, seconds=0.3)

    load(server, seats(1), interval_seconds=0.1, seconds=0.5)

    (calls,) = server.calls.values()
    assert len(calls) < 5
    seqs = [entry["seq"] for call in calls for entry in call["entries"]]
    assert seqs == list(range(1, len(seqs) + 1))


def test_connections_are_shared_up_to_the_bound() -> None:
    outcome = load(Server(saved, seconds=0.03), seats(30), connections=4)

    assert len(outcome.saved) == 30
    assert outcome.connections == 4
