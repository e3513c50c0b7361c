"""Work of many threads done by one of them: what waits meanwhile is done together, next time.

Nobody waits for company: a piece of work that finds nobody at it is done at once.  The longer a
round takes, the more of them the next one does.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")


class _Asked(Generic[T, R]):
    """What one thread waits for; ``turn`` is released once it is done, or to lead."""

    __slots__ = ("error", "is_done", "item", "result", "turn")

    def __init__(self, item: T) -> None:
        self.item = item
        self.turn = threading.Lock()
        self.turn.acquire()
        self.is_done = False
        self.result: R | None = None
        self.error: BaseException | None = None

    def take(self, outcome: R | BaseException) -> None:
        if isinstance(outcome, BaseException):
            self.error = outcome
        else:
            self.result = outcome
        self.is_done = True

    def outcome(self) -> R:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


class Together(Generic[T, R]):
    """Calls ``do(items)`` for what several threads ask for, at most ``most`` at once.

    ``do`` returns one outcome an item: its result, or the error that its thread is to see.
    """

    def __init__(self, do: Callable[[Sequence[T]], Sequence[R | BaseException]], most: int) -> None:
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._waiting: list[_Asked[T, R]] = []
        self._is_led = False

    def __call__(self, item: T) -> R:
        """Return the item's result; what ``do`` raises, all its items raise."""
        asked: _Asked[T, R] = _Asked(item)
        with self._lock:
            self._waiting.append(asked)
            leads, self._is_led = not self._is_led, True
        if not leads:
            asked.turn.acquire()
        if not asked.is_done:
            self._lead()
        return asked.outcome()

    def _lead(self) -> None:
        """Do what waits (the leader's own is the first), then let the next one lead."""
        with self._lock:
            round_, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            outcomes = self._do([asked.item for asked in round_])
            for asked, outcome in zip(round_, outcomes, strict=True):
                asked.take(outcome)
        except BaseException as error:  # noqa: BLE001 - each of them raises it
            for asked in round_:
                asked.take(error if len(round_) == 1 else _copy(error))
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        if following is not None:
            following.turn.release()
        for asked in round_[1:]:
            asked.turn.release()


def _copy(error: BaseException) -> BaseException:
    """Return an error of the same kind for one thread: raising adds a traceback to it."""
    try:
        copy = type(error)(*error.args)
    except Exception:  # noqa: BLE001 - one that takes other arguments is shared
        return error
    copy.__cause__ = error
    return copy
