"""kill -9 of the web server while students save: what was acknowledged is there."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests import sitting
from tests.faults.devices import Device, violations
from tests.sitting import parts_of

if TYPE_CHECKING:
    from tests.servers import WebServer

pytestmark = pytest.mark.django_db(transaction=True)

STUDENTS = 8
KILLS = 4


def day_with_kills(server: WebServer) -> list[Device]:
    version = sitting.published(choices=20)
    parts = [part.id for part in parts_of(version)]
    stopped = threading.Event()
    devices = [
        Device(
            server.url,
            sitting.registered(version, name=f"Min-ji {number}"),
            parts,
            stopped,
            random.Random(number),  # noqa: S311 - the same day each time
        )
        for number in range(STUDENTS)
    ]
    for device in devices:
        device.start()
    for number in range(KILLS):
        time.sleep(0.6 + 0.2 * number)
        server.kill()
        server.start()
    time.sleep(0.5)
    stopped.set()
    for device in devices:
        device.join(30)
    return devices


def test_every_acknowledged_entry_survives_kill_9_of_the_server(web_server: WebServer) -> None:
    devices = day_with_kills(web_server)

    assert [violations(device) for device in devices] == [[] for _ in devices]
    assert all(device.acknowledged == set(device.written) for device in devices)
    assert sum(device.retries for device in devices) > 0
    assert sum(len(device.acknowledged) for device in devices) > 10 * STUDENTS


@pytest.fixture
def hasty_server(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> WebServer:
    monkeypatch.setenv("PRIMEPATH_TEST_MIDDLEWARE", "tests.faults.broken.AcknowledgeBeforeCommit")
    server: WebServer = request.getfixturevalue("web_server")
    return server


def test_the_checker_catches_a_server_that_acknowledges_before_it_commits(
    hasty_server: WebServer,
) -> None:
    devices = day_with_kills(hasty_server)

    assert any(violations(device) for device in devices)
