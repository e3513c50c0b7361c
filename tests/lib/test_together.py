"""What several threads ask for is done by one of them, and each gets its own outcome."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from placement_test.lib.together import Together

if TYPE_CHECKING:
    from collections.abc import Sequence

THREADS = 12


def test_what_finds_nobody_at_work_is_done_at_once_and_alone() -> None:
    rounds: list[list[int]] = []

    def double(items: Sequence[int]) -> list[int]:
        rounds.append(list(items))
        return [item * 2 for item in items]

    together = Together(double, most=8)

    assert [together(1), together(2)] == [2, 4]
    assert rounds == [[1], [2]]


def test_what_waits_meanwhile_is_done_together_and_each_thread_gets_its_own() -> None:
    rounds: list[list[int]] = []
    first_is_at_work = threading.Event()
    go_on = threading.Event()

    def double(items: Sequence[int]) -> list[int]:
        rounds.append(list(items))
        first_is_at_work.set()
        go_on.wait(10)
        return [item * 2 for item in items]

    together = Together(double, most=8)
    with ThreadPoolExecutor(THREADS) as pool:
        first = pool.submit(together, 100)
        first_is_at_work.wait(10)
        others = [pool.submit(together, number) for number in range(THREADS - 1)]
        _wait_until(lambda: len(together._waiting) == THREADS - 1)
        go_on.set()
        results = [future.result(10) for future in others]

    assert (first.result(), results) == (200, [number * 2 for number in range(THREADS - 1)])
    assert [len(items) for items in rounds] == [1, 8, 3]


def test_an_outcome_that_is_an_error_is_raised_by_its_own_thread_only() -> None:
    def refuse_odd(items: Sequence[int]) -> list[int | BaseException]:
        return [ValueError(item) if item % 2 else item for item in items]

    together = Together(refuse_odd, most=8)

    assert together(2) == 2
    with pytest.raises(ValueError, match="3"):
        together(3)
    assert together(4) == 4


def test_an_error_of_the_whole_round_is_raised_by_each_and_the_next_round_is_done() -> None:
    rounds: list[int] = []
    first_is_at_work = threading.Event()
    go_on = threading.Event()

    def break_second_round(items: Sequence[int]) -> Sequence[int]:
        rounds.append(len(items))
        first_is_at_work.set()
        go_on.wait(10)
        if len(rounds) == 2:
            raise OSError("gone")
        return items

    together = Together(break_second_round, most=8)
    with ThreadPoolExecutor(THREADS) as pool:
        pool.submit(together, 0)
        first_is_at_work.wait(10)
        others = [pool.submit(together, number) for number in range(THREADS - 1)]
        _wait_until(lambda: len(together._waiting) == THREADS - 1)
        go_on.set()
        errors = [future.exception(10) for future in others]

    broken = [error for error in errors if error is not None]
    assert rounds == [1, 8, 3]
    assert [str(error) for error in broken] == ["gone"] * 8
    assert len({id(error) for error in broken}) == 8


def test_too_few_outcomes_leave_nobody_waiting() -> None:
    together: Together[int, int] = Together(lambda _items: [], most=8)

    with pytest.raises(ValueError, match="shorter"):
        together(1)
    with pytest.raises(ValueError, match="shorter"):
        together(2)


def _wait_until(is_so: object) -> None:
    give_up_at = time.monotonic() + 10
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
