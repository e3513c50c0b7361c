"""Outbox and book of a page: ``answer-queue.js``, ``outbox-stores.js``, ``answer-book.js``."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from tests.proof.history import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.proof.history import Key

Name = tuple[str, int]
"""(kind, subject)."""


class StoreFailed(Exception):
    """The browser's storage refuses to work."""


class NoCounter(Exception):
    """The writer has no counter here."""


class Store:
    """One place on the device where entries are kept: ``idb``, ``local`` or ``memory``."""

    __slots__ = ("is_broken", "kept", "level", "outbox", "record", "tears", "torn", "writers")

    def __init__(self, level: str) -> None:
        self.level = level
        self.is_broken = False
        self.tears = False
        """The next write is on disk and yet reported as failed."""
        self.torn: Entry | None = None
        self.wipe()

    def wipe(self) -> None:
        """Lose everything, as when somebody clears the browser's data."""
        self.outbox: dict[Key, Entry] = {}
        self.kept: dict[Key, Entry] = {}
        self.writers: dict[str, int] = {}
        self.record: dict[str, Any] | None = None

    def begin(self, writer: str) -> None:
        self._work()
        self.writers.setdefault(writer, 0)

    def counter(self, writer: str) -> int | None:
        self._work()
        return self.writers.get(writer)

    def append(self, change: Entry, at_least: int) -> Entry:
        """Store the change under the writer's next seq."""
        self._work()
        known = self.writers.get(change.writer)
        if known is None:
            raise NoCounter
        seq = max(known + 1, at_least)
        entry = Entry(
            change.epoch, change.writer, seq, change.kind, change.part, change.value, change.at
        )
        self.writers[change.writer] = seq
        self.outbox[change.writer, seq] = entry
        if self.tears:
            self.tears, self.is_broken = False, True
            self.torn = entry
            raise StoreFailed
        return entry

    def acknowledge(self, entries: Iterable[Entry]) -> None:
        if self.is_broken:
            return
        for entry in entries:
            # What another store keeps must not fill this one.
            if self.outbox.pop(entry.key, None) is not None or self.level == "idb":
                self.kept[entry.key] = entry

    def requeue(self, is_lost: Callable[[Entry], bool]) -> list[Entry]:
        self._work()
        found = [entry for entry in self.kept.values() if is_lost(entry)]
        for entry in found:
            self.outbox[entry.key] = self.kept.pop(entry.key)
        return found

    def count(self, entry: Entry) -> None:
        if not self.is_broken:
            self.writers[entry.writer] = max(self.writers.get(entry.writer, 0), entry.seq)

    def put(self, record: dict[str, Any]) -> None:
        self._work()
        self.record = record

    def _work(self) -> None:
        if self.is_broken:
            raise StoreFailed


class Queue:
    """What waits to be sent, in the best store that works."""

    __slots__ = ("_owed", "_record", "_seqs", "stores", "turn_at", "waiting")

    def __init__(self, stores: list[Store]) -> None:
        self.stores = [store for store in stores if not store.is_broken]
        self.waiting: dict[Key, Entry] = {}
        self._seqs: dict[str, int] = {}
        self._record: dict[str, Any] = {}
        self._owed: list[Store] = []
        """Those that could not give back what they keep."""
        self.turn_at = 0
        """When the last write under way will be done."""
        for store in self.stores:
            self.waiting.update(store.outbox)

    @property
    def level(self) -> str:
        return self.stores[0].level

    @property
    def record(self) -> dict[str, Any]:
        """What this browser remembers about the session, to read."""
        # A store that breaks takes nothing along that this page knew; one that works again may
        # hold what is older.
        known = [store.record for store in self.stores if store.record and not store.is_broken]
        newest = max([self._record, *known], key=_age)
        tickets = [newest.get("ticket"), *[record.get("ticket") for record in known]]
        epochs = [record.get("seen_epoch", 0) for record in (newest, *known)]
        ticket = next((each for each in tickets if each is not None), None)
        if newest.get("ticket") != ticket or newest.get("seen_epoch", 0) != max(epochs):
            newest = {**newest, "ticket": ticket, "seen_epoch": max(epochs)}
        self._record = newest
        return newest

    def remember(self, **facts: Any) -> None:
        record = self.record
        self._record = {**record, **facts, "touched": _age(record) + 1}
        with contextlib.suppress(StoreFailed):
            self._robustly(lambda store: store.put(self._record))

    def begin(self, writer: str) -> None:
        self._robustly(lambda store: store.begin(writer))
        known = [store.writers.get(writer, 0) for store in self.stores if not store.is_broken]
        self._seqs[writer] = max(self._seqs.get(writer, 0), *known)

    def counter(self, writer: str) -> int | None:
        best = self.stores[0]
        return None if best.is_broken else best.writers.get(writer)

    def last_seq(self, writer: str) -> int:
        return self._seqs.get(writer, 0)

    def add(self, change: Entry) -> Entry:
        """Store a change as its writer's next entry."""
        following = self._seqs.get(change.writer, 0) + 1
        entry: Entry = self._robustly(
            lambda store: store.append(change, following),
            when_fell=lambda store: store.begin(change.writer),
        )
        self._seqs[change.writer] = entry.seq
        self.waiting[entry.key] = entry
        for store in self.stores[1:]:
            store.count(entry)
        return entry

    def acknowledge(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.waiting.pop(entry.key, None)
        for store in self.stores:
            store.acknowledge(entries)

    def requeue(self, writer: str, ranges: Iterable[tuple[int, int]]) -> int:
        return self._requeue(
            lambda entry: (
                entry.writer == writer and any(low <= entry.seq <= high for low, high in ranges)
            )
        )

    def give_back(self, through: dict[str, int]) -> int:
        """Send again of every writer what is above ``through``; return how many there are."""
        return self._requeue(lambda entry: entry.seq > through.get(entry.writer, 0))

    def give_back_owed(self) -> None:
        """Ask those that failed once more, for all that they keep."""
        owed, self._owed = self._owed, []
        for store in owed:
            for entry in self._given(store, lambda _entry: True):
                self.waiting[entry.key] = entry

    def reread(self) -> None:
        """Take up what another page left, which this one could not see when it was opened."""
        for store in self.stores:
            if not store.is_broken:
                self.waiting.update(store.outbox)

    def kept(self) -> list[Entry]:
        return [
            entry for store in self.stores if not store.is_broken for entry in store.kept.values()
        ]

    def _requeue(self, is_lost: Callable[[Entry], bool]) -> int:
        found = [entry for store in self.stores for entry in self._given(store, is_lost)]
        for entry in found:
            self.waiting[entry.key] = entry
        self.reread()
        return len(found)

    def _given(self, store: Store, is_lost: Callable[[Entry], bool]) -> list[Entry]:
        try:
            return store.requeue(is_lost)
        except StoreFailed:
            if store not in self._owed:
                self._owed.append(store)
            return []

    def _robustly(
        self, work: Callable[[Store], Any], when_fell: Callable[[Store], None] | None = None
    ) -> Any:
        while True:
            try:
                return work(self.stores[0])
            except StoreFailed:
                if len(self.stores) == 1:
                    raise
                self._fall(when_fell)

    def _fall(self, when_fell: Callable[[Store], None] | None) -> None:
        while True:
            self.stores.pop(0)
            with contextlib.suppress(StoreFailed):
                self.stores[0].put(self._record)
            try:
                if when_fell is not None:
                    when_fell(self.stores[0])
            except StoreFailed:
                if len(self.stores) == 1:
                    raise
                continue
            return


class Book:
    """The answers, flags and plays that a page shows."""

    __slots__ = ("_writing", "placed")

    def __init__(self) -> None:
        self.placed: dict[Name, tuple[int, int, str, Any]] = {}
        self._writing: dict[Name, int] = {}

    def value(self, name: Name) -> Any:
        placed = self.placed.get(name)
        return placed[3] if placed else None

    def epoch_of(self, name: Name) -> int:
        placed = self.placed.get(name)
        return placed[0] if placed else 0

    def write(self, name: Name, value: Any) -> None:
        epoch, seq, writer, _value = self.placed.get(name, (0, 0, "", None))
        self.placed[name] = (epoch, seq, writer, value)
        self._writing[name] = self._writing.get(name, 0) + 1

    def settle(self, entry: Entry) -> None:
        name = (entry.kind, entry.part)
        self.fail(name)
        placed = self.placed.get(name)
        value = placed[3] if placed and name in self._writing else entry.value
        order = (entry.epoch, entry.seq, entry.writer)
        if placed is None or order >= placed[:3]:
            self.placed[name] = (*order, value)

    def fail(self, name: Name) -> None:
        left = self._writing.get(name, 1) - 1
        if left:
            self._writing[name] = left
        else:
            self._writing.pop(name, None)

    def merge_entries(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            name = (entry.kind, entry.part)
            self._merge(name, (entry.epoch, entry.seq, entry.writer, entry.value))

    def merge_state(self, state: dict[str, Any]) -> None:
        for kind, held in (("answer", "answers"), ("flag", "flags"), ("play", "plays")):
            for subject, (epoch, seq, text) in state[held].items():
                self._merge((kind, subject), (epoch, seq, "", value_of(text)))

    def given(self) -> dict[int, Any]:
        """Return the answers that are not blank."""
        return {
            part: placed[3]
            for (kind, part), placed in self.placed.items()
            if kind == "answer" and placed[3] is not None
        }

    def _merge(self, name: Name, placed: tuple[int, int, str, Any]) -> None:
        if name in self._writing:
            return
        known = self.placed.get(name)
        # The server's reply names no writer; within an epoch there is only one.
        if known is None or placed[:2] > known[:2]:
            self.placed[name] = placed


def _age(record: dict[str, Any]) -> int:
    touched: int = record.get("touched", 0)
    return touched


_VALUES: dict[str, Any] = {}


def value_of(text: str) -> Any:
    """Return the value of a canonical text."""
    if text not in _VALUES:
        value = json.loads(text)
        _VALUES[text] = tuple(value) if isinstance(value, list) else value
    return _VALUES[text]
