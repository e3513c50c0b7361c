"""Where a student starts by grade and rank, and where the score moves the student from there."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

LOWEST_PERCENT: Final = 0
HIGHEST_PERCENT: Final = 100
# Five levels are more than a whole sub-program: a cut that moves further is a slip of the pen.
LARGEST_STEP: Final = 5

CutProblem = Literal[
    "no_cuts",
    "first_cut_not_zero",
    "cuts_not_ascending",
    "steps_fall",
    "percent_out_of_range",
    "step_too_large",
]
MatrixProblemCode = Literal[
    "boundaries_not_ascending",
    "boundary_out_of_range",
    "unknown_cell",
    "unknown_level",
    "hole",
    "disorder",
]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Hold the starting level of each grade and band of ranks.

    Boundaries are ascending percents between 0 and 100: (10, 20) makes the half-open bands
    [0, 10) and [10, 20), and a last one of 20 to 100 that holds its end. Band 0 is the best.
    A cell is (grade, band) -> level id; a missing one is a hole.
    """

    boundaries: tuple[int, ...]
    cells: Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class CellChange:
    """Say that ranks from ``from_percent`` up to below ``to_percent`` start elsewhere."""

    grade: int
    from_percent: int
    to_percent: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class MatrixProblem:
    """Say what is wrong with a matrix, and in which cell where it is one cell."""

    code: MatrixProblemCode
    grade: int | None = None
    band: int | None = None


@dataclass(frozen=True, slots=True)
class LevelPlace:
    """Hold where a level stands: its program, and its tier in the order of difficulty."""

    id: int
    tier: int
    program_id: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Say how many levels a score from this percent on moves the student."""

    from_percent: Decimal
    step: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Hold the level reached, and whether the program ended before all steps were made."""

    level: LevelPlace
    stopped_at_edge: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold where a student is placed and every fact that led there."""

    level: LevelPlace
    start: LevelPlace
    step: int
    stopped_at_edge: bool
    cut: Cut


def band_of(rank_percent: Decimal, boundaries: Sequence[int]) -> int:
    """Return the band of a rank; a rank equal to a boundary belongs to the band that begins there.

    :raises ValueError: if the rank is not within 0 and 100
    """
    _check_percent(rank_percent)
    return bisect_right(boundaries, rank_percent)


def starting_level(grade: int, rank_percent: Decimal, matrix: Matrix) -> int | None:
    """Return the id of the level to start at, or None where the matrix has a hole.

    :raises ValueError: if the rank is not within 0 and 100
    """
    return matrix.cells.get((grade, band_of(rank_percent, matrix.boundaries)))


def bands(matrix: Matrix) -> list[tuple[int, int]]:
    """Return each band as its (from, to) percents, the best ranks first."""
    return list(pairwise((LOWEST_PERCENT, *matrix.boundaries, HIGHEST_PERCENT)))


def holes(matrix: Matrix, grades: Iterable[int]) -> list[tuple[int, int]]:
    """Return the (grade, band) of every cell without a level."""
    return [
        (grade, band)
        for grade in grades
        for band in range(len(matrix.boundaries) + 1)
        if (grade, band) not in matrix.cells
    ]


def disorder(matrix: Matrix, tiers: Mapping[int, int]) -> list[tuple[int, int]]:
    """Return the (grade, band) of each cell that starts higher than the better rank beside it.

    Holes, and levels that ``tiers`` (level id -> tier) does not know, are passed over.
    """
    found = []
    for grade in sorted({grade for grade, _ in matrix.cells}):
        known = [
            (band, tiers[level])
            for (of, band), level in sorted(matrix.cells.items())
            if of == grade and level in tiers
        ]
        found += [(grade, band) for (_, better), (band, tier) in pairwise(known) if tier > better]
    return found


def changes(old: Matrix, new: Matrix) -> list[CellChange]:
    """Return whose start differs, in stretches of ranks as long as possible.

    The two may have other boundaries. ``Matrix((), {})`` stands for no rules at all.
    """
    edges = sorted({LOWEST_PERCENT, HIGHEST_PERCENT, *old.boundaries, *new.boundaries})
    found: list[CellChange] = []
    for grade in sorted({grade for grade, _ in (*old.cells, *new.cells)}):
        for start, end in pairwise(edges):
            before = starting_level(grade, Decimal(start), old)
            after = starting_level(grade, Decimal(start), new)
            if before != after:
                _append_or_extend(found, CellChange(grade, start, end, before, after))
    return found


def matrix_problems(
    matrix: Matrix, *, grades: Sequence[int], tiers: Mapping[int, int]
) -> list[MatrixProblem]:
    """Return all that is wrong with a matrix; with wrong boundaries, no more than that.

    Holes and disorder may be what the director wants; the other problems may not be saved.
    """
    wrong: list[MatrixProblem] = []
    if any(lower >= upper for lower, upper in pairwise(matrix.boundaries)):
        wrong.append(MatrixProblem("boundaries_not_ascending"))
    if not all(LOWEST_PERCENT < edge < HIGHEST_PERCENT for edge in matrix.boundaries):
        wrong.append(MatrixProblem("boundary_out_of_range"))
    if wrong:
        return wrong
    last_band = len(matrix.boundaries)
    for (grade, band), level in sorted(matrix.cells.items()):
        if grade not in grades or not 0 <= band <= last_band:
            wrong.append(MatrixProblem("unknown_cell", grade, band))
        elif level not in tiers:
            wrong.append(MatrixProblem("unknown_level", grade, band))
    wrong += [MatrixProblem("hole", grade, band) for grade, band in holes(matrix, grades)]
    wrong += [MatrixProblem("disorder", grade, band) for grade, band in disorder(matrix, tiers)]
    return wrong


def cut_problems(cuts: Sequence[Cut]) -> list[CutProblem]:
    """Return what is wrong with the cuts of an exam, each code once; empty if they can be used."""
    if not cuts:
        return ["no_cuts"]
    percents = [cut.from_percent for cut in cuts]
    if not all(_is_percent(percent) for percent in percents):
        return ["percent_out_of_range"]
    steps = [cut.step for cut in cuts]
    checks: list[tuple[CutProblem, bool]] = [
        ("first_cut_not_zero", percents[0] != 0),
        ("cuts_not_ascending", any(lower >= upper for lower, upper in pairwise(percents))),
        ("steps_fall", any(before > after for before, after in pairwise(steps))),
        ("step_too_large", any(abs(step) > LARGEST_STEP for step in steps)),
    ]
    return [code for code, is_wrong in checks if is_wrong]


def cut_for(percent: Decimal, cuts: Sequence[Cut]) -> Cut:
    """Return the cut that a score falls under: the last one that begins at or below it.

    :raises ValueError: if the score is not within 0 and 100, or the cuts have problems
    """
    _check_percent(percent)
    if problems := cut_problems(cuts):
        raise ValueError(f"cuts cannot be used: {', '.join(problems)}")
    return cuts[bisect_right(cuts, percent, key=lambda cut: cut.from_percent) - 1]


def step_for(percent: Decimal, cuts: Sequence[Cut]) -> int:
    """Return by how many levels a score moves the student.

    :raises ValueError: if the score is not within 0 and 100, or the cuts have problems
    """
    return cut_for(percent, cuts).step


def move(start: LevelPlace, step: int, ladder: Iterable[LevelPlace]) -> Moved:
    """Move up or down by ``step`` levels inside the program of ``start``, at most to its edge.

    ``ladder`` may hold other programs too and need not hold ``start``: a level that was archived
    since still has its place by its tier.
    """
    rungs = sorted(
        {start, *(level for level in ladder if level.program_id == start.program_id)},
        key=lambda level: (level.tier, level.id),
    )
    aim = rungs.index(start) + step
    reached = min(max(aim, 0), len(rungs) - 1)
    return Moved(rungs[reached], stopped_at_edge=reached != aim)


def place(
    start: LevelPlace, percent: Decimal, cuts: Sequence[Cut], ladder: Iterable[LevelPlace]
) -> Outcome:
    """Return where a score places a student who started at ``start``, and why.

    :raises ValueError: if the score is not within 0 and 100, or the cuts have problems
    """
    cut = cut_for(percent, cuts)
    moved = move(start, cut.step, ladder)
    return Outcome(moved.level, start, cut.step, moved.stopped_at_edge, cut)


def _append_or_extend(found: list[CellChange], change: CellChange) -> None:
    if found and _continues(found[-1], change):
        begun = found.pop()
        change = CellChange(
            change.grade, begun.from_percent, change.to_percent, change.before, change.after
        )
    found.append(change)


def _continues(begun: CellChange, change: CellChange) -> bool:
    return (begun.grade, begun.to_percent, begun.before, begun.after) == (
        change.grade,
        change.from_percent,
        change.before,
        change.after,
    )


def _is_percent(value: Decimal) -> bool:
    # comparing a decimal that is not a number would raise
    return value.is_finite() and LOWEST_PERCENT <= value <= HIGHEST_PERCENT


def _check_percent(value: Decimal) -> None:
    if not _is_percent(value):
        raise ValueError("a percentage is not within 0 and 100")
