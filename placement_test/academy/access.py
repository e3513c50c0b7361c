"""Which events, schools and people a member of staff may touch; any other answers 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from placement_test.lib.access import Role, campuses, has_role
from placement_test.models import Campus, School, StaffUser, TestEvent

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet


def events(user: StaffUser) -> QuerySet[TestEvent]:
    """Return the events of the campuses of ``user``."""
    return TestEvent.objects.filter(campus__in=campuses(user))


def event(user: StaffUser, event_id: uuid.UUID) -> TestEvent:
    """Return one of them with its campus: 1 query."""
    return get_object_or_404(events(user).select_related("campus"), pk=event_id)


def schools(user: StaffUser) -> QuerySet[School]:
    """Return the schools of the campuses of ``user``."""
    return School.objects.filter(campus__in=campuses(user))


def school(user: StaffUser, school_id: int) -> School:
    """Return one of them: 1 query."""
    return get_object_or_404(schools(user), pk=school_id)


def campus(user: StaffUser, campus_id: int) -> Campus:
    """Return one campus of ``user``: 1 query."""
    return get_object_or_404(campuses(user), pk=campus_id)


def person(user: StaffUser, person_id: int) -> StaffUser:
    """Return an account that ``user`` may change: 1 query.

    Only administrators change administrators.
    """
    found = get_object_or_404(StaffUser, pk=person_id)
    is_administrator = found.is_superuser or found.role == Role.ADMINISTRATOR
    if is_administrator and not has_role(user, Role.ADMINISTRATOR):
        raise PermissionDenied
    return found


def roles_to_give(user: StaffUser) -> list[Role]:
    """Return the roles that ``user`` may give: up to their own."""
    return [role for role in Role if has_role(user, role)]
