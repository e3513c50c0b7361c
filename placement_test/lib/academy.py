"""The academy of this installation, and its time zone."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from placement_test.lib import cache
from placement_test.models import Academy

if TYPE_CHECKING:
    from django.http import HttpRequest

# Long enough to cost nothing, short enough that a second process follows a change on its own.
ACADEMY_CACHE_SECONDS = 60
KEY = cache.key("academy")


def current() -> Academy:
    """Return the academy: 1 query a minute."""
    return cache.remember(KEY, ACADEMY_CACHE_SECONDS, _load)


def forget() -> None:
    """Have the next reader load the academy again; whoever saves it calls this."""
    cache.forget(KEY)


def zone() -> zoneinfo.ZoneInfo:
    """Return the academy's time zone."""
    return zoneinfo.ZoneInfo(current().time_zone)


def context(_request: HttpRequest) -> dict[str, object]:
    """Give every template ``academy``."""
    return {"academy": current()}


def _load() -> Academy:
    return Academy.objects.filter(id=1).first() or Academy(id=1, name="PrimePath")
