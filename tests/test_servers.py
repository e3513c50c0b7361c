from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
import valkey
from django.conf import settings

from placement_test.models import StaffUser
from tests.servers import PostgreSQL, Valkey, WebServer, running

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client


@pytest.mark.faults
def test_postgresql_keeps_what_was_committed_when_it_is_killed(server_folder: Path) -> None:
    server = PostgreSQL(server_folder)
    with running(server):
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE answer AS SELECT 41 AS value")

        server.kill()
        server.start()

        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT value FROM answer").fetchall() == [(41,)]


def test_postgresql_is_as_durable_as_in_production(server_folder: Path) -> None:
    server = PostgreSQL(server_folder)
    with running(server), psycopg.connect(server.url()) as connection:
        settings = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]

    assert settings == [("on",), ("on",), ("on",)]


def test_servers_are_gone_after_they_were_stopped(server_folder: Path) -> None:
    pids = []
    for server in (PostgreSQL(server_folder), Valkey(server_folder)):
        with running(server):
            pids.append(server.pid)

    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def test_valkey_answers(server_folder: Path) -> None:
    server = Valkey(server_folder)
    with running(server), valkey.Valkey.from_url(server.url(3)) as client:
        client.set("key", "value")

        assert client.get("key") == b"value"


@pytest.mark.faults
def test_the_web_server_has_the_database_of_the_test_and_starts_again(
    web_server: WebServer, client: Client
) -> None:
    client.force_login(StaffUser.objects.create_superuser("han"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    request = urllib.request.Request(
        f"{web_server.url}/admin/", headers={"Cookie": f"{cookie.key}={cookie.value}"}
    )

    web_server.kill()
    web_server.start()

    with urllib.request.urlopen(request, timeout=20) as reply:
        assert reply.url == request.full_url  # not sent to the login page
