"""What the settings read in a test run: decided before Django is imported.

``PRIMEPATH_TEST_DB=postgresql`` runs the suite in the shape of a large installation (PostgreSQL and
Valkey, started here); the default is the shape of one academy (SQLite, process cache).
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

# Room for the databases and files of two workers, PostgreSQL's programs and its log.
MEMORY_DISK_BYTES = 2 * 2**30
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - only a parent of a private folder
PREFIX = "primepath-test-"


def prepare() -> None:
    """Set the environment of this test process; the first one also starts the servers.

    Processes of pytest-xdist inherit the first one's environment, so there is one of each server,
    and each process has a database and a folder of its own.  A process that a test starts shares
    those of its test when it calls this.
    """
    if "PRIMEPATH_TEST_FOLDER" not in os.environ:
        _prepare_run()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    data = Path(os.environ["PRIMEPATH_TEST_FOLDER"]) / f"data-{worker or 'main'}"
    data.mkdir(mode=0o700, exist_ok=True)
    os.environ["PRIMEPATH_DATA_DIR"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "primepath.settings"
    if "PRIMEPATH_TEST_VALKEY" in os.environ:
        # 16 databases: 0 for a run without workers, gw0 has 1, and so on.
        number = int(worker.removeprefix("gw")) + 1 if worker else 0
        os.environ["PRIMEPATH_REDIS_URL"] = f"{os.environ['PRIMEPATH_TEST_VALKEY']}/{number}"
    sys.addaudithook(_refuse_network)


def database() -> str:
    """Return which database this run is on: ``sqlite`` or ``postgresql``."""
    name = os.environ.get("PRIMEPATH_TEST_DB", "sqlite")
    if name not in {"sqlite", "postgresql"}:
        raise ValueError(f"PRIMEPATH_TEST_DB is {name!r}, not sqlite or postgresql")
    return name


def _prepare_run() -> None:
    for name in [name for name in os.environ if name.startswith("PRIMEPATH_")]:
        # A developer's own installation must not reach the tests.
        if not name.startswith("PRIMEPATH_TEST_"):
            del os.environ[name]
    folder = _folder_of_this_run()
    os.environ.update(
        PRIMEPATH_TEST="1",
        PRIMEPATH_TEST_FOLDER=str(folder),
    )
    os.environ.pop("PRIMEPATH_TEST_VALKEY", None)
    if database() == "postgresql":
        _start_servers(folder)


def _start_servers(folder: Path) -> None:
    from tests.servers import PostgreSQL, Valkey

    # Looking at a table while a test fills it, it counts no row of the open transaction, and the
    # planner believes it: a page of 20 ms took minutes.
    postgresql = PostgreSQL(folder, settings={"autovacuum": "off"})
    valkey = Valkey(folder)
    for server in (postgresql, valkey):
        server.start()
        atexit.register(server.stop)
    os.environ["PRIMEPATH_DATABASE_URL"] = postgresql.url("primepath")
    os.environ["PRIMEPATH_TEST_VALKEY"] = valkey.url().rpartition("/")[0]


def _folder_of_this_run() -> Path:
    parent = _parent_folder()
    _remove_left_overs(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
    folder.chmod(0o755)  # PostgreSQL's own account passes through
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _parent_folder() -> Path:
    """Return a folder in memory where there is room: databases stay durable, but sync is free."""
    wanted = os.environ.get("PRIMEPATH_TEST_PARENT")
    if wanted:
        return Path(wanted)
    if MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > MEMORY_DISK_BYTES:
        return MEMORY_DISK
    return Path(tempfile.gettempdir())


def _remove_left_overs(parent: Path) -> None:
    """Remove what runs that were killed have left in ``parent``."""
    for folder in parent.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Let tests connect to this machine only."""
    if event != "socket.connect":
        return
    connection, address = arguments
    if connection.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0])
        if not (host.startswith("127.") or host in {"::1", "localhost"}):
            raise ConnectionRefusedError(
                f"a test tried to reach {host}: tests stay on this machine"
            )
