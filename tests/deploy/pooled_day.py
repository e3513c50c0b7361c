"""``pooled_day FOLDER``: a day on PostgreSQL behind PgBouncer in transaction mode."""

from __future__ import annotations

import os
from typing import Any

import psycopg

from tests.deploy import days
from tests.deploy.pgbouncer import DATABASE, PgBouncer
from tests.proof.processes.installation import Installation

# Sixteen threads of two workers share so many connections: each transaction may get another one.
POOL = 3
PAGES = (
    "/staff/",
    "/staff/sessions/",
    "/staff/statistics/",
    "/staff/students/",
    "/staff/exams/",
    "/staff/audit/",
    "/staff/performance/",
    "/api/health/",
    "/readyz",
    "/metrics",
)


class Pooled(Installation):
    """Everything goes through the pool, ``migrate`` too."""

    pgbouncer: PgBouncer | None = None

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.pgbouncer.url if self.pgbouncer else super().url

    def prepare(self) -> None:
        """Start PgBouncer too."""
        super().prepare()
        assert self.postgresql is not None
        self.pgbouncer = PgBouncer(
            self.folder,
            self.postgresql,
            changes={
                "default_pool_size": str(POOL),
                "reserve_pool_size": "0",
                # What is asked for in the same moment waits here: none is turned away for it.
                "query_wait_timeout": "60",
            },
        )
        self.pgbouncer.start()
        os.environ.update(PRIMEPATH_DATABASE_URL=self.url, PRIMEPATH_PGBOUNCER="1")

    def close(self) -> None:
        """End everything."""
        if self.pgbouncer is not None:
            self.pgbouncer.stop()
        super().close()


def look(installation: Installation) -> dict[str, Any]:
    """Open staff's pages through the pool, and ask PostgreSQL what it saw."""
    from django.core.management import call_command
    from django.test import Client

    from placement_test.models import StaffUser
    from tests import builders

    director = builders.staff(username="look", role=StaffUser.Role.DIRECTOR)
    browser = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    browser.force_login(director)
    pages = {path: browser.get(path).status_code for path in PAGES}
    export = browser.post("/staff/sessions/export/", {"format": "csv"})
    call_command("periodic", once=True)
    call_command("verify_audit", verbosity=0)
    assert installation.postgresql is not None
    with psycopg.connect(installation.postgresql.url(DATABASE)) as connection:
        sessions = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'",
            [DATABASE],
        ).fetchone()
        left = connection.execute(
            "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
            " + (SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction')"
        ).fetchone()
    assert sessions is not None
    assert left is not None
    return {
        "pages": pages,
        "export": export.status_code,
        "connections": sessions[0],
        "left_behind": left[0],
    }


if __name__ == "__main__":
    days.main(lambda folder: Pooled(folder, "postgresql"), look)
