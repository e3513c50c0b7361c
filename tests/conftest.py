"""Fixtures of every test.

``noon`` stops the clock.  ``db`` and ``client`` are pytest-django's.  The database is a file
(SQLite) or a server (PostgreSQL), so that threads and processes may use it in tests marked
``django_db(transaction=True)``.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest

from tests import environment
from tests.servers import WebServer, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import time_machine

environment.prepare()
django.setup()
# Processes of pytest-xdist inherit what stands here, and pytest-django would load their settings
# before they have prepared an environment of their own.
del os.environ["DJANGO_SETTINGS_MODULE"]

# Noon in Seoul, where the sample academy is; a Monday, in term.
NOON = dt.datetime(2026, 3, 9, 3, 0, tzinfo=dt.UTC)

DATABASE_FIXTURES = frozenset({"db", "transactional_db", "live_server", "admin_client"})


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """Stop the clock at ``NOON``; ``noon.shift(seconds)`` and ``noon.move_to(moment)`` move it."""
    import time_machine

    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Put the test database of SQLite into a file of this process."""
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    if environment.database() == "sqlite":
        file = Path(os.environ["PRIMEPATH_DATA_DIR"]) / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(file)
    elif worker := os.environ.get("PYTEST_XDIST_WORKER"):
        database.setdefault("TEST", {})["NAME"] = f"test_primepath_{worker}"


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """Return an empty folder that PostgreSQL's own account can enter, for ``tests.servers``."""
    with tempfile.TemporaryDirectory(dir=os.environ["PRIMEPATH_TEST_FOLDER"]) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def web_server(transactional_db: None, server_folder: Path) -> Iterator[WebServer]:
    """Run PrimePath's own HTTP server on the test database: ``web_server.url``, ``.kill()`` ..."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    if environment.database() == "sqlite":
        address = f"sqlite:///{name}"
    else:
        address = f"{os.environ['PRIMEPATH_DATABASE_URL'].rpartition('/')[0]}/{name}"
    server = WebServer(server_folder, database_url=address)
    with running(server):
        yield server


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Let no test see what another one cached: SQLite gives an id again that was rolled back."""
    from django.core.cache import caches

    from placement_test import query_optimizations
    from placement_test.saving import crowd

    yield
    for cache in caches.all(initialized_only=True):
        cache.clear()
    query_optimizations.forget_all_kept()
    crowd.forget()


@pytest.fixture(autouse=True)
def _no_connection_without_database(request: pytest.FixtureRequest) -> None:
    """Close what an earlier test left open, where this test may not use the database.

    The end of a response looks at open connections, which pytest-django refuses in such a test:
    it would fail or not by the order of tests.
    """
    from django.db import connections

    asked = DATABASE_FIXTURES.intersection(request.fixturenames)
    if not asked and request.node.get_closest_marker("django_db") is None:
        connections.close_all()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything below ``tests/browser`` and ``tests/faults`` by its folder."""
    for item in items:
        for name in ("browser", "faults"):
            if Path(__file__).parent / name in item.path.parents:
                item.add_marker(name)
