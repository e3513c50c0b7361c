from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from placement_test.curriculum import queries, services
from placement_test.curriculum.rules import LevelPlace, Matrix, disorder, holes
from placement_test.curriculum.services import rule_sets
from placement_test.errors import ChangedMeanwhile, NoRuleForStudent, NothingChanged
from placement_test.management.sample import curriculum as sample
from placement_test.models import AuditEntry, PlacementRule, RuleSet
from tests import builders
from tests.builders import Role

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def test_the_sample_has_44_levels_in_one_order_and_72_rules_without_hole_or_disorder() -> None:
    levels = builders.curriculum()
    matrix = services.load_matrix(builders.rule_set())

    tiers = {level.pk: level.tier for level in levels}

    assert [level.tier for level in levels] == list(range(1, 45))
    assert (str(levels[0]), str(levels[-1])) == ("CORE Phonics 1", "PINNACLE Pro 2")
    assert len(matrix.cells) == 72
    assert holes(matrix, range(1, 13)) == []
    assert disorder(matrix, tiers) == []


def test_every_grade_of_the_sample_starts_inside_its_own_program() -> None:
    builders.rule_set()

    outside = [
        rule
        for rule in PlacementRule.objects.select_related("level__sub_program__program")
        if not rule.level.sub_program.program.first_grade
        <= rule.grade
        <= rule.level.sub_program.program.last_grade
    ]

    assert outside == []


@pytest.mark.parametrize(
    ("grade", "rank", "tier"),
    [(1, "0", 6), (5, "9.99", 18), (5, "10", 17), (5, "20", 16), (5, "99", 13), (12, "50", 39)],
)
def test_a_student_starts_where_the_rules_say(
    grade: int, rank: str, tier: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rule_set = builders.rule_set()

    # the rule set, its rule with the level's names
    with django_assert_num_queries(2):
        used, level = services.start_for(grade, Decimal(rank))
        str(level)

    assert (used, level.tier) == (rule_set, tier)


def test_no_rule_is_an_error_and_never_a_guess() -> None:
    with pytest.raises(NoRuleForStudent):
        services.start_for(5, Decimal(20))

    level = builders.curriculum()[0]
    builders.rule_set(number=1)
    builders.rule_set(number=2, boundaries=[50], cells={(5, 0): level})

    with pytest.raises(NoRuleForStudent):
        services.start_for(5, Decimal(50))
    assert services.start_for(5, Decimal("49.99"))[1] == level


def test_the_ladder_holds_the_levels_in_use_from_the_easiest() -> None:
    levels = builders.curriculum()
    levels[1].is_active = False
    levels[1].save()

    ladder = queries.ladder()

    core = levels[0].sub_program.program_id
    assert ladder[:2] == (LevelPlace(levels[0].pk, 1, core), LevelPlace(levels[2].pk, 3, core))
    assert len(ladder) == 43
    assert len(queries.ladder(including=levels[1].pk)) == 44


def test_saving_rules_makes_a_new_set_and_leaves_the_old_one_alone() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    levels = builders.curriculum()
    first = builders.rule_set()
    old = services.load_matrix(first)
    cells = {**old.cells, (5, 0): levels[20].pk}

    second = rule_sets.save_rule_set(
        director, base=1, matrix=Matrix(old.boundaries, cells), note="Higher start"
    )

    entry = AuditEntry.objects.get()
    assert services.current_rule_set() == second
    assert services.load_matrix(first) == old
    assert services.load_matrix(second) == Matrix(old.boundaries, cells)
    assert entry.after == {
        "number": 2,
        "changes": [[5, 0, 10, old.cells[5, 0], levels[20].pk]],
    }


def test_rules_edited_from_an_old_set_are_refused() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    levels = builders.curriculum()
    builders.rule_set(number=1)
    second = builders.rule_set(number=2)
    matrix = Matrix((50,), {(1, 0): levels[0].pk})

    with pytest.raises(ChangedMeanwhile):
        rule_sets.save_rule_set(director, base=1, matrix=matrix)

    assert services.current_rule_set() == second
    assert RuleSet.objects.count() == 2


def test_rules_that_change_nothing_are_not_saved() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    matrix = services.load_matrix(builders.rule_set())

    with pytest.raises(NothingChanged):
        rule_sets.save_rule_set(director, base=1, matrix=matrix)

    assert RuleSet.objects.count() == 1


def test_the_first_rules_are_number_1() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    levels = builders.curriculum()
    matrix = Matrix(sample.BOUNDARIES, {(1, 0): levels[0].pk})

    made = rule_sets.save_rule_set(director, base=0, matrix=matrix)

    assert (made.number, services.load_matrix(made)) == (1, matrix)
