"""``deploy/upgrade`` under a light load: real nginx, real servers, a stand-in for systemd alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import environment
from tests.deploy import settings_of_production
from tests.deploy.load import Browser, Load, Student
from tests.deploy.nginx import HOST, Nginx, needs_nginx, open_to_nginx
from tests.deploy.settings_of_production import ROOT
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

SCRIPT = "static/js/pages/student.js"
MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("placement_test", "{before}")]
    operations = [{operation}]
"""
ADDED = 'migrations.AddField("testevent", "room", models.TextField(null=True))'
REMOVED = 'migrations.RemoveField("testevent", "name")'


class Host:
    """A machine as docs/production.md sets it up, in a folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.home = folder
        self.env = folder / "primepath.env"
        self.slots = [free_port(), free_port()]
        self.stand_in = folder / "stand-in"
        for name in ("data", "files", "static", "stand-in", "programs", "releases"):
            (folder / name).mkdir()
        open_to_nginx(folder / "files")
        settings_of_production.write(self.env, folder, PRIMEPATH_DATABASE_URL=url)
        program = folder / "programs/systemctl"
        program.write_text(
            f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/deploy/systemctl.py "$@"\n'
        )
        program.chmod(0o755)
        self.nginx = Nginx(
            folder,
            servers=[f"{HOST}:{self.slots[0]}"],
            static=folder / "static",
            files=folder / "files",
        )
        self._make_repository()

    def _make_repository(self) -> None:
        self.repository = self.home / "repository"
        self.repository.mkdir()
        names = self._git("ls-files", "-co", "--exclude-standard", at=ROOT).splitlines()
        for name in names:
            if (ROOT / name).is_file():
                (self.repository / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.repository / name)
        self._git("init", "--quiet")
        self.release("v1")

    def _git(self, *words: str, at: Path | None = None) -> str:
        own = ("-c", "user.name=test", "-c", "user.email=test@localhost")
        return subprocess.run(
            [shutil.which("git") or "git", *own, *words],
            cwd=at or self.repository,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def release(self, tag: str) -> None:
        """Commit what is in the repository."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", tag)
        self._git("tag", tag)

    def migration(self, operation: str) -> None:
        """Write one more migration."""
        folder = self.repository / "placement_test/migrations"
        before = max(file.stem for file in folder.glob("0*.py") if file.stem != "0001_add")
        (folder / "0098_next.py").write_text(MIGRATION.format(before=before, operation=operation))

    def run(self, *command: str | Path, **variables: str) -> tuple[int, str]:
        """Run something as root would on that machine."""
        clean = {name: text for name, text in os.environ.items() if "PRIMEPATH" not in name}
        found = subprocess.run(
            [str(word) for word in command],
            env={
                **clean,
                "PATH": f"{self.home}/programs:/usr/sbin:{os.environ['PATH']}",
                "STAND_IN": str(self.stand_in),
                "PRIMEPATH_HOME": str(self.home),
                "PRIMEPATH_ENV": str(self.env),
                "PRIMEPATH_SLOTS": " ".join(map(str, self.slots)),
                "PRIMEPATH_USER": "",
                "PRIMEPATH_SETUP": f"ln -s {Path(sys.prefix)} .venv",
                "PRIMEPATH_SERVERS": f"{self.nginx.folder}/etc/servers.conf",
                "PRIMEPATH_NGINX": " ".join(self.nginx.command()),
                "PRIMEPATH_NGINX_PID": f"{self.nginx.folder}/nginx.pid",
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=240,
        )
        return found.returncode, found.stdout

    def upgrade(self, *words: str, **variables: str) -> tuple[int, str]:
        """Run deploy/upgrade."""
        return self.run(ROOT / "deploy/upgrade", *words, **variables)

    def seats(self, *words: str) -> Any:
        """Run tests.deploy.seats on this installation."""
        status, said = self.run(
            *("/bin/sh", "-c", 'set -a; . "$PRIMEPATH_ENV"; set +a; exec "$@"', "seats"),
            *(sys.executable, "-m", "tests.deploy.seats", *words),
            PYTHONPATH=str(ROOT),
        )
        assert status == 0, said
        return json.loads(said.splitlines()[-1])

    @property
    def serving(self) -> list[int]:
        """The slots that run."""
        return [
            port
            for port in self.slots
            if self.run("systemctl", "is-active", "--quiet", f"primepath@{port}")[0] == 0
        ]

    def close(self) -> None:
        """End everything."""
        self.nginx.stop()
        for port in self.slots:
            self.run("systemctl", "stop", f"primepath@{port}")


@pytest.fixture
def host(server_folder: Path) -> Iterator[Host]:
    needs_nginx()
    folder = server_folder / "primepath"
    folder.mkdir()
    url = f"sqlite:///{folder}/data/primepath.sqlite3"
    if environment.database() == "postgresql":
        server = f"{os.environ['PRIMEPATH_DATABASE_URL'].rpartition('/')[0]}"
        name = f"upgrade_{os.getpid()}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        url = f"{server}/{name}"
    host = Host(folder, url)
    host.nginx.start()
    try:
        status, said = host.upgrade("v1")
        assert status == 0, said
        yield host
    finally:
        host.close()


def test_no_request_fails_while_releases_replace_each_other(host: Host) -> None:
    first, second = host.slots
    seats = host.seats("make", "3")
    students = [Student(host.nginx, seat) for seat in seats]
    for student in students:
        student.start()
    visitor = Browser(host.nginx, seats[0]["cookie"])
    page = visitor.ask("/")[1].decode()
    script = re.findall(r'/static/js/[^"]*\.[0-9a-f]{12}\.js', page)[0]
    load = Load(
        {
            **{f"student {n}": (each.save, [200]) for n, each in enumerate(students)},
            "page": (lambda: host.nginx.ask("/").status, [200]),
            "script of the first release": (lambda: host.nginx.ask(script).status, [200]),
            "paper": (lambda: visitor.ask(seats[0]["page"])[0], [200]),
            # Not safe to repeat: nginx sends each exactly once.
            "form": (lambda: post_form(host.nginx), [422]),
        }
    )
    with (host.repository / SCRIPT).open("a") as file:
        file.write("export const release = 2;\n")
    host.migration(ADDED)
    host.release("v2")

    with load.running():
        there = host.upgrade("v2")
        on_second = host.serving
        back = host.upgrade("v1")
    for browser in (visitor, *(student.browser for student in students)):
        browser.close()

    assert there[0] == 0, there[1]
    assert back[0] == 0, back[1]
    assert (on_second, host.serving) == ([second], [first])
    assert load.failures == []
    assert min(load.counts.values()) > 20, load.counts
    stored = host.seats("stored")
    for student in students:
        there_now = stored[student.seat["session"]][student.writer]
        assert set(student.acknowledged) <= set(there_now)
        assert len(student.acknowledged) == student.seq


def post_form(nginx: Nginx) -> int:
    secret = "a" * 32
    return nginx.ask(
        "/staff/login/",
        "POST",
        body=f"username=&password=&csrfmiddlewaretoken={secret}".encode(),
        headers={
            "Cookie": f"pp-csrf={secret}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "https://test.example.kr",
        },
    ).status


def test_a_release_that_does_not_start_leaves_the_old_one_in_service(host: Host) -> None:
    (host.repository / "primepath/wsgi.py").write_text("raise RuntimeError('broken')\n")
    host.release("broken")
    load = Load({"page": (lambda: host.nginx.ask("/").status, [200])})

    with load.running():
        status, said = host.upgrade("broken", PRIMEPATH_READY_SECONDS="5")

    assert status == 1
    assert "it is not ready" in said
    assert host.serving == [host.slots[0]]
    assert load.failures == []
    assert host.nginx.ask("/readyz").body == b"ready\n"


def test_tables_that_the_old_release_cannot_live_with_need_a_stop(host: Host) -> None:
    host.migration(REMOVED)
    host.release("narrower")

    status, said = host.upgrade("narrower")

    assert status == 1
    assert "Remove field name from testevent: old code uses what was there" in said
    assert "--stop" in said
    assert host.serving == [host.slots[0]]
    assert host.nginx.ask("/").status == 200


def test_the_load_sees_an_upgrade_that_nginx_was_not_told_of(host: Host) -> None:
    load = Load({"page": (lambda: host.nginx.ask("/").status, [200])})

    with load.running():
        status, said = host.upgrade("v1", PRIMEPATH_SWITCH="true")

    assert status == 0, said
    assert load.failures != []
