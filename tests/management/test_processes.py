from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil

from placement_test.management.processes import Process, end_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITE_OWN_ID = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')"
STAY = "import time; time.sleep(60)"
# Has a child of its own, and ignores the polite request.
STUBBORN = (
    f"import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    f"child = subprocess.Popen([sys.executable, '-c', {STAY!r}]);"
    f"open(sys.argv[1], 'a').write(f'{{child.pid}}\\n'); child.wait()"
)


def wait_for(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def ids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_starts_a_process_again_that_ended_by_itself(tmp_path: Path) -> None:
    said: list[str] = []
    file = tmp_path / "ids"
    process = Process("Writing", [sys.executable, "-c", WRITE_OWN_ID, str(file)])
    process.start()

    def started_twice() -> bool:
        process.look_after(said.append)
        return len(ids(file)) == 2

    wait_for(started_twice)
    end_all([process])

    assert said[0] == "Writing ended (status 0); it starts again in 0 s."


def test_ends_what_does_not_end_when_asked_with_its_children(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    process = Process("Stubborn", [sys.executable, "-c", STUBBORN, str(file)])
    process.start()
    wait_for(lambda: len(ids(file)) == 1)

    process.ask_to_end()
    process.end(time.monotonic() + 0.2)

    wait_for(lambda: not is_alive(ids(file)[0]))


def test_a_process_ends_when_the_one_that_started_it_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    starter = (
        "import sys, time; from placement_test.management.processes import Process;"
        f"command = [sys.executable, '-c', {WRITE_OWN_ID + ';' + STAY!r}, {str(file)!r}];"
        "Process('', command).start();"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", starter]) as parent:
        wait_for(lambda: len(ids(file)) == 1)

        os.kill(parent.pid, signal.SIGKILL)

    wait_for(lambda: not is_alive(ids(file)[0]))
