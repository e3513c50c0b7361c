from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import time_machine

from placement_test.monitoring import recorder as recording
from placement_test.monitoring.recorder import Recorder
from tests.conftest import NOON

if TYPE_CHECKING:
    import pytest


def counts(recorder: Recorder) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for key, cell in recorder.take().cells.items():
        found[key.name, key.outcome] = found.get((key.name, key.outcome), 0) + cell[0]
    return found


def test_loses_nothing_of_many_threads() -> None:
    recorder = Recorder()

    def work() -> None:
        for _ in range(2000):
            recorder.record("operation", "busy", "ok", 0.001)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts(recorder) == {("busy", "ok"): 16_000}


def test_counts_names_beyond_the_limit_as_other() -> None:
    recorder = Recorder()

    for number in range(recording.MOST_NAMES + 50):
        recorder.count("operation", f"name{number}", "ok")

    found = counts(recorder)
    assert len(found) == recording.MOST_NAMES + 1
    assert found[recording.OTHER, "ok"] == 50


def test_drops_the_oldest_when_nobody_takes_and_says_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "MOST_CELLS", 3)
    recorder = Recorder()
    with time_machine.travel(NOON, tick=False) as traveller:
        for _ in range(6):
            recorder.record("operation", "save", "ok", 0.01)
            recorder.record("operation", "save", "ok", 0.01)
            traveller.shift(recording.SLOT_SECONDS)

    found = counts(recorder)
    assert found["save", "ok"] + found["dropped", ""] == 12
    assert found["dropped", ""] >= 4


def test_warns_of_a_slow_operation_once_a_minute_and_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorder = Recorder()

    with caplog.at_level(logging.WARNING):
        for name in ("export", "export", "submit"):
            recorder.record("operation", name, "ok", 1.5)

    assert [(record.message, record.operation, record.seconds) for record in caplog.records] == [  # type: ignore[attr-defined]
        ("slow operation", "export", 1.5),
        ("slow operation", "submit", 1.5),
    ]
    taken = recorder.take()
    assert [(slow.name, slow.milliseconds) for slow in taken.slow] == [
        ("export", 1500),
        ("submit", 1500),
    ]
    assert sum(cell[0] for cell in taken.cells.values()) == 3
