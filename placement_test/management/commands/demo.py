"""Serve PrimePath with the sample academy on this machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.urls import reverse

from placement_test.management import static_files
from placement_test.management.processes import Process, end_all, look_after
from placement_test.management.sample.people import LOGINS

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

HOST = "127.0.0.1"
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Idle connections count too, and a browser keeps up to six: room for a hall of 150 browsers.
SERVER_CONNECTIONS = 1024
ANSWER_SECONDS = 60
START_ATTEMPTS = 3


class Command(BaseCommand):
    """Make the sample academy where the data folder is empty, then serve it until told to end."""

    help = "Serves PrimePath with a sample academy on 127.0.0.1; Ctrl-C ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--port``.  The data folder is ``PRIMEPATH_DATA_DIR``."""
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        """Prepare, start, watch, end.

        :raises CommandError: if the port or the data folder is in use, or the server does not start
        """
        for sign in END_SIGNALS:
            signal.signal(sign, signal.default_int_handler)
        # Names and answers of students: nobody else on this machine reads them.
        os.umask(0o077)
        with contextlib.suppress(KeyboardInterrupt), only_demo_of(Path(settings.DATA_DIR)):
            refuse_busy(port)
            self.prepare()
            self.serve(port)

    def prepare(self) -> None:
        """Bring the database and the static files up to date."""
        call_command("migrate", verbosity=0, interactive=False)
        if not get_user_model().objects.exists():
            self.stdout.write("Making the sample academy ...")
            self.stdout.flush()
            call_command("load_sample")
        static_files.collect()
        # The server and its threads open their own.
        connections.close_all()

    def serve(self, port: int) -> None:
        """Keep the processes running; end them on the way out, whatever the reason."""
        os.environ["PRIMEPATH_SERVER_URL"] = f"http://{HOST}:{port}"
        processes = installation(port)
        try:
            for process in processes:
                process.start()
            self.wait_for_answer(port, processes)
            self.introduce(port)
            while True:
                look_after(processes, self.stderr.write)
        finally:
            for sign in END_SIGNALS:
                signal.signal(sign, signal.SIG_IGN)
            end_all(processes)

    def wait_for_answer(self, port: int, processes: list[Process]) -> None:
        """Return once the server answers.

        :raises CommandError: if it ends again and again, or does not answer in time
        """
        give_up_at = time.monotonic() + ANSWER_SECONDS
        while not answers(port):
            look_after(processes, self.stderr.write)
            if processes[0].failures >= START_ATTEMPTS or time.monotonic() > give_up_at:
                raise CommandError("The server does not start; the lines above say why.")

    def introduce(self, port: int) -> None:
        """Print where to go and as whom."""
        address = f"http://{HOST}:{port}"
        lines = [
            "",
            "PrimePath is running, with a sample academy.",
            "",
            f"  Students   {address}/",
            f"  Staff      {address}{reverse(settings.LOGIN_REDIRECT_URL)}",
            "",
            *(f"  {role:<15}{name:<15}{password}" for role, name, password in LOGINS),
            "",
            f"Data: {settings.DATA_DIR}. Ctrl-C ends it.",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def installation(port: int, *, workers: int = 1, host: str = HOST) -> list[Process]:
    """Return the processes that serve: the web server first."""
    return [
        Process("The server", server_command(port, workers=workers, host=host)),
        Process("Periodic work", [sys.executable, sys.argv[0], "periodic"]),
    ]


def server_command(port: int, *, workers: int = 1, host: str = HOST) -> list[str]:
    """Return the command of the HTTP server; SQLite wants one worker."""
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": host,
        "--port": port,
        "--workers": workers,
        "--blocking-threads": settings.THREADS,
        "--backpressure": SERVER_CONNECTIONS,
        "--workers-kill-timeout": 5,
        # Its only warning is about more threads than cores; most of ours wait for the database.
        "--log-level": "error",
    }
    granian = shutil.which("granian", path=str(Path(sys.executable).parent)) or "granian"
    words = [str(word) for option in options.items() for word in option]
    return [
        granian,
        *words,
        # One that is killed is replaced while the others go on; without this all of them end.
        "--respawn-failed-workers",
        "--no-ws",
        "--no-access-log",
        "primepath.wsgi:application",
    ]


def refuse_busy(port: int) -> None:
    """Check that nothing listens on ``port``.

    :raises CommandError: with what to do
    """
    with socket.socket() as probe:
        # As the server does it: connections that have just closed are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used ({error}). Choose another one: "
                "scripts/demo --port 8001"
            ) from error


@contextlib.contextmanager
def only_demo_of(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: SQLite means one web process.

    :raises CommandError: if another demo holds it
    """
    with (folder / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"Another demo is running on {folder}. End it, or give this one a folder of its "
                "own: scripts/demo --data DIR --port N"
            ) from error
        yield


def answers(port: int) -> bool:
    """Return whether the server replies, be it with an error."""
    try:
        urllib.request.urlopen(f"http://{HOST}:{port}/livez", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
