"""Serve this installation: the web server and the periodic work, kept running."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from placement_test.lib.transactions import is_sqlite
from placement_test.management.commands.demo import END_SIGNALS, HOST, installation
from placement_test.management.processes import end_all, look_after

if TYPE_CHECKING:
    from argparse import ArgumentParser


# Students wait for the web server: it has the processors to itself until it is there.
PERIODIC_AFTER_SECONDS = 3


class Command(BaseCommand):
    """Start both, start again what ends by itself, end both when told to.

    systemd (``deploy/``) runs this and starts it again in its turn.
    """

    # A restart in the middle of a test counts seconds; scripts/check and migrate have checked.
    requires_system_checks = ()
    help = "Serves this installation on 127.0.0.1 behind the proxy that ends TLS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--port`` and ``--workers``."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="web processes; SQLite: 1")

    def handle(self, *args: Any, port: int, workers: int, **options: Any) -> None:
        """Serve until SIGTERM, SIGHUP or Ctrl-C.

        :raises CommandError: for several web processes on SQLite
        """
        if workers > 1 and is_sqlite():
            raise CommandError("SQLite has one web process: --workers 1, or PostgreSQL.")
        for sign in END_SIGNALS:
            signal.signal(sign, signal.default_int_handler)
        os.environ.setdefault("PRIMEPATH_SERVER_URL", f"http://{HOST}:{port}")
        processes = installation(port, workers=workers)
        with contextlib.suppress(KeyboardInterrupt):
            try:
                web, periodic = processes
                web.start()
                periodic.start_later(PERIODIC_AFTER_SECONDS)
                while True:
                    look_after(processes, self.stderr.write)
            finally:
                for sign in END_SIGNALS:
                    signal.signal(sign, signal.SIG_IGN)
                end_all(processes)
