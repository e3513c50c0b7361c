from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy import days
from tests.deploy.namespaces import needs_namespaces
from tests.deploy.nginx import needs_nginx
from tests.proof.processes.days import Order

if TYPE_CHECKING:
    from pathlib import Path

STUDENTS = 10
NAME = "Hanbit Academy"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def machines() -> None:
    needs_nginx()
    needs_namespaces()


def test_nothing_acknowledged_is_lost_while_a_host_dies_and_another_vanishes(
    server_folder: Path,
) -> None:
    order = Order(
        "two hosts",
        students=STUDENTS,
        seconds=12,
        pause=0.4,
        troubles=("host_killed", "host_cut_off"),
        deadline_share=0.1,
    )

    outcome, besides = days.run("tests.deploy.two_hosts_day", server_folder, order)

    assert (outcome["violations"], outcome["sessions"]) == ([], STUDENTS)
    assert outcome["acknowledged"] > 3 * STUDENTS
    assert (outcome["faults"]["host_killed"], outcome["faults"]["host_cut_off"]) == (1, 1)
    # Both answered, and what one could not answer the other one did.
    assert len(besides["by_host"]) == 2
    assert besides["asked_again"] > 0
    assert {"502", "504"}.isdisjoint(besides["statuses"])
    # They share one cache, and it is forgotten on a change made on the other one.
    assert besides["names"] == {
        "at first": [NAME, NAME],
        "behind its back": [NAME, NAME],
        "by staff": ["Renamed", "Renamed"],
    }
    # One does the periodic work, the other one goes on when that has died, and keeps it.
    assert besides["turns"] == [1, 2]


def test_the_day_sees_answers_acknowledged_before_their_commit_and_caches_of_a_host_alone(
    server_folder: Path,
) -> None:
    order = Order(
        "two hosts alone",
        students=STUDENTS,
        seconds=6,
        pause=0.2,
        troubles=("host_killed",),
        control="tests.proof.controls.server.AcknowledgeBeforeCommit",
    )

    outcome, besides = days.run("tests.deploy.two_hosts_day", server_folder, order)

    assert any("acknowledged_is_stored" in each for each in outcome["violations"])
    assert besides["names"]["by staff"] == [NAME, "Renamed"]
