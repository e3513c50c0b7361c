"""A real nginx with the files of ``deploy/nginx`` before the product's own server."""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as product
from django.db import connection

from placement_test.lib import files
from placement_test.sessions import bodies, rescue_files
from placement_test.sessions.access import cookie_name
from tests import environment, recordings, sitting
from tests.browser.exam_papers import give_paper, give_track
from tests.deploy.nginx import HOST, NAME, Nginx, needs_nginx, open_to_nginx
from tests.servers import WebServer, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.deploy.nginx import Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.django_db(transaction=True),
]

HASHED = "js/app.0123456789ab.js"
SCRIPT = b"export const answer = 42; // " + b"x" * 2000
SECRET = "a" * 32
DEAD = f"{HOST}:1"
POLICY_HEADERS = (
    "x-content-type-options",
    "cross-origin-resource-policy",
    "content-security-policy",
    "strict-transport-security",
    "referrer-policy",
)


@pytest.fixture
def static(server_folder: Path) -> Path:
    folder = server_folder / "web" / "static"
    (folder / "js").mkdir(parents=True)
    (folder / HASHED).write_bytes(SCRIPT)
    (folder / f"{HASHED}.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "js" / "app.js").write_bytes(SCRIPT)
    return folder


@pytest.fixture
def stored(server_folder: Path, settings: Any) -> Path:
    folder = server_folder / "files"
    folder.mkdir()
    open_to_nginx(folder)
    settings.FILES_DIR = folder
    return folder


@pytest.fixture
def nginx(server_folder: Path, static: Path, stored: Path) -> Iterator[Nginx]:
    needs_nginx()
    nginx = Nginx(server_folder, servers=[DEAD], static=static, files=stored)
    nginx.start()
    yield nginx
    nginx.stop()


@pytest.fixture
def served(
    server_folder: Path, static: Path, stored: Path, settings: Any
) -> Iterator[tuple[Nginx, WebServer]]:
    """Run the product behind nginx, as deploy/primepath.env.example sets it up."""
    needs_nginx()
    settings.HTTPS = True
    name = connection.settings_dict["NAME"]
    server = WebServer(
        server_folder,
        database_url=f"sqlite:///{name}"
        if environment.database() == "sqlite"
        else f"{os.environ['PRIMEPATH_DATABASE_URL'].rpartition('/')[0]}/{name}",
        variables={
            "PRIMEPATH_HTTPS": "1",
            "PRIMEPATH_ALLOWED_HOSTS": f"{NAME},{HOST}",
            "PRIMEPATH_TRUSTED_ORIGINS": f"https://{NAME}",
            "PRIMEPATH_PROXIES": HOST,
            "PRIMEPATH_X_ACCEL": "/protected-files/",
            "PRIMEPATH_FILES_DIR": str(stored),
            "PRIMEPATH_STATIC_DIR": str(static),
        },
    )
    with running(server):
        nginx = Nginx(server_folder, servers=[f"{HOST}:{server.port}"], static=static, files=stored)
        nginx.start()
        yield nginx, server
        nginx.stop()


class Student:
    """A browser behind nginx with the cookie of one session."""

    def __init__(self, nginx: Nginx) -> None:
        self.nginx = nginx
        self.version = sitting.published()
        give_paper(self.version)
        self.track = give_track(self.version)
        made = sitting.registered(self.version)
        self.session, self.token = made.session, made.token
        self.cookies = f"{cookie_name(self.session.id)}={self.token}; pp-csrf={SECRET}"
        connection.close()

    def ask(self, path: str, method: str = "GET", **given: Any) -> Reply:
        headers = {
            "Cookie": self.cookies,
            "X-CSRFToken": SECRET,
            "Content-Type": "application/json",
            "Origin": f"https://{NAME}",
        }
        return self.nginx.ask(path, method, headers=headers | given.pop("headers", {}), **given)

    def call(self, name: str, body: object, **given: Any) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = f"/api/sessions/{self.session.id}/{name}/"
        return self.ask(path, "POST", body=content, **given)

    @property
    def track_path(self) -> str:
        return f"/sit/{self.session.id}/tracks/{self.track.pk}"


def test_the_configuration_is_right_without_a_warning(nginx: Nginx) -> None:
    found = nginx.check()

    assert "test is successful" in found.stderr
    assert "[warn]" not in found.stderr
    assert found.returncode == 0


def test_static_files_come_from_disk_without_a_server(nginx: Nginx) -> None:
    hashed = nginx.ask(f"/static/{HASHED}", headers={"Accept-Encoding": "gzip"})
    plain = nginx.ask("/static/js/app.js")

    assert (hashed.status, gzip.decompress(hashed.body)) == (200, SCRIPT)
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"] == "application/javascript; charset=utf-8"
    assert hashed.headers["x-content-type-options"] == "nosniff"
    assert hashed.headers["strict-transport-security"] == "max-age=31536000"
    assert (plain.status, plain.body) == (200, SCRIPT)
    assert plain.headers["cache-control"] == "public, max-age=60"
    assert [nginx.ask(path).status for path in ("/static/", "/static/../files/", "/static/x")] == [
        403,
        502,  # the path is /files/, which the server that is not there would answer
        404,
    ]


def test_everybody_is_sent_to_https_and_other_names_get_nothing(nginx: Nginx) -> None:
    moved = nginx.ask_plain("/staff/?next=1")

    assert (moved.status, moved.headers["location"]) == (308, f"https://{NAME}/staff/?next=1")
    with pytest.raises(ConnectionError):
        nginx.ask_plain("/", host="elsewhere.example")
    with pytest.raises(ConnectionError):
        nginx.ask("/", headers={"Host": "elsewhere.example"})


def test_browsers_are_offered_http_2_and_no_old_tls(nginx: Nginx) -> None:
    with (
        socket.create_connection((HOST, nginx.https_port)) as plain,
        nginx.tls(["h2", "http/1.1"]).wrap_socket(plain, server_hostname=NAME) as secured,
    ):
        assert secured.selected_alpn_protocol() == "h2"

    old = nginx.tls()
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((HOST, nginx.https_port)) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        old.wrap_socket(plain, server_hostname=NAME)


def test_a_track_is_sent_in_ranges_to_whom_the_view_allows_it(
    served: tuple[Nginx, WebServer],
) -> None:
    nginx, _ = served
    student = Student(nginx)
    content = recordings.wav(4000)

    probe = student.ask(student.track_path, headers={"Range": "bytes=0-1"})
    rest = student.ask(
        student.track_path,
        headers={"Range": "bytes=100-", "If-Range": probe.headers["etag"]},
    )
    outside = student.ask(student.track_path, headers={"Range": "bytes=9999999-"})
    whole = student.ask(student.track_path)
    again = student.ask(student.track_path, headers={"If-None-Match": whole.headers["etag"]})
    stranger = nginx.ask(student.track_path)

    assert (probe.status, probe.body) == (206, content[:2])
    assert probe.headers["content-range"] == f"bytes 0-1/{len(content)}"
    assert (rest.status, rest.body) == (206, content[100:])
    assert (outside.status, outside.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert (whole.status, whole.body) == (200, content)
    assert (again.status, again.body) == (304, b"")
    assert stranger.status == 401


def test_what_nginx_sends_carries_the_headers_of_the_view(served: tuple[Nginx, WebServer]) -> None:
    nginx, _ = served
    student = Student(nginx)
    page = student.version.pages.order_by("position")[0]
    file = page.images[0]["file"]
    connection.close()

    sent = student.ask(f"/sit/{student.session.id}/pages/{page.pk}/450.webp")

    assert (sent.status, sent.body) == (200, files.path_of(file).read_bytes())
    assert sent.headers["content-type"] == "image/webp"
    assert sent.headers["cache-control"] == "private, max-age=86400, immutable"
    assert sent.headers["content-disposition"] == "inline"
    assert [name for name in POLICY_HEADERS if name not in sent.headers] == []
    assert "x-accel-redirect" not in sent.headers
    assert file not in str(sent.headers)


def test_nobody_reaches_a_file_by_its_own_address(served: tuple[Nginx, WebServer]) -> None:
    nginx, _ = served
    name = files.store(b"a paper", ".pdf")
    door = f"/protected-files/{name[:2]}/{name[2:4]}/{name}"

    found = [
        nginx.ask(path).status
        for path in (door, door.replace("/protected", "//protected"), f"/static/..{door}")
    ]

    assert found == [404, 404, 404]


def test_bodies_are_as_long_as_the_product_takes_them(served: tuple[Nginx, WebServer]) -> None:
    nginx, _ = served
    student = Student(nginx)

    def answered_by_nginx(path: str, length: int) -> tuple[int, bool]:
        reply = student.ask(path, "POST", body=b" " * length)
        return reply.status, "x-request-id" not in reply.headers

    answers = f"/api/sessions/{student.session.id}/answers/"
    taken = {
        answers: product.SAVE_MAX_BYTES,
        "/api/resume/": 2 * bodies.MAX_BYTES,
        "/api/rescue/": rescue_files.MOST_BYTES + 10_000,
        "/staff/login/": 25 * 2**20,
        "/": 2_500 * 1024,
    }
    for path, most in taken.items():
        status, is_by_nginx = answered_by_nginx(path, most)
        assert not is_by_nginx, (path, status)
        assert answered_by_nginx(path, most + 1) == (413, True), path


def is_whole(line: str) -> bool:
    return line.endswith("\n")


def test_the_log_says_what_happened_and_nothing_of_whom(served: tuple[Nginx, WebServer]) -> None:
    nginx, _ = served
    student = Student(nginx)
    assert student.call("begin", {}).status == 200
    claimed = student.call("claim", {"writer": "b" * 32, "seen_epoch": 0})
    entry = {"seq": 1, "part": 1, "kind": "answer", "value": "seahorse", "at": 1}
    saved = student.call(
        "answers",
        {
            "v": 1,
            "nonce": "c" * 32,
            "epoch": json.loads(claimed.body)["epoch"],
            "writer": "b" * 32,
            "entries": [entry],
        },
    )
    searched = student.ask(
        "/staff/students/?find=Min-ji", headers={"User-Agent": "Tablet of Min-ji"}
    )
    assert saved.status == 200
    # nginx notes a request when it is over, so two may stand in either order.
    ids = {saved.headers["x-request-id"], searched.headers["x-request-id"]}
    waits_until = time.monotonic() + 10
    lines: dict[str, dict[str, Any]] = {}
    while not ids <= lines.keys() and time.monotonic() < waits_until:
        time.sleep(0.05)
        read = nginx.access_log.read_text().splitlines(keepends=True)
        lines = {each["id"]: each for each in map(json.loads, filter(is_whole, read))}

    noted = lines[saved.headers["x-request-id"]]
    assert (noted["status"], noted["path"], noted["network"]) == (
        200,
        f"/api/sessions/{student.session.id}/answers/",
        "127.0.0.0",
    )
    assert lines[searched.headers["x-request-id"]]["path"] == "/staff/students/"
    text = nginx.access_log.read_text() + nginx.error_log.read_text()
    unsaid = ("seahorse", student.token, SECRET, "Min-ji", "find", HOST + '"')
    assert [word for word in unsaid if word in text] == []


def test_probes_of_the_inside_are_not_for_everybody(served: tuple[Nginx, WebServer]) -> None:
    nginx, server = served
    elsewhere = "127.0.0.2"

    assert nginx.ask("/livez", source=elsewhere).status == 200
    assert nginx.ask("/readyz", source=elsewhere).status == 403
    assert nginx.ask("/readyz").body == b"ready\n"
    # From this machine, but through the proxy: everybody is.
    assert nginx.ask("/metrics").status == 403
    assert server.url.startswith("http://127")


class Closing:
    """A web server that reads a request and ends without an answer, as one that is killed."""

    def __init__(self) -> None:
        self.port = free_port()
        self.asked: list[str] = []
        self._listener = socket.create_server((HOST, self.port))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            with accepted:
                self.asked.append(accepted.recv(4096).split(b" HTTP")[0].decode())

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def closing() -> Iterator[Closing]:
    closing = Closing()
    yield closing
    closing.close()


def test_calls_that_are_safe_to_repeat_go_to_another_host_and_others_do_not(
    served: tuple[Nginx, WebServer], closing: Closing
) -> None:
    nginx, server = served
    student = Student(nginx)
    nginx.name_servers([f"{HOST}:{closing.port}", f"{HOST}:{server.port}"])
    nginx.reload()
    time.sleep(1)

    def twice(path: str, method: str) -> set[int]:
        """Ask until both servers had the first word, with pauses in which nginx forgives."""
        found = set()
        for _ in range(4):
            found.add(student.ask(path, method, body=b"{}").status)
            time.sleep(2.1)
        return found

    begun = f"/api/sessions/{student.session.id}/begin/"
    assert twice(begun, "POST") == {200}
    assert twice("/livez", "GET") == {200}
    assert 502 in twice("/staff/login/", "POST")

    assert f"POST {begun}" in closing.asked
    assert "GET /livez" in closing.asked
    assert "POST /staff/login/" in closing.asked


def test_a_host_that_is_gone_costs_nobody_a_request(
    served: tuple[Nginx, WebServer],
) -> None:
    nginx, server = served
    student = Student(nginx)
    nginx.name_servers([DEAD, f"{HOST}:{server.port}"])
    nginx.reload()
    time.sleep(1)

    # Nothing was sent yet where a connection is refused: every request may go on.
    found = {student.ask("/staff/login/", "POST", body=b"").status for _ in range(6)}

    assert 502 not in found
