"""What was seen of one session on one device, and what a checker makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.proof.checker import text_of
from tests.proof.history import Acknowledged, Claimed, Client, Entry, Key, SubmitAttempt

OK = 200


@dataclass(slots=True)
class Notebook:
    """Collects the observer's notes; ``client`` tells them as the checker reads them."""

    name: str
    session: str
    entries: list[Entry] = field(default_factory=list)
    durable: set[Key] = field(default_factory=set)
    shown: set[Key] = field(default_factory=set)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    claims: list[Claimed] = field(default_factory=list)
    submissions: dict[str, SubmitAttempt] = field(default_factory=dict)
    acts: set[tuple[int, str]] = field(default_factory=set)
    """(part, value as text) that the student entered here."""
    due: dict[tuple[int, str], Any] = field(default_factory=dict)
    clock: list[tuple[int, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    final_view: dict[int, Any] | None = None
    drained: bool = False
    levels: set[str] = field(default_factory=set)
    _bodies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, note: dict[str, Any]) -> None:
        """Take a note of the observer that is about this session."""
        {
            "formed": self._formed,
            "durable": self._became_durable,
            "sent": self._sent,
            "reply": self._replied,
            "said": self._said,
        }[note["kind"]](note)

    def must_be_recorded(self, part: int, value: Any) -> None:
        """A value has stood in its field for longer than the page may wait."""
        self.due[part, text_of(value)] = value

    def client(self, *, is_alone: bool) -> Client:
        """Return the notes; ``is_alone``: no other device wrote in this session."""
        known = {entry.key for entry in self.entries}
        return Client(
            name=self.name,
            entries=tuple(self.entries),
            shown_on_device=frozenset(self.shown),
            acknowledged=tuple(self.acknowledged),
            submissions=tuple(self.submissions.values()),
            drained=self.drained,
            final_view=self.final_view,
            claims=tuple(self.claims),
            volatile=frozenset(known - self.durable),
            # What another device recorded is shown here too.
            due=tuple((part, value) for (part, _), value in self.due.items()) if is_alone else (),
            clock=tuple(self.clock),
        )

    def _formed(self, note: dict[str, Any]) -> None:
        for entry in note["entries"]:
            self._add(_entry(entry))

    def _became_durable(self, note: dict[str, Any]) -> None:
        self.levels.add(note["level"])
        for entry in note["entries"]:
            self.durable.add(_entry(entry).key)

    def _sent(self, note: dict[str, Any]) -> None:
        body = self._bodies[note["number"]] = json.loads(note["body"] or "{}")
        if note["name"] == "answers":
            for entry in _entries(body):
                self._add(entry)
        if note["name"] == "submit":
            self.submissions[note["number"]] = _attempt(body, None)

    def _replied(self, note: dict[str, Any]) -> None:
        body = self._bodies.get(note["number"])
        reply = _json(note["text"])
        # As the protocol says: 200 and JSON, or it is nothing.
        if body is None or reply is None or note["status"] != OK:
            return
        if note["name"] == "answers":
            self._acknowledge(body, reply)
        elif note["name"] == "claim" and isinstance(reply.get("epoch"), int):
            self.claims.append(Claimed(body["writer"], reply["epoch"], body["seen_epoch"]))
        elif note["name"] == "submit" and "receipt" in reply:
            receipt = json.loads(reply["receipt"]["body"])
            self.submissions[note["number"]] = _attempt(body, receipt)

    def _acknowledge(self, body: dict[str, Any], reply: dict[str, Any]) -> None:
        is_own = str(reply.get("session", "")).replace("-", "") == self.session.replace("-", "")
        if reply.get("nonce") != body["nonce"] or not is_own:
            return
        sent = {entry.seq: entry for entry in _entries(body)}
        for accepted in reply["accepted"]:
            if accepted["seq"] in sent:
                self.acknowledged.append(Acknowledged(sent[accepted["seq"]], accepted["status"]))

    def _said(self, note: dict[str, Any]) -> None:
        if not note["isOnDevice"]:
            return
        self.shown |= self.durable
        for name, value in note["fields"].items():
            if value is not None and (int(name), text_of(value)) in self.acts:
                self.must_be_recorded(int(name), value)

    def _add(self, entry: Entry) -> None:
        if entry not in self.entries:
            self.entries.append(entry)


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        epoch=row["epoch"],
        writer=row["writer"],
        seq=row["seq"],
        kind=row["kind"],
        part=row["part"],
        value=row["value"],
        at=row["at"],
    )


def _entries(body: dict[str, Any]) -> list[Entry]:
    return [
        _entry({**row, "epoch": body["epoch"], "writer": body["writer"]})
        for row in body.get("entries", [])
    ]


def _attempt(body: dict[str, Any], receipt: dict[str, Any] | None) -> SubmitAttempt:
    return SubmitAttempt(
        body["submit_id"], body["writer"], body["last_seq"], body["digest"], receipt
    )


def _json(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
