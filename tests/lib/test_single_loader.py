"""Threads that want the same at one moment share one load."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from placement_test.lib.single_loader import SingleLoader
from tests.lib.test_together import _wait_until as wait_until

THREADS = 12


class Load:
    """A load that lasts until it is told to end."""

    def __init__(self) -> None:
        self.count = 0
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> int:
        self.count += 1
        self.has_begun.set()
        assert self.may_end.wait(10)
        return self.count


def test_all_who_ask_meanwhile_get_what_one_of_them_loads() -> None:
    loader: SingleLoader[int] = SingleLoader(patience_seconds=10)
    load = Load()
    with ThreadPoolExecutor(THREADS) as pool:
        first = pool.submit(loader.load, "exam", load)
        assert load.has_begun.wait(10)
        others = [pool.submit(loader.load, "exam", load) for _ in range(THREADS - 1)]
        wait_until(lambda: all(other.running() for other in others))
        load.may_end.set()

        assert first.result(10) == (1, True)
        shared = [other.result(10) for other in others]
    # Whoever was not there yet when it ended has loaded it anew.
    assert load.count < THREADS
    assert (1, False) in shared


def test_another_name_and_a_later_time_are_loads_of_their_own() -> None:
    loader: SingleLoader[int] = SingleLoader()

    assert loader.load("one", lambda: 1) == (1, True)
    assert loader.load("one", lambda: 2) == (2, True)
    assert loader.load("other", lambda: 3) == (3, True)


@pytest.mark.parametrize("patience", [0.05, 10])
def test_who_waits_too_long_or_for_an_error_loads_alone(patience: float) -> None:
    loader: SingleLoader[int] = SingleLoader(patience_seconds=patience)
    has_begun, may_end = threading.Event(), threading.Event()

    def fail() -> int:
        has_begun.set()
        may_end.wait(10)
        raise OSError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(loader.load, "exam", fail)
        assert has_begun.wait(10)
        second = pool.submit(loader.load, "exam", lambda: 7)
        if patience > 1:
            may_end.set()
        assert second.result(10) == (7, True)
        may_end.set()
        with pytest.raises(OSError):  # noqa: PT011 - the very one
            first.result(10)
    assert loader.load("exam", lambda: 8) == (8, True)
