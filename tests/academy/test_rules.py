from __future__ import annotations

import unicodedata

import pytest

from placement_test.academy import rules
from placement_test.academy.rules import SchoolLine, UnusableLine


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("SPRING", "SPRING"),
        (" spring ", "SPRING"),
        ("spr ing", "SPRING"),
        ("SPR-ING", "SPRING"),
        ("\uff33\uff30\uff32\uff29\uff2e\uff27", "SPRING"),
        ("봄시험 1", "봄시험1"),
    ],
)
def test_reads_an_access_code_however_it_is_typed(typed: str, stored: str) -> None:
    assert rules.access_code(typed) == stored


@pytest.mark.parametrize(
    ("code", "usable"),
    [("ABCD", True), ("ABC", False), ("A" * 20, True), ("A" * 21, False), ("AB<D", False)],
)
def test_access_codes_are_letters_and_digits_of_some_length(code: str, usable: bool) -> None:
    assert rules.is_access_code(code) is usable


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("목동초등학교", "primary"),
        ("목동중학교", "middle"),
        ("양정고등학교", "high"),
        ("초", "primary"),
        ("Elm Elementary", "primary"),
        ("Elm Junior High", "middle"),
        ("Elm High School", "high"),
        ("Elm", None),
    ],
)
def test_knows_the_stage_of_a_school_by_its_name(words: str, stage: str | None) -> None:
    assert rules.stage_of(words) == stage


def test_reads_a_pasted_list_of_schools_and_names_the_lines_it_cannot_use() -> None:
    pasted = "목동초등학교\n\n  Elm   Academy\tmiddle\n목동초등학교,초\nElm\n" + "x" * 81 + ",고"

    schools, unusable = rules.school_lines(pasted)

    assert schools == [SchoolLine("목동초등학교", "primary"), SchoolLine("Elm Academy", "middle")]
    assert unusable == [
        UnusableLine(5, "Elm", "stage"),
        UnusableLine(6, "x" * 30 + "…", "long"),
    ]


def test_a_name_has_one_spelling() -> None:
    decomposed = unicodedata.normalize("NFD", "김민지")  # as a Mac sends it

    assert rules.folded(f"  {decomposed}   Kim ") == "김민지 Kim"
