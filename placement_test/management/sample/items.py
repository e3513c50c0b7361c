"""What a sample exam is made of: questions that carry their own keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RIGHT = "*"  # stands before the right option, so that a key cannot drift from its options


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a question that gets one answer."""

    kind: str
    points: str
    options: tuple[str, ...] = ()
    correct: tuple[int, ...] = ()
    accepted: tuple[str, ...] = ()
    label: str = ""
    task: str = ""
    lines: int = 0
    marking: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as printed: its number, its words, its parts."""

    number: int
    kind: str
    prompt: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock face to be drawn."""

    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart to be drawn."""

    title: str
    unit: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table to be drawn; its first row is the heading."""

    rows: tuple[tuple[str, ...], ...]


Figure = Clock | Bars | Grid


@dataclass(frozen=True, slots=True)
class Group:
    """Questions under one instruction, with what they share: a titled lead, a passage, a figure."""

    instruction: str
    questions: tuple[Question, ...]
    lead: str = ""
    lead_title: str = ""
    box: str = ""
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the paper that tests one skill."""

    title: str
    skill: str
    groups: tuple[Group, ...]

    def questions(self) -> Iterator[Question]:
        """Yield the section's questions in the order of the paper."""
        for group in self.groups:
            yield from group.questions


@dataclass(frozen=True, slots=True)
class Track:
    """A recording: who says what, and the numbers of the questions that it serves."""

    file: str
    title: str
    play_limit: int
    numbers: tuple[int, ...]
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exam:
    """A whole sample exam."""

    slug: str
    title: str
    subtitle: str
    label_style: str
    option_count: int
    minutes: int
    columns: int
    levels: tuple[str, ...]
    cuts: tuple[tuple[int, int], ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    tracks: tuple[Track, ...] = ()
    scanner: str = ""  # "two-up" or "single"; empty where the paper is text

    def questions(self) -> Iterator[Question]:
        """Yield all questions in the order of the paper."""
        for section in self.sections:
            yield from section.questions()


def picked(
    points: str, *options: str, kind: str = "choice", label: str = "", task: str = ""
) -> Part:
    """Return a part that is answered by ticking; a star stands before each right option."""
    return Part(
        kind=kind,
        points=points,
        options=tuple(option.removeprefix(RIGHT) for option in options),
        correct=tuple(at for at, option in enumerate(options) if option.startswith(RIGHT)),
        label=label,
        task=task,
        marking={"partial_credit": "per_option"} if kind == "choices" else {},
    )


def blank(points: str, accepted: str, label: str = "", task: str = "") -> Part:
    """Return a part that is answered by a word or two; a bar divides accepted variants."""
    variants = tuple(accepted.split("|"))
    return Part(kind="short", points=points, accepted=variants, label=label, task=task)


def choice(number: int, prompt: str, *options: str, points: str = "2.5") -> Question:
    """Return a question with one right option."""
    return Question(number, "choice", prompt, (picked(points, *options),))


def choices(number: int, prompt: str, *options: str, points: str) -> Question:
    """Return a question with several right options."""
    return Question(number, "choices", prompt, (picked(points, *options, kind="choices"),))


def short(number: int, prompt: str, *blanks: str, points: str) -> Question:
    """Return a question with one blank or several; ``points`` are those of each blank."""
    labels = [f"({at})" for at in range(1, len(blanks) + 1)] if len(blanks) > 1 else [""]
    parts = [blank(points, key, label) for key, label in zip(blanks, labels, strict=True)]
    return Question(number, "short", prompt, tuple(parts))


def written(number: int, prompt: str, *, points: str, lines: int) -> Question:
    """Return a question that is answered in sentences and marked by a person."""
    return Question(number, "long", prompt, (Part(kind="long", points=points, lines=lines),))


def mixed(number: int, prompt: str, *parts: Part) -> Question:
    """Return a question whose parts are of several kinds."""
    return Question(number, "mixed", prompt, parts)


def levels(program: str, sub_programs: str, count: int) -> tuple[str, ...]:
    """Return the codes of all levels of the sub-programs, such as ``CORE/Sigma/2``."""
    names = sub_programs.split()
    return tuple(f"{program}/{name}/{n}" for name in names for n in range(1, count + 1))


_SPEAKER = re.compile(r"(?m)^(?=[A-Z][\w.]*(?: [A-Z][\w.]*)?: )")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a passage; blank lines and speakers' names divide them."""
    pieces = [piece for block in text.strip().split("\n\n") for piece in _SPEAKER.split(block)]
    return [" ".join(piece.split()) for piece in pieces if piece.strip()]
