from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from placement_test.models import (
    CutSet,
    Level,
    Placement,
    Program,
    RuleSet,
    StudentSession,
    SubProgram,
)
from placement_test.results import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

CUTS = [[0, -1], [40, 0], [85, 1]]
FACTS = {"percent": "88.00", "cut": "85", "step": 1, "stopped_at_edge": False}
ASCENT = Program(name="ASCENT", position=2, first_grade=5, last_grade=6)
DRIVE = SubProgram(program=ASCENT, name="Drive", position=2)
DRIVE_1 = Level(sub_program=DRIVE, number=1, tier=16)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def placement(**facts: object) -> Placement:
    return Placement(
        origin=Placement.Origin.RULES,
        level=DRIVE_1,
        start_level=DRIVE_1,
        rule_set=RuleSet(number=1, boundaries=[10, 20, 30, 40, 50]),
        cut_set=CutSet(number=1, cuts=CUTS),
        reasons={**FACTS, **facts},
    )


def session(*, rank: str = "12", step: int = 0) -> StudentSession:
    return StudentSession(grade=5, rank_percent=Decimal(rank), level_step=step)


def test_says_why_a_student_starts_and_moves_up() -> None:
    assert explain.reasons(placement(), session()) == [
        "Grade 5, class rank in the top 20 %: starts at ASCENT Drive 1.",
        "88 % is at or above the cut of 85 %: 1 level up.",
    ]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"percent": "84.99", "cut": "40", "step": 0},
            "84.99 % is at or above the cut of 40 %: stays at this level.",
        ),
        (
            {"percent": "39.90", "cut": "0", "step": -1},
            "39.9 % is below the cut of 40 %: 1 level down.",
        ),
        (
            {"percent": "0.00", "cut": "0.0", "step": -2},
            "0 % is below the cut of 40 %: 2 levels down.",
        ),
    ],
)
def test_says_under_which_cut_a_score_falls(facts: dict[str, object], sentence: str) -> None:
    assert explain.reasons(placement(**facts), session())[1] == sentence


def test_says_so_where_the_program_ends() -> None:
    assert explain.reasons(placement(stopped_at_edge=True), session())[2] == (
        "The program has no further level, so it ends there."
    )


def test_an_exam_without_cuts_leaves_the_level() -> None:
    assert explain.moved({"percent": "70", "cut": "0", "step": 0}, []) == (
        "70 %, and the exam has no cuts: stays at this level."
    )


@pytest.mark.parametrize(
    ("rank", "words"),
    [
        ("0", "class rank in the top 10 %"),
        ("10", "class rank in the top 20 %"),
        ("49.99", "class rank in the top 50 %"),
        ("50", "class rank below the top 50 %"),
        ("99.9", "class rank below the top 50 %"),
    ],
)
def test_names_the_band_of_a_rank(rank: str, words: str) -> None:
    assert explain.rank(Decimal(rank), [10, 20, 30, 40, 50]) == words


def test_names_no_band_where_the_rules_have_none() -> None:
    assert explain.rank(Decimal(5), []) == "any class rank"


@pytest.mark.parametrize(("step", "word"), [(1, "a harder"), (-1, "an easier")])
def test_says_that_another_test_was_chosen(step: int, word: str) -> None:
    assert explain.reasons(placement(), session(step=step))[0] == (
        f"Grade 5, class rank in the top 20 %, then {word} test was chosen:"
        " starts at ASCENT Drive 1."
    )


def test_a_decision_of_staff_is_told_by_its_reason() -> None:
    decided = Placement(origin=Placement.Origin.OVERRULE, level=DRIVE_1, reason="Sibling's class")

    assert explain.reasons(decided, session()) == ["Decided by staff: Sibling's class"]


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ("1", "choice", "②"),
        ("[0,2]", "choices", "① ③"),
        ('"blue"', "short", "blue"),
        ('"a\\nb"', "long", "a\nb"),
        ("null", "choice", ""),
        ("[]", "choices", ""),
        (None, "long", ""),
        ("77", "choice", "77"),
    ],
)
def test_shows_an_answer_as_on_the_paper(value: str | None, kind: str, shown: str) -> None:
    assert explain.answer(value, kind=kind, label_style="circled") == shown


@pytest.mark.parametrize(
    ("correct", "accepted", "kind", "shown"),
    [
        ([1], [], "choice", "(B)"),
        ([2, 1], [], "choice", "(B) / (C)"),
        ([0, 2], [], "choices", "(A) (C)"),
        ([], ["colour", "color"], "short", "colour / color"),
        ([], [], "long", ""),
    ],
)
def test_shows_a_key(correct: list[int], accepted: list[str], kind: str, shown: str) -> None:
    assert explain.key(correct, accepted, kind=kind, label_style="bracketed") == shown
