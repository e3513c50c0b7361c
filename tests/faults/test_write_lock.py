"""SQLite: no write of any kind passes the queue at the lock file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from placement_test.lib.sqlite.base import WriteLock
from placement_test.models import Academy
from tests import builders, environment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(environment.database() != "sqlite", reason="PostgreSQL has no lock file"),
]


def rename(name: str) -> None:
    try:
        Academy.objects.update(name=name)
    finally:
        connections.close_all()


def test_a_write_outside_of_a_transaction_waits_for_its_turn() -> None:
    builders.academy()
    other_process = WriteLock(str(connection.settings_dict["NAME"]))
    other_process.take()

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(rename, "Renamed")
        try:
            with pytest.raises(TimeoutError):
                written.result(timeout=0.5)
        finally:
            other_process.close()
        written.result(timeout=10)

    assert Academy.objects.get().name == "Renamed"


def test_reading_waits_for_nobody() -> None:
    builders.academy()
    other_process = WriteLock(str(connection.settings_dict["NAME"]))
    other_process.take()

    try:
        assert Academy.objects.count() == 1
    finally:
        other_process.close()
