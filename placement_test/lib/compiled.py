"""Queries whose SQL is made once."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from django.db.models.query import ModelIterable

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

M = TypeVar("M", bound=Model)


class Compiled(Generic[M]):
    """``make(*values)`` as a query that is compiled the first time only.

    For what every page of every student asks: the ORM takes ten times as long to write such SQL as
    the database to run it.  ``values`` are UUIDs, numbers or texts, in the order in which the SQL
    has them; nothing else in it may change from one time to the next.
    """

    def __init__(self, make: Callable[..., QuerySet[M]]) -> None:
        self._make = make
        self._compiler: Any = None
        self._sql = ""

    def first(self, *values: UUID | int | str) -> M | None:
        """Return the first row's object, with what the queryset joins to it, or None: 1 query."""
        bound = tuple(_bound(value) for value in values)
        if self._compiler is None:
            self._compile(values, bound)
        compiler = copy.copy(self._compiler)
        compiler.connection = connection
        compiler.as_sql = lambda: (self._sql, bound)
        query = SimpleNamespace(get_compiler=lambda using: compiler)  # noqa: ARG005 - by this name
        queryset = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        return next(iter(ModelIterable(queryset)), None)  # type: ignore[arg-type]

    def _compile(self, values: tuple[object, ...], bound: tuple[object, ...]) -> None:
        compiler = self._make(*values).query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, given = compiler.as_sql()
        if tuple(given) != bound:
            raise ValueError(f"the values of this query are in another order: {self._sql}")
        self._compiler = compiler


def _bound(value: UUID | int | str) -> object:
    is_text = isinstance(value, UUID) and not connection.features.has_native_uuid_field
    return value.hex if is_text and isinstance(value, UUID) else value
