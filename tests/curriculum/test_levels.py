from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from placement_test.curriculum import queries
from placement_test.curriculum.services import levels as services
from placement_test.errors import LevelInUse
from placement_test.lib import clock
from placement_test.models import AuditEntry, Exam, ExamVersion, Level, SubProgram
from tests import builders
from tests.builders import Role

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def order() -> list[str]:
    return [str(level) for level in queries.levels()]


@pytest.mark.parametrize("to_tier", [1, 3, 10, 44, 99, 0])
@pytest.mark.parametrize("from_tier", [1, 5, 44])
def test_a_moved_level_stands_where_it_was_put_and_the_others_keep_their_order(
    from_tier: int, to_tier: int
) -> None:
    director = builders.staff(role=Role.DIRECTOR)
    level = builders.curriculum()[from_tier - 1]
    expected = order()
    expected.insert(min(max(to_tier, 1), 44) - 1, expected.pop(from_tier - 1))

    services.move_level(director, level, to_tier)

    assert order() == expected
    assert list(queries.levels().values_list("tier", flat=True)) == list(range(1, 45))


def test_a_new_level_stands_right_above_its_sub_program() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    builders.curriculum()
    sigma = SubProgram.objects.get(name="Sigma")

    level = services.create_level(director, sigma, 4)

    assert order()[5:8] == ["CORE Sigma 3", "CORE Sigma 4", "CORE Elite 1"]
    assert level.tier == 7
    assert list(queries.levels().values_list("tier", flat=True)) == list(range(1, 46))


def test_the_first_level_of_a_sub_program_stands_above_the_one_before_it() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    builders.curriculum()
    core = SubProgram.objects.get(name="Sigma").program
    new = SubProgram(program=core, name="Bridge")
    services.create_sub_program(director, new)

    services.create_level(director, new, 1)

    assert order()[11:14] == ["CORE Pro 3", "CORE Bridge 1", "ASCENT Nova 1"]


def test_a_level_that_rules_start_at_stays_in_use() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    levels = builders.curriculum()
    builders.rule_set(cells={(1, 0): levels[0], (1, 1): levels[0]})

    with pytest.raises(LevelInUse) as refused:
        services.set_level_in_use(director, levels[0], in_use=False)
    services.set_level_in_use(director, levels[1], in_use=False)

    assert refused.value.facts == {"rules": 2}
    assert list(Level.objects.filter(is_active=False)) == [levels[1]]
    assert AuditEntry.objects.get().after == {"is_active": False}


def test_the_curriculum_shows_which_exams_serve_a_level(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    levels = builders.curriculum()
    builders.rule_set()
    for title, level, state in (
        ("Ready", levels[0], ExamVersion.State.PUBLISHED),
        ("Begun", levels[1], ExamVersion.State.DRAFT),
    ):
        exam = Exam.objects.create(title=title, created_at=clock.now())
        exam.levels.add(level)
        ExamVersion.objects.create(exam=exam, number=1, state=state, created_at=clock.now())

    # levels, their exams, rules in force by level, programs with sub-programs
    with django_assert_num_queries(4):
        tree = queries.tree()

    phonics = tree[0].sub_programs[0]
    shown = [
        ([exam.title for exam in level.exams], level.has_published_exam) for level in phonics.levels
    ]
    assert [program.program.name for program in tree] == ["CORE", "ASCENT", "EDGE", "PINNACLE"]
    assert shown == [(["Ready"], True), (["Begun"], False), ([], False)]
