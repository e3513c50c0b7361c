"""Schedules in which the pages are the browser's own modules, hosted by one Node process.

The scheduler, the network and the server are those of the simulation; what a page asks for and
what it is told goes through ``pages.js`` as lines of JSON, in virtual time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.proof.history import Acknowledged, Claimed, Entry, SubmitAttempt
from tests.proof.simulation.outbox import Store, value_of
from tests.proof.simulation.page import Page, Profile
from tests.proof.simulation.schedule import EXAM, QUESTION, TRACK, Outcome, Schedule
from tests.proof.simulation.server import Server, Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.proof.history import Key
    from tests.proof.simulation.choices import Choices
    from tests.proof.simulation.outbox import Name
    from tests.proof.simulation.world import Heard

SCRIPT = Path(__file__).with_name("pages.js")
SESSION = "3f2a0c1e-8f0b-4a7e-9d52-0123456789ab"
# One heartbeat and its way: after it every page has heard of what others saved.
HEARTBEAT_MS = 45_000
PARTS = [
    {"id": part, "kind": kind, "label": "", "options": ["A"] * options}
    for part, (kind, options) in EXAM.shapes.parts.items()
]
DEFINITION = {
    "version": 1,
    "title": "Simulated",
    "allotted_seconds": 60,
    "pages": [],
    "sections": [
        {
            "id": 1,
            "title": "",
            "skill": "",
            "questions": [
                {"id": QUESTION, "number": "1", "kind": "mixed", "tracks": [TRACK], "parts": PARTS}
            ],
        }
    ],
    "tracks": [{"id": TRACK, "title": "", "play_limit": None}],
}


def is_there() -> bool:
    """Return whether Node is."""
    return shutil.which("node") is not None


class Node:
    """The process that hosts the pages, and which of them are whose."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(SCRIPT)],  # noqa: S607 - the Node of whoever runs this
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pages: dict[int, NodePage] = {}
        self.made = 0
        self.errors: list[str] = []

    def send(self, command: dict[str, Any]) -> dict[str, Any]:
        """Have a command done, and return what the pages then ask for."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the pages' process ended")
        out: dict[str, Any] = json.loads(line)
        self.errors += out.get("errors", [])
        return out

    def reset(self) -> None:
        self.pages.clear()
        self.errors.clear()
        self.send({"do": "reset"})

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class _NodeStore(Store):
    """A storage in the other process: only what breaks it is told from here."""

    __slots__ = ("number", "profile")

    def __init__(self, profile: NodeProfile, number: int) -> None:
        self.profile = profile
        self.number = number
        super().__init__(("idb", "local")[number])

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in {"is_broken", "tears"}:
            word = "broken" if name == "is_broken" else name
            self.profile.tell("storage", number=self.number, **{word: value})

    def wipe(self) -> None:
        super().wipe()
        self.profile.tell("wipe")


class NodeProfile(Profile):
    """A browser whose storage is in the other process."""

    node: Node

    def __init__(self, world: Any, name: str, token: str) -> None:
        super().__init__(world, name, token)
        self.sent: dict[Key, Entry] = {}
        self.statuses: dict[Key, str] = {}
        self.tell("profile")
        self.stores = [_NodeStore(self, number) for number in (0, 1)]

    def tell(self, do: str, **facts: Any) -> None:
        self.node.send({"do": do, "name": self.name, **facts})

    @property
    def comes_by_code(self) -> bool:
        return False

    @comes_by_code.setter
    def comes_by_code(self, value: bool) -> None:
        if value:
            self.tell("continues")

    def copy_storage(self, original: Profile) -> None:
        self.tell("copy", **{"from": original.name})


class _Facts:
    """What a page last said of itself, under the names that the schedule knows."""

    def __init__(self, page: NodePage) -> None:
        self._page = page
        self.facts: dict[str, Any] = {}
        self.is_flying = False

    @property
    def waiting(self) -> dict[Key, Entry]:
        sent = self._page.formed
        keys = [(writer, seq) for writer, seq in self.facts.get("waiting", [])]
        return {key: sent.get(key, Entry(0, *key, "", 0, None)) for key in keys}

    @property
    def level(self) -> str:
        return str(self.facts.get("level", "idb"))

    @property
    def turn_at(self) -> int:
        return 0

    def remember(self, *, ticket: Ticket | None) -> None:
        self._page.tell(
            "remember", facts={"ticket": None if ticket is None else json.dumps(ticket)}
        )

    def hurry(self) -> None:
        self._page.tell("hurry")

    def value(self, name: Name) -> Any:
        kind, subject = name
        if kind == "answer":
            return self.given().get(subject)
        return self.facts.get("flags") or None if kind == "flag" else self.facts.get("plays")

    def given(self) -> dict[int, Any]:
        return {part: _hashable(value) for part, value in self.facts.get("given", [])}


class NodePage(Page):
    """A page in the other process."""

    profile: Any

    def __init__(self, profile: NodeProfile, number: int, *, is_done: bool = False) -> None:
        self.profile = profile
        self.world = profile.world
        self.is_alive, self.frozen_until = True, 0
        self.label = f"{profile.name}#{number}"
        self.phase = "done" if is_done else "opening"
        self.claim = self.wrote_as = None
        self.writing = []
        self.put_off = []
        self.fields = {}
        self.deadline = None
        self.deadline_known = -1
        self.view, self.view_of = None, ""
        self.formed: dict[Key, Entry] = {}
        self._unstored = {}
        self._is_started = False
        facts: Any = _Facts(self)
        self.queue = self.saver = self.book = facts
        self.node = profile.node
        self.node.made += 1
        self.id = self.node.made
        self.node.pages[self.id] = self
        profile.pages.append(self)
        seed = self.world.below(2**16)
        self.tell("open", name=profile.name, seed=seed, isDone=is_done)

    @property
    def rev(self) -> int:  # type: ignore[override]
        """A page does not say; the schedule waits for one more heartbeat instead."""
        return self.world.server.rev

    def tell(self, do: str, **facts: Any) -> None:
        """Have the page do something, and take what it asks for then."""
        command = {"do": do, "page": self.id, "now": self.world.now, **facts}
        self._absorb(self.node.send(command))

    def start(self, *, take_over: bool = False) -> None:
        if self._is_started:
            self.tell("goOn", takeOver=take_over)
        self._is_started = True

    def record(self, name: Name, value: Any) -> None:
        kind, subject = name
        self.tell("record", kind=kind, subject=subject, value=value)

    def hide(self) -> None:
        if self.phase == "open":
            self.commit()
        self.tell("hide")

    def submit(self) -> None:
        if self.phase == "open":
            self.commit()
            self.tell("submit")

    def look_at_clock(self) -> None:
        """Look at nothing: which replies reached the clock is known in a real page only."""

    def lose_lock(self) -> None:
        if self.profile.lock is not self:
            self.tell("lost")

    def end(self) -> None:
        self.is_alive = False
        if self.profile.lock is self:
            self.profile.lock = None
        self.node.send({"do": "end", "page": self.id})

    def _absorb(self, out: dict[str, Any]) -> None:
        self._take_facts(out.get("facts"))
        for page, entry, level in out.get("formed", []):
            self.node.pages[page]._note(entry, level)
        for _profile, entry in out.get("torn", []):
            self.profile.entries.append(_entry(entry, entry["writer"], entry["epoch"]))
        for page, writer, seq in out.get("acknowledged", []):
            self.node.pages[page]._note_acknowledged((writer, seq))
        for page, timer, ms in out.get("timers", []):
            owner = self.node.pages[page]
            self.world.later(owner, max(0, round(ms)), owner._fire, timer)
        for page, call, path, body, keepalive in out.get("calls", []):
            self.node.pages[page]._call(call, path, body, keepalive=keepalive)
        for page, take_over in out.get("locks", []):
            self.node.pages[page]._lock(take_over=take_over)
        for page in out.get("left", []):
            self.node.pages[page]._leave()

    def _take_facts(self, facts: dict[str, Any] | None) -> None:
        if facts is None:
            return
        self.queue.facts = facts  # type: ignore[attr-defined]
        self.phase = facts["phase"]
        if self.phase != "open":
            self.fields.clear()
        claim = facts["claim"]
        if claim is not None:
            self.claim = self.wrote_as = claim["writer"], claim["epoch"]
        elif self.phase == "claimed":
            self.claim = None
        self.deadline = facts["deadline"]
        if facts["view"] is not None:
            given, self.view_of = facts["view"]["given"], facts["view"]["of"]
            self.view = {part: _hashable(value) for part, value in given}
        self._unstored = {("", 0): None} if facts["unstored"] or facts["writing"] else {}

    def _note(self, entry: dict[str, Any], level: str) -> None:
        formed = _entry(entry, entry["writer"], entry["epoch"])
        self.formed[formed.key] = formed
        self.profile.entries.append(formed)
        (self.profile.volatile if level == "memory" else self.profile.shown).add(formed.key)
        self.world.tell(
            self.label, f"entry {formed.writer[:6]}/{formed.seq} epoch {formed.epoch}:",
            formed.kind, formed.part, "=", repr(formed.value), f"({level})",
        )  # fmt: skip

    def _note_acknowledged(self, key: Key) -> None:
        status = self.profile.statuses.get(key, "")
        self.profile.acknowledged.append(Acknowledged(self.profile.sent[key], status))

    def _fire(self, timer: int) -> None:
        self.tell("fire", timer=timer)

    def _lock(self, *, take_over: bool) -> None:
        holder = self.profile.lock
        is_held = holder is not None and holder is not self and holder.is_alive
        if is_held and take_over:
            holder.later(self.world.below(64), holder.lose_lock)
        if take_over or not is_held:
            self.profile.lock = self
        self.tell("lock", isHeld=take_over or not is_held)

    def _leave(self) -> None:
        self.end()
        NodePage(self.profile, len(self.profile.pages) + 1, is_done=True)

    def _call(self, call: int, path: str, body: Any, *, keepalive: bool) -> None:
        asked = self._asked(path, body)
        if keepalive:
            self.world.call(self, path, asked, None)
        else:
            self.world.call(self, path, asked, lambda heard: self._heard(call, path, asked, heard))

    def _asked(self, path: str, body: Any) -> Any:
        if path in {"begin", "claim"} and "writer" in body:
            return body["writer"], body["seen_epoch"]
        if path == "restore":
            return Ticket(*json.loads(body["ticket"]))
        if path == "submit":
            return body["submit_id"], body["writer"], body["last_seq"], body["digest"]
        if path != "answers":
            return None
        entries = [_entry(each, body["writer"], body["epoch"]) for each in body["entries"]]
        self.profile.sent.update((entry.key, entry) for entry in entries)
        return body["nonce"], body["epoch"], body["writer"], entries

    def _heard(self, call: int, path: str, asked: Any, heard: Heard) -> None:
        if path == "submit":
            receipt = heard.body.get("receipt") if heard.body and heard.status == 200 else None
            submit_id, writer, last_seq, digest = asked
            self.profile.submissions.append(
                SubmitAttempt(submit_id, writer, last_seq, digest, receipt)
            )
        if heard.status == 200 and heard.body is not None:
            self._note_reply(path, asked, heard.body)
        reply = {
            "status": heard.status,
            "body": None if heard.body is None else _as_json(path, heard.body),
            "retryAfterMs": heard.floor_ms,
        }
        self.tell("reply", call=call, reply=reply)

    def _note_reply(self, path: str, asked: Any, body: dict[str, Any]) -> None:
        told = body if path == "claim" else body.get("claim")
        if told is not None:
            self.profile.claims.append(Claimed(asked[0], told["epoch"], asked[1]))
        if path == "answers":
            self.profile.statuses.update(
                ((asked[2], seq), status) for seq, status, _reason in body["accepted"]
            )


class NodeSchedule(Schedule):
    """A schedule whose pages are real."""

    profile_class = NodeProfile

    def _drain(self) -> None:
        super()._drain()
        self.world.run_until(self.world.now + HEARTBEAT_MS)


def run(choices: Choices, node: Node, *, trace: list[str] | None = None) -> Outcome:
    """Run one schedule with real pages; an error in a page's code is a violation too."""
    from tests.proof.checker import Violation

    node.reset()
    NodeProfile.node = node
    outcome = NodeSchedule(choices, Server, NodePage, trace).outcome()
    outcome.violations += [Violation("page_error", error) for error in node.errors]
    return outcome


def _entry(facts: dict[str, Any], writer: str, epoch: int) -> Entry:
    return Entry(
        epoch, writer, facts["seq"], facts["kind"], facts["part"], _hashable(facts["value"]),
        facts["at"],
    )  # fmt: skip


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _as_json(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a reply of the model as the server writes it."""
    if path == "exam" and "version" in body:
        return DEFINITION
    told = dict(body)
    if "accepted" in told:
        told["accepted"] = [
            {"seq": seq, "status": status, "reason": reason}
            for seq, status, reason in told["accepted"]
        ]
        told |= {"v": 1, "session": SESSION, "next_flush_ms": 15_000, "server_ms": 0}
    for name in ("answers", "flags", "plays"):
        if name in told:
            told[name] = {part: _standing(row) for part, row in told[name].items()}
    if told.get("ticket") is not None:
        told["ticket"] = json.dumps(told["ticket"])
    return told


def _standing(row: Iterable[Any]) -> list[Any]:
    epoch, seq, text = row
    return [epoch, seq, value_of(text)]
