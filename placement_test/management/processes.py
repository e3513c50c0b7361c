"""Processes of one installation that are started together, kept running and ended together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Longer than the slowest request, so that a reply under way is still sent.
STOP_SECONDS = 10
# A process that ran this long was sound: what ended it is new.
SOUND_SECONDS = 60
LONGEST_WAIT_SECONDS = 30
LOOK_SECONDS = 0.2
PR_SET_PDEATHSIG = 1


class Process:
    """One program with everything that it starts itself (a process group).

    It is told to end when this process ends, also when this one is killed.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = command
        self.failures = 0
        self._running: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0

    def start(self) -> None:
        """Start it now."""
        self._started_at = time.monotonic()
        self._running = subprocess.Popen(  # noqa: S603 - the commands are our own
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread has been started
        )

    def start_later(self, seconds: float) -> None:
        """Have ``look_after`` start it when the time has come."""
        self._start_again_at = time.monotonic() + seconds

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start it again, ever later, when it has ended by itself; call this often."""
        if self._running is not None:
            status = self._running.poll()
            if status is not None:
                self._on_end(status, say)
        elif time.monotonic() >= self._start_again_at:
            self.start()

    def ask_to_end(self) -> None:
        """Send SIGTERM; returns at once."""
        if self._running is not None:
            self._signal(signal.SIGTERM)

    def end(self, wait_until: float) -> None:
        """Wait until ``wait_until`` (monotonic) for its end, then kill what is left of it."""
        if self._running is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.wait(max(0.0, wait_until - time.monotonic()))
        self._signal(signal.SIGKILL)
        self._running.wait()
        self._running = None

    def _on_end(self, status: int, say: Callable[[str], None]) -> None:
        # Its own children may still hold the port.
        self._signal(signal.SIGKILL)
        self._running = None
        if time.monotonic() - self._started_at > SOUND_SECONDS:
            self.failures = 0
        # At once after a sound run: a hall full of students waits. Ever later while it fails again.
        wait = min(2 ** (self.failures - 1), LONGEST_WAIT_SECONDS) if self.failures else 0
        self.failures += 1
        self._start_again_at = time.monotonic() + wait
        say(f"{self.name} ended ({_reason(status)}); it starts again in {wait} s.")

    def _signal(self, sign: signal.Signals) -> None:
        if self._running is not None:
            # The group's number is that of its first process, and stays while any of them lives.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, sign)


def look_after(processes: Sequence[Process], say: Callable[[str], None]) -> None:
    """Give each process one look, then pause."""
    for process in processes:
        process.look_after(say)
    time.sleep(LOOK_SECONDS)


def end_all(processes: Sequence[Process]) -> None:
    """End all of them together; return when none is left, after ``STOP_SECONDS`` at most."""
    for process in processes:
        process.ask_to_end()
    wait_until = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.end(wait_until)


def _reason(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
