from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Demo:
    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        own = {name: value for name, value in os.environ.items() if "PRIMEPATH" not in name}
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "demo", "--port", str(port)],
            env={**own, "PRIMEPATH_DATA_DIR": str(folder)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, words: str) -> str:
        assert self.process.stdout is not None
        read = ""
        for line in self.process.stdout:
            read += line
            if words in line:
                return read
        pytest.fail(f"the demo ended early:\n{read}")

    def end(self, sign: signal.Signals) -> tuple[int, list[psutil.Process]]:
        """Return its status and what is still alive of what it had started."""
        started = psutil.Process(self.process.pid).children(recursive=True)
        assert len(started) >= 3  # server, its worker, periodic work
        self.process.send_signal(sign)
        status = self.process.wait(30)
        return status, psutil.wait_procs(started, timeout=15)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    demo = Demo(folder, free_port())
    with demo.process:
        yield demo
        demo.process.terminate()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_told_to_end_and_leaves_nothing(demo: Demo, sign: signal.Signals) -> None:
    said = demo.read_until("Ctrl-C ends it")

    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/") as reply:
        assert reply.status == 200
    assert f"http://127.0.0.1:{demo.port}/" in said
    assert demo.end(sign) == (0, [])


def test_leaves_nothing_when_it_is_killed(demo: Demo) -> None:
    demo.read_until("Ctrl-C ends it")

    assert demo.end(signal.SIGKILL) == (-signal.SIGKILL, [])


def test_starts_again_on_the_data_that_is_there(demo: Demo, folder: Path) -> None:
    demo.read_until("Ctrl-C ends it")
    demo.end(signal.SIGTERM)

    again = Demo(folder, demo.port)
    with again.process:
        said = again.read_until("Ctrl-C ends it")
        again.end(signal.SIGTERM)

    assert "Making the sample academy" not in said


def test_refuses_a_busy_port(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        demo = Demo(tmp_path, port)
        said, _ = demo.process.communicate(timeout=30)

    assert demo.process.returncode == 1
    assert f"Port {port} cannot be used" in said
    assert "scripts/demo --port 8001" in said


def test_refuses_a_folder_that_another_demo_serves(demo: Demo, folder: Path) -> None:
    demo.read_until("Ctrl-C ends it")

    second = Demo(folder, free_port())
    said, _ = second.process.communicate(timeout=30)

    assert second.process.returncode == 1
    assert "Another demo is running on" in said
