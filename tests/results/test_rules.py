from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.results import rules
from placement_test.results.rules import Bin, Description

percents = st.lists(st.floats(0, 100), min_size=1, max_size=60)


def test_describes_scores_worked_by_hand() -> None:
    found = rules.describe([40, 50, 60, 90])

    # deviations -20, -10, 0, 30: squares 400 + 100 + 0 + 900 = 1400, by 3 = 466.67
    assert found is not None
    assert found.deviation == pytest.approx(21.60247, abs=1e-5)
    assert replace(found, deviation=None) == Description(4, 60.0, 55.0, None, 40, 90)


def test_describes_nothing_and_a_single_score() -> None:
    assert rules.describe([]) is None
    assert rules.describe([70.0]) == Description(1, 70.0, 70.0, None, 70.0, 70.0)


def test_puts_scores_into_half_open_bins_and_100_into_the_last() -> None:
    found = rules.histogram([0, 9.99, 10, 99.99, 100])

    assert [each.count for each in found] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert found[-1] == Bin(90, 100, 2)


@given(percents)
def test_every_score_stands_in_one_bin(scores: list[float]) -> None:
    assert sum(each.count for each in rules.histogram(scores)) == len(scores)


@pytest.mark.parametrize(
    ("earned", "most", "facility"),
    [([2, 2, 0, 1], 2, 0.625), ([0, 0], 2, 0), ([2], 2, 1), ([], 2, None), ([0], 0, None)],
)
def test_facility_is_the_share_of_points(
    earned: list[float], most: float, facility: float | None
) -> None:
    assert rules.facility(earned, most) == facility


def test_discrimination_is_worked_by_hand_against_the_rest_of_the_test() -> None:
    item = [1.0, 1.0, 0.0, 0.0]
    totals = [4.0, 3.0, 2.0, 1.0]

    # rest 3, 2, 2, 1: mean 2; covariance sum 0.5 + 0 + 0 + 0.5 = 1, roots of 1 and 2
    assert rules.discrimination(item, totals) == pytest.approx(0.70711, abs=1e-5)


def test_an_item_that_strong_students_miss_discriminates_below_zero() -> None:
    assert rules.discrimination([0, 0, 1, 1], [9, 8, 3, 2]) < 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("item", "totals"), [([1, 1, 1], [3, 2, 1]), ([1, 0], [2, 1]), ([1], [1]), ([], [])]
)
def test_nothing_is_said_where_item_or_rest_do_not_vary(
    item: list[float], totals: list[float]
) -> None:
    assert rules.discrimination(item, totals) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), min_size=2, max_size=40))
def test_discrimination_lies_within_minus_1_and_1(rows: list[tuple[int, int]]) -> None:
    item = [float(points) for points, _ in rows]

    found = rules.discrimination(item, [points + rest for points, rest in rows])

    assert found is None or -1 - 1e-9 <= found <= 1 + 1e-9


def test_alpha_is_worked_by_hand() -> None:
    items = [[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]

    # variances 1/3, 1/4, 1/4; totals 3, 2, 1, 0: 5/3; 3/2 * (1 - (5/6) / (5/3)) = 3/4
    assert rules.alpha(items) == pytest.approx(0.75)


def test_items_that_say_the_same_have_an_alpha_of_1() -> None:
    assert rules.alpha([[0.0, 1.0, 2.0]] * 4) == pytest.approx(1)


@pytest.mark.parametrize("items", [[], [[1.0, 0.0]], [[1.0], [0.0]], [[1.0, 1.0], [0.0, 0.0]]])
def test_alpha_needs_items_sittings_and_a_spread(items: list[list[float]]) -> None:
    assert rules.alpha(items) is None


def test_counts_each_option_of_choices_and_several_choices() -> None:
    ticks = {"0": 4, "[0,2]": 2, "null": 9, "7": 1, "[]": 3}

    assert rules.option_counts(ticks, 3) == [6, 0, 2]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_be_a_formula_gets_an_apostrophe(start: str) -> None:
    assert rules.defused(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "김민지", "1+1", " =1"])
def test_other_cells_stay(text: str) -> None:
    assert rules.defused(text) == text
