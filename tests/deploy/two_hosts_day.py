"""``two_hosts_day FOLDER``: a day on two hosts behind nginx, one PostgreSQL and one Valkey.

The hosts are network namespaces; nginx, the databases and the browsers are in the first one.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.deploy import days
from tests.deploy.namespaces import Network
from tests.deploy.nginx import HOST, Nginx, open_to_nginx
from tests.proof.processes.installation import LOOK_SECONDS, ROOT, START_SECONDS, Installation
from tests.proof.processes.installation import answers as answers_here
from tests.servers import Valkey

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.deploy.namespaces import Machine

PORT = 8000
# Long enough for pages to need what is gone several times.
AWAY_SECONDS = 3.0
# Half a minute of silence, then the next look of who stands by; the rest is for a slow machine.
FOLLOWED_SECONDS = 50.0
SECRET = "a" * 32


class Asked:
    """Takes the question by which a host's periodic work asks every five seconds for its server.

    Only who does the work asks, so these are the turns.
    """

    def __init__(self) -> None:
        self.by: list[str] = []
        self._servers: list[http.server.HTTPServer] = []

    def address(self, name: str, listen: str) -> str:
        """Return where ``name`` has to ask."""
        told = self.by

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.append(name)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer((listen, 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)
        return f"http://{listen}:{server.server_port}"

    def wait_for(self, name: str, seconds: float) -> None:
        """Return once ``name`` was the last to ask, or after so many seconds."""
        give_up_at = time.monotonic() + seconds
        while self.by[-1:] != [name] and time.monotonic() < give_up_at:
            time.sleep(LOOK_SECONDS)

    def turns(self) -> list[str]:
        """Return who did the work, one after the other."""
        return [
            name for name, before in zip(self.by, ["", *self.by], strict=False) if name != before
        ]

    def close(self) -> None:
        """End the servers."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


class TwoHosts(Installation):
    """The product on two hosts; its port is nginx's.

    A control takes their common cache away too.
    """

    nginx: Nginx
    valkey: Valkey
    asked: Asked
    hosts: tuple[Machine, ...] = ()

    def __init__(self, folder: Path, database: str) -> None:
        super().__init__(folder, database)
        self._shared = contextlib.ExitStack()
        self._started: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Make the network and what the hosts share."""
        super().prepare()
        self.network = Network()
        self._shared.callback(self.network.close)
        self.hosts = (self.network.machine(), self.network.machine())
        self.asked = Asked()
        self._shared.callback(self.asked.close)
        self._server_urls = {
            host.name: self.asked.address(host.name, self.network.address) for host in self.hosts
        }
        assert self.postgresql is not None
        self.postgresql.stop()
        self.postgresql.settings["listen_addresses"] = f"{HOST},{self.network.address}"
        with (self.postgresql.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {self.network.network}.0/24 trust\n")
        self.postgresql.start()
        self.valkey = Valkey(self.folder, also_at=self.network.address)
        self.valkey.start()
        self._shared.callback(self.valkey.stop)
        files, static = self.folder / "data/files", self.folder / "web/static"
        for folder in (files, static):
            folder.mkdir(parents=True)
        (self.folder / "data").chmod(0o755)
        open_to_nginx(files)
        os.environ.update(
            PRIMEPATH_FILES_DIR=str(files),
            PRIMEPATH_X_ACCEL="/protected-files/",
            PRIMEPATH_PROXIES=self.network.address,
            PRIMEPATH_REDIS_URL=self.valkey.url(),
            PRIMEPATH_MONITOR_FLUSH_SECONDS="1",
        )
        self.nginx = Nginx(
            self.folder,
            servers=[f"{host.address}:{PORT}" for host in self.hosts],
            static=static,
            files=files,
            plain=True,
        )
        self.port = self.nginx.https_port
        self._shared.callback(self.nginx.stop)

    def start(self) -> None:
        """Start nginx and both hosts; the first one does the periodic work."""
        self.nginx.start()
        for host in self.hosts:
            self.boot(host)
            self.wait_for(host)
            self.asked.wait_for(self.hosts[0].name, START_SECONDS)
        self.wait_for_answer()

    def boot(self, host: Machine) -> None:
        """Start a host's server and periodic work."""
        here = os.environ | {
            "PRIMEPATH_DATABASE_URL": self.url.replace(HOST, self.network.address),
            "PRIMEPATH_REDIS_URL": self.valkey.url().replace(HOST, self.network.address),
            "PRIMEPATH_SERVER_URL": self._server_urls[host.name],
        }
        workers = self.workers
        if self.control:
            # One cache a process, and one process a host: what is not told is not heard of.
            here |= {"PRIMEPATH_TEST_MIDDLEWARE": self.control, "PRIMEPATH_REDIS_URL": ""}
            workers = 1
        command = ["serve", f"--host={host.address}", f"--port={PORT}", f"--workers={workers}"]
        self._started.append(
            host.run(
                [sys.executable, "manage.py", *command],
                log=self.folder / f"{host.name}.log",
                environment=here,
                folder=ROOT,
            )
        )

    def wait_for(self, host: Machine) -> None:
        """Return once the host answers.

        :raises RuntimeError: where it does not in time
        """
        give_up_at = time.monotonic() + START_SECONDS
        while not answers_here(PORT, host.address):
            if time.monotonic() > give_up_at:
                raise RuntimeError((self.folder / f"{host.name}.log").read_text()[-3000:])
            time.sleep(LOOK_SECONDS)

    @property
    def is_up(self) -> bool:
        """Whether it was started."""
        return bool(self._started)

    def kill(self) -> None:
        """End the hosts."""
        for host in self.hosts:
            host.kill()
        for process in self._started:
            process.wait()
        self._started.clear()

    def close(self) -> None:
        """End everything."""
        with self._shared:
            super().close()

    def own_troubles(self) -> list[tuple[str, Callable[[], None]]]:
        """Return what befalls a host."""
        return [("host_killed", self._kill_first), ("host_cut_off", self._cut_off_second)]

    def _kill_first(self) -> None:
        host = self.hosts[0]
        host.kill()
        time.sleep(AWAY_SECONDS)
        self.boot(host)
        self.wait_for(host)

    def _cut_off_second(self) -> None:
        host = self.hosts[1]
        host.cut_off()
        time.sleep(AWAY_SECONDS)
        host.connect()


def look(installation: Installation) -> dict[str, Any]:
    """Return who answered what, who did the periodic work, and what a change looks like."""
    assert isinstance(installation, TwoHosts)
    time.sleep(0.5)  # nginx writes its log in pieces
    lines = [json.loads(line) for line in installation.nginx.access_log.read_text().splitlines()]
    calls = [
        line
        for line in lines
        # A request that the network cut reaches no server.
        if line["server"] and line["path"].startswith("/api/sessions/")
    ]
    first, second = installation.hosts
    names = _names(installation)
    if not installation.control:
        installation.asked.wait_for(second.name, FOLLOWED_SECONDS)
    numbers = {first.name: 1, second.name: 2}
    return {
        "by_host": Counter(line["server"].split(", ")[-1] for line in calls),
        "asked_again": sum(", " in line["server"] for line in calls),
        "statuses": Counter(str(line["status"]) for line in calls),
        "names": names,
        "turns": [numbers[name] for name in installation.asked.turns()],
    }


def _names(installation: TwoHosts) -> dict[str, list[str]]:
    """Return the academy's name as both hosts show it, before and after two kinds of change."""
    from placement_test.models import Academy

    found = {"at first": [_shown(host) for host in installation.hosts]}
    Academy.objects.update(name="Unseen")
    found["behind its back"] = [_shown(host) for host in installation.hosts]
    _rename(installation.hosts[0], "Renamed")
    # The second host first: it was told nothing.
    found["by staff"] = [_shown(host) for host in reversed(installation.hosts)]
    return found


def _shown(host: Machine) -> str:
    page = _ask(host, "/").decode()
    return page.partition('<a class="brand"')[2].partition("<span>")[2].partition("</span>")[0]


def _rename(host: Machine, name: str) -> None:
    from django.forms import model_to_dict
    from django.test import Client

    from placement_test.academy.forms.policies import PolicyForm
    from placement_test.models import Academy, StaffUser

    browser = Client()
    browser.force_login(StaffUser.objects.get())
    given = model_to_dict(Academy.objects.get(), PolicyForm.Meta.fields)
    form = {key: value for key, value in given.items() if value is not False}
    _ask(
        host,
        "/staff/policies/",
        {**form, "name": name, "csrfmiddlewaretoken": SECRET},
        cookie=f"pp-csrf={SECRET}; pp-staff={browser.cookies['pp-staff'].value}",
    )


def _ask(
    host: Machine, path: str, form: dict[str, object] | None = None, *, cookie: str = ""
) -> bytes:
    request = urllib.request.Request(
        f"http://{host.address}:{PORT}{path}",
        data=urllib.parse.urlencode(form).encode() if form else None,
        headers={"Host": HOST, "Accept-Language": "en", "Cookie": cookie},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return bytes(reply.read())


if __name__ == "__main__":
    days.main(lambda folder: TwoHosts(folder, "postgresql"), look)
