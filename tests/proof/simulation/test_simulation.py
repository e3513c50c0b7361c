"""The simulation keeps every promise, sees every control, and repeats itself."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.proof.simulation import _try_control as try_control
from tests.proof.simulation import browser, controls, explain, schedule
from tests.proof.simulation.choices import Played, Recorded, Seeded
from tests.proof.simulation.shrinking import shrunk


@pytest.mark.parametrize("first", range(1, 401, 100))
def test_a_hundred_schedules_break_no_promise(first: int) -> None:
    for seed in range(first, first + 100):
        assert schedule.run(Seeded(seed)).violations == [], seed


@pytest.mark.parametrize(
    "seed",
    [
        # A state that was only looked at counted as shown: another page's answers were not fetched.
        43399,
        # A change stored after its page had lost the right was refused it.
        43981,
        # Handed in by a page that had lost the right: an earlier one's answers were compared.
        49162,
        # A reply from before the server was restored counted as one that knew of it.
        81661,
        # Another tab took over while a page was loading, and that one opened all the same.
        230491,
        292636,
        # A reply that was overtaken gave back the time from before the session was opened again.
        261350,
        # A restored server's first reply was lost, and the state asked for instead was not shown.
        1795722433046202,
    ],
)
def test_what_once_broke_a_promise_does_not_do_so_again(seed: int) -> None:
    assert schedule.run(Seeded(seed)).violations == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 2**16), max_size=300))
def test_no_sequence_of_decisions_breaks_a_promise(choices: list[int]) -> None:
    assert schedule.run(Played(choices)).violations == []


def test_a_seed_is_the_same_schedule_each_time() -> None:
    first, second = ([], [])  # type: tuple[list[str], list[str]]
    recorded = Recorded(7)

    one = schedule.run(recorded, trace=first)
    two = schedule.run(Played(recorded.made), trace=second)

    assert first == second
    assert one.history == two.history


def test_much_of_what_can_happen_happens() -> None:
    seen: set[str] = set()
    for seed in range(1, 601):
        outcome = schedule.run(Seeded(seed))
        seen |= outcome.coverage | set(outcome.faults)

    assert seen >= {
        "two writers or more", "two devices or more", "two pages that wrote", "server restored",
        "receipt", "ended as expired", "ended as submitted", "entry late", "entry superseded",
        "entry rejected", "told duplicate", "typed text was due", "re-opened", "conflict",
        "crash after commit", "response lost", "request doubled", "storage breaks", "page frozen",
        "profile copied", "captive portal",
    }  # fmt: skip


@pytest.mark.parametrize("name", controls.NAMES)
def test_the_checker_catches_the_control(name: str) -> None:
    assert try_control(name)[1] is not None


def test_a_failing_schedule_is_told_in_its_simplest_form() -> None:
    said = explain(try_control("late_entries_dropped")[1] or 0, "late_entries_dropped")

    assert "acknowledged as late" in said
    assert len(said.splitlines()) < 130


def test_shrinking_leaves_what_matters() -> None:
    assert shrunk([4, 9, 2, 7, 9, 1], lambda choices: sum(choices) >= 9 and 7 in choices) in (
        [7, 2], [2, 7], [1, 7, 1], [7, 1, 1], [1, 1, 7],
    )  # fmt: skip


@pytest.mark.skipif(not browser.is_there(), reason="Node is missing")
def test_a_page_that_takes_over_without_network_shows_what_the_other_one_left() -> None:
    node = browser.Node()
    try:
        assert browser.run(Seeded(200_228), node).violations == []
    finally:
        node.close()


@pytest.mark.skipif(not browser.is_there(), reason="Node is missing")
def test_the_browsers_own_modules_break_no_promise() -> None:
    node = browser.Node()
    try:
        for seed in range(1, 61):
            assert browser.run(Seeded(seed), node).violations == [], seed
    finally:
        node.close()
