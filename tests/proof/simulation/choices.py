"""Where a schedule's decisions come from: a seed, or a list that is played again.

Every decision is a number below some bound, and 0 is always the plainest one (no fault, the next
answer, the shortest wait), so that a shorter list of smaller numbers is a simpler schedule.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Choices(Protocol):
    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound`` - 1."""


class Seeded:
    """Decisions of a seed."""

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - to be repeated, not to be secret

    def below(self, bound: int) -> int:
        return int(self._random() * bound)


class Recorded:
    """Decisions of a seed, noted down."""

    def __init__(self, seed: int) -> None:
        self._seeded = Seeded(seed)
        self.made: list[int] = []

    def below(self, bound: int) -> int:
        choice = self._seeded.below(bound)
        self.made.append(choice)
        return choice


class Played:
    """Decisions of a list; 0 after its end."""

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = choices
        self.used = 0

    def below(self, bound: int) -> int:
        number = self.used
        self.used = number + 1
        return self._choices[number] % bound if number < len(self._choices) else 0
