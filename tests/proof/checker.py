"""One checker for every kind of run: what was promised against what is stored.

Each rule is a promise of DESIGN.md, section 3.  A rule reads a history and yields what breaks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from placement_test.saving import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tests.proof.history import (
        Acknowledged,
        Client,
        Entry,
        History,
        Key,
        Standing,
        Stored,
        StoredEvent,
    )

# DESIGN.md: the displayed time is within 250 ms of the server's.
CLOCK_TOLERANCE_MS = 250
NOTHING = "null"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and how."""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


def violations(history: History) -> list[Violation]:
    """Return every promise that the history breaks; none: all were kept, as far as one can know."""
    seen = _Seen(history)
    return [Violation(name, detail) for name, rule in RULES.items() for detail in rule(seen)]


def text_of(value: Any) -> str:
    """Return the canonical JSON text of a value, as the server stores it."""
    if isinstance(value, list | tuple):
        return rules.canonical(list(value))
    return _scalar_text(value)


def digest_of(view: Mapping[int, Any]) -> str:
    """Return the digest of the answers that a page shows."""
    return rules.digest({part: text_of(value) for part, value in view.items()})


@lru_cache(maxsize=4096, typed=True)  # True is not 1
def _scalar_text(value: Any) -> str:
    return rules.canonical(value)


class _Seen:
    """A history with what several rules look up."""

    __slots__ = ("contents", "events", "formed", "history", "stored")

    def __init__(self, history: History) -> None:
        self.history = history
        self.stored: Stored = history.stored
        self.events: dict[Key, StoredEvent] = {event.key: event for event in self.stored.events}
        self.formed: dict[Key, list[Entry]] = {}
        for client in history.clients:
            for entry in client.entries:
                self.formed.setdefault(entry.key, []).append(entry)
        self.contents = {
            (row.writer, row.seq, row.epoch, row.kind, row.part, row.value_text)
            for row in self.stored.conflicts
        }

    def is_there(self, entry: Entry) -> bool:
        """Return whether the log, or the list of conflicts, holds the entry with this content."""
        return self.is_logged(entry) or (*entry.key, *_content(entry)) in self.contents

    def is_logged(self, entry: Entry) -> bool:
        event = self.events.get(entry.key)
        return event is not None and _content_of_event(event) == _content(entry)

    def may_be_gone(self, client: Client, entry: Entry) -> bool:
        """Return whether a restored server may lack it: no living browser holds it any more."""
        return self.history.restored and (not client.drained or entry.key in client.volatile)


def _content(entry: Entry) -> tuple[int, str, int, str]:
    return entry.epoch, entry.kind, entry.part, text_of(entry.value)


def _content_of_event(event: StoredEvent) -> tuple[int, str, int, str]:
    return event.epoch, event.kind, event.part, event.value_text


def _name(entry: Entry | StoredEvent) -> str:
    return f"{entry.writer[:6]}/{entry.seq} (epoch {entry.epoch}, {entry.kind} {entry.part})"


def _acknowledged(seen: _Seen) -> Iterator[tuple[Client, Acknowledged]]:
    for client in seen.history.clients:
        for each in client.acknowledged:
            yield client, each


def acknowledged_is_stored(seen: _Seen) -> Iterator[str]:
    """Every acknowledged entry exists with equal content."""
    for client, each in _acknowledged(seen):
        if seen.is_there(each.entry) or seen.may_be_gone(client, each.entry):
            continue
        found = seen.events.get(each.entry.key)
        held = f"holds {found.value_text}" if found else "is not there"
        yield (
            f"{_name(each.entry)} = {text_of(each.entry.value)} was acknowledged"
            f" as {each.status} and {held}"
        )


def acknowledged_survives(seen: _Seen) -> Iterator[str]:
    """What was acknowledged before a power cut is there after it, before anybody gives it again."""
    for outage in seen.history.outages:
        for writer, seq in sorted(outage.acknowledged - outage.there):
            yield f"{writer[:6]}/{seq} was acknowledged, and gone when the power was back"


def status_is_true(seen: _Seen) -> Iterator[str]:
    """An acknowledged status is the stored one, or a later decision changed it.

    A restored server judges anew what it is given again.
    """
    if seen.history.restored:
        return
    for _client, each in _acknowledged(seen):
        event = seen.events.get(each.entry.key)
        if event is None or each.status == "duplicate":
            continue
        if each.status == "conflict":
            if seen.is_logged(each.entry) and len(seen.formed.get(each.entry.key, [])) < 2:
                yield f"{_name(each.entry)} was called a conflict and the log holds just that"
        elif event.status != each.status and event.accepted is None:
            yield f"{_name(each.entry)} was called {each.status} and is {event.status}"


def device_arrives(seen: _Seen) -> Iterator[str]:
    """What was "saved on this device" in a surviving profile has arrived once that is drained."""
    for client in seen.history.clients:
        if not client.drained:
            continue
        for entry in client.entries:
            if entry.key in client.shown_on_device and not seen.is_there(entry):
                yield f"{_name(entry)} = {text_of(entry.value)} was on the device and never arrived"


def current_is_greatest(seen: _Seen) -> Iterator[str]:
    """The current answer is the greatest (epoch, seq, writer) among what may count."""
    counting: dict[tuple[str, int], Standing] = {}
    accepted: dict[tuple[str, int], set[Standing]] = {}
    for event in seen.stored.events:
        subject = (event.kind, event.part)
        standing = (event.epoch, event.seq, event.writer, event.value_text)
        if event.status == "applied" and event.accepted is not False:
            if standing > counting.get(subject, (0,)):
                counting[subject] = standing
        elif event.accepted:
            accepted.setdefault(subject, set()).add(standing)
    held: dict[tuple[str, int], Standing] = {
        **{("answer", part): standing for part, standing in seen.stored.answers.items()},
        **seen.stored.runner_states,
    }
    for subject in counting.keys() | accepted.keys() | held.keys():
        wanted, is_held = counting.get(subject), held.get(subject)
        # What staff counted stands, whatever was there before; only a later entry goes over it.
        if is_held != wanted and is_held not in accepted.get(subject, ()):
            yield f"{subject[0]} {subject[1]} holds {is_held}, the greatest is {wanted}"


def superseded_has_a_newer(seen: _Seen) -> Iterator[str]:
    """An entry is superseded only where its subject has a newer one, or for a stated reason."""
    if seen.stored.decisions:
        return  # What staff counted may be older than what it went over.
    held = seen.stored.answers
    states = seen.stored.runner_states
    for event in seen.stored.events:
        if event.status != "superseded" or event.reason:
            continue
        writer = seen.stored.writers.get(event.writer)
        if writer is not None and (writer.is_left or writer.epoch != event.epoch):
            continue  # From a browser that the session had left.
        standing = (
            held.get(event.part) if event.kind == "answer" else states.get((event.kind, event.part))
        )
        if standing is None or standing[:3] < (event.epoch, event.seq, event.writer):
            yield f"{_name(event)} is superseded and nothing newer is there: {standing}"


def one_effect(seen: _Seen) -> Iterator[str]:
    """One effect for an entry: one row, and a conflict only where the content really differs."""
    if len(seen.events) != len(seen.stored.events):
        keys = [event.key for event in seen.stored.events]
        doubled = {key for key in keys if keys.count(key) > 1}
        yield f"the log has rows twice: {sorted(doubled)}"
    for row in seen.stored.conflicts:
        event = seen.events.get((row.writer, row.seq))
        if event is None:
            yield f"{row.writer[:6]}/{row.seq} is a conflict with nothing"
        elif (
            _content_of_event(event) == (row.epoch, row.kind, row.part, row.value_text)
            # Two pages under one writer may differ in the device's clock alone.
            and len(seen.formed.get(event.key, [])) < 2
        ):
            yield f"{_name(event)} is a conflict with itself"


def nothing_is_invented(seen: _Seen) -> Iterator[str]:
    """The log holds what some page formed, and nothing else under a known writer."""
    known = {writer for writer, _seq in seen.formed}
    for event in seen.stored.events:
        if event.writer not in known:
            continue
        contents = [_content(entry) for entry in seen.formed.get(event.key, [])]
        if _content_of_event(event) not in contents:
            yield f"{_name(event)} = {event.value_text} was never formed so"


def no_gaps(seen: _Seen) -> Iterator[str]:
    """``through`` claims no more than there is, and drained writers are gapless."""
    arrived: dict[str, set[int]] = {}
    for event in seen.stored.events:
        arrived.setdefault(event.writer, set()).add(event.seq)
    for name, writer in seen.stored.writers.items():
        seqs = arrived.get(name, set())
        lacking = [seq for seq in range(1, writer.through + 1) if seq not in seqs]
        if lacking:
            yield f"{name[:6]} is through {writer.through} without {lacking}"
    # A copied profile's writer may have lost entries in another browser.
    lost = {
        entry.writer
        for client in seen.history.clients
        if not client.drained
        for entry in client.entries
    }
    for client in seen.history.clients:
        if client.drained:
            yield from _gaps_of(client, arrived, seen.stored, lost)


def _gaps_of(
    client: Client, arrived: Mapping[str, set[int]], stored: Stored, elsewhere: set[str]
) -> Iterator[str]:
    for name in {entry.writer for entry in client.entries} - elsewhere:
        lost = {seq for writer, seq in client.volatile if writer == name}
        seqs = arrived.get(name, set())
        if not seqs or lost - seqs:
            continue
        last = max(seqs)
        if len(seqs) != last:
            lacking = [seq for seq in range(1, last) if seq not in seqs]
            yield f"{name[:6]} is drained and lacks {lacking} of {last}"
        writer = stored.writers.get(name)
        if writer is None or (writer.through, writer.last_seq) != (last, last):
            yield f"{name[:6]} is drained up to {last}, the server counts {writer}"


def submitted_stays(seen: _Seen) -> Iterator[str]:
    """Nothing changes a submitted result but a recorded decision; one submission, one receipt."""
    stored = seen.stored
    if len(stored.receipts) > 1 + stored.reopened:
        yield f"{len(stored.receipts)} receipts, re-opened {stored.reopened} times"
    ended = sum(result.cause == "ended" for result in stored.results)
    if ended > 1 + stored.reopened:
        yield f"marked {ended} times as ended, re-opened {stored.reopened} times"
    if stored.state in {"submitted", "expired"}:
        current = sum(result.is_current for result in stored.results)
        if current != 1:
            yield f"{stored.state} with {current} current results"
    if stored.state != "submitted" or stored.decisions:
        return
    if not stored.receipts:
        yield "submitted without a receipt"
    if not stored.reopened and len(stored.results) > 1:
        yield f"submitted once, {len(stored.results)} results, nobody decided anything"


def digests_agree(seen: _Seen) -> Iterator[str]:
    """Receipt's digest = digest of the stored answers = digest of what the student saw."""
    stored = seen.stored
    if stored.state == "submitted" and stored.receipts and not stored.decisions:
        now = rules.digest({part: standing[3] for part, standing in stored.answers.items()})
        if now != stored.receipts[-1]["digest"]:
            yield f"receipt {stored.receipts[-1]['digest'][:8]}, stored answers {now[:8]}"
    for client in seen.history.clients:
        yield from _digests_of(client, seen)


def _digests_of(client: Client, seen: _Seen) -> Iterator[str]:
    bodies = {str(body["submit_id"]).replace("-", ""): body for body in seen.stored.receipts}
    # Re-opened or restored, a page may by now show more than it handed in.
    is_final = seen.stored.state == "submitted" and not seen.stored.reopened
    view = digest_of(client.final_view) if client.final_view is not None and is_final else None
    latest = True
    for attempt in reversed(client.submissions):
        if attempt.receipt is None:
            continue
        own = attempt.submit_id.replace("-", "")
        given = str(attempt.receipt["submit_id"]).replace("-", "")
        if given not in bodies and not seen.history.restored:
            yield f"{client.name} holds a receipt {given[:8]} that the server does not"
        elif (
            given in bodies
            and bodies[given]["digest"] != attempt.receipt["digest"]
            and not seen.history.restored
        ):
            yield f"{client.name} holds another receipt {given[:8]} than the server"
        if given != own:
            continue
        if attempt.receipt["digest"] != attempt.digest:
            yield f"{client.name} declared {attempt.digest[:8]}, its receipt says otherwise"
        if latest and view not in {None, attempt.digest}:
            yield f"{client.name} declared {attempt.digest[:8]} and showed other answers"
        latest = False


def seen_is_stored(seen: _Seen) -> Iterator[str]:
    """What the last page shows at the end is what the server holds, or an entry says why not."""
    answers = seen.stored.answers
    for client in seen.history.clients:
        if client.final_view is None or not client.drained or seen.stored.decisions:
            continue
        for part in client.final_view.keys() | answers.keys():
            shown = text_of(client.final_view.get(part))
            held = answers[part][3] if part in answers else NOTHING
            if shown != held and not _is_put_aside(client, part, shown, seen):
                yield f"{client.name} shows {shown} for {part}, stored is {held}"


def _is_put_aside(client: Client, part: int, shown: str, seen: _Seen) -> bool:
    """Return whether the value shown was stored for a person to decide (late, rejected ...)."""
    # After a restore another browser's entry, which this page had seen, may be among those.
    clients = seen.history.clients if seen.history.restored else (client,)
    for each in clients:
        for entry in each.entries:
            if entry.kind != "answer" or entry.part != part or text_of(entry.value) != shown:
                continue
            event = seen.events.get(entry.key)
            if seen.may_be_gone(each, entry) if event is None else event.status != "applied":
                return True
    return False


def score_is_right(seen: _Seen) -> Iterator[str]:
    """The score recomputed from the stored answers is the one that is stored."""
    if seen.stored.state == "open":
        return  # Re-opened: it is marked again at the end.
    for result in seen.stored.results:
        if result.is_current and result.recomputed not in {None, result.score}:
            yield f"score {result.score}, recomputed {result.recomputed}"


def in_time(seen: _Seen) -> Iterator[str]:
    """What arrived after deadline and grace counts by a decision only."""
    deadline = seen.stored.deadline_ms
    if deadline is None:
        return
    latest = deadline + int(rules.GRACE.total_seconds() * 1000)
    for event in seen.stored.events:
        if event.received_ms > latest and event.status == "applied":
            yield f"{_name(event)} arrived {event.received_ms - latest} ms too late and counts"


def epochs_rise(seen: _Seen) -> Iterator[str]:
    """A claim's epoch is above every one that its browser had seen, so that newer is greater."""
    for client in seen.history.clients:
        for claim in client.claims:
            if claim.epoch <= claim.seen:
                yield f"{claim.writer[:6]} got epoch {claim.epoch}, its browser knew {claim.seen}"


def typed_is_recorded(seen: _Seen) -> Iterator[str]:
    """A text that stood in its field for long enough has become an entry."""
    for client in seen.history.clients:
        recorded = {
            (entry.part, text_of(entry.value)) for entry in client.entries if entry.kind == "answer"
        }
        for part, value in client.due:
            if (part, text_of(value)) not in recorded:
                yield f"{client.name}: {text_of(value)} stood in {part} and was never recorded"


def clock_is_true(seen: _Seen) -> Iterator[str]:
    """A page never shows more time than there is."""
    for client in seen.history.clients:
        for shown, left in client.clock:
            if shown > left + CLOCK_TOLERANCE_MS:
                yield f"{client.name} shows {shown} ms, {left} ms are left"


RULES: dict[str, Callable[[_Seen], Iterable[str]]] = {
    rule.__name__: rule
    for rule in (
        acknowledged_is_stored,
        acknowledged_survives,
        status_is_true,
        device_arrives,
        current_is_greatest,
        superseded_has_a_newer,
        one_effect,
        nothing_is_invented,
        no_gaps,
        submitted_stays,
        digests_agree,
        seen_is_stored,
        score_is_right,
        in_time,
        epochs_rise,
        typed_is_recorded,
        clock_is_true,
    )
}
