"""PrimePath on one database, with sessions to sit: real servers, production settings."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests import environment
from tests.proof.stages import ROOT
from tests.servers import PRODUCT, WebServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from placement_test.models import ExamVersion
    from tests.proof.history import Stored

T = TypeVar("T")
# Not a loopback name: Chromium takes a page of it for insecure, as on a school's plain HTTP.
PLAIN_HOST = "exam.school.test"


@dataclass(frozen=True, slots=True)
class Seat:
    """A registered session and the cookie that lets a browser sit it."""

    session: UUID
    cookie: str
    token: str


class Site:
    """A database with published exams and a web server on it.

    Its methods are coroutines that run in one thread, so that Django has one connection here which
    can be closed where a database is put back.
    """

    def __init__(
        self, folder: Path, *, has_sample: bool = False, application: str = PRODUCT
    ) -> None:
        self.folder = folder
        self.has_sample = has_sample
        self.application = application
        self.is_sqlite = environment.database() == "sqlite"
        self.server: WebServer | None = None
        self.releases = 0
        self._version: ExamVersion | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def open(self) -> None:
        """Make the database and start the server."""
        await self.run(self._make)
        await self.start()

    async def close(self) -> None:
        """Stop the server."""
        await self.stop()
        await self.run(_disconnect)
        self._thread.shutdown()

    async def run(self, work: Callable[[], T]) -> T:
        """Do ``work`` in the thread that uses the database."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    @property
    def port(self) -> int:
        """Where the server listens, also while it is down."""
        assert self.server is not None
        return self.server.port

    async def start(self) -> None:
        """Start the server, on the port it had."""
        assert self.server is not None
        await asyncio.to_thread(self.server.start)

    async def stop(self) -> None:
        """Stop the server in order."""
        assert self.server is not None
        await asyncio.to_thread(self.server.stop)

    async def kill(self) -> None:
        """End the server with -9."""
        assert self.server is not None
        await asyncio.to_thread(self.server.kill)

    async def seats(self, count: int) -> list[Seat]:
        """Register students."""
        return await self.run(lambda: [self._seat() for _ in range(count)])

    async def scan_seat(self, pages: int) -> Seat:
        """Register a student for the sample's longest scan, made as long as ``pages``."""
        return await self.run(lambda: _scan_seat(pages))

    async def stored(self, session: UUID) -> Stored:
        """Return what the database holds of a session."""
        from tests.proof.stored import stored

        return await self.run(lambda: stored(session))

    async def end_in(self, session: UUID, seconds: float) -> None:
        """Move a session's deadline."""
        await self.run(lambda: _end_in(session, seconds))

    async def milliseconds_left(self, session: UUID) -> int:
        """Return how much time the server gives a session now."""
        return await self.run(lambda: _milliseconds_left(session))

    async def resume_code(self, session: UUID) -> str:
        """Return the code that moves a session to another browser."""
        return await self.run(lambda: _resume_code(session))

    async def deploy(self) -> None:
        """Put another release of the product in the place of this one, as an upgrade does."""
        self.releases += 1
        release = self.folder / f"release-{self.releases}"
        await asyncio.to_thread(_make_release, release)
        await self.stop()
        # The server starts in the folder of its release.
        os.chdir(release)
        try:
            await self.start()
        finally:
            os.chdir(ROOT)

    async def back_up(self, name: str) -> None:
        """Keep a copy of the database (SQLite) under ``name``."""
        await self.run(lambda: self._back_up(name))

    async def restore(self, name: str) -> None:
        """Put the copy ``name`` back; the server is down meanwhile, as in a real restore."""
        await self.stop()
        await self.run(lambda: self._restore(name))
        await self.start()

    def _make(self) -> None:
        from django.conf import settings
        from django.core.management import call_command

        from tests import sitting

        if not self.is_sqlite:
            _administer('CREATE DATABASE "primepath"')
        call_command("migrate", verbosity=0)
        if self.has_sample:
            call_command("load_sample", sessions=0, verbosity=0)
        else:
            self._version = sitting.published(choices=4, shorts=2, longs=1)
        # The server runs as in production; this process stays a test.
        os.environ.pop("PRIMEPATH_TEST", None)
        os.environ["PRIMEPATH_ALLOWED_HOSTS"] = f"127.0.0.1,localhost,{PLAIN_HOST}"
        address = os.environ.get("PRIMEPATH_DATABASE_URL")
        name = settings.DATABASES["default"]["NAME"]
        self.server = WebServer(
            self.folder,
            database_url=address or f"sqlite:///{name}",
            workers=1 if self.is_sqlite else 2,
            application=self.application,
        )

    def _seat(self) -> Seat:
        from placement_test.sessions.access import cookie_name
        from tests import sitting

        made = sitting.registered(self._version)
        return Seat(made.session.id, cookie_name(made.session.id), made.token)

    def _back_up(self, name: str) -> None:
        from django.conf import settings

        source = sqlite3.connect(str(settings.DATABASES["default"]["NAME"]))
        target = sqlite3.connect(self.folder / f"{name}.sqlite3")
        with source, target:
            source.backup(target)
        source.close()
        target.close()

    def _restore(self, name: str) -> None:
        from django.conf import settings

        _disconnect()
        file = Path(str(settings.DATABASES["default"]["NAME"]))
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.folder / f"{name}.sqlite3", file)


def _scan_seat(pages: int) -> Seat:
    from decimal import Decimal

    from placement_test.models import PaperPage, TestEvent
    from placement_test.sessions.access import cookie_name
    from placement_test.sessions.services import Registration, register

    event = TestEvent.objects.filter(is_listed=True)[0]
    made = register(event, Registration(name="Min-ji", grade=8, rank_percent=Decimal(10)))
    there = list(PaperPage.objects.filter(version=made.session.version_id).order_by("position"))
    for position in range(len(there) + 1, pages + 1):
        page = there[position % len(there)]
        page.pk, page.position = None, position
        page.save(force_insert=True)
    return Seat(made.session.id, cookie_name(made.session.id), made.token)


def _resume_code(session: UUID) -> str:
    from placement_test.models import StudentSession
    from placement_test.sessions import resume_codes

    return resume_codes.shown(StudentSession.objects.get(id=session))


def _make_release(release: Path) -> None:
    for name in ("primepath", "placement_test", "static", "templates", "locale"):
        shutil.copytree(ROOT / name, release / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", release)
    for script in (release / "static" / "js" / "pages").glob("*.js"):
        # Other content, so another address: pages of the old release must go on with theirs.
        with script.open("a") as file:
            file.write(f'\nglobalThis.release = "{release.name}";\n')
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"],
        cwd=release,
        check=True,
    )


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


def _administer(statement: str) -> None:
    import psycopg

    address = os.environ["PRIMEPATH_DATABASE_URL"].rpartition("/")[0] + "/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


def _end_in(session: UUID, seconds: float) -> None:
    from placement_test.lib import clock
    from placement_test.models import StudentSession

    moment = clock.now() + dt.timedelta(seconds=seconds)
    StudentSession.objects.filter(id=session).update(deadline_at=moment)


def _milliseconds_left(session: UUID) -> int:
    from placement_test.lib import clock
    from placement_test.models import StudentSession

    deadline = StudentSession.objects.values_list("deadline_at", flat=True).get(id=session)
    assert deadline is not None
    return int((deadline - clock.now()).total_seconds() * 1000)
