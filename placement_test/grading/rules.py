"""Mark one answer of one part."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from placement_test.grading.normalisation import is_blank, normalise
from placement_test.grading.options import MarkingOptions

__all__ = [
    "PART_KINDS",
    "Answer",
    "Marked",
    "MarkingOptions",
    "Outcome",
    "PartKey",
    "PartKind",
    "is_answered",
    "mark",
]

PartKind = Literal["choice", "choices", "short", "long"]
PART_KINDS: Final[frozenset[str]] = frozenset({"choice", "choices", "short", "long"})

Answer = int | list[int] | str | None
Outcome = Literal["correct", "partial", "wrong", "blank", "waiting"]

_NOTHING: Final = Decimal(0)
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PartKey:
    """Hold what marks one part.

    ``kind`` is one of ``PART_KINDS``. ``correct`` counts options from 0: for a choice any of them
    is right, for several choices all of them together. ``accepted`` are the variants of *one*
    blank; another blank is another part.

    :raises ValueError: if the kind is not known or the points are negative
    """

    kind: str
    points: Decimal
    option_count: int = 0
    correct: frozenset[int] = frozenset()
    accepted: tuple[str, ...] = ()
    options: MarkingOptions = field(default_factory=MarkingOptions)

    def __post_init__(self) -> None:
        if self.kind not in PART_KINDS:
            raise ValueError(f"unknown kind of part: {self.kind!r}")
        if self.points < 0:
            raise ValueError("a part has negative points")


@dataclass(frozen=True, slots=True)
class Marked:
    """Say what an answer is worth and why; ``waiting`` is for a person to decide."""

    points: Decimal
    outcome: Outcome


def is_answered(answer: object) -> bool:
    """Tell whether an answer says anything: not cleared, not empty, not only spaces."""
    if isinstance(answer, str):
        return not is_blank(answer)
    return answer is not None and answer != []


def mark(key: PartKey, answer: object) -> Marked:
    """Return what ``answer`` is worth under ``key``; no value of it raises.

    A blank answer is ``blank`` whatever the key says. A key that holds nothing leaves every other
    answer ``waiting``: it makes none right. A value that the kind cannot have is ``wrong``.
    """
    if not is_answered(answer):
        return Marked(_NOTHING, "blank")
    match key.kind:
        case "choice":
            return _mark_choice(key, answer)
        case "choices":
            return _mark_choices(key, answer)
        case "short":
            return _mark_short(key, answer)
        case _:
            return Marked(_NOTHING, "waiting" if isinstance(answer, str) else "wrong")


def _mark_choice(key: PartKey, answer: object) -> Marked:
    if not _is_option(key, answer):
        return Marked(_NOTHING, "wrong")
    if not key.correct:
        return Marked(_NOTHING, "waiting")
    return _all_or_nothing(key, is_right=answer in key.correct)


def _mark_choices(key: PartKey, answer: object) -> Marked:
    if not isinstance(answer, list) or not all(_is_option(key, tick) for tick in answer):
        return Marked(_NOTHING, "wrong")
    if not key.correct:
        return Marked(_NOTHING, "waiting")
    ticks = frozenset[int](answer)
    surplus = len(ticks & key.correct) - len(ticks - key.correct)
    if ticks == key.correct or key.options.partial_credit == "none" or surplus <= 0:
        return _all_or_nothing(key, is_right=ticks == key.correct)
    share = key.points * surplus / len(key.correct)
    # Half a point of 0.01 rounds up; points finer than a cent must still not be exceeded.
    return Marked(min(share.quantize(_CENT, ROUND_HALF_UP), key.points), "partial")


def _mark_short(key: PartKey, answer: object) -> Marked:
    if not isinstance(answer, str):
        return Marked(_NOTHING, "wrong")
    variants = {normalise(variant, key.options) for variant in key.accepted} - {""}
    if not variants:
        return Marked(_NOTHING, "waiting")
    return _all_or_nothing(key, is_right=normalise(answer, key.options) in variants)


def _all_or_nothing(key: PartKey, *, is_right: bool) -> Marked:
    return Marked(key.points, "correct") if is_right else Marked(_NOTHING, "wrong")


def _is_option(key: PartKey, value: object) -> bool:
    # True and False are integers to Python, but no option that a student ticked
    return type(value) is int and 0 <= value < key.option_count
