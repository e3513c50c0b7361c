"""Save a row as a decision of staff: the change and its record in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from placement_test.lib import audit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from placement_test.models import StaffUser


def made(actor: StaffUser, action: str, row: Model, *, fields: Iterable[str] = ()) -> None:
    """Insert ``row`` and record ``action`` with the values of ``fields``: 2 queries."""
    with transaction.atomic():
        row.save(force_insert=True)
        audit.record(actor, action, row, after=facts(row, fields))


def changed(
    actor: StaffUser,
    action: str,
    row: Model,
    *,
    fields: Iterable[str],
    private: Iterable[str] = (),
    reason: str = "",
) -> bool:
    """Save what differs from the stored row and record it; return whether anything did.

    2 to 3 queries.  Of ``private`` fields only the names of those that changed are recorded,
    never their values.

    :raises Model.DoesNotExist: where the row is gone
    """
    public, hidden = tuple(fields), tuple(private)
    with transaction.atomic():
        stored: Model = QuerySet(type(row)).select_for_update().get(pk=row.pk)
        old, new = facts(stored, public), facts(row, public)
        differing = [name for name in public if old[name] != new[name]]
        differing_private = [
            name
            for name in hidden
            if stored.serializable_value(name) != row.serializable_value(name)
        ]
        if not differing and not differing_private:
            return False
        row.save(update_fields=[*differing, *differing_private])
        after: dict[str, object] = {name: new[name] for name in differing}
        if differing_private:
            after["changed"] = differing_private
        before = {name: old[name] for name in differing}
        audit.record(actor, action, row, before=before, after=after, reason=reason)
    return True


def facts(row: Model, fields: Iterable[str]) -> dict[str, object]:
    """Return the values of ``fields`` as the record keeps them: JSON values, moments as text."""
    return {name: _json(row.serializable_value(name)) for name in fields}


def _json(value: object) -> object:
    return (
        value if value is None or isinstance(value, str | int | float | list | dict) else str(value)
    )
