"""The matrix of placement rules as it comes from its page.

The page sends the boundaries as typed, those for which its cells were drawn, and one level id a
cell.  Where the two differ the cells are cut anew, so nothing typed is lost.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from placement_test.curriculum.editing import with_boundaries
from placement_test.curriculum.rules import HIGHEST_PERCENT, LOWEST_PERCENT, Matrix
from placement_test.models.curriculum import FIRST_GRADE, LAST_GRADE

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import QueryDict

GRADES = range(FIRST_GRADE, LAST_GRADE + 1)
# A page with more columns could not be read.
MOST_BOUNDARIES = 20
MOST_NOTE = 200
# "10, 20, ..." with room for blanks.
MOST_TYPED = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """A matrix that was sent: what it is based on, and what is wrong with it."""

    base: int
    matrix: Matrix
    boundaries_typed: str
    note: str
    problems: list[str]
    recut: bool

    @property
    def digest(self) -> str:
        """Return what tells this matrix from another one."""
        return digest(self.matrix)


def digest(matrix: Matrix) -> str:
    """Return a short text that is the same for equal matrices only."""
    content = json.dumps([matrix.boundaries, sorted(matrix.cells.items())])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def cell_name(grade: int, band: int) -> str:
    """Return the name of a cell's field."""
    return f"cell-{grade}-{band}"


def boundaries_text(boundaries: Collection[int]) -> str:
    """Return boundaries as they are typed."""
    return ", ".join(map(str, boundaries))


def read(data: QueryDict, levels: Collection[int]) -> Draft:
    """Return the matrix that was sent; ``levels`` are the ids that a cell may hold.

    Boundaries that cannot be used leave the bands as they were and are a problem.
    """
    problems: list[str] = []
    drawn = _boundaries(data.get("drawn", "")) or ()
    matrix = Matrix(drawn, _cells(data, len(drawn) + 1, levels, problems))
    typed = data.get("boundaries", "")[:MOST_TYPED]
    wanted = _boundaries(typed)
    if wanted is None:
        problems.append(
            _(
                "Write the boundaries as rising whole percents between 1 and 99, divided by"
                " commas: 10, 20, 30."
            )
        )
        wanted = drawn
    note = data.get("note", "").replace("\x00", "").strip()
    if len(note) > MOST_NOTE:
        problems.append(_("The note is longer than %(most)s characters.") % {"most": MOST_NOTE})
    return Draft(
        base=_number(data.get("base", "")) or 0,
        matrix=matrix if wanted == drawn else with_boundaries(matrix, wanted),
        boundaries_typed=typed,
        note=note,
        problems=problems,
        recut=wanted != drawn,
    )


def _boundaries(typed: str) -> tuple[int, ...] | None:
    """Return rising percents, or None where ``typed`` is anything else."""
    pieces = [piece.strip().removesuffix("%").strip() for piece in typed.split(",")]
    if pieces == [""]:
        return ()
    found = tuple(_number(piece) for piece in pieces)
    if len(found) > MOST_BOUNDARIES or None in found:
        return None
    edges = [LOWEST_PERCENT, *(edge for edge in found if edge is not None), HIGHEST_PERCENT]
    return tuple(edges[1:-1]) if all(low < high for low, high in pairwise(edges)) else None


def _cells(
    data: QueryDict, band_count: int, levels: Collection[int], problems: list[str]
) -> dict[tuple[int, int], int]:
    cells = {}
    unknown = False
    for grade in GRADES:
        for band in range(band_count):
            sent = data.get(cell_name(grade, band), "")
            level = _number(sent)
            if level is not None and level in levels:
                cells[grade, band] = level
            else:
                unknown = unknown or sent != ""
    if unknown:
        problems.append(_("A cell names a level that is not in use. It is shown as empty."))
    return cells


def _number(text: str) -> int | None:
    # A number of any length would take its time to read.
    short = text.isascii() and text.isdigit() and len(text) <= 10  # noqa: PLR2004
    return int(text) if short else None
