"""Whether a release that is still running can live with the tables of the next one.

While an upgrade replaces it, the old code writes rows without knowing what was added, and reads
what was there.  So a release may add; it takes away only what the release before no longer used.
A migration that is fine although this module cannot see it says so with a reason::

    class Migration(migrations.Migration):
        lives_with_old_code = "the column has been unused since release 12"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

from placement_test.lib.migrating import AddIndexWhileServing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.migrations.operations.base import Operation

HARMLESS = (
    migrations.CreateModel,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.RemoveConstraint,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.AlterModelTableComment,
    AddIndexWhileServing,
)
NOBODY_KNOWS = "nobody can tell; lives_with_old_code = a reason"
REASONS: tuple[tuple[type[Operation], str], ...] = (
    (
        migrations.AddIndex,
        "saves wait while it is built; AddIndexWhileServing lets them pass",
    ),
    (migrations.AddConstraint, "old code may break it, and saves wait while it is checked"),
    (migrations.RunPython, NOBODY_KNOWS),
    (migrations.RunSQL, NOBODY_KNOWS),
)


def conflicts(pending: Iterable[migrations.Migration]) -> list[str]:
    """Return in words what old code could not live with, in the order of the migrations."""
    found: list[str] = []
    new: set[str] = set()
    for migration in pending:
        if getattr(migration, "lives_with_old_code", ""):
            continue
        for operation in _flat(migration.operations):
            if isinstance(operation, migrations.CreateModel):
                new.add(operation.name.lower())
            why = _conflict(operation, new)
            if why:
                found.append(f"{migration}: {operation.describe()}: {why}")
    return found


def _flat(operations: Iterable[Operation]) -> Iterable[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _conflict(operation: Operation, new: set[str]) -> str:
    if isinstance(operation, HARMLESS):
        return ""
    if str(getattr(operation, "model_name", "")).lower() in new:
        return ""  # old code does not know the table
    if isinstance(operation, migrations.AddField):
        return _of_field(operation.field)
    known = (why for kind, why in REASONS if isinstance(operation, kind))
    return next(known, "old code uses what was there")


def _of_field(field: models.Field[object, object]) -> str:
    if field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED:
        return ""
    # Django takes its default away again once the rows that are there have it.
    return "old code inserts rows without it; null=True or db_default"
