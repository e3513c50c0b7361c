"""Numbers that one query reads beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Subquery, Value
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from django.db.models import QuerySet


def number_of(rows: QuerySet[Any]) -> Coalesce:
    """Return how many ``rows`` there are, as an expression; they may refer to the outer query."""
    alike = rows.order_by().annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(alike.annotate(number=Count("pk")).values("number")), 0)
