from __future__ import annotations

import pytest

from bench.cost import saves


@pytest.mark.django_db
def test_every_way_saves_all_answers_and_says_what_one_costs() -> None:
    rows = saves.measure(rounds=1, questions=6, students=2)

    # 2 students, 6 questions, each answered and changed once; stored or it would have raised.
    assert [(row["way"], row["answers"]) for row in rows] == [
        (variant.name, 24) for variant in saves.VARIANTS
    ]
    assert rows[0]["times_less_cpu"] == rows[0]["times_fewer_statements"] == 1


@pytest.mark.django_db
def test_a_batch_takes_as_many_statements_as_one_answer() -> None:
    rows = {row["way"]: row for row in saves.measure(rounds=1, questions=6, students=1)}

    one, whole = rows["save path, one by one"], rows["save path, 64 a batch"]
    assert one["statements_a_save"] == whole["statements_a_save"]
    assert whole["statements_an_answer"] == round(one["statements_a_save"] / 6, 2)
