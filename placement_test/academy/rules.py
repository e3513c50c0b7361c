"""Names and codes as people type them, and lists of schools as they paste them."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

# No I, L, O, U, V: they are taken for 1, 0 and each other on a whiteboard.
CODE_LETTERS = "ABCDEFGHJKMNPQRSTWXYZ"
# 21^6 = 86 million codes; still quick to type.
CODE_LENGTH = 6
LEAST_CODE_LENGTH = 4
MOST_CODE_LENGTH = 20

# Checked in order: "High School" is what is left of a name without "Primary" or "Middle" in it.
STAGE_WORDS = (
    ("primary", ("초등", "초교", "primary", "elementary")),
    ("middle", ("중학", "middle", "junior high")),
    ("high", ("고등", "고교", "high")),
)
STAGE_ALONE = {"초": "primary", "중": "middle", "고": "high"}
MOST_SCHOOL_NAME = 80


class SchoolLine(NamedTuple):
    """One usable line of a pasted list."""

    name: str
    stage: str


class UnusableLine(NamedTuple):
    """One line that says no school; ``problem`` is "stage" or "long"."""

    number: int
    text: str
    problem: str


def folded(name: str) -> str:
    """Return ``name`` in one spelling: composed letters, single spaces, none around it."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def access_code(typed: str) -> str:
    """Return a typed access code as it is stored: width, case, spaces and hyphens do not matter."""
    return re.sub(r"[\s\-_.]", "", unicodedata.normalize("NFKC", typed)).upper()


def is_access_code(code: str) -> bool:
    """Return whether ``code``, as ``access_code`` returns it, may be one."""
    return LEAST_CODE_LENGTH <= len(code) <= MOST_CODE_LENGTH and code.isalnum()


def stage_of(words: str) -> str | None:
    """Return "primary", "middle" or "high" for a stage's or a school's name, or None."""
    plain = unicodedata.normalize("NFKC", words).casefold().strip()
    if plain in STAGE_ALONE:
        return STAGE_ALONE[plain]
    for stage, signs in STAGE_WORDS:
        if any(sign in plain for sign in signs):
            return stage
    return None


def school_lines(pasted: str) -> tuple[list[SchoolLine], list[UnusableLine]]:
    """Return the schools of a pasted list, each name once, and the lines that say none.

    A line is a name, or a name and a stage divided by a tab, comma or semicolon; a name that
    tells its stage needs no second piece.
    """
    schools: dict[str, SchoolLine] = {}
    unusable = []
    for number, line in enumerate(pasted.splitlines(), start=1):
        name, _, said = (folded(piece) for piece in _divided(line))
        if not name:
            continue
        stage = stage_of(said) if said else stage_of(name)
        if len(name) > MOST_SCHOOL_NAME:
            unusable.append(UnusableLine(number, f"{name[:30]}…", "long"))
        elif stage is None:
            unusable.append(UnusableLine(number, folded(line), "stage"))
        else:
            schools.setdefault(name, SchoolLine(name, stage))
    return list(schools.values()), unusable


def _divided(line: str) -> tuple[str, str, str]:
    for mark in ("\t", ";", ","):
        if mark in line:
            return line.partition(mark)
    return line, "", ""
