from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests import environment
from tests.deploy import settings_of_production
from tests.deploy.settings_of_production import ROOT
from tests.servers import PostgreSQL, programs_for_everyone, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

GIVE_A_PHONE = (
    "from placement_test.lib import private; from placement_test.models import Student;"
    "student = Student.objects.first(); student.phone = private.encrypt('010-1234-5678');"
    "student.save()"
)


class Place:
    """One installation in a folder, with the scripts of ``deploy/`` as an operator calls them."""

    def __init__(self, folder: Path, url: str, programs: str) -> None:
        self.folder = folder
        self.url = url
        self.env = folder / "primepath.env"
        self.data, self.files, self.keys = folder / "data", folder / "files", folder / "data/keys"
        self._programs = programs
        folder.mkdir(exist_ok=True)
        settings_of_production.write(self.env, folder, PRIMEPATH_DATABASE_URL=url)

    def run(self, *command: str | Path) -> tuple[int, str]:
        clean = {name: text for name, text in os.environ.items() if "PRIMEPATH" not in name}
        found = subprocess.run(
            [str(word) for word in command],
            env={
                **clean,
                "PATH": f"{self._programs}:{os.environ['PATH']}",
                "PRIMEPATH_ENV": str(self.env),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return found.returncode, found.stdout

    def manage(self, *words: str) -> tuple[int, str]:
        return self.run(
            *("/bin/sh", "-c", 'set -a; . "$PRIMEPATH_ENV"; set +a; exec "$@"', "manage"),
            *(sys.executable, str(ROOT / "manage.py"), *words),
        )

    def backup(self, folder: Path, *options: str | Path) -> Path:
        status, said = self.run(ROOT / "deploy/backup", folder, *options)
        assert status == 0, said
        return max(each for each in folder.iterdir() if each.name[0] == "2")

    def restore(self, backup: Path, *options: str | Path) -> tuple[int, str]:
        return self.run(ROOT / "deploy/restore", backup, *options)

    def count(self, table: str) -> int:
        sql = f"SELECT count(*) FROM placement_test_{table}"  # noqa: S608
        with self.connected() as connection:
            ((found,),) = connection.execute(sql).fetchall()
        return int(found)

    @contextlib.contextmanager
    def connected(self) -> Iterator[psycopg.Connection | sqlite3.Connection]:
        if self.url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as sqlite:
                yield sqlite
        else:
            with psycopg.connect(self.url) as postgresql:
                yield postgresql


class Places:
    """Makes places: ``made`` is the sample academy, ``empty`` has nothing."""

    def __init__(self, folder: Path, postgresql: PostgreSQL | None) -> None:
        self.folder = folder
        self.postgresql = postgresql
        programs = programs_for_everyone(folder) if postgresql else Path("/usr/bin")
        self.programs = str(programs)
        self.made = self._place("made")
        for words in (
            ("migrate", "--verbosity=0"),
            ("load_sample",),
            ("shell", "--command", GIVE_A_PHONE),
        ):
            status, said = self.made.manage(*words)
            assert status == 0, said

    def _place(self, name: str) -> Place:
        folder = self.folder / name
        url = f"sqlite:///{folder}/data/primepath.sqlite3"
        if self.postgresql is not None:
            with psycopg.connect(self.postgresql.url(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            url = self.postgresql.url(name)
        return Place(folder, url, self.programs)

    def empty(self, name: str) -> Place:
        """Return a new server, on which nothing was done yet."""
        return self._place(name)


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    with tempfile.TemporaryDirectory(dir=os.environ["PRIMEPATH_TEST_FOLDER"]) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if environment.database() == "sqlite":
            yield Places(folder, None)
            return
        server = PostgreSQL(folder)
        with running(server):
            yield Places(folder, server)


@pytest.fixture(scope="module")
def keys(places: Places) -> Path:
    return places.folder / "safe"


@pytest.fixture(scope="module")
def backup(places: Places, keys: Path) -> Path:
    return places.made.backup(places.folder / "backups", "--keys", keys)


def test_a_new_server_is_what_the_lost_one_was(places: Places, backup: Path, keys: Path) -> None:
    new = places.empty("new")

    status, said = new.restore(backup, "--keys", keys / backup.name)

    assert status == 0, said
    assert said.splitlines()[-1] == "Everything is as it should be."
    assert "0 missing" in said
    assert "Phone numbers: 1, 0 of them unreadable" in said
    assert new.count("studentsession") == places.made.count("studentsession") > 0
    stored = [file for file in new.files.rglob("*.*") if file.is_file()]
    assert len(stored) == len([file for file in places.made.files.rglob("*.*") if file.is_file()])
    assert {file.stat().st_mode & 0o777 for file in stored} == {0o600}


def test_nothing_is_overwritten_unless_told_and_even_then_put_aside(
    places: Places, backup: Path, keys: Path
) -> None:
    used = places.empty("used")
    assert used.manage("migrate", "--verbosity=0")[0] == 0

    refused = used.restore(backup, "--keys", keys / backup.name)
    assert refused[0] == 1
    assert "There is a database already: --overwrite puts it aside." in refused[1]
    assert used.count("studentsession") == 0

    status, said = used.restore(backup, "--keys", keys / backup.name, "--overwrite")
    assert status == 0, said
    assert "before" in said
    assert used.count("studentsession") == places.made.count("studentsession")
    assert list(used.data.glob("keys.before-restore-*"))
    assert used.backup(places.folder / "backups-of-used").exists()


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    places: Places, backup: Path, keys: Path
) -> None:
    new = places.empty("untouched")
    copy = places.folder / "copy"
    shutil.copytree(backup.parent, copy)
    damaged = copy / backup.name / "database"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1

    damaged.write_bytes(content)
    flipped = new.restore(copy / backup.name, "--keys", keys / backup.name)
    shutil.copyfile(backup / "database", damaged)
    next(file for file in (copy / "files").rglob("*.*") if file.is_file()).unlink()
    missing = new.restore(copy / backup.name, "--keys", keys / backup.name)

    assert flipped[0] == missing[0] == 1
    assert "is not what was written" in flipped[1]
    assert "is missing or not what was written" in missing[1]
    assert not new.files.exists()
    assert not new.keys.exists()


def test_a_restore_without_the_keys_is_refused_and_says_what_they_open(
    places: Places, backup: Path
) -> None:
    new = places.empty("keyless")

    refused = new.restore(backup)
    status, said = new.restore(backup, "--without-keys")

    assert refused[0] == 1
    assert "field, index, receipt, rescue, resume, ticket. --keys FOLDER" in refused[1]
    assert status == 1, said
    assert "No key opens the phone numbers of students" in said


def test_nobody_restores_under_a_running_server(places: Places, backup: Path, keys: Path) -> None:
    used = places.empty("running")
    assert used.manage("migrate", "--verbosity=0")[0] == 0

    with used.connected() as server:
        server.execute("SELECT count(*) FROM placement_test_studentsession").fetchone()
        status, said = used.restore(backup, "--keys", keys / backup.name, "--overwrite")

    assert status == 1
    assert "stop the servers first" in said
    assert used.count("studentsession") == 0


def test_the_next_backup_copies_what_is_new_and_old_ones_go(places: Places) -> None:
    folder = places.folder / "nightly"
    first = places.made.backup(folder)
    name = "ab" + "0" * 30 + ".pdf"
    new = places.made.files / "ab/00" / name
    new.parent.mkdir(parents=True, exist_ok=True)
    new.write_bytes(b"a paper")
    copied = {file: file.stat().st_ino for file in (folder / "files").rglob("*.*")}
    time.sleep(1.1)  # they are named by the second
    last = places.made.backup(folder, "--keep", "1")
    new.unlink()

    assert {file: file.stat().st_ino for file in copied} == copied
    assert name in json.loads((last / "manifest.json").read_text())["files"]
    assert not first.exists()
    assert [each.name for each in folder.iterdir() if each.name[0] == "."] == []


def test_keys_are_not_put_beside_what_they_open(places: Places) -> None:
    folder = places.folder / "together"

    status, said = places.made.run(ROOT / "deploy/backup", folder, "--keys", folder / "keys")

    assert status == 1
    assert "Keys beside the backup open it" in said


def test_verify_data_names_a_file_that_is_gone(places: Places) -> None:
    gone = next(file for file in sorted(places.made.files.rglob("*.mp3")) if file.is_file())
    kept = gone.rename(gone.with_suffix(".away"))

    status, said = places.made.manage("verify_data")
    kept.rename(gone)

    assert status == 1
    assert f"1 files are missing: {gone.name}" in said
    assert places.made.manage("verify_data")[0] == 0
