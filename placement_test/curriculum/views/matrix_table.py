"""A matrix of placement rules as a page shows it: rows, marks and changes in words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _

from placement_test.curriculum import rules
from placement_test.curriculum.forms.matrix import GRADES, cell_name
from placement_test.lib.grades import grade_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from placement_test.curriculum.rules import CellChange, Matrix
    from placement_test.models import Level


class Choices(NamedTuple):
    """The levels of one program, to choose from."""

    program: str
    levels: list[Level]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; ``mark`` is what its colour says, ``words`` the same and more in words."""

    name: str
    label: str
    level: Level | None
    mark: str
    words: list[str]


class Row(NamedTuple):
    """The cells of one grade."""

    grade: int
    cells: list[Cell]


class ShownChange(NamedTuple):
    """A stretch of ranks that starts elsewhere than now."""

    grade: int
    ranks: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Table:
    """The whole matrix."""

    bands: list[str]
    rows: list[Row]
    changes: list[ShownChange]
    hole_count: int
    disorder_count: int


def choices(levels: Mapping[int, Level]) -> list[Choices]:
    """Return the levels in use by program, in order of tier."""
    in_use = [level for level in levels.values() if level.is_active]
    in_use.sort(key=lambda level: (level.sub_program.program.position, level.tier))
    return [
        Choices(program, list(group))
        for program, group in groupby(in_use, key=lambda level: level.sub_program.program.name)
    ]


def table(matrix: Matrix, *, compared_with: Matrix, levels: Mapping[int, Level]) -> Table:
    """Return ``matrix`` with its holes, its disorder and what it changes."""
    tiers = {level.pk: level.tier for level in levels.values()}
    changed = rules.changes(compared_with, matrix)
    holes = set(rules.holes(matrix, GRADES))
    disorder = set(rules.disorder(matrix, tiers))
    spans = rules.bands(matrix)
    changed_cells = {
        (change.grade, band)
        for change in changed
        for band, (start, end) in enumerate(spans)
        if change.from_percent < end and start < change.to_percent
    }
    marks = _Marks(changed_cells, holes, disorder)
    return Table(
        bands=[band_words(start, end) for start, end in spans],
        rows=[
            Row(grade, [_cell(matrix, levels, marks, grade, band) for band in range(len(spans))])
            for grade in GRADES
        ],
        changes=[_shown(change, levels) for change in changed],
        hole_count=len(holes),
        disorder_count=len(disorder),
    )


def band_words(start: int, end: int) -> str:
    """Return a band of class ranks in words."""
    if start == rules.LOWEST_PERCENT and end == rules.HIGHEST_PERCENT:
        return _("All ranks")
    if start == rules.LOWEST_PERCENT:
        return _("Top %(end)s%%") % {"end": end}
    if end == rules.HIGHEST_PERCENT:
        return _("From %(start)s%% down") % {"start": start}
    return _("%(start)s-%(end)s%%") % {"start": start, "end": end}


class _Marks(NamedTuple):
    changed: set[tuple[int, int]]
    holes: set[tuple[int, int]]
    disorder: set[tuple[int, int]]

    def of(self, place: tuple[int, int]) -> list[tuple[str, str]]:
        """Return the marks of a cell and their words, the gravest first."""
        found = []
        if place in self.holes:
            found.append(("hole", _("No rule")))
        if place in self.disorder:
            found.append(("disorder", _("Above a better rank")))
        if place in self.changed:
            found.append(("changed", _("Changed")))
        return found


def _cell(
    matrix: Matrix, levels: Mapping[int, Level], marks: _Marks, grade: int, band: int
) -> Cell:
    found = marks.of((grade, band))
    start, end = rules.bands(matrix)[band]
    level_id = matrix.cells.get((grade, band))
    return Cell(
        name=cell_name(grade, band),
        label=_("Grade %(grade)s, %(ranks)s")
        % {"grade": grade_name(grade), "ranks": band_words(start, end)},
        level=None if level_id is None else levels.get(level_id),
        mark=found[0][0] if found else "",
        words=[words for _mark, words in found],
    )


def _shown(change: CellChange, levels: Mapping[int, Level]) -> ShownChange:
    def name(level_id: int | None) -> str:
        level = None if level_id is None else levels.get(level_id)
        return str(level) if level else _("no rule")

    return ShownChange(
        grade=change.grade,
        ranks=band_words(change.from_percent, change.to_percent),
        before=name(change.before),
        after=name(change.after),
    )
