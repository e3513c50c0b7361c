from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.deploy.settings_of_production import ROOT
from tests.servers import PostgreSQL, running

if TYPE_CHECKING:
    from pathlib import Path

FILE = ROOT / "deploy" / "postgresql.conf"
LINE = re.compile(r"^(\w+) = '?([^'#]+?)'?$")

pytestmark = pytest.mark.slow


def settings_of_file() -> dict[str, str]:
    lines = [line for line in FILE.read_text().splitlines() if line and line[0] != "#"]
    found = [LINE.fullmatch(line) for line in lines]
    assert None not in found
    return {match[1]: match[2] for match in found if match}


def test_a_server_starts_with_the_file_and_logs_nothing_that_a_child_entered(
    server_folder: Path,
) -> None:
    settings = settings_of_file()
    # A test's machine has less memory.
    server = PostgreSQL(server_folder, settings=settings | {"shared_buffers": "32MB"})
    with running(server), psycopg.connect(server.url(), autocommit=True) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "TimeZone", "jit")
        }
        connection.execute("CREATE TABLE answer (value text UNIQUE)")
        connection.execute("INSERT INTO answer VALUES ('seahorse')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO answer VALUES ('seahorse')")

    assert shown == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "full_page_writes": ("on",),
        "TimeZone": ("UTC",),
        "jit": ("off",),
    }
    log = server.log.read_text()
    assert "duplicate key value" in log
    assert [line for line in log.splitlines() if "seahorse" in line] == []
