"""Where a browser is, also behind a proxy."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the browser's address, or None where nobody knows it.

    ``X-Real-IP`` is believed from ``settings.PROXIES`` alone: anybody can send it.
    """
    connected = _address(request.META.get("REMOTE_ADDR", ""))
    if connected is not None and any(connected in network for network in settings.PROXIES):
        connected = _address(request.headers.get("X-Real-IP", "")) or connected
    return str(connected) if connected is not None else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
