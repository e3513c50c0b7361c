"""Everything that the cache holds, whatever keeps it."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache


def cached() -> dict[str, bytes]:
    """Return the content of the cache by key."""
    backend: Any = cache
    if hasattr(backend._cache, "get_client"):
        client = backend._cache.get_client()
        return {key.decode(): client.get(key) or b"" for key in client.scan_iter("*")}
    return {key: bytes(value) for key, value in backend._cache.items()}
