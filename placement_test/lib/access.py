"""Who of the staff may do what: roles by rank, campuses by membership."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeGuard, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.utils.cache import add_never_cache_headers

from placement_test.models import Campus, StaffUser

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

Role = StaffUser.Role
P = ParamSpec("P")

# Each may do what the ones before it may.
RANKS = {role: rank for rank, role in enumerate(Role.values)}
SEES_EVERY_CAMPUS = {Role.DIRECTOR, Role.ADMINISTRATOR}


def is_staff(user: StaffUser | AnonymousUser) -> TypeGuard[StaffUser]:
    """Return whether someone of the staff is logged in."""
    return isinstance(user, StaffUser) and user.is_active


def has_role(user: StaffUser | AnonymousUser, least: Role) -> bool:
    """Return whether ``user`` may do what ``least`` may."""
    return is_staff(user) and (user.is_superuser or RANKS[user.role] >= RANKS[least])


def requires(
    least: Role,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Decorate a staff view: anonymous users are sent to the login, lower roles get a 403."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not has_role(request.user, least):
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            # Shared computers: after a logout "back" may show neither keys nor children's names.
            # Pages and tracks of an exam say by themselves how long they keep.
            if not response.has_header("Cache-Control"):
                add_never_cache_headers(response)
            return response

        return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", login_required(checked))

    return decorate


def actor(request: HttpRequest) -> StaffUser:
    """Return the member of staff behind ``request`` (of a view that ``requires`` a role)."""
    user = request.user
    if not is_staff(user):
        raise PermissionDenied
    return user


def campuses(user: StaffUser) -> QuerySet[Campus]:
    """Return the campuses whose sessions, students, schools and events ``user`` may see.

    No query by itself: use it as a subquery, ``filter(campus__in=campuses(user))``.
    """
    if user.is_superuser or user.role in SEES_EVERY_CAMPUS:
        return Campus.objects.all()
    return Campus.objects.filter(staff=user)
