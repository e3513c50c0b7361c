from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
import valkey

from tests.servers import PostgreSQL, Valkey, running

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    # PostgreSQL's own account passes through all of them where the tests run as root.
    for step in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        step.chmod(0o755)
    return tmp_path


@pytest.mark.faults
def test_postgresql_keeps_what_was_committed_when_it_is_killed(open_folder: Path) -> None:
    server = PostgreSQL(open_folder)
    with running(server):
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE answer AS SELECT 41 AS value")

        server.kill()
        server.start()

        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT value FROM answer").fetchall() == [(41,)]


def test_postgresql_is_as_durable_as_in_production(open_folder: Path) -> None:
    server = PostgreSQL(open_folder)
    with running(server), psycopg.connect(server.url()) as connection:
        settings = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]

    assert settings == [("on",), ("on",), ("on",)]


def test_servers_are_gone_after_they_were_stopped(open_folder: Path) -> None:
    pids = []
    for server in (PostgreSQL(open_folder), Valkey(open_folder)):
        with running(server):
            pids.append(server.pid)

    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def test_valkey_answers(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    with running(server), valkey.Valkey.from_url(server.url(3)) as client:
        client.set("key", "value")

        assert client.get("key") == b"value"
