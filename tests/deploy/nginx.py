"""A real nginx with the configuration of ``deploy/nginx``, moved to folders and ports of a test."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import _end, _wait_until_it_answers, free_port, stop_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "deploy" / "nginx"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
NAME = "test.example.kr"
HOST = "127.0.0.1"
PLAIN = {" ssl http2": "", f"server_name {NAME}": f"server_name {HOST} localhost"}
# Where nginx's own account may look, and nobody else.
ACCOUNT = "www-data"


def needs_nginx() -> str:
    """Return nginx's path; skip where it is missing, fail where CI should have it."""
    if NGINX is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is missing")
        pytest.skip("nginx is missing: apt-get install nginx")
    return NGINX


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes


class Nginx:
    """nginx in ``folder`` before these web servers; ``static`` and ``files`` are what it reads.

    ``plain``: without TLS, for clients that have none; the address of this machine is its name.
    """

    def __init__(
        self,
        folder: Path,
        *,
        servers: Sequence[str],
        static: Path,
        files: Path,
        plain: bool = False,
    ) -> None:
        self.plain = plain
        self.folder = folder / "nginx"
        self.servers = list(servers)
        self.static = static
        self.files = files
        self.http_port, self.https_port = free_port(), free_port()
        self.access_log = self.folder / "access.log"
        self.error_log = self.folder / "error.log"
        self._process: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        """Write the configuration."""
        etc = self.folder / "etc"
        (etc / "tls").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        _make_certificate(etc / "tls")
        for file in SOURCE.glob("*.conf"):
            (etc / file.name).write_text(self._moved(file.name, file.read_text()))
        self.name_servers(self.servers)

    def name_servers(self, servers: Sequence[str]) -> None:
        """Write the file that ``deploy/switch`` writes."""
        self.servers = list(servers)
        lines = [f"server {server} max_fails=1 fail_timeout=2s;\n" for server in servers]
        (self.folder / "etc" / "servers.conf").write_text("".join(lines))

    def _moved(self, name: str, text: str) -> str:
        assert self.static.name == "static"
        etc = f"{self.folder}/etc/"
        moves = {
            "nginx.conf": {
                "/run/nginx.pid": f"{self.folder}/nginx.pid",
                "/var/log/nginx/": f"{self.folder}/",
                "/etc/nginx/conf.d/": etc,
                "worker_processes auto": "worker_processes 2",
                "buffer=32k flush=5s": "buffer=32k flush=100ms",
                # Its own folders are below /var/lib, for root alone.
                "    sendfile on;": "".join(
                    f"    {kind}_temp_path {self.folder}/{kind};\n"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                )
                + "    sendfile on;",
            },
            "primepath.conf": {
                "/etc/primepath/": etc,
                "listen 80": f"listen {HOST}:{self.http_port}",
                "listen 443": f"listen {HOST}:{self.https_port}",
                "listen [::]": "#",
                **(PLAIN if self.plain else {}),
                "root /srv/primepath;": f"root {self.static.parent};",
                "/srv/primepath/files/": f"{self.files}/",
            },
        }
        for old, new in moves.get(name, {}).items():
            assert old in text, old
            text = text.replace(old, new)
        return text

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run ``nginx -t``."""
        return subprocess.run(
            [*self.command(), "-t"], capture_output=True, text=True, check=False, timeout=20
        )

    def start(self) -> None:
        """Start; return once it answers."""
        self.write()
        self.error_log.touch()
        self._process = subprocess.Popen(
            [*self.command(), "-g", "daemon off;"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=stop_with_parent,  # noqa: PLW1509 - as tests.servers does it
        )
        _wait_until_it_answers(self._answers, self._process, self.error_log)

    def reload(self) -> None:
        """Have new processes take over from the old ones, as ``systemctl reload nginx`` does."""
        subprocess.run([*self.command(), "-s", "reload"], check=True, timeout=20)

    def stop(self) -> None:
        """End at once."""
        _end(self._process, signal.SIGTERM)

    @property
    def pid(self) -> int:
        """The first process."""
        assert self._process is not None
        return self._process.pid

    def command(self) -> list[str]:
        """Return how this nginx is called."""
        return [needs_nginx(), "-c", f"{self.folder}/etc/nginx.conf", "-e", str(self.error_log)]

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.https_port)) == 0

    # As a browser

    def tls(self, protocols: Sequence[str] = ("http/1.1",)) -> ssl.SSLContext:
        """Return what a browser trusts that knows the academy's certificate."""
        context = ssl.create_default_context(cafile=str(self.folder / "etc/tls/fullchain.pem"))
        context.set_alpn_protocols(list(protocols))
        return context

    def connection(self, *, source: str = HOST) -> http.client.HTTPConnection:
        """Return an open connection with TLS."""
        made = http.client.HTTPConnection(HOST, self.https_port, timeout=30)
        plain = socket.create_connection((HOST, self.https_port), 30, (source, 0))
        made.sock = self.tls().wrap_socket(plain, server_hostname=NAME)
        return made

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = HOST,
    ) -> Reply:
        """Send one request on a connection of its own."""
        connection = self.connection(source=source)
        try:
            connection.request(
                method, path, body, {"Host": NAME, "Connection": "close", **(headers or {})}
            )
            return _reply(connection.getresponse())
        finally:
            connection.close()

    def ask_plain(self, path: str, *, host: str = NAME) -> Reply:
        """Send one request without TLS."""
        connection = http.client.HTTPConnection(HOST, self.http_port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": host})
            return _reply(connection.getresponse())
        finally:
            connection.close()


def open_to_nginx(folder: Path) -> None:
    """Give ``folder`` the rights that docs/production.md gives to the papers and tracks."""
    if os.geteuid() == 0:
        shutil.chown(folder, group=ACCOUNT)
    folder.chmod(0o2750)


def _reply(response: http.client.HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def _make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    # From the machine's clock: a test may have stopped Python's.
    now = dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
