"""The key of one part as plain values: when it is complete, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PICKED = frozenset({"choice", "choices"})
# Longer than any variant of a short answer; what is longer is a long answer.
LONGEST_VARIANT = 200
MOST_VARIANTS = 40


@dataclass(frozen=True, slots=True)
class EnteredKey:
    """The key of one part: options counted from 0, or variants; ``options`` say how to mark."""

    correct: tuple[int, ...] = ()
    accepted: tuple[str, ...] = ()
    options: Mapping[str, bool | str] = field(default_factory=dict)


EMPTY = EnteredKey()


def fitted(kind: str, option_count: int, entry: EnteredKey) -> EnteredKey:
    """Return what of ``entry`` a part of this kind can have; right options in order, once each."""
    if kind in PICKED:
        inside = sorted({index for index in entry.correct if 0 <= index < option_count})
        return replace(entry, correct=tuple(inside), accepted=())
    if kind == "short":
        return replace(entry, correct=(), accepted=tuple(dict.fromkeys(entry.accepted)))
    return EMPTY


def is_complete(kind: str, option_count: int, entry: EnteredKey) -> bool:
    """Return whether a machine can mark the part, or none has to."""
    if kind == "long":
        return True
    kept = fitted(kind, option_count, entry)
    return bool(kept.correct or kept.accepted)


def split_variants(text: str) -> tuple[str, ...]:
    """Return the variants of ``colour | color``, without empty ones and control characters."""
    seen = "".join(letter for letter in text if letter.isspace() or letter >= " ")
    return tuple(filter(None, (" ".join(piece.split()) for piece in seen.split("|"))))
