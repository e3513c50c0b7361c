from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from placement_test.academy import queries, services
from placement_test.academy.services import events
from placement_test.errors import EventClosed, EventUnknown
from placement_test.lib import clock
from placement_test.models import AuditEntry, TestEvent
from tests import builders

if TYPE_CHECKING:
    import time_machine
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize("typed", ["SPRING", "spring", " spr ing", "\uff53pring", "spr-ing"])
def test_finds_an_event_by_its_code_however_it_is_typed(
    typed: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = builders.event(access_code="SPRING")

    with django_assert_num_queries(1):
        found = services.event_for_code(typed, clock.now())
        assert found.campus.name == "Mokdong"

    assert found == event


@pytest.mark.parametrize("typed", ["SUMMER", "", "A" * 500, "a\x00bcd"])
def test_a_code_of_no_event_is_unknown(typed: str) -> None:
    builders.event(access_code="SPRING")

    with pytest.raises(EventUnknown):
        services.event_for_code(typed, clock.now())


def test_an_event_takes_registrations_from_its_beginning_to_just_before_its_end(
    noon: time_machine.Traveller,
) -> None:
    now = clock.now()
    event = builders.event(opens_at=now, closes_at=now + HOUR, access_code="SPRING")

    last_moment = now + HOUR - dt.timedelta(microseconds=1)

    assert services.event_for_code("SPRING", now) == event
    assert services.event_for_code("SPRING", last_moment) == event
    for outside in (now - dt.timedelta(microseconds=1), now + HOUR):
        with pytest.raises(EventClosed):
            services.event_for_code("SPRING", outside)


def test_an_event_of_a_campus_out_of_use_is_closed() -> None:
    event = builders.event(access_code="SPRING")
    event.campus.is_active = False
    event.campus.save()

    with pytest.raises(EventClosed):
        services.event_for_code("SPRING", clock.now())

    assert list(queries.open_events(clock.now())) == []


def test_lists_the_events_that_are_open(noon: time_machine.Traveller) -> None:
    now = clock.now()
    walk_in = builders.event(name="Walk-in", access_code="WALKIN")
    today = builders.event(name="Today", access_code="TODAY", closes_at=now + HOUR)
    builders.event(name="Later", access_code="LATER", opens_at=now + HOUR)
    builders.event(name="Over", access_code="OVER", closes_at=now)

    assert set(queries.open_events(now)) == {walk_in, today}


def test_makes_a_code_for_an_event_without_one() -> None:
    director = builders.staff(role=builders.Role.DIRECTOR)
    event = TestEvent(campus=builders.campus(), name="June", opens_at=clock.now())

    events.create_event(director, event)

    entry = AuditEntry.objects.get()
    assert len(event.access_code) == 6
    assert set(event.access_code) <= set("ABCDEFGHJKMNPQRSTWXYZ")
    assert (entry.action, entry.actor, entry.object_id) == (
        "event created",
        director,
        str(event.pk),
    )


def test_records_only_what_changed_in_an_event() -> None:
    director = builders.staff(role=builders.Role.DIRECTOR)
    event = builders.event(expected_students=10)
    event.expected_students = 25

    events.change_event(director, event)
    events.change_event(director, event)

    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"expected_students": 10}, {"expected_students": 25})
