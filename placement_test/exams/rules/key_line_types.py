"""What a pasted key line is about: the questions it is for, and what was read of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KeyProblemCode = Literal[
    "unknown_question",
    "part_missing",
    "unknown_part",
    "duplicate",
    "too_few",
    "too_many",
    "option_out_of_range",
    "kind_mismatch",
    "unreadable",
]


@dataclass(frozen=True, slots=True)
class PartShape:
    """Say of a part what its key may be; kinds are choice, choices, short and long."""

    kind: str
    option_count: int = 0


@dataclass(frozen=True, slots=True)
class QuestionShape:
    """Hold a question's number as printed, and its parts in order."""

    number: str
    parts: tuple[PartShape, ...]


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """Hold what was read for one part; options and parts count from 0."""

    number: str
    part_index: int
    correct: frozenset[int] = frozenset()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Say what could not be taken over: ``text`` as written, ``position`` its first character.

    ``number`` is the question's as far as it is known, with its part (``17.2``) if it has several.
    """

    code: KeyProblemCode
    number: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class KeyLine:
    """Hold the entries in the order of the exam, and the problems in the order of the text."""

    entries: tuple[KeyEntry, ...]
    problems: tuple[KeyProblem, ...]
