"""What many threads want at one moment is loaded by one of them.

An exam that a cache has just let go of would else be read and compressed as many times as there are
threads, in the very minute in which a whole hall starts.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

# Whoever waited that long loads it alone: the one at work may need what the waiting ones hold (a
# connection of a full pool).
PATIENCE_SECONDS = 1.0


class SingleLoader(Generic[T]):
    """Loads of one process, by name."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._loading: dict[Hashable, Future[T]] = {}

    def load(self, name: Hashable, make: Callable[[], T]) -> tuple[T, bool]:
        """Return what ``make()`` makes, by this thread or by one that is at it; whether by this.

        What another thread makes may be from before this one asked.  An error is the maker's own:
        the others make it themselves, and so do those that have waited too long.
        """
        own: Future[T] = Future()
        with self._lock:
            under_way = self._loading.setdefault(name, own)
        if under_way is not own:
            try:
                return under_way.result(self._patience), False
            except Exception:  # noqa: BLE001 - the maker's error, or its time
                return make(), True
        try:
            made = make()
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._loading[name]
        own.set_result(made)
        return made, True
