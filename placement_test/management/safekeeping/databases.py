"""The database as one file, and back."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from placement_test.management.safekeeping.places import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

COPY = re.compile(rb'COPY (?:public\.)?"?(\w+)"? .*FROM stdin;\n')
END_OF_COPY = b"\\.\n"


class Database(Protocol):
    """What backup and restore need of either kind."""

    kind: str

    def copy_to(self, file: Path) -> None:
        """Write everything as of one moment, while the installation runs."""

    def rows(self, file: Path) -> dict[str, int]:
        """Return how many rows of each table such a file holds; reads all of it."""

    def is_empty(self) -> bool:
        """Return whether there is nothing to overwrite."""

    def refuse_in_use(self) -> None:
        """Check that nobody is connected.

        :raises Refused: where somebody is
        """

    def put(self, file: Path, aside: str) -> str:
        """Put such a file's content in place; return where what was there is now, "" for nothing.

        ``aside`` names it.  Where this fails everything is as it was.
        """


def database(settings: dict[str, Any]) -> Database:
    """Return the database that Django's ``settings`` name."""
    if settings["ENGINE"].endswith("postgresql"):
        return PostgreSQL(settings)
    return SQLite(Path(settings["NAME"]))


class SQLite:
    """The embedded database."""

    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path

    def copy_to(self, file: Path) -> None:
        """Copy page by page in one step; writers go on meanwhile."""
        if not self.path.exists():
            raise Refused(f"There is no database at {self.path}.")
        with (
            contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(file)) as copy,
        ):
            source.backup(copy)
            # One file that is complete by itself.
            copy.execute("PRAGMA journal_mode=DELETE")
            found = copy.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise Refused(f"The copy is damaged: {found[0][0]}")

    def rows(self, file: Path) -> dict[str, int]:
        """Count them."""
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            names = copy.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).fetchall()
            return {
                name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
                for (name,) in names
            }

    def is_empty(self) -> bool:
        """Return whether the file is missing or has no table."""
        return not self.path.exists() or not self.rows(self.path)

    def refuse_in_use(self) -> None:
        """Leave the log's mode, which SQLite allows to the only connection alone."""
        if not self.path.exists():
            return
        with contextlib.closing(sqlite3.connect(self.path, timeout=1)) as connection:
            try:
                connection.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError as error:
                raise Refused(f"{self.path} is in use: stop the servers first.") from error

    def put(self, file: Path, aside: str) -> str:
        """Copy the file beside the old one, then change their names."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            with file.open("rb") as source:
                shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        kept = self.path.with_name(f"{self.path.name}.{aside}") if self.path.exists() else None
        if kept is not None:
            self.path.rename(kept)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        new.rename(self.path)
        return str(kept or "")


class PostgreSQL:
    """A server, reached directly."""

    kind = "postgresql"

    def __init__(self, settings: dict[str, Any]) -> None:
        # Not among the arguments, where everybody on the machine reads them.
        self._variables = {
            "PGHOST": settings["HOST"],
            "PGPORT": str(settings["PORT"]),
            "PGUSER": settings["USER"],
            "PGPASSWORD": settings["PASSWORD"],
            "PGDATABASE": settings["NAME"],
        }

    def copy_to(self, file: Path) -> None:
        """Run ``pg_dump``; what earlier restores have put aside stays out."""
        self._run(
            "pg_dump",
            *("--format=custom", "--no-owner", "--no-acl", "--exclude-schema=before_restore_*"),
            f"--file={file}",
        )

    def rows(self, file: Path) -> dict[str, int]:
        """Count them in what ``pg_restore`` makes of the file."""
        counted: dict[str, int] = {}
        table = ""
        for line in self._output("pg_restore", "--data-only", "--file=-", str(file)):
            begun = COPY.fullmatch(line)
            if begun:
                table = begun[1].decode()
                counted[table] = 0
            elif line == END_OF_COPY:
                table = ""
            elif table:
                counted[table] += 1
        return counted

    def is_empty(self) -> bool:
        """Return whether the schema ``public`` has no table."""
        with self._connected() as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone()
        return bool(found[0] == 0)

    def refuse_in_use(self) -> None:
        """Look who else is connected."""
        with self._connected() as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        if found[0]:
            raise Refused(f"{found[0]} connections to the database: stop the servers first.")

    def put(self, file: Path, aside: str) -> str:
        """Restore into a new schema ``public``; the old one gets another name."""
        is_empty = self.is_empty()
        kept = aside.replace("-", "_").lower()
        with self._connected() as connection:
            if is_empty:
                connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            else:
                connection.execute(f'ALTER SCHEMA public RENAME TO "{kept}"')
            connection.execute("CREATE SCHEMA public")
        try:
            self._run(
                "pg_restore",
                *("--no-owner", "--no-acl", "--exit-on-error", "--single-transaction"),
                f"--dbname={self._variables['PGDATABASE']}",
                str(file),
            )
        except Refused:
            if not is_empty:
                with self._connected() as connection:
                    connection.execute("DROP SCHEMA public CASCADE")
                    connection.execute(f'ALTER SCHEMA "{kept}" RENAME TO public')
            raise
        return "" if is_empty else f"schema {kept}"

    def _connected(self) -> Any:
        # SQLite alone does without the driver.
        import psycopg  # noqa: PLC0415

        given = self._variables
        return psycopg.connect(
            host=given["PGHOST"],
            port=given["PGPORT"] or None,
            user=given["PGUSER"] or None,
            password=given["PGPASSWORD"] or None,
            dbname=given["PGDATABASE"],
            autocommit=True,
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **{name: value for name, value in self._variables.items() if value}}

    def _run(self, program: str, *arguments: str) -> None:
        for _line in self._output(program, *arguments):
            pass

    def _output(self, program: str, *arguments: str) -> Iterator[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - programs of PostgreSQL
                [program, *arguments],
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError as error:
            raise Refused(f"{program} is missing: apt-get install postgresql-client") from error
        with process:
            assert process.stdout is not None  # noqa: S101 - both were asked for
            assert process.stderr is not None  # noqa: S101
            yield from process.stdout
            said = process.stderr.read().decode(errors="replace").strip()
        if process.returncode != 0:
            raise Refused(f"{program}: {said}")
