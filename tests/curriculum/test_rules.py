from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.curriculum.rules import (
    CellChange,
    Cut,
    LevelPlace,
    Matrix,
    MatrixProblem,
    Moved,
    Outcome,
    band_of,
    bands,
    changes,
    cut_for,
    cut_problems,
    disorder,
    holes,
    matrix_problems,
    move,
    place,
    starting_level,
    step_for,
)

BOUNDARIES = (10, 20, 30, 40, 50)
CUTS = (Cut(Decimal(0), -1), Cut(Decimal(40), 0), Cut(Decimal(85), 1))
# Two programs of three and four levels; ids differ from tiers, as they do in a database.
CORE = [LevelPlace(id=100 + tier, tier=tier, program_id=1) for tier in (1, 2, 3)]
ASCENT = [LevelPlace(id=100 + tier, tier=tier, program_id=2) for tier in (4, 5, 6, 7)]
LADDER = [*ASCENT, *CORE]

percents = st.decimals(min_value=0, max_value=100, places=2)
boundaries = st.sets(st.integers(min_value=1, max_value=99), max_size=8).map(sorted).map(tuple)
tiers = {level: level for level in range(1, 8)}
cuts = st.builds(
    lambda edges, steps: tuple(
        Cut(Decimal(edge), step)
        for edge, step in zip([0, *sorted(edges)], sorted(steps), strict=False)
    ),
    st.sets(st.integers(min_value=1, max_value=100), max_size=4),
    st.lists(st.integers(min_value=-5, max_value=5), min_size=5, max_size=5),
)


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    edges = draw(boundaries)
    cells = draw(
        st.dictionaries(
            st.tuples(st.integers(5, 6), st.integers(0, len(edges))), st.sampled_from(sorted(tiers))
        )
    )
    return Matrix(edges, cells)


@pytest.mark.parametrize(
    ("rank", "band"),
    [
        ("0", 0),
        ("9.99", 0),
        ("10", 1),
        ("10.00", 1),
        ("19.999", 1),
        ("20", 2),
        ("30", 3),
        ("40", 4),
        ("49.9", 4),
        ("50", 5),
        ("100", 5),
    ],
)
def test_a_rank_equal_to_a_boundary_belongs_to_the_band_that_begins_there(
    rank: str, band: int
) -> None:
    assert band_of(Decimal(rank), BOUNDARIES) == band


@pytest.mark.parametrize("rank", ["-0.01", "100.01", "NaN", "sNaN", "Infinity"])
def test_refuses_a_rank_that_is_no_percentage(rank: str) -> None:
    with pytest.raises(ValueError, match="not within 0 and 100"):
        band_of(Decimal(rank), BOUNDARIES)


@given(percents, matrices())
def test_every_rank_has_exactly_one_band(rank: Decimal, matrix: Matrix) -> None:
    ranges = bands(matrix)

    covering = [
        band
        for band, (start, end) in enumerate(ranges)
        if start <= rank < end or rank == end == 100
    ]

    assert covering == [band_of(rank, matrix.boundaries)]


def test_starts_at_the_level_of_the_grade_and_the_band() -> None:
    matrix = Matrix((10, 20), {(5, 0): 3, (5, 1): 2, (6, 1): 7})

    assert starting_level(5, Decimal(10), matrix) == 2


def test_a_hole_gives_no_level_rather_than_a_guess() -> None:
    matrix = Matrix((10, 20), {(5, 0): 3, (5, 1): 2})

    assert starting_level(5, Decimal(20), matrix) is None
    assert starting_level(7, Decimal(5), matrix) is None


def test_lists_the_holes() -> None:
    matrix = Matrix((10, 20), {(5, 0): 3, (5, 2): 1})

    assert holes(matrix, [5, 6]) == [(5, 1), (6, 0), (6, 1), (6, 2)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({(5, 0): 3, (5, 1): 2, (5, 2): 2}, []),
        ({(5, 0): 2, (5, 1): 3, (5, 2): 1}, [(5, 1)]),
        ({(5, 0): 1, (5, 2): 3}, [(5, 2)]),
        ({(5, 0): 1, (6, 1): 3}, []),
        ({(5, 0): 1, (5, 1): 99, (5, 2): 2}, [(5, 2)]),
    ],
)
def test_finds_cells_that_start_higher_than_the_better_rank_beside_them(
    cells: dict[tuple[int, int], int], expected: list[tuple[int, int]]
) -> None:
    assert disorder(Matrix((10, 20), cells), tiers) == expected


@given(matrices(), st.integers(5, 6), percents, percents)
def test_a_better_rank_never_starts_lower_unless_the_matrix_has_disorder(
    matrix: Matrix, grade: int, one: Decimal, other: Decimal
) -> None:
    better = starting_level(grade, min(one, other), matrix)
    worse = starting_level(grade, max(one, other), matrix)

    ordered = not disorder(matrix, tiers)

    assert not ordered or better is None or worse is None or tiers[better] >= tiers[worse]


def test_says_which_cells_change() -> None:
    old = Matrix((10, 20), {(5, 0): 3, (5, 1): 2, (5, 2): 1})
    new = Matrix((10, 20), {(5, 0): 3, (5, 1): 4, (6, 2): 1})

    assert changes(old, new) == [
        CellChange(5, 10, 20, before=2, after=4),
        CellChange(5, 20, 100, before=1, after=None),
        CellChange(6, 20, 100, before=None, after=1),
    ]


def test_says_what_changes_where_the_boundaries_moved() -> None:
    old = Matrix((10, 50), {(5, 0): 3, (5, 1): 2, (5, 2): 1})
    new = Matrix((15, 20), {(5, 0): 3, (5, 1): 2, (5, 2): 1})

    assert changes(old, new) == [
        CellChange(5, 10, 15, before=2, after=3),
        CellChange(5, 20, 50, before=2, after=1),
    ]


def test_a_first_rule_set_changes_every_cell() -> None:
    new = Matrix((10, 20), {(5, 0): 3, (5, 1): 3, (5, 2): 1})

    assert changes(Matrix((), {}), new) == [
        CellChange(5, 0, 20, before=None, after=3),
        CellChange(5, 20, 100, before=None, after=1),
    ]


def test_a_boundary_that_parts_nothing_changes_nothing() -> None:
    old = Matrix((10,), {(5, 0): 3, (5, 1): 1})
    new = Matrix((10, 50), {(5, 0): 3, (5, 1): 1, (5, 2): 1})

    assert changes(old, new) == []


@given(matrices(), matrices(), st.integers(5, 6), percents)
def test_the_changes_say_of_every_rank_whether_its_start_differs(
    old: Matrix, new: Matrix, grade: int, rank: Decimal
) -> None:
    before, after = starting_level(grade, rank, old), starting_level(grade, rank, new)

    said = [
        (change.before, change.after)
        for change in changes(old, new)
        if change.grade == grade
        and (change.from_percent <= rank < change.to_percent or rank == change.to_percent == 100)
    ]

    assert said == ([(before, after)] if before != after else [])


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (Matrix((10,), {(5, 0): 2, (5, 1): 1}), []),
        (Matrix((), {(5, 0): 2}), []),
        (Matrix((20, 10), {}), [MatrixProblem("boundaries_not_ascending")]),
        (Matrix((10, 10), {}), [MatrixProblem("boundaries_not_ascending")]),
        (Matrix((0, 10), {}), [MatrixProblem("boundary_out_of_range")]),
        (Matrix((10, 100), {}), [MatrixProblem("boundary_out_of_range")]),
        (Matrix((10,), {(5, 0): 2}), [MatrixProblem("hole", 5, 1)]),
        (Matrix((10,), {(5, 0): 1, (5, 1): 2}), [MatrixProblem("disorder", 5, 1)]),
        (Matrix((10,), {(5, 0): 99, (5, 1): 2}), [MatrixProblem("unknown_level", 5, 0)]),
        (Matrix((), {(5, 0): 2, (5, 1): 1}), [MatrixProblem("unknown_cell", 5, 1)]),
        (Matrix((), {(5, 0): 2, (13, 0): 1}), [MatrixProblem("unknown_cell", 13, 0)]),
    ],
)
def test_says_what_is_wrong_with_a_matrix(matrix: Matrix, expected: list[MatrixProblem]) -> None:
    assert matrix_problems(matrix, grades=[5], tiers=tiers) == expected


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([("0", -1), ("40", 0), ("85", 1)], []),
        ([("0", 0)], []),
        ([("0", 0), ("100", 5)], []),
        ([], ["no_cuts"]),
        ([("10", 0)], ["first_cut_not_zero"]),
        ([("0", -1), ("85", 0), ("40", 1)], ["cuts_not_ascending"]),
        ([("0", -1), ("40", 0), ("40", 1)], ["cuts_not_ascending"]),
        ([("0", 1), ("40", 0)], ["steps_fall"]),
        ([("0", 0), ("101", 1)], ["percent_out_of_range"]),
        ([("-1", 0), ("40", 1)], ["percent_out_of_range"]),
        ([("NaN", 0)], ["percent_out_of_range"]),
        ([("0", 0), ("40", 6)], ["step_too_large"]),
        ([("0", -6)], ["step_too_large"]),
        (
            [("5", 9), ("3", 0)],
            ["first_cut_not_zero", "cuts_not_ascending", "steps_fall", "step_too_large"],
        ),
    ],
)
def test_says_what_is_wrong_with_cuts(edges: list[tuple[str, int]], expected: list[str]) -> None:
    assert cut_problems([Cut(Decimal(edge), step) for edge, step in edges]) == expected


@pytest.mark.parametrize(
    ("percent", "step"),
    [("0", -1), ("39.99", -1), ("40", 0), ("84.99", 0), ("85", 1), ("85.00", 1), ("100", 1)],
)
def test_a_score_equal_to_a_cut_has_reached_it(percent: str, step: int) -> None:
    assert step_for(Decimal(percent), CUTS) == step


@pytest.mark.parametrize("percent", ["-0.01", "100.01", "NaN"])
def test_refuses_a_score_that_is_no_percentage(percent: str) -> None:
    with pytest.raises(ValueError, match="not within 0 and 100"):
        cut_for(Decimal(percent), CUTS)


def test_refuses_cuts_that_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="no_cuts"):
        cut_for(Decimal(50), ())


@pytest.mark.parametrize(
    ("start", "step", "expected"),
    [
        (CORE[1], 0, Moved(CORE[1], stopped_at_edge=False)),
        (CORE[1], 1, Moved(CORE[2], stopped_at_edge=False)),
        (CORE[1], -1, Moved(CORE[0], stopped_at_edge=False)),
        (CORE[1], 2, Moved(CORE[2], stopped_at_edge=True)),
        (CORE[2], 1, Moved(CORE[2], stopped_at_edge=True)),
        (CORE[0], -1, Moved(CORE[0], stopped_at_edge=True)),
        (ASCENT[0], -1, Moved(ASCENT[0], stopped_at_edge=True)),
        (ASCENT[0], 3, Moved(ASCENT[3], stopped_at_edge=False)),
    ],
)
def test_moves_inside_the_program_and_stops_at_its_edge(
    start: LevelPlace, step: int, expected: Moved
) -> None:
    assert move(start, step, LADDER) == expected


def test_moves_from_a_level_that_the_ladder_no_longer_holds() -> None:
    archived = LevelPlace(id=9, tier=2, program_id=1)

    assert move(archived, 1, [CORE[0], CORE[2]]) == Moved(CORE[2], stopped_at_edge=False)


def test_a_placement_carries_every_fact_that_led_to_it() -> None:
    placed = place(CORE[2], Decimal(90), CUTS, LADDER)

    assert placed == Outcome(
        level=CORE[2], start=CORE[2], step=1, stopped_at_edge=True, cut=CUTS[2]
    )


@given(st.sampled_from(LADDER), cuts, percents, percents)
def test_a_higher_score_never_gives_a_lower_level(
    start: LevelPlace, cuts: tuple[Cut, ...], one: Decimal, other: Decimal
) -> None:
    lower = place(start, min(one, other), cuts, LADDER)
    higher = place(start, max(one, other), cuts, LADDER)

    assert lower.level.tier <= higher.level.tier


@given(st.sampled_from(LADDER), cuts, percents)
def test_a_placement_never_leaves_the_program(
    start: LevelPlace, cuts: tuple[Cut, ...], percent: Decimal
) -> None:
    assert place(start, percent, cuts, LADDER).level.program_id == start.program_id
