from __future__ import annotations

from placement_test.curriculum.editing import rebased, with_boundaries
from placement_test.curriculum.rules import Matrix


def test_a_new_boundary_splits_a_band_into_two_with_its_level() -> None:
    matrix = Matrix((50,), {(1, 0): 7, (1, 1): 8})

    assert with_boundaries(matrix, (20, 50)) == Matrix((20, 50), {(1, 0): 7, (1, 1): 7, (1, 2): 8})


def test_a_boundary_taken_away_leaves_the_level_of_the_better_rank() -> None:
    matrix = Matrix((20, 50), {(1, 0): 7, (1, 1): 8, (1, 2): 9})

    assert with_boundaries(matrix, (50,)) == Matrix((50,), {(1, 0): 7, (1, 1): 9})


def test_a_hole_stays_a_hole() -> None:
    matrix = Matrix((50,), {(1, 1): 8})

    assert with_boundaries(matrix, (20, 50)).cells == {(1, 2): 8}


def test_two_people_who_edit_at_once_keep_each_others_cells() -> None:
    base = Matrix((50,), {(1, 0): 7, (1, 1): 8, (2, 0): 9})
    theirs = Matrix((50,), {(1, 0): 7, (1, 1): 5, (2, 0): 9})
    mine = Matrix((50,), {(1, 0): 1, (1, 1): 8})

    assert rebased(mine, base, theirs) == Matrix((50,), {(1, 0): 1, (1, 1): 5})


def test_my_value_stands_where_both_changed_a_cell() -> None:
    base = Matrix((), {(1, 0): 7})

    assert rebased(Matrix((), {(1, 0): 1}), base, Matrix((), {(1, 0): 2})).cells == {(1, 0): 1}


def test_boundaries_that_i_moved_stay_moved() -> None:
    base = Matrix((50,), {(1, 0): 7, (1, 1): 8})
    theirs = Matrix((50,), {(1, 0): 7, (1, 1): 5})
    mine = Matrix((30,), {(1, 0): 7, (1, 1): 8})

    # From 30 to 50 mine moved 7 to 8; above 50 the change is theirs, but a band has one level:
    # that of the rank it begins at.
    assert rebased(mine, base, theirs) == Matrix((30,), {(1, 0): 7, (1, 1): 8})
