from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from placement_test.management import schedule
from placement_test.management.commands import periodic

if TYPE_CHECKING:
    from collections.abc import Iterator

ran: list[str] = []
stopped = threading.Event()


def good() -> None:
    ran.append("good")
    if len(ran) >= 6:
        stopped.set()


def bad() -> None:
    ran.append("bad")
    raise ZeroDivisionError


def job(function: str) -> schedule.Job:
    return schedule.Job(
        name=function, every=dt.timedelta(milliseconds=10), function=f"{__name__}.{function}"
    )


@pytest.fixture(autouse=True)
def _nothing_ran() -> Iterator[None]:
    ran.clear()
    stopped.clear()
    yield
    stopped.set()


@pytest.mark.parametrize("listed", schedule.JOBS, ids=lambda listed: listed.name)
def test_every_job_on_the_list_exists(listed: schedule.Job) -> None:
    assert callable(import_string(listed.function))


def test_goes_on_after_a_job_failed(caplog: pytest.LogCaptureFixture) -> None:
    periodic.loop((job("bad"), job("good")), stopped)

    assert ran.count("good") >= 2
    assert ran.count("bad") >= 2
    assert {record.message for record in caplog.records} == {"periodic job failed"}


def test_stands_by_while_it_is_not_its_turn_and_looks_again() -> None:
    looked: list[bool] = []

    def third_look() -> bool:
        looked.append(len(looked) >= 2)
        return looked[-1]

    daily = schedule.Job("daily", dt.timedelta(days=1), f"{__name__}.good")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(periodic, "STAND_BY_SECONDS", 0.01)
        threading.Timer(0.5, stopped.set).start()
        periodic.loop((daily,), stopped, third_look)

    assert (looked, ran) == ([False, False, True], ["good"])


def test_once_runs_each_job_and_names_those_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "JOBS", (job("bad"), job("good")))

    with pytest.raises(CommandError, match=r"^Failed: bad\. The log says why\.$"):
        call_command("periodic", once=True)

    assert ran == ["bad", "good"]
