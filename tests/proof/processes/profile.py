"""What a browser keeps of one session on the device, whatever becomes of its pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.proof.history import Acknowledged, Claimed, Client, Entry, Key, SubmitAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCH_MAX_ENTRIES = 64


@dataclass
class Profile:
    """One browser profile's outbox, kept entries, ticket and counters of one session."""

    name: str
    entries: dict[Key, Entry] = field(default_factory=dict)
    unsent: dict[Key, Entry] = field(default_factory=dict)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    best_through: dict[str, int] = field(default_factory=dict)
    claims: list[Claimed] = field(default_factory=list)
    submissions: list[SubmitAttempt] = field(default_factory=list)
    seen_epoch: int = 0
    ticket: str = ""
    submit_id: str = ""
    receipt: dict[str, Any] | None = None
    final_view: dict[int, Any] | None = None
    has_begun: bool = False
    is_lost: bool = False
    """The device is gone, with all that it held."""

    def copy(self, name: str) -> Profile:
        """Return what a restored copy of the whole profile holds."""
        return Profile(
            name,
            entries=dict(self.entries),
            unsent=dict(self.unsent),
            counters=dict(self.counters),
            best_through=dict(self.best_through),
            seen_epoch=self.seen_epoch,
            ticket=self.ticket,
            has_begun=self.has_begun,
        )

    def add(self, entry: Entry) -> None:
        """Store an entry; from here on the page says that it is saved on this device."""
        self.entries[entry.key] = entry
        self.unsent[entry.key] = entry

    def next_seq(self, writer: str) -> int:
        """Return the writer's next seq; it is never given twice."""
        self.counters[writer] = self.counters.get(writer, 0) + 1
        return self.counters[writer]

    def batch(self, aside: Iterable[Key] = ()) -> list[Entry]:
        """Return what is sent next: entries of one writer, in order, oldest epoch first."""
        put_aside = set(aside)
        waiting = sorted(
            (entry for key, entry in self.unsent.items() if key not in put_aside),
            key=lambda entry: (entry.epoch, entry.writer, entry.seq),
        )
        return [entry for entry in waiting if entry.writer == waiting[0].writer][:BATCH_MAX_ENTRIES]

    def acknowledge(self, entry: Entry, status: str) -> None:
        """Take an entry out of the outbox, not off the device."""
        self.unsent.pop(entry.key, None)
        self.acknowledged.append(Acknowledged(entry, status))

    def requeue(self, writer: str, first: int, last: int | None = None) -> int:
        """Put kept entries of a writer back into the outbox; return how many."""
        found = [
            entry
            for entry in self.entries.values()
            if entry.writer == writer
            and first <= entry.seq
            and (last is None or entry.seq <= last)
            and entry.key not in self.unsent
        ]
        self.unsent.update({entry.key: entry for entry in found})
        return len(found)

    def writers(self) -> set[str]:
        """Return the writers that this browser was."""
        return {writer for writer, _seq in self.entries}

    def as_client(self) -> Client:
        """Return the profile as the checker reads it."""
        return Client(
            name=self.name,
            entries=tuple(self.entries.values()),
            shown_on_device=frozenset() if self.is_lost else frozenset(self.entries),
            acknowledged=tuple(self.acknowledged),
            submissions=tuple(self.submissions),
            drained=not self.is_lost and not self.unsent,
            final_view=None if self.is_lost else self.final_view,
            claims=tuple(self.claims),
        )
