"""Rows that the filters of a list offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import CharField, Value, Window
from django.db.models.functions import Cast, RowNumber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable


class Offer(NamedTuple):
    """Rows, the fields that they are in order of, and what each is called."""

    rows: QuerySet[Any]
    order: list[str]
    label: Combinable


def labels(offers: Mapping[str, Offer]) -> dict[str, dict[int | UUID, str]]:
    """Return the label of each row by its key, in the order of its rows: 1 query for all."""
    first, *others = (_listed(name, offer) for name, offer in offers.items())
    found: dict[str, dict[int | UUID, str]] = {name: {} for name in offers}
    for name, _place, key, label in sorted(first.union(*others, all=True)):
        found[name][offers[name].rows.model._meta.pk.to_python(key)] = label
    return found


def _listed(name: str, offer: Offer) -> QuerySet[Any, tuple[str, int, str, str]]:
    place = Window(RowNumber(), order_by=offer.order)
    return offer.rows.order_by().values_list(
        Value(name), place, Cast("pk", CharField()), offer.label
    )
