"""A matrix of placement rules while a person edits it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from placement_test.curriculum import rules
from placement_test.curriculum.rules import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable

NO_RULES = Matrix((), {})


def with_boundaries(matrix: Matrix, boundaries: tuple[int, ...]) -> Matrix:
    """Return the rules cut at other boundaries: a band takes the level of the rank it begins at."""

    def level(grade: int, from_percent: Decimal) -> int | None:
        return rules.starting_level(grade, from_percent, matrix)

    return _filled(boundaries, _grades(matrix), level)


def rebased(mine: Matrix, base: Matrix, current: Matrix) -> Matrix:
    """Return ``current`` with what ``mine`` changes in ``base``.

    So that two people who edit at once keep each other's cells.  Where both changed a cell, it is
    the one of ``mine``; boundaries likewise.
    """

    def level(grade: int, from_percent: Decimal) -> int | None:
        wanted = rules.starting_level(grade, from_percent, mine)
        if wanted != rules.starting_level(grade, from_percent, base):
            return wanted
        return rules.starting_level(grade, from_percent, current)

    boundaries = current.boundaries if mine.boundaries == base.boundaries else mine.boundaries
    return _filled(boundaries, _grades(mine) | _grades(base) | _grades(current), level)


def _filled(
    boundaries: tuple[int, ...], grades: set[int], level: Callable[[int, Decimal], int | None]
) -> Matrix:
    starts = [start for start, _ in rules.bands(Matrix(boundaries, {}))]
    cells = {
        (grade, band): found
        for grade in grades
        for band, start in enumerate(starts)
        if (found := level(grade, Decimal(start))) is not None
    }
    return Matrix(boundaries, cells)


def _grades(matrix: Matrix) -> set[int]:
    return {grade for grade, _ in matrix.cells}
