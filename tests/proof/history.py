"""What one session's browsers formed, were told and showed, and what the server holds at the end.

A history is made by whatever ran the session (simulation, scripted clients, Chromium) and read by
``tests.proof.checker``.  Pure: no Django.  Writers are 32 hexadecimal digits everywhere; an outcome
that nobody can know (a time-out) is left out, it is never told as success.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Key = tuple[str, int]
"""(writer, seq): names an entry within its session."""

Standing = tuple[int, int, str, str]
"""(epoch, seq, writer, canonical text) of what counts for one subject."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as a page formed it; ``part`` is the question of a flag, the track of a play."""

    epoch: int
    writer: str
    seq: int
    kind: str
    part: int
    value: Any
    at: int = 0

    @property
    def key(self) -> Key:
        return self.writer, self.seq


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The server named this entry in a reply that its page believed."""

    entry: Entry
    status: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was answered: ``seen`` is the highest epoch that the browser said it knew."""

    writer: str
    epoch: int
    seen: int


@dataclass(frozen=True, slots=True)
class SubmitAttempt:
    """One try to hand in; ``receipt`` is the receipt's body, None where no reply was read."""

    submit_id: str
    writer: str
    last_seq: int
    digest: str
    receipt: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """One browser profile with all pages it had.

    ``drained``: the profile survived, and at the end its outbox was empty with nothing on its way.
    Only then does the checker ask for what it never saw acknowledged.
    """

    name: str
    entries: tuple[Entry, ...] = ()
    """Everything formed, in order, also what was never sent."""
    shown_on_device: frozenset[Key] = frozenset()
    """What the page said was saved on this device, in a profile that survived."""
    acknowledged: tuple[Acknowledged, ...] = ()
    submissions: tuple[SubmitAttempt, ...] = ()
    drained: bool = True
    final_view: Mapping[int, Any] | None = None
    """Answers shown by the page that wrote last: when it handed in, else at the end.  None where
    another page had the last word, or where the page is gone."""
    claims: tuple[Claimed, ...] = ()
    volatile: frozenset[Key] = frozenset()
    """Entries that were only in the memory of a page which is gone."""
    due: tuple[tuple[int, Any], ...] = ()
    """(part, value) that stood in a field for longer than a page may wait before it records it."""
    clock: tuple[tuple[int, int], ...] = ()
    """(milliseconds left as shown, as the server counts them) of the same moment."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row of the log of entries; ``accepted`` is what staff decided about it, if anything."""

    writer: str
    seq: int
    epoch: int
    kind: str
    part: int
    value_text: str
    status: str
    reason: str = ""
    received_ms: int = 0
    accepted: bool | None = None

    @property
    def key(self) -> Key:
        return self.writer, self.seq


@dataclass(frozen=True, slots=True)
class StoredConflict:
    """Other content that came under a (writer, seq) which the log already held."""

    writer: str
    seq: int
    epoch: int
    kind: str
    part: int
    value_text: str


@dataclass(frozen=True, slots=True)
class StoredWriter:
    """A writer's counters; ``is_left``: the session went on to another browser than its own."""

    epoch: int
    through: int
    last_seq: int
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result; ``recomputed`` is the score of the answers as they stand, for the current one."""

    score: str
    recomputed: str | None
    cause: str = "ended"
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """What the server holds of one session."""

    events: tuple[StoredEvent, ...] = ()
    answers: Mapping[int, Standing] = field(default_factory=dict)
    writers: Mapping[str, StoredWriter] = field(default_factory=dict)
    conflicts: tuple[StoredConflict, ...] = ()
    receipts: tuple[dict[str, Any], ...] = ()
    """The bodies, oldest first."""
    results: tuple[StoredResult, ...] = ()
    state: str = "open"
    decisions: int = 0
    """Recorded decisions of staff that may change answers or results (re-opening is none)."""
    reopened: int = 0
    runner_states: Mapping[tuple[str, int], Standing] = field(default_factory=dict)
    """(kind, subject) of flags and plays."""
    deadline_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A power cut: what pages had been told before, and what was there before they came back."""

    acknowledged: frozenset[Key]
    there: frozenset[Key]


@dataclass(frozen=True, slots=True)
class History:
    """One session's whole record in a run.  ``restored``: the server lost what came after a backup.

    A profile that is gone (``drained`` False) can then give nothing again, so what it saw
    acknowledged is not asked for.
    """

    session: str
    clients: tuple[Client, ...]
    stored: Stored
    faults: tuple[str, ...] = ()
    restored: bool = False
    outages: tuple[Outage, ...] = ()
