"""Serve this installation: the web server and the periodic work, kept running."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from placement_test.lib.transactions import is_sqlite
from placement_test.management.commands.demo import END_SIGNALS, installation
from placement_test.management.processes import end_all, look_after

if TYPE_CHECKING:
    from argparse import ArgumentParser


# Students wait for the web server: it has the processors to itself until it is there.
PERIODIC_AFTER_SECONDS = 3


class Command(BaseCommand):
    """Start both, start again what ends by itself, end both when told to.

    systemd (``deploy/``) runs this and starts it again in its turn.  Several hosts may run it on
    one PostgreSQL: one of them does the periodic work, and another one goes on when it dies.
    """

    # A restart in the middle of a test counts seconds; scripts/check and migrate have checked.
    requires_system_checks = ()
    help = "Serves this installation behind the proxy that ends TLS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add where to listen and what to run."""
        parser.add_argument(
            "--host",
            default=settings.LISTEN,
            help="address to listen on, for a proxy on another host (PRIMEPATH_LISTEN)",
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--workers",
            type=int,
            default=settings.WORKERS,
            help="web processes; SQLite: 1 (PRIMEPATH_WORKERS)",
        )
        parser.add_argument("--web-only", action="store_true", help="without periodic work")

    def handle(
        self, *args: Any, host: str, port: int, workers: int, web_only: bool, **options: Any
    ) -> None:
        """Serve until SIGTERM, SIGHUP or Ctrl-C.

        :raises CommandError: for several web processes on SQLite
        """
        if workers > 1 and is_sqlite():
            raise CommandError("SQLite has one web process: --workers 1, or PostgreSQL.")
        for sign in END_SIGNALS:
            signal.signal(sign, signal.default_int_handler)
        os.environ.setdefault("PRIMEPATH_SERVER_URL", f"http://{_in_url(host)}:{port}")
        processes = installation(port, workers=workers, host=host)
        if web_only:
            del processes[1:]
        with contextlib.suppress(KeyboardInterrupt):
            try:
                processes[0].start()
                for process in processes[1:]:
                    process.start_later(PERIODIC_AFTER_SECONDS)
                while True:
                    look_after(processes, self.stderr.write)
            finally:
                for sign in END_SIGNALS:
                    signal.signal(sign, signal.SIG_IGN)
                end_all(processes)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
