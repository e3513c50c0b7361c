"""One PrimePath as an academy runs it: database, web server and periodic work, supervised."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

from tests.proof.processes.disk import Disk
from tests.servers import PostgreSQL, free_port, programs_for_everyone, stop_with_parent

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent.parent.parent
DATABASE = "primepath"
START_SECONDS = 40
LOOK_SECONDS = 0.05
# Durable as in production; small, and with the log's own writer so slow that what is not flushed
# by a commit is not flushed by chance.
POSTGRESQL_SETTINGS = {
    "max_connections": "40",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    "wal_writer_delay": "10s",
}


class Installation:
    """PrimePath on a database of its own in ``folder``; everything ends with this process.

    ``prepare`` sets this process's environment, so there is one in a process.  Methods block; they
    are called from one thread.
    """

    def __init__(self, folder: Path, database: str, *, workers: int = 2) -> None:
        self.folder = folder
        self.database = database
        self.workers = workers if database == "postgresql" else 1
        self.disk = Disk(folder)
        self.port = free_port()
        self.log = folder / "web.log"
        self.control = ""
        """The middleware that switches a guard off; "" for the product as it is."""
        self.postgresql: PostgreSQL | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the database, in the form of ``PRIMEPATH_DATABASE_URL``."""
        if self.postgresql is not None:
            return self.postgresql.url(DATABASE)
        return f"sqlite:///{self.sqlite_file}"

    @property
    def sqlite_file(self) -> Path:
        """SQLite's file."""
        return self.disk.folder / "primepath.sqlite3"

    def prepare(self) -> None:
        """Make the disk, start the database, and set the environment for Django."""
        self.folder.chmod(0o755)
        self.disk.make()
        if self.database == "postgresql":
            cluster = self.disk.folder / "postgresql"
            cluster.mkdir(mode=0o755)
            self.postgresql = PostgreSQL(cluster, settings=POSTGRESQL_SETTINGS)
            self.postgresql.log = self.folder / "postgresql.log"
            self.postgresql.start()
            with psycopg.connect(self.postgresql.url(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
        data = self.folder / "data"
        data.mkdir()
        for name in [name for name in os.environ if name.startswith("PRIMEPATH_")]:
            if not name.startswith("PRIMEPATH_TEST_P"):
                del os.environ[name]
        os.environ.update(
            PRIMEPATH_TEST="1",
            PRIMEPATH_DATA_DIR=str(data),
            PRIMEPATH_DATABASE_URL=self.url,
            PRIMEPATH_SERVER_URL=f"http://127.0.0.1:{self.port}",
            PRIMEPATH_LOG_LEVEL="ERROR",
            DJANGO_SETTINGS_MODULE="primepath.settings",
        )

    def own_troubles(self) -> list[tuple[str, Callable[[], None]]]:
        """Return by name what can break in an installation of this shape alone; it blocks."""
        return []

    # The web server and its supervisor

    def start(self) -> None:
        """Start the supervisor with its processes; return once the server answers."""
        environment = dict(os.environ)
        if self.control:
            environment["PRIMEPATH_TEST_MIDDLEWARE"] = self.control
        command = [sys.executable, "manage.py", "serve", f"--port={self.port}"]
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [*command, f"--workers={self.workers}"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - as tests.servers does it
            )
        self.wait_for_answer()

    @property
    def is_up(self) -> bool:
        """Whether the supervisor runs."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def wait_for_answer(self) -> None:
        """Return once the server answers.

        :raises RuntimeError: where it does not in time
        """
        give_up_at = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"no answer:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """End the supervisor and its processes in order."""
        if self._supervisor is None:
            return
        children = psutil.Process(self._supervisor.pid).children(recursive=True)
        self._supervisor.terminate()
        try:
            self._supervisor.wait(15)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        _kill(children)
        self._supervisor = None

    def kill(self) -> None:
        """End all of them at once."""
        for process in [*self._tree(), *self._tree()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._supervisor is not None:
            self._supervisor.wait()
            self._supervisor = None

    @property
    def parent(self) -> psutil.Process:
        """The first process of the web server.

        :raises LookupError: where it is not running at this moment
        """
        return self._child("granian")

    @property
    def periodic(self) -> psutil.Process:
        """The process of the periodic work.

        :raises LookupError: where it is not running at this moment
        """
        return self._child("periodic")

    @property
    def web_workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        try:
            children = self.parent.children()
        except (psutil.NoSuchProcess, LookupError):
            return []
        # Python's own helper for semaphores is among them.
        return [child for child in children if not _says(child, "resource_tracker")]

    def _child(self, word: str) -> psutil.Process:
        if self._supervisor is not None:
            for child in psutil.Process(self._supervisor.pid).children():
                if _says(child, word):
                    return child
        raise LookupError(word)

    def _tree(self) -> list[psutil.Process]:
        if self._supervisor is None:
            return []
        first = psutil.Process(self._supervisor.pid)
        return [first, *first.children(recursive=True)]

    # The database

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Have web server and database stand still (SIGSTOP)."""
        processes = self._tree()
        if self.postgresql is not None:
            first = psutil.Process(self.postgresql.pid)
            processes += [first, *first.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        try:
            yield
        finally:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    def kill_database(self) -> None:
        """End PostgreSQL as a power cut would, and start it again: it recovers from its log."""
        assert self.postgresql is not None
        children = psutil.Process(self.postgresql.pid).children(recursive=True)
        self.postgresql.kill()
        psutil.wait_procs(children, timeout=20)
        self.postgresql.start()

    def backup(self, name: str) -> Path:
        """Take a backup while everything runs; return where it is."""
        file = self.folder / f"backup-{name}"
        if self.postgresql is None:
            with (
                contextlib.closing(sqlite3.connect(self.sqlite_file)) as source,
                contextlib.closing(sqlite3.connect(file)) as copy,
            ):
                source.backup(copy)
        else:
            self._run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={self.url}")
        return file

    def restore(self, file: Path) -> None:
        """Put a backup in the place of the database; nobody may use it."""
        if self.postgresql is None:
            for suffix in ("-wal", "-shm"):
                self.sqlite_file.with_name(self.sqlite_file.name + suffix).unlink(missing_ok=True)
            shutil.copyfile(file, self.sqlite_file)
            return
        with psycopg.connect(self.postgresql.url(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE}")
        self._run("pg_restore", "--exit-on-error", f"--dbname={self.url}", str(file))

    def _run(self, program: str, *arguments: str) -> None:
        assert self.postgresql is not None
        programs = programs_for_everyone(self.postgresql.directory)
        subprocess.run([programs / program, *arguments], check=True, timeout=60, cwd="/")

    def close(self) -> None:
        """End everything."""
        self.kill()
        if self.postgresql is not None:
            self.postgresql.stop()
        self.disk.close()


def readiness(port: int) -> tuple[int, str]:
    """Return what ``/readyz`` says."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether the server replies, be it with an error."""
    try:
        urllib.request.urlopen(f"http://{host}:{port}/livez", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def signal_if_there(process: psutil.Process, sign: signal.Signals) -> None:
    """Send a signal to one of our own processes, unless it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(sign)


def _says(process: psutil.Process, word: str) -> bool:
    try:
        return any(word in part for part in process.cmdline())
    except psutil.Error:
        return False


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
