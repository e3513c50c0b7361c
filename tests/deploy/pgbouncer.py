"""A real PgBouncer with ``deploy/pgbouncer.ini``, before a PostgreSQL of a test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers import (
    PostgreSQL,
    _account,
    _end,
    _wait_until_it_answers,
    free_port,
    stop_with_parent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = Path(__file__).parents[2] / "deploy" / "pgbouncer.ini"
PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
DATABASE = "primepath"


def needs_pgbouncer() -> str:
    """Return PgBouncer's path; skip where it is missing, fail where CI should have it."""
    if PGBOUNCER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("pgbouncer is missing")
        pytest.skip("pgbouncer is missing: apt-get install pgbouncer")
    return PGBOUNCER


class PgBouncer:
    """PgBouncer in ``folder`` before ``postgresql``; ``changes`` are settings of the test."""

    def __init__(
        self, folder: Path, postgresql: PostgreSQL, *, changes: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder / "pgbouncer"
        self.postgresql = postgresql
        self.port = free_port()
        self.log = self.folder / "pgbouncer.log"
        self.changes = changes or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the product's database."""
        return f"postgresql://postgres:unused@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Start; return once it answers."""
        self.folder.mkdir(exist_ok=True)
        self.log.touch()
        (self.folder / "userlist.txt").write_text('"postgres" "unused"\n')
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(self._moved())
        account = _account()
        if account is not None:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, account)
        self._process = subprocess.Popen(
            [needs_pgbouncer(), settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account,
            preexec_fn=stop_with_parent,  # noqa: PLW1509 - as tests.servers does it
        )
        _wait_until_it_answers(self._answers, self._process, self.log)

    def stop(self) -> None:
        """End at once."""
        _end(self._process, signal.SIGTERM)

    def _moved(self) -> str:
        text = SOURCE.read_text()
        moves = {
            "port=5432": f"port={self.postgresql.port}",
            "listen_port = 6432": f"listen_port = {self.port}",
            "/etc/pgbouncer/": f"{self.folder}/",
            "/var/log/postgresql/": f"{self.folder}/",
            "unix_socket_dir = /run/postgresql": "unix_socket_dir =",
            "pidfile = /run/postgresql/": f"pidfile = {self.folder}/",
            # The test's server trusts everybody on this machine.
            "auth_type = scram-sha-256": "auth_type = trust",
        }
        for old, new in moves.items():
            assert old in text, old
            text = text.replace(old, new)
        lines = text.splitlines()
        for name, value in self.changes.items():
            (at,) = [number for number, line in enumerate(lines) if line.startswith(f"{name} =")]
            lines[at] = f"{name} = {value}"
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
