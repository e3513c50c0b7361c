from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.exams.rules.completeness import Missing, VersionFacts, missing
from placement_test.exams.rules.keys import EnteredKey, fitted, is_complete, split_variants
from placement_test.exams.rules.numbers import NumbersInvalid, format_numbers, parse_numbers
from placement_test.exams.rules.outline import (
    Change,
    PartPlan,
    QuestionPlan,
    SectionPlan,
    SectionRow,
    Usual,
    apply_rows,
    change_questions,
    outline_problems,
)

ONE = Decimal(1)


def question(number: str, *kinds: str, points: Decimal = ONE) -> QuestionPlan:
    parts = tuple(
        PartPlan(kind, points, 5 if kind in {"choice", "choices"} else 0) for kind in kinds
    )
    return QuestionPlan(number, parts)


def section(*questions: QuestionPlan, id: int | None = 1) -> SectionPlan:  # noqa: A002
    return SectionPlan("Reading", "reading", questions, id=id)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("1", ("1",)),
        ("1-3, 5", ("1", "2", "3", "5")),
        ("16 \u2013 18", ("16", "17", "18")),
        ("1~2;4", ("1", "2", "4")),
        ("30, 31a 31b", ("30", "31a", "31b")),
        ("07", ("07",)),
        ("5, 3", ("5", "3")),
    ],
)
def test_reads_numbers_as_people_write_them(text: str, numbers: tuple[str, ...]) -> None:
    assert parse_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5-1", "order"),
        ("1-3, 2", "twice"),
        ("1-301", "many"),
        ("1-200, 201-400", "many"),
        ("123456789", "unreadable"),
        ("-3", "unreadable"),
        ("<b>", "unreadable"),
    ],
)
def test_says_why_numbers_cannot_be_read(text: str, reason: str) -> None:
    with pytest.raises(NumbersInvalid) as caught:
        parse_numbers(text)

    assert caught.value.reason == reason


@given(st.lists(st.integers(1, 400), unique=True, max_size=60))
def test_numbers_written_short_are_read_back(numbers: list[int]) -> None:
    written = [str(number) for number in numbers]

    assert parse_numbers(format_numbers(written)) == tuple(written)


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (["choice"], "choice"),
        (["choices"], "choices"),
        (["short", "short", "short"], "short"),
        (["long"], "long"),
        (["choice", "choice"], "mixed"),
        (["choice", "short"], "mixed"),
    ],
)
def test_the_kind_of_a_question_follows_from_its_parts(kinds: list[str], kind: str) -> None:
    assert question("1", *kinds).kind == kind


def test_a_row_changes_what_is_usual_and_leaves_the_exceptions() -> None:
    before = section(
        question("1", "choice"),
        question("2", "choice", points=Decimal(4)),
        question("3", "short", "short"),
        question("4", "choice"),
    )
    row = SectionRow(
        "Reading", "reading", ("1", "2", "3", "5"), Usual("choice", 4, Decimal(2)), id=1
    )

    after = apply_rows([before], [row], options=5)

    assert [
        (plan.number, [(part.kind, part.option_count, part.points) for part in plan.parts])
        for plan in after[0].questions
    ] == [
        ("1", [("choice", 4, Decimal(2))]),
        ("2", [("choice", 4, Decimal(4))]),
        ("3", [("short", 0, ONE), ("short", 0, ONE)]),
        ("5", [("choice", 4, Decimal(2))]),
    ]


@pytest.mark.parametrize("kind", ["choice", "choices", "short", "long"])
@pytest.mark.parametrize("before", [["choice"], ["short", "short"], ["choice", "short", "long"]])
def test_any_change_of_kind_gives_questions_that_can_be(kind: str, before: list[str]) -> None:
    plans = change_questions([section(question("1", *before))], {"1"}, Change(kind=kind))

    assert outline_problems(plans) == ()
    assert {part.kind for part in plans[0].questions[0].parts} == {kind}


def test_a_new_kind_of_a_row_reaches_the_usual_questions() -> None:
    before = section(question("1", "choice"), question("2", "choice"), question("3", "long"))
    row = SectionRow("Reading", "reading", ("1", "2", "3"), Usual("short", 5, ONE), id=1)

    after = apply_rows([before], [row], options=5)

    assert [plan.kind for plan in after[0].questions] == ["short", "short", "long"]
    assert outline_problems(after) == ()


def test_outlines_that_cannot_be_are_named() -> None:
    plans = [
        section(question("1", "choice"), question("1", "short"), question("2")),
        section(QuestionPlan("3", (PartPlan("choice", ONE, 11),))),
    ]

    assert len(outline_problems(plans)) == 3


@pytest.mark.parametrize(
    ("kind", "entry", "complete"),
    [
        ("choice", EnteredKey(correct=(4,)), True),
        ("choice", EnteredKey(correct=(5,)), False),
        ("choice", EnteredKey(accepted=("red",)), False),
        ("choices", EnteredKey(correct=(0, 2)), True),
        ("short", EnteredKey(accepted=("red",)), True),
        ("short", EnteredKey(), False),
        ("long", EnteredKey(), True),
    ],
)
def test_a_part_is_keyed_when_a_machine_can_mark_it(
    kind: str, entry: EnteredKey, complete: bool
) -> None:
    assert is_complete(kind, 5, entry) is complete


def test_what_a_kind_cannot_have_is_left_out_of_its_key() -> None:
    entry = EnteredKey(correct=(7, 2, 2, 0), accepted=("a", "b", "a"))

    assert fitted("choices", 5, entry) == EnteredKey(correct=(0, 2))
    assert fitted("short", 0, entry) == EnteredKey(accepted=("a", "b"))
    assert fitted("long", 0, entry) == EnteredKey()


def test_variants_are_parted_by_bars() -> None:
    assert split_variants(" colour |  color||the  red ") == ("colour", "color", "the red")


def test_an_empty_draft_lacks_everything_in_the_order_of_the_steps() -> None:
    facts = VersionFacts(
        pages=0,
        pages_without_image=0,
        questions=(),
        questions_without_text=(),
        unkeyed=(),
        points=Decimal(0),
        levels=0,
        idle_tracks=("Track 1",),
        cuts=False,
    )

    assert missing(facts) == (
        Missing("levels", "settings"),
        Missing("paper", "paper"),
        Missing("questions", "questions"),
        Missing("tracks", "tracks", ("Track 1",)),
        Missing("cuts", "cuts"),
    )
