"""What a draft lacks before it can be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What the list of missing things is made from; numbers are question numbers."""

    pages: int
    pages_without_image: int
    questions: tuple[str, ...]
    questions_without_text: tuple[str, ...]
    unkeyed: tuple[str, ...]
    points: Decimal
    levels: int
    idle_tracks: tuple[str, ...]
    cuts: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing, the step where it is mended, and what it is about."""

    code: str
    step: str
    about: tuple[str, ...] = ()


def missing(facts: VersionFacts) -> tuple[Missing, ...]:
    """Return all that is missing, in the order of the steps; none means: ready."""
    return (*_paper(facts), *_questions(facts), *_rest(facts))


def _paper(facts: VersionFacts) -> Iterator[Missing]:
    if facts.levels == 0:
        yield Missing("levels", "settings")
    if facts.pages == 0 and (facts.questions_without_text or not facts.questions):
        yield Missing("paper", "paper", facts.questions_without_text)
    if facts.pages_without_image:
        yield Missing("images", "paper")


def _questions(facts: VersionFacts) -> Iterator[Missing]:
    if not facts.questions:
        yield Missing("questions", "questions")
    elif facts.points <= 0:
        yield Missing("points", "questions")


def _rest(facts: VersionFacts) -> Iterator[Missing]:
    if facts.idle_tracks:
        yield Missing("tracks", "tracks", facts.idle_tracks)
    if facts.unkeyed:
        yield Missing("key", "key", facts.unkeyed)
    if not facts.cuts:
        yield Missing("cuts", "cuts")
