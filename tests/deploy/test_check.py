from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.deploy import settings_of_production
from tests.deploy.settings_of_production import ROOT
from tests.servers import PostgreSQL, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def check(folder: Path, **changes: str) -> tuple[int, str]:
    """Run the checks as deploy/upgrade does; return how they ended and what they said."""
    run = subprocess.run(
        [
            *(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
            *("--database", "default"),
        ],
        cwd=ROOT,
        env=settings_of_production.variables(folder, **changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_the_example_of_the_environment_passes_every_check_on_sqlite(tmp_path: Path) -> None:
    status, said = check(tmp_path)

    assert (status, said) == (0, "System check identified no issues (2 silenced).\n")


def test_the_check_counts_connections_of_all_hosts_and_names_what_is_missing(
    server_folder: Path,
) -> None:
    postgresql = PostgreSQL(server_folder, settings={"max_connections": "100"})
    several = {"PRIMEPATH_DATABASE_URL": postgresql.url(), "PRIMEPATH_WORKERS": "2"}
    with running(postgresql):
        one_host = check(server_folder, **several)
        four_hosts = check(server_folder, **several, PRIMEPATH_HOSTS="4")
        with_pgbouncer = check(
            server_folder, **several, PRIMEPATH_HOSTS="4", PRIMEPATH_PGBOUNCER="1"
        )

    assert one_host[0] == 0, one_host[1]
    assert four_hosts[0] == 1
    # (4 + 1) hosts of 2 workers with 8 + 4 connections, and 2 for the periodic work; 6 to spare
    assert "room for 97 connections and 136 may be needed" in four_hosts[1]
    assert with_pgbouncer[0] == 0


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PRIMEPATH_HTTPS", "0", "security.W004"),
        ("PRIMEPATH_DEBUG", "1", "security.W018"),
    ],
)
def test_the_check_sees_what_is_not_fit_for_production(
    variable: str, value: str, said: str, tmp_path: Path
) -> None:
    status, text = check(tmp_path, **{variable: value})

    assert (status, said in text) == (1, True)
