"""What a day of a lane is to be like, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Order:
    """What a day is to be like."""

    seed: str
    students: int = 50
    seconds: float = 20.0
    pause: float = 0.8
    """Between two changes of a student, on average."""
    troubles: tuple[str, ...] = ()
    """One after the other, evenly over the day."""
    control: str = ""
    """The server's middleware that switches one guard off."""
    parts: int = 20
    """How many parts of the exam are answered; few: entries meet each other often."""
    deadline_share: float = 0.15
    """Of the students: those whose time is over in the middle of the day."""
    second_share: float = 0.25
    """Of the students: those who go on with another device."""
    copied_share: float = 0.15
    """Of these: those whose device is a copy of the first one, as of a restored machine."""
    chances: dict[str, float] = field(default_factory=dict)
    """Of faults that are to be more frequent than the others."""


@dataclass(slots=True)
class Outcome:
    """What a day showed."""

    seed: str
    database: str
    control: str = ""
    histories: int = 0
    """Sessions with at least one fault on their path."""
    sessions: int = 0
    entries: int = 0
    acknowledged: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    coverage: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    caught_after: int | None = None
    """How many histories were checked until the first violation."""
    seconds: float = 0.0
