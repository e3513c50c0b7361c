"""The product's cache: keys are built here, and a cache that is down means slow, never wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.cache import cache
from django.db import transaction

from placement_test.lib.single_loader import SingleLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Stands in the place of what was forgotten, so that a slow reader, who had loaded it before the
# change, cannot put the old content back.  No page takes longer to load something.
FORGOTTEN = "forgotten"
FORGOTTEN_SECONDS = 30

_loader: SingleLoader[Any] = SingleLoader()

# Who is told of each look-up: (kind, "hit" | "miss" | "error").  Watching stands above this layer.
_observers: list[Callable[[str, str], None]] = []


def observe(tell: Callable[[str, str], None]) -> None:
    """Have ``tell(kind, result)`` called at each look-up; ``result`` is hit, miss or error."""
    _observers.append(tell)


def key(kind: str, *parts: object) -> str:
    """Return the key of one thing: ``key("exam", 7)`` is ``exam:7``."""
    return ":".join([kind, *map(str, parts)])


def remember(name: str, seconds: int, make: Callable[[], T], *, is_fixed: bool = False) -> T:
    """Return what the cache holds under ``name``, or make it and keep it for ``seconds``.

    ``is_fixed``: under this name it is always the same, so of threads that want it at one moment
    one makes it.
    """
    found = find(name)
    if found is not None:
        return cast("T", found)

    def make_and_keep() -> T:
        made = make()
        keep(name, made, seconds)
        return made

    return cast("T", _loader.load(name, make_and_keep)[0]) if is_fixed else make_and_keep()


def find(name: str) -> Any:
    """Return what is kept under ``name``, or None: also where the cache is down."""
    try:
        found = cache.get(name)
    except Exception:
        logger.warning("cache read failed", exc_info=True)
        _tell(name, "error")
        return None
    if found == FORGOTTEN:
        found = None
    _tell(name, "miss" if found is None else "hit")
    return found


def keep(name: str, value: object, seconds: int) -> None:
    """Keep ``value`` (not None) unless something stands there; a cache that is down keeps nothing.

    What was forgotten less than ``FORGOTTEN_SECONDS`` ago is not kept: see there.
    """
    try:
        cache.add(name, value, seconds)
    except Exception:
        logger.warning("cache write failed", exc_info=True)


def tally(name: str, seconds: int) -> int:
    """Count one more under ``name``, for ``seconds`` from the first; return how many.

    A cache that is down has counted nothing: 0.
    """
    try:
        cache.add(name, 0, seconds)
        return int(cache.incr(name))
    except Exception:
        logger.warning("cache count failed", exc_info=True)
        return 0


def forget(*names: str) -> None:
    """Drop all ``names`` once the current transaction is committed."""
    transaction.on_commit(lambda: _delete(names))


def _delete(names: Sequence[str]) -> None:
    try:
        cache.set_many(dict.fromkeys(names, FORGOTTEN), FORGOTTEN_SECONDS)
    except Exception:
        # Unlike a failed read this could serve old content: say so at error level.
        logger.exception("cache could not forget")


def _tell(name: str, result: str) -> None:
    for tell in _observers:
        tell(name.partition(":")[0], result)
