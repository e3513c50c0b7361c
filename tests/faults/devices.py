"""Scripted browsers over real sockets, and the checker of what must survive."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from placement_test.models import AnswerEvent, StudentAnswer
from placement_test.saving.rules import canonical
from placement_test.sessions.access import cookie_name

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from placement_test.sessions.services import Registered

# What a page waits for at most before it sends the same again.
TIMEOUT_SECONDS = 2.0
RETRY_SECONDS = 0.05


@dataclass
class Device(threading.Thread):
    """A page that enters answers one by one and sends each until it is acknowledged."""

    base: str
    made: Registered
    parts: list[int]
    stopped: threading.Event
    dice: random.Random
    writer: str = field(default_factory=lambda: uuid.uuid4().hex)
    epoch: int = 0
    written: dict[int, tuple[int, Any]] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    retries: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._token = ""

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Begin, claim, and save until told to stop; then drain what is left."""
        self._insist("GET", "/api/csrf/", None, self._take_token)
        call = f"/api/sessions/{self.made.session.id}"
        self._insist("POST", f"{call}/begin/", {}, lambda reply: "state" in reply)
        claim = {"writer": self.writer, "seen_epoch": 0}
        self._insist("POST", f"{call}/claim/", claim, self._take_epoch)
        while not self.stopped.is_set():
            self._enter(self.dice.randint(1, 4))
            self._save()
            time.sleep(self.dice.uniform(0.01, 0.05))

    def _enter(self, count: int) -> None:
        for _ in range(count):
            value = self.dice.choice([None, 0, 1, 2, 3, 4])
            self.written[len(self.written) + 1] = (self.dice.choice(self.parts), value)

    def _save(self) -> None:
        unsent = [seq for seq in self.written if seq not in self.acknowledged]
        batch = {
            "v": 1,
            "nonce": uuid.uuid4().hex,
            "epoch": self.epoch,
            "writer": self.writer,
            "entries": [
                {"seq": seq, "part": part, "kind": "answer", "value": value, "at": 0}
                for seq, (part, value) in ((seq, self.written[seq]) for seq in unsent[:64])
            ],
        }
        path = f"/api/sessions/{self.made.session.id}/answers/"
        self._insist("POST", path, batch, lambda reply: self._acknowledge(reply, batch))

    def _acknowledge(self, reply: dict[str, Any], batch: dict[str, Any]) -> bool:
        if reply.get("nonce") != batch["nonce"]:
            return False
        for each in reply["accepted"]:
            if each["status"] not in {"applied", "duplicate"}:
                self.problems.append(f"seq {each['seq']}: {each['status']}")
            self.acknowledged.add(each["seq"])
        return True

    def _take_token(self, reply: dict[str, Any]) -> bool:
        self._token = reply["token"]
        return True

    def _take_epoch(self, reply: dict[str, Any]) -> bool:
        self.epoch = reply["epoch"]
        return True

    def _insist(
        self, method: str, path: str, body: object, accept: Callable[[dict[str, Any]], bool]
    ) -> None:
        """Send until a reply is accepted; every other outcome is unknown and sent again."""
        while True:
            try:
                status, reply = self._send(method, path, body)
                if status == http.HTTPStatus.OK and accept(reply):
                    return
                if 400 <= status < 500:
                    self.problems.append(f"{path.rsplit('/', 2)[1]}: {status} {reply}")
                    return
            except (OSError, http.client.HTTPException, ValueError):
                self.retries += 1
            time.sleep(RETRY_SECONDS)

    def _send(self, method: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=TIMEOUT_SECONDS)
        secret = "a" * 32
        cookies = f"{cookie_name(self.made.session.id)}={self.made.token}; pp-csrf={secret}"
        headers = {"Cookie": cookies, "X-CSRFToken": secret, "Content-Type": "application/json"}
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body), headers=headers
            )
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()


def violations(device: Device) -> list[str]:
    """Return what was acknowledged and is not so in the database, and what is there twice."""
    found: list[str] = list(device.problems)
    events = AnswerEvent.objects.filter(session=device.made.session, writer=device.writer)
    stored = {event.seq: (event.subject, event.value) for event in events}
    for seq in sorted(device.acknowledged):
        part, value = device.written[seq]
        if seq not in stored:
            found.append(f"seq {seq} was acknowledged and is not there")
        elif stored[seq] != (part, canonical(value)):
            found.append(f"seq {seq} is {stored[seq]}, not {(part, value)}")
    last = {part: seq for seq, (part, _value) in device.written.items() if seq in stored}
    current = StudentAnswer.objects.filter(session=device.made.session)
    return found + [
        f"part {answer.part_id} holds seq {answer.seq}"
        for answer in current
        if answer.seq != last.get(answer.part_id)
        or answer.value != canonical(device.written[answer.seq][1])
    ]
