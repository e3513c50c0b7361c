from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from placement_test.errors import (
    EventClosed,
    NoExamForLevel,
    NoFurtherLevelChange,
    NoRuleForStudent,
)
from placement_test.lib import clock
from placement_test.models import Academy, PlacementRule, StudentSession
from placement_test.sessions.services import Registration, change_level, register
from tests import builders, sitting

if TYPE_CHECKING:
    import time_machine

pytestmark = pytest.mark.django_db


def registration(*, name: str = "Min-ji", grade: int = 5, rank: int = 10) -> Registration:
    return Registration(name=name, grade=grade, rank_percent=Decimal(rank))


def test_gives_the_exam_of_the_level_that_the_rules_name() -> None:
    made = sitting.registered(grade=5, rank_percent=10)

    rule = PlacementRule.objects.get(grade=5, band=1)
    assert made.session.start_level_id == rule.level_id
    assert made.session.version.exam.levels.filter(id=rule.level_id).exists()


def test_prefers_an_exam_that_this_student_has_not_sat() -> None:
    first, second = sitting.published(title="A"), sitting.published(title="B")
    levels = builders.curriculum()
    for version in (first, second):
        version.exam.levels.set(levels)
    builders.academy()
    builders.rule_set()
    event = builders.event()
    again = Registration(
        name="Min-ji", grade=5, rank_percent=Decimal(10), birth_date=dt.date(2015, 5, 5)
    )

    sat = [register(event, again).session.version for _ in range(3)]

    assert sat == [first, second, first]


def test_a_level_without_an_exam_is_said_and_nothing_is_left() -> None:
    builders.academy()
    builders.rule_set()

    with pytest.raises(NoExamForLevel):
        register(builders.event(), registration())

    assert not StudentSession.objects.exists()


def test_a_hole_in_the_rules_is_said() -> None:
    builders.academy()
    builders.rule_set()
    PlacementRule.objects.filter(grade=5, band=1).delete()

    with pytest.raises(NoRuleForStudent):
        register(builders.event(), registration())


def test_an_event_that_is_over_takes_nobody(noon: time_machine.Traveller) -> None:
    builders.academy()
    event = builders.event(
        opens_at=clock.now() - dt.timedelta(hours=2), closes_at=clock.now() - dt.timedelta(hours=1)
    )

    with pytest.raises(EventClosed):
        register(event, registration())


def test_an_easier_test_is_a_linked_session_and_the_first_one_stays() -> None:
    first = sitting.registered().session

    second = change_level(first, -1).session

    first.refresh_from_db()
    assert second.previous == first
    assert second.start_level is not None
    assert first.start_level is not None
    assert second.start_level.tier == first.start_level.tier - 1
    assert second.student == first.student


def test_the_policy_says_how_often_and_until_when(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    session = StudentSession.objects.get(id=browser.session.id)
    second = change_level(session, 1).session

    with pytest.raises(NoFurtherLevelChange):
        change_level(second, 1)
    with pytest.raises(NoFurtherLevelChange):
        change_level(session, 1)

    late = StudentSession.objects.get(id=sitting.sitting(name="Ji-ho").session.id)
    noon.shift(dt.timedelta(minutes=Academy.objects.get().level_change_minutes, seconds=1))
    with pytest.raises(NoFurtherLevelChange):
        change_level(late, 1)
