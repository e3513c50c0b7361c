"""Who may see how the system is: staff by role, programs by token or from this machine."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

from placement_test.lib import access

if TYPE_CHECKING:
    from django.http import HttpRequest

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


def has_token(request: HttpRequest) -> bool:
    """Return whether the request carries ``PRIMEPATH_MONITOR_TOKEN`` as its bearer token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    wanted = settings.MONITOR_TOKEN
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def sees_details(request: HttpRequest) -> bool:
    """Return whether the caller holds the token or is a director or administrator."""
    return has_token(request) or access.has_role(request.user, access.Role.DIRECTOR)


def may_scrape(request: HttpRequest) -> bool:
    """Return whether the caller may read ``/metrics``: as ``sees_details``, or on this machine."""
    return _is_local(request) or sees_details(request)


def sees_timing(request: HttpRequest) -> bool:
    """Return whether a reply says what it cost; asks the database only where the view has."""
    if has_token(request):
        return True
    session = getattr(request, "session", None)
    if session is None or not session.accessed:
        return False
    user = getattr(request, "user", None)
    return user is not None and access.is_staff(user)


def _is_local(request: HttpRequest) -> bool:
    """Return whether the caller is on this machine and is no proxy that speaks for others."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
