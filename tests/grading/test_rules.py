import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.grading.rules import Marked, MarkingOptions, PartKey, is_answered, mark

with Path(__file__).with_name("cases.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))

FAILURE_CLASSES = {
    "blank",
    "blank key and blank answer",
    "empty key",
    "false match",
    "mixed question",
    "order",
    "quotes",
    "spaces",
    "types",
    "variants",
}

options = st.builds(
    MarkingOptions,
    case_sensitive=st.booleans(),
    ignore_accents=st.booleans(),
    ignore_spaces=st.booleans(),
    ignore_punctuation=st.booleans(),
    partial_credit=st.sampled_from(["none", "per_option"]),
)
points = st.decimals(min_value=0, max_value=100, places=2)
ticks = st.lists(st.integers(min_value=0, max_value=9))
texts = st.one_of(
    st.text(), st.text(alphabet="aBé0. ,-:?'\"²½\u2019\u200b\u3000\u1112\u1161\u11ab")
)
keys = st.builds(
    PartKey,
    kind=st.sampled_from(["choice", "choices", "short", "long"]),
    points=points,
    option_count=st.integers(min_value=0, max_value=10),
    correct=st.frozensets(st.integers(min_value=0, max_value=9)),
    accepted=st.lists(texts, max_size=3).map(tuple),
    options=options,
)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), texts, st.binary(), st.just("\ud800")
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)
blanks: st.SearchStrategy[object] = st.one_of(
    st.none(),
    st.just([]),
    st.text(alphabet=" \t\n\u00a0\u3000\u200b\u200d\ufeff\u00ad\u3164\uffa0\u2800\ufe0f"),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['guards']}: {case['name']}" for case in CASES])
def test_marks(case: dict[str, str]) -> None:
    entries: list[Any] = json.loads(case["key"])
    ticked = case["kind"] in {"choice", "choices"}
    key = PartKey(
        kind=case["kind"],
        points=Decimal(case["points"]),
        option_count=int(case["option_count"]),
        correct=frozenset(entries) if ticked else frozenset(),
        accepted=() if ticked else tuple(entries),
        options=MarkingOptions.from_json(json.loads(case["options"])),
    )

    marked = mark(key, json.loads(case["answer"]))

    assert marked == Marked(Decimal(case["given"]), case["outcome"])  # type: ignore[arg-type]


def test_the_cases_cover_every_known_way_to_mark_wrongly() -> None:
    assert len(CASES) >= 170
    assert not FAILURE_CLASSES - {case["guards"] for case in CASES}


@given(keys, values)
def test_points_lie_between_none_and_all_and_no_value_raises(key: PartKey, answer: object) -> None:
    marked = mark(key, answer)

    assert 0 <= marked.points <= key.points
    assert marked.outcome in {"correct", "partial"} or marked.points == 0


@given(keys, blanks)
def test_a_blank_answer_never_scores(key: PartKey, answer: object) -> None:
    assert mark(key, answer) == Marked(Decimal(0), "blank")


@given(keys, values)
def test_an_empty_key_makes_nothing_right(key: PartKey, answer: object) -> None:
    empty = PartKey(key.kind, key.points, key.option_count, options=key.options)

    assert mark(empty, answer).outcome in {"blank", "waiting", "wrong"}


@given(ticks, ticks, options, points, st.randoms())
def test_order_and_repetition_of_ticks_never_matter(
    correct: list[int], answer: list[int], options: MarkingOptions, points: Decimal, random: Any
) -> None:
    key = PartKey("choices", points, 10, frozenset(correct), options=options)
    shuffled = [*answer, *random.choices(answer, k=3)] if answer else []
    random.shuffle(shuffled)

    assert mark(key, shuffled) == mark(key, sorted(set(answer)))


@given(ticks, ticks, points)
def test_one_more_right_tick_never_costs_points(
    correct: list[int], answer: list[int], points: Decimal
) -> None:
    options = MarkingOptions(partial_credit="per_option")
    key = PartKey("choices", points, 10, frozenset(correct), options=options)
    missed = sorted(set(correct) - set(answer))

    assert all(mark(key, [*answer, tick]).points >= mark(key, answer).points for tick in missed)


@given(st.lists(texts, min_size=1, max_size=4), options, points)
def test_every_accepted_variant_scores_all_points_under_every_option(
    accepted: list[str], options: MarkingOptions, points: Decimal
) -> None:
    key = PartKey("short", points, accepted=tuple(accepted), options=options)

    outcomes = [mark(key, variant) for variant in accepted if is_answered(variant)]

    assert all(marked == Marked(points, "correct") for marked in outcomes)


@pytest.mark.parametrize("kind", ["", "mixed", "Choice"])
def test_a_key_of_an_unknown_kind_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="unknown kind of part"):
        PartKey(kind, Decimal(1))


def test_a_key_of_negative_points_is_refused() -> None:
    with pytest.raises(ValueError, match="negative points"):
        PartKey("short", Decimal(-1))
