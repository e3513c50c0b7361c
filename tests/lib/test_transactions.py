"""A database that could lose what it has committed is refused, at the start and by /readyz."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from placement_test.lib.transactions import durability_problem, is_sqlite, refuse_unsafe
from tests import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unsafe(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let every new connection commit without waiting for the disk; the problem in words."""
    if is_sqlite():
        options = dict(connection.settings_dict["OPTIONS"])
        options["init_command"] = options["init_command"].replace("=FULL", "=NORMAL")
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
        connection.close()
        yield "synchronous is below FULL"
        connection.close()
        return
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    connection.close()
    yield "synchronous_commit is off"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
    connection.close()


def test_the_database_of_the_tests_is_as_durable_as_in_production() -> None:
    refuse_unsafe()

    assert durability_problem() is None


def test_a_server_does_not_start_on_a_database_that_may_lose_commits(unsafe: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=unsafe):
        refuse_unsafe()


@pytest.mark.skipif(environment.database() == "sqlite", reason="its address has no such option")
def test_the_server_process_says_why_it_does_not_start(unsafe: str) -> None:
    address, _, _name = os.environ["PRIMEPATH_DATABASE_URL"].rpartition("/")
    name = connection.settings_dict["NAME"]

    ended = subprocess.run(
        [sys.executable, "-c", "import primepath.wsgi"],
        env={**os.environ, "PRIMEPATH_DATABASE_URL": f"{address}/{name}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert ended.returncode == 1
    assert f"A power cut would lose acknowledged answers: {unsafe}." in ended.stderr


def test_is_not_ready_on_a_database_that_may_lose_commits(client: Client, unsafe: str) -> None:
    reply = client.get("/readyz")

    assert (reply.status_code, reply.content) == (503, b"not ready: durability\n")


@pytest.mark.skipif(environment.database() == "sqlite", reason="SQLite is never away")
def test_a_server_starts_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    connection.close()

    refuse_unsafe()
