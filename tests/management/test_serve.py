from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ELSEWHERE = "127.0.0.2"
# The supervisor starts periodic work three seconds after the server.
LOOK_SECONDS = 5

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def web_only(tmp_path: Path) -> Iterator[tuple[psutil.Process, int]]:
    own = {name: value for name, value in os.environ.items() if "PRIMEPATH" not in name}
    port = free_port()
    command = ["serve", "--host", ELSEWHERE, "--port", str(port), "--web-only"]
    with subprocess.Popen(
        [sys.executable, ROOT / "manage.py", *command],
        env={**own, "PRIMEPATH_DATA_DIR": str(tmp_path), "PRIMEPATH_LOG_LEVEL": "CRITICAL"},
        cwd=ROOT,
    ) as process:
        yield psutil.Process(process.pid), port
        process.terminate()


def is_alive(host: str, port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://{host}:{port}/livez", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_a_further_host_serves_at_its_own_address_without_periodic_work(
    web_only: tuple[psutil.Process, int],
) -> None:
    supervisor, port = web_only
    give_up_at = time.monotonic() + 60
    while not is_alive(ELSEWHERE, port):
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    time.sleep(LOOK_SECONDS)

    commands = [" ".join(child.cmdline()) for child in supervisor.children()]

    assert ["granian" in command for command in commands] == [True]
    assert not is_alive("127.0.0.1", port)
