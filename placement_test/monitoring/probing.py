"""Asking a part of the system whether it works, without waiting for it for ever."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import connection, connections, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a probe found, or why it found nothing: "time-out" or the class of the error."""

    value: T | None
    problem: str
    seconds: float


class Probe(Generic[T]):
    """One question, asked in a thread of its own.

    While an earlier question still hangs no other is asked: a dead database costs one thread.
    A caller inside a transaction asks in its own thread, without a time-out.
    """

    def __init__(self, name: str, ask: Callable[[], T]) -> None:
        self.name = name
        self._ask = ask
        self._thread: threading.Thread | None = None
        self._answer: Answer[T] | None = None
        self._began = 0.0

    def start(self) -> None:
        """Ask now, unless the last question still hangs."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._answer = None
        self._began = time.perf_counter()
        if connection.in_atomic_block:
            # Another thread would wait for the write lock that this caller holds on SQLite.
            self._thread = None
            self._answer = self._found_here()
            return
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def answer(self, until: float) -> Answer[T]:
        """Wait for the answer until that moment of ``time.perf_counter`` at most."""
        if self._thread is not None:
            self._thread.join(max(0.0, until - time.perf_counter()))
        answer = self._answer
        if answer is None:
            return Answer(None, "time-out", time.perf_counter() - self._began)
        return answer

    def _run(self) -> None:
        try:
            self._answer = self._found()
        finally:
            # A connection of its own each time: opening one is part of the question.
            connections.close_all()

    def _found(self) -> Answer[T]:
        try:
            value = self._ask()
        except Exception as error:  # noqa: BLE001 - whatever breaks is the finding
            problem = type(error).__name__
            logger.warning("probe failed", extra={"probe": self.name, "error": problem})
            return Answer(None, problem, time.perf_counter() - self._began)
        return Answer(value, "", time.perf_counter() - self._began)

    def _found_here(self) -> Answer[T]:
        """Ask inside the caller's transaction, which goes on whatever the answer is."""
        savepoint = transaction.savepoint()
        answer = self._found()
        if answer.problem:
            transaction.savepoint_rollback(savepoint)
        else:
            transaction.savepoint_commit(savepoint)
        return answer
