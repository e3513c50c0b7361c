"""Question numbers as people write them: ``1-3, 5`` or ``16-45, 46a``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_NUMBER = 8
# More than any paper has; a slip such as 1-4000 must not make thousands of rows.
MOST_NUMBERS = 300
SEPARATORS = re.compile(r"[\s,;\u3001\uff0c]+")
AROUND_DASH = re.compile(r"\s*[-~\u2010-\u2015\u2212\u301c\uff5e]\s*")
RANGE = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")
NUMBER = re.compile(r"[0-9A-Za-z가-힣][0-9A-Za-z가-힣.()]*")


class NumbersInvalid(ValueError):
    """A piece of the text is no number or range; ``piece`` says which.

    ``reason`` is ``unreadable``, ``order``, ``twice`` or ``many``.
    """

    def __init__(self, reason: str, piece: str) -> None:
        super().__init__(f"{reason}: {piece}")
        self.reason = reason
        self.piece = piece


def parse_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers in the order written; an empty text gives none.

    :raises NumbersInvalid: for what is no number, a range from high to low, a number that
        stands twice, or more than ``MOST_NUMBERS``
    """
    found: list[str] = []
    for piece in filter(None, SEPARATORS.split(AROUND_DASH.sub("-", text.strip()))):
        found += _expand(piece)
        if len(found) > MOST_NUMBERS:
            raise NumbersInvalid("many", piece)
    seen: set[str] = set()
    for number in found:
        if number in seen:
            raise NumbersInvalid("twice", number)
        seen.add(number)
    return tuple(found)


def _expand(piece: str) -> list[str]:
    if match := RANGE.fullmatch(piece):
        first, last = int(match[1]), int(match[2])
        if first > last:
            raise NumbersInvalid("order", piece)
        if last - first >= MOST_NUMBERS:
            raise NumbersInvalid("many", piece)
        return [str(number) for number in range(first, last + 1)]
    if len(piece) > LONGEST_NUMBER or not NUMBER.fullmatch(piece):
        raise NumbersInvalid("unreadable", piece)
    return [piece]


def format_numbers(numbers: Iterable[str]) -> str:
    """Return numbers as short as ``parse_numbers`` reads them: ``1-3, 5``."""
    runs: list[list[str]] = []
    for number in numbers:
        if runs and _follows(runs[-1][-1], number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_written(run) for run in runs)


def _written(run: Sequence[str]) -> str:
    return f"{run[0]}-{run[-1]}" if len(run) > 1 else run[0]


def _follows(before: str, number: str) -> bool:
    plain = all(text.isascii() and text.isdigit() for text in (before, number))
    return plain and str(int(before) + 1) == number
