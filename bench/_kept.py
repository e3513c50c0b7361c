"""What was acknowledged against what the database holds: nothing may be missing or different."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench._orders import Saved, Seat

# Entries that are compared together, about: some hundred MB.
TOGETHER = 100_000
EXAMPLES = 5

EVENTS = """
SELECT b.number, e.seq, e.kind, e.subject, e.value, e.at_ms, e.status
FROM bench_seat b JOIN placement_test_answerevent e
    ON e.session_id = b.session AND e.writer = b.writer
WHERE b.number_of_set = %s AND b.number >= %s AND b.number < %s
"""
STANDING = """
SELECT b.number, 'answer', a.part_id, a.seq, a.value
FROM bench_seat b JOIN placement_test_studentanswer a ON a.session_id = b.session
WHERE b.number_of_set = %s AND b.number >= %s AND b.number < %s
UNION ALL
SELECT b.number, a.kind, a.subject, a.seq, a.value
FROM bench_seat b JOIN placement_test_runnerstate a ON a.session_id = b.session
WHERE b.number_of_set = %s AND b.number >= %s AND b.number < %s
"""
Content = tuple[str, int, str, int]
"""Kind, part or question, canonical value, moment."""
Events = dict[tuple[int, int], tuple[Content, str]]
"""(seat, seq) -> content and status"""


@dataclass(slots=True)
class Lost:
    """How many acknowledged entries are missing or different, and some of them in words."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, words: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(words)


def lost(number_of_set: int, saved: Iterable[Saved]) -> Lost:
    """Compare all that was acknowledged to the seats of a set with the log and the answers.

    An entry is lost where the log lacks it or has other content, and where what counts for its part
    or question is older than it.
    """
    saved = list(saved)
    sessions = len({each.number for each in saved})
    # A few entries go into each group of entries that was saved.
    size = max(1, sessions * TOGETHER // (3 * len(saved) or 1))
    by_group: dict[int, list[Saved]] = defaultdict(list)
    for each in saved:
        by_group[each.number // size].append(each)
    found = Lost()
    for group, of_group in by_group.items():
        seats = (number_of_set, group * size, (group + 1) * size)
        # A server with a long queue still saves what nobody waits for any more: what stands has
        # its entry in a log that is read after it, and not in one that was read before.
        standing = _standing(seats)
        _compare(_events(seats), standing, of_group, found)
    return found


def contents(entries: bytes) -> list[tuple[int, Content]]:
    """Return the entries that were sent: (seq, content)."""
    return [
        (
            entry["seq"],
            (
                entry["kind"],
                entry["part"],
                json.dumps(entry["value"], ensure_ascii=False, separators=(",", ":")),
                entry["at"],
            ),
        )
        for entry in json.loads(b"[%b]" % entries)
    ]


def _compare(
    events: Events,
    standing: dict[tuple[int, str, int], tuple[int, str]],
    saved: Iterable[Saved],
    found: Lost,
) -> None:
    newest: dict[tuple[int, str, int], int] = {}
    for each in saved:
        for seq, content in contents(each.entries):
            held, _status = events.get((each.number, seq), (None, ""))
            if held != content:
                found.add(f"seat {each.number}, seq {seq}: sent {content}, the log has {held}")
            subject = (each.number, content[0], content[1])
            newest[subject] = max(seq, newest.get(subject, 0))
    for subject, seq in newest.items():
        at, value = standing.get(subject, (0, ""))
        logged, _status = events.get((subject[0], at), (None, ""))
        if at < seq or logged is None or logged[2] != value:
            found.add(f"{subject}: seq {seq} was acknowledged, what counts is {at}, {value}")


def _events(seats: tuple[int, int, int]) -> Events:
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, seats)
        return {
            (number, seq): ((kind, subject, value, at), status)
            for number, seq, kind, subject, value, at, status in cursor.fetchall()
        }


def _standing(seats: tuple[int, int, int]) -> dict[tuple[int, str, int], tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, seats * 2)
        return {
            (number, kind, subject): (seq, value)
            for number, kind, subject, seq, value in cursor.fetchall()
        }


def violations(
    seats: Sequence[Seat], saved: Iterable[Saved], unsaved: Iterable[Saved]
) -> list[str]:
    """Return every promise that the proof kit's checker finds broken: some 10 ms a session.

    Also looks at entries that were sent and never acknowledged: they may be there, as they were.
    """
    from tests.proof import checker
    from tests.proof.history import Acknowledged, Client, Entry, History
    from tests.proof.stored import stored

    def by_seat(groups: Iterable[Saved]) -> dict[int, tuple[Entry, ...]]:
        found: dict[int, tuple[Entry, ...]] = defaultdict(tuple)
        for each in groups:
            writer = seats[each.number].writer
            found[each.number] += tuple(
                Entry(1, writer, seq, kind, part, json.loads(value), at)
                for seq, (kind, part, value, at) in contents(each.entries)
            )
        return found

    acknowledged, others = by_seat(saved), by_seat(unsaved)
    broken = []
    for number in acknowledged.keys() | others.keys():
        client = Client(
            name=f"seat {number}",
            entries=acknowledged[number] + others[number],
            acknowledged=tuple(Acknowledged(entry, "applied") for entry in acknowledged[number]),
            drained=not others[number],
        )
        session = UUID(seats[number].session)
        history = History(session.hex, (client,), stored(session))
        broken += [f"{session} {each}" for each in checker.violations(history)]
    return broken
