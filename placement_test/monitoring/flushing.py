"""Handing in what this process counted: every few seconds by a thread, and once more at exit."""

from __future__ import annotations

import logging
import multiprocessing.util
import os
import socket
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import close_old_connections, connection

from placement_test.lib import cache, clock
from placement_test.monitoring import memory, storage
from placement_test.monitoring.recorder import Counted, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# A server that stops has ten seconds for everything.
EXIT_SECONDS = 3
# Any number: without one it would be called only when memory is freed.
EXIT_PRIORITY = 10


class Flusher:
    """Hands in what a recorder counted.

    A hand-in that failed is tried again with the same number, so that it is added once, also
    where the database committed it and the answer got lost.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._beside: list[Callable[[], None]] = []
        recorder.on_record = self.ensure_running
        self.reset()

    def reset(self) -> None:
        """Be a new process: in a child after a fork, or at the beginning."""
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting: Counted | None = None
        self._number = 0
        self._who = storage.Identity(
            uuid.uuid4(), socket.gethostname()[:80], os.getpid(), _role(), clock.now()
        )

    @property
    def identity(self) -> storage.Identity:
        """As whom this process hands in."""
        return self._who

    def ensure_running(self) -> None:
        """Start the thread with the first thing counted, not at import: forks come after that."""
        if self._thread is None and settings.MONITOR_FLUSH_SECONDS:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
                    self._thread.start()
                    # Not atexit: workers of the server are children of multiprocessing, which
                    # leave by os._exit after these; elsewhere these are called from atexit.
                    multiprocessing.util.Finalize(None, self.end, exitpriority=EXIT_PRIORITY)

    def beside(self, work: Callable[[], None]) -> None:
        """Have the thread do ``work``, which is short, each time that it has handed in."""
        self._beside.append(work)

    def flush(self) -> None:
        """Hand in now; what the database does not take is kept, and tried again next time."""
        with self._lock:
            if self._waiting is not None:
                self._hand_in(self._waiting)
            # Also without counts: an idle process is not a dead one.
            self._waiting = self._recorder.take()
            self._number += 1
            self._hand_in(self._waiting)

    def try_flush(self) -> bool:
        """Hand in, or log why not; the counts stay, bounded."""
        try:
            close_old_connections()
            self.flush()
        except Exception as error:  # noqa: BLE001 - watching must not break what it watches
            logger.warning("figures not handed in", extra={"error": type(error).__name__})
            connection.close()
            return False
        return True

    def end(self) -> None:
        """Have the thread hand in what is left and end; wait some seconds for it at most."""
        if self._thread is None:
            return
        # The thread that is there does it: none can be started while the interpreter shuts down.
        self._ending.set()
        self._thread.join(EXIT_SECONDS)
        self._thread = None

    def _hand_in(self, counted: Counted) -> None:
        storage.add(self._who, counted, number=self._number, memory_bytes=memory.process_bytes())
        self._waiting = None

    def _run(self) -> None:
        while not self._ending.wait(settings.MONITOR_FLUSH_SECONDS):
            if self.try_flush():
                self.work_beside()
        self.try_flush()
        connection.close()

    def work_beside(self) -> None:
        """Do what was given to ``beside``, or log why not."""
        try:
            for work in self._beside:
                work()
        except Exception as error:  # noqa: BLE001 - as above
            logger.warning("work beside failed", extra={"error": type(error).__name__})
            connection.close()


def _role() -> str:
    """Return what kind of process this is: server, periodic, celery or another program."""
    words = [Path(word).name for word in sys.argv[:2]]
    return next((word for word in reversed(words) if word.isalnum()), "python")[:20]


recorder = Recorder()
flusher = Flusher(recorder)


def _forget_in_child() -> None:
    recorder.reset()
    flusher.reset()


def count_lookup(kind: str, result: str) -> None:
    """Count one look into the product's cache: a hit, a miss or an error."""
    recorder.count("cache", kind, result)


os.register_at_fork(after_in_child=_forget_in_child)
cache.observe(count_lookup)
