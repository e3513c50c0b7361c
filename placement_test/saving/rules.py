"""Rules of order, time and value.  Pure: no clock, no tables, no Django."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeGuard

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Value = None | bool | int | str | list[int]
Order = tuple[int, int, str]
"""(epoch, seq, writer): the greater one is newer.  Clocks have no say."""

# What is on its way when the time is over still counts: the slowest retry waits 30 s.
GRACE = dt.timedelta(seconds=60)
# A long essay is 3-5 kB; more than this is not an answer.
VALUE_MAX_BYTES = 20_000
# Two heartbeats that are missed show within the grace period.
HEARTBEAT_MS, SLOWEST_HEARTBEAT_MS = 15_000, 30_000
# Two cores that hear of each page in 15 s are sure of so many.
AT_EASE = 10_000
# So many pages a second may hand in and load their last page beside everything else.
ENDS_A_SECOND = 20

_decoder = msgspec.json.Decoder(None | bool | int | str | list[int])

# States in which a session takes no more claims.
OVER = frozenset({"submitted", "expired"})

Moment = Literal["early", "in_time", "late"]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What an exam version has, as far as saving must know it."""

    parts: Mapping[int, tuple[str, int]]
    """part id -> (kind, option count)"""
    questions: frozenset[int]
    tracks: frozenset[int]


@dataclass(frozen=True, slots=True)
class Checked:
    """A value in canonical JSON, or the raw text and why it is refused."""

    text: str
    reason: str = ""


def moment(state: str, deadline: dt.datetime | None, arrived: dt.datetime) -> Moment:
    """Return how an entry that arrived then is treated.

    A session that the sweep ended still takes what arrived in time; a submitted one is final.
    """
    if state == "registered" or deadline is None:
        return "early"
    if state == "submitted" or arrived > deadline + GRACE:
        return "late"
    return "in_time"


def clocked(at: dt.datetime, paused_at: dt.datetime | None) -> dt.datetime:
    """Return the moment that counts for the session's clock: it stands still in a pause."""
    return at if paused_at is None else min(at, paused_at)


def next_epoch(own: int, seen: int, registered_at: dt.datetime, at: dt.datetime) -> int:
    """Return the epoch of a new claim: above the session's own and all that the browser has seen.

    And above the seconds since the registration: a server that was restored, and a browser whose
    storage failed, have both forgotten claims that happened in the seconds before.  A clock that
    was set back takes that away and nothing else: it never makes an epoch smaller.
    """
    return max(own, seen, int((at - registered_at).total_seconds())) + 1


def remaining_ms(deadline: dt.datetime | None, allotted_seconds: int, at: dt.datetime) -> int:
    """Return the milliseconds left at that moment; the whole time before the start."""
    if deadline is None:
        return allotted_seconds * 1000
    return max(0, int((deadline - at).total_seconds() * 1000))


def check(kind: str, subject: int, raw: bytes, shapes: Shapes) -> Checked:
    """Return the canonical text of an entry's value, or why it cannot be an answer."""
    try:
        value = _decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return Checked(raw.decode(errors="replace"), "type")
    text = canonical(value)
    if len(text.encode()) > VALUE_MAX_BYTES:
        return Checked(text, "too_long")
    if kind == "answer":
        return Checked(text, _answer_problem(value, shapes.parts.get(subject)))
    known = shapes.questions if kind == "flag" else shapes.tracks
    if subject not in known:
        return Checked(text, "unknown")
    wanted = isinstance(value, bool) if kind == "flag" else _is_index(value)
    return Checked(text, "" if wanted or value is None else "type")


def canonical(value: Value) -> str:
    """Return the value as JSON text exactly as a browser's ``JSON.stringify`` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def newest(entries: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return for each subject the greatest seq among (subject, seq) pairs of one writer."""
    kept: dict[int, int] = {}
    for subject, seq in entries:
        kept[subject] = max(seq, kept.get(subject, 0))
    return kept


def gaps(through: int, seqs: Sequence[int]) -> tuple[int, list[tuple[int, int]]]:
    """Return how far no seq is missing, and the [from, to] ranges that are.

    ``seqs`` are the ascending ones above ``through`` that have arrived.
    """
    missing: list[tuple[int, int]] = []
    expected = through + 1
    for seq in seqs:
        if seq > expected:
            missing.append((expected, seq - 1))
        expected = seq + 1
    return (missing[0][0] - 1 if missing else expected - 1), missing


def next_flush_ms(open_sessions: int) -> int:
    """Return after how long a page without changes is to be heard of."""
    wanted = HEARTBEAT_MS * open_sessions // AT_EASE
    return min(max(wanted, HEARTBEAT_MS), SLOWEST_HEARTBEAT_MS)


def end_spread_ms(ending_sessions: int) -> int:
    """Return over how long pages whose time ends in one moment are to spread their last calls."""
    return 1000 * ending_sessions // ENDS_A_SECOND


def digest(answers: Mapping[int, str]) -> str:
    """Return the SHA-256 (hex) of the answers ``{part id: canonical text}``, nulls left out.

    The browser computes the same over ``JSON.stringify([[part, value], ...])``, sorted by id.
    """
    pairs = (f"[{part},{answers[part]}]" for part in sorted(answers) if answers[part] != "null")
    return hashlib.sha256(f"[{','.join(pairs)}]".encode()).hexdigest()


def _answer_problem(value: Value, part: tuple[str, int] | None) -> str:
    if part is None:
        return "unknown"
    kind, option_count = part
    if value is None:
        return ""
    if kind == "choice":
        return _options_problem([value], option_count)
    if kind == "choices":
        return _options_problem(value, option_count) if isinstance(value, list) else "type"
    return "" if isinstance(value, str) else "type"


def _options_problem(picked: Sequence[object], option_count: int) -> str:
    indices = [index for index in picked if _is_index(index)]
    if len(indices) != len(picked):
        return "type"
    if indices != sorted(set(indices)):
        return "order"
    return "" if all(index < option_count for index in indices) else "option"


def _is_index(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
