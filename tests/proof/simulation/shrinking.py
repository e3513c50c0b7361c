"""The simplest schedule that still breaks a rule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def shrunk(
    choices: list[int], still_fails: Callable[[list[int]], bool], *, seconds: float = 20.0
) -> list[int]:
    """Return choices that are fewer and smaller and still fail.

    Pieces are left out, halving their length, then numbers are lowered, until neither helps.
    """
    ends = time.monotonic() + seconds

    def fails(candidate: list[int]) -> bool:
        return time.monotonic() < ends and still_fails(candidate)

    while True:
        simpler = _smaller(_fewer(choices, fails), fails)
        if simpler == choices:
            return choices
        choices = simpler


def _fewer(choices: list[int], fails: Callable[[list[int]], bool]) -> list[int]:
    size = max(1, len(choices) // 2)
    while size:
        start = 0
        while start < len(choices):
            candidate = choices[:start] + choices[start + size :]
            if fails(candidate):
                choices = candidate
            else:
                start += size
        size //= 2
    return choices


def _smaller(choices: list[int], fails: Callable[[list[int]], bool]) -> list[int]:
    for number in range(len(choices)):
        for lower in (0, 1, choices[number] // 2, choices[number] - 1):
            candidate = [*choices[:number], lower, *choices[number + 1 :]]
            if 0 <= lower < choices[number] and fails(candidate):
                choices = candidate
                break
    return choices
