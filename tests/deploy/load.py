"""A light load of browsers on nginx that notes every request that failed."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import threading
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.deploy.nginx import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.deploy.nginx import Nginx

SECRET = "a" * 32
PAUSE_SECONDS = 0.05
# A connection that the other end had closed before the request came: browsers open another one.
CLOSED = (
    http.client.RemoteDisconnected,
    ConnectionResetError,
    BrokenPipeError,
    ssl.SSLEOFError,
)


class Browser:
    """One connection that is kept, as browsers do."""

    def __init__(self, nginx: Nginx, cookies: str) -> None:
        self.nginx = nginx
        self.cookies = f"{cookies}; pp-csrf={SECRET}"
        self.reconnects = 0
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Return the status and the body."""
        is_kept = self._connection is not None
        try:
            return self._ask(path, method, body, headers)
        except CLOSED:
            self.close()
            if not is_kept:
                raise
            self.reconnects += 1
            return self._ask(path, method, body, headers)

    def _ask(
        self, path: str, method: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = self.nginx.connection()
        own = {
            "Host": NAME,
            "Cookie": self.cookies,
            "X-CSRFToken": SECRET,
            "Origin": f"https://{NAME}",
            "Accept": "application/json",
        }
        self._connection.request(method, path, body, {**own, **headers})
        reply = self._connection.getresponse()
        content = reply.read()
        if reply.getheader("Connection") == "close":
            self.close()
        return reply.status, content

    def close(self) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Student:
    """Saves one answer after the other, each with the next seq of its writer."""

    def __init__(self, nginx: Nginx, seat: Mapping[str, Any]) -> None:
        self.seat = seat
        self.browser = Browser(nginx, seat["cookie"])
        self.writer = uuid.uuid4().hex
        self.epoch = 0
        self.seq = 0
        self.acknowledged: list[int] = []

    def start(self) -> None:
        """Begin and claim."""
        assert self._call("begin", {})[0] == 200
        status, body = self._call("claim", {"writer": self.writer, "seen_epoch": 0})
        assert status == 200, body
        self.epoch = json.loads(body)["epoch"]

    def save(self) -> int:
        """Save one answer; return the status."""
        self.seq += 1
        part = self.seat["parts"][self.seq % len(self.seat["parts"])]
        entry = {"seq": self.seq, "part": part, "kind": "answer", "value": self.seq % 5, "at": 1}
        batch = {
            "v": 1,
            "nonce": uuid.uuid4().hex,
            "epoch": self.epoch,
            "writer": self.writer,
            "entries": [entry],
        }
        status, body = self._call("answers", batch)
        if status == 200:
            self.acknowledged += [each["seq"] for each in json.loads(body)["accepted"]]
        return status

    def _call(self, name: str, body: object) -> tuple[int, bytes]:
        return self.browser.ask(
            f"/api/sessions/{self.seat['session']}/{name}/",
            "POST",
            json.dumps(body).encode(),
            **{"Content-Type": "application/json"},
        )


class Load:
    """Runs ``works`` again and again, each in a thread; a work returns the status it got."""

    def __init__(self, works: Mapping[str, tuple[Callable[[], int], Sequence[int]]]) -> None:
        self._works = works
        self._stopped = threading.Event()
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[Load]:
        """Put the load on; take it off at the end, once every request has its reply."""
        threads = [
            threading.Thread(target=self._run, args=(name, *work))
            for name, work in self._works.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()

    def _run(self, name: str, work: Callable[[], int], expected: Sequence[int]) -> None:
        while not self._stopped.wait(PAUSE_SECONDS):
            began = time.time()
            try:
                status = work()
            except Exception as error:  # noqa: BLE001 - whatever it was, a request failed
                self.failures.append(f"{name} at {began:.3f}: {error!r}")
                continue
            self.counts[name] += 1
            if status not in expected:
                self.failures.append(f"{name} at {began:.3f}: {status}")
