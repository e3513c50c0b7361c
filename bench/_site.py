"""An installation to put load on: the product as an academy runs it, on a real disk.

PostgreSQL and Valkey are real ones of its own, durable as in production; the web server is
``manage.py serve`` with the settings of production.  What stands for nginx is the load itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from bench import _cpu, _requests, _rows
from tests.proof.processes.installation import answers
from tests.servers import PostgreSQL, Valkey, free_port, stop_with_parent

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "primepath-load-"
# PostgreSQL as an academy is told to set it up.
POSTGRESQL_FILE = ROOT / "deploy" / "postgresql.conf"
SETTING = re.compile(r"^(\w+) = '?([^'#\n]+?)'?$", re.MULTILINE)
START_SECONDS = 60
STOP_SECONDS = 15
# As /proc/net/tcp has them: a state, and 127.0.0.1 with its colon.
ESTABLISHED, PROBES = "01", "0100007F:"


class Site:
    """PrimePath on a database of its own; ``open`` sets this process's environment.

    There is one in a process, and it ends with it.  ``threads`` of a web process, and how many
    connections it takes (``server_connections``): 0 leaves the product's own number.
    """

    def __init__(
        self,
        database: str,
        *,
        workers: int = 2,
        threads: int = 0,
        server_connections: int = 0,
        disk: Path = Path(_rows.DISK),
    ) -> None:
        self.database = database
        self.workers = workers if database == "postgresql" else 1
        self.threads = threads
        self.server_connections = server_connections
        self.port = free_port()
        _remove_left_overs(disk)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=disk))
        self.folder.chmod(0o755)  # PostgreSQL's own account passes through
        self.log = self.folder / "web.log"
        self.postgresql: PostgreSQL | None = None
        self.valkey: Valkey | None = None
        self.answers_since = 0.0
        """When it answered first (monotonic)."""
        self._supervisor: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start the database, set the environment, load Django, and make tables and static files.

        The web server is not started: ``serve`` does.
        """
        address = f"sqlite:///{self.folder}/primepath.sqlite3"
        redis = ""
        if self.database == "postgresql":
            settings = dict(SETTING.findall(POSTGRESQL_FILE.read_text()))
            self.postgresql = PostgreSQL(self.folder, settings=settings)
            self.valkey = Valkey(self.folder)
            self.postgresql.start()
            self.valkey.start()
            self.make_database("primepath")
            address, redis = self.postgresql.url("primepath"), self.valkey.url()
        for name in [name for name in os.environ if name.startswith("PRIMEPATH_")]:
            del os.environ[name]
        os.environ.update(
            PRIMEPATH_DATA_DIR=str(self.folder / "data"),
            PRIMEPATH_DATABASE_URL=address,
            PRIMEPATH_REDIS_URL=redis,
            PRIMEPATH_HTTPS="1",
            # The load comes from many addresses of this machine (bench._wire).
            PRIMEPATH_PROXIES="127.0.0.0/8",
            PRIMEPATH_WORKERS=str(self.workers),
            **({"PRIMEPATH_THREADS": str(self.threads)} if self.threads else {}),
            DJANGO_SETTINGS_MODULE="primepath.settings",
        )
        # The figures are to be those of what serves.
        os.environ["PRIMEPATH_MONITOR_FLUSH_SECONDS"] = "0"
        import django
        from django.core.management import call_command

        django.setup()
        del os.environ["PRIMEPATH_MONITOR_FLUSH_SECONDS"]
        from placement_test.management import static_files

        call_command("migrate", verbosity=0)
        static_files.collect()

    def make_database(self, name: str) -> None:
        """Make one more database on the PostgreSQL server."""
        assert self.postgresql is not None  # noqa: S101
        with psycopg.connect(self.postgresql.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")

    def serve(self) -> None:
        """Start the supervisor with its processes; return once the server answers."""
        command = [sys.executable, "manage.py"]
        if self.server_connections:
            command = [sys.executable, "-m", "bench._serve", str(self.server_connections)]
        self.run([*command, "serve", f"--port={self.port}"])

    def run(self, command: list[str]) -> None:
        """Start ``command`` as the web server; return once it answers at ``port``.

        :raises RuntimeError: where it does not in time
        """
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(  # noqa: S603 - the product's commands and ours
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - as tests.servers does it
            )
        give_up_at = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"no answer:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)
        self.answers_since = time.monotonic()

    def end_server(self) -> None:
        """End the web server and its processes."""
        if self._supervisor is None:
            return
        processes = psutil.Process(self._supervisor.pid).children(recursive=True)
        self._supervisor.terminate()
        try:
            self._supervisor.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        _kill(processes)
        self._supervisor = None

    def csrf(self) -> _requests.Csrf:
        """Return what a browser gets with a page."""
        return _requests.csrf(self.port)

    # What it costs

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time so far of the web server, the database and the cache."""
        roots = {
            "app": self._supervisor.pid if self._supervisor else 0,
            "db": self.postgresql.pid if self.postgresql else 0,
            "cache": self.valkey.pid if self.valkey else 0,
        }
        return {name: _cpu.seconds(root) for name, root in roots.items() if root}

    def connections(self) -> int:
        """Return how many TCP connections of the load to the web server stand open."""
        found = 0
        with Path("/proc/net/tcp").open() as table:
            next(table)
            for line in table:
                _number, local, remote, state = line.split(maxsplit=4)[:4]
                # What looks whether it answers comes from there, the load does not.
                is_ours = int(local.rpartition(":")[2], 16) == self.port and PROBES not in remote
                found += is_ours and state == ESTABLISHED
        return found

    def web_workers(self) -> list[psutil.Process]:
        """Return the processes that answer requests."""
        found = []
        for parent in self._web_parents():
            # Python's own helper for semaphores is among its children.
            found += [each for each in parent.children() if not _says(each, "resource_tracker")]
        return found

    # What may happen to it

    def kill_worker(self) -> None:
        """Kill one of the processes that answer (-9); the web server starts another one."""
        _kill(self.web_workers()[:1])

    def kill_web(self) -> None:
        """Kill the web server with all its processes (-9); its supervisor starts it again."""
        parents = self._web_parents()
        _kill([child for parent in parents for child in parent.children()] + parents)

    def kill_database(self) -> None:
        """Kill PostgreSQL (-9) and start it again, as its unit does."""
        assert self.postgresql is not None  # noqa: S101
        children = psutil.Process(self.postgresql.pid).children(recursive=True)
        self.postgresql.kill()
        psutil.wait_procs(children, timeout=STOP_SECONDS)
        self.postgresql.start()

    def close(self) -> None:
        """End everything and remove it."""
        self.end_server()
        for server in (self.postgresql, self.valkey):
            if server is not None:
                server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _web_parents(self) -> list[psutil.Process]:
        if self._supervisor is None:
            return []
        first = psutil.Process(self._supervisor.pid)
        return [each for each in [first, *first.children()] if _says(each, "granian")]


def _remove_left_overs(disk: Path) -> None:
    """Remove what measurements that were killed have left."""
    for folder in disk.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _says(process: psutil.Process, word: str) -> bool:
    try:
        return any(word in part for part in process.cmdline())
    except psutil.Error:
        return False


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
