"""An operation for migrations that run while a release serves.

Django's own ``AddIndexConcurrently`` cannot be imported without PostgreSQL's driver, which an
installation on SQLite does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import NotSupportedError, migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


class AddIndexWhileServing(migrations.AddIndex):
    """Add an index while saves go on: ``CREATE INDEX CONCURRENTLY`` on PostgreSQL.

    Alone in a migration with ``atomic = False``.  One that was broken off leaves an invalid index,
    which ``DROP INDEX`` takes away before the next try.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create it.

        :raises NotSupportedError: inside a transaction
        """
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if schema_editor.connection.in_atomic_block:
            raise NotSupportedError("AddIndexWhileServing needs a migration with atomic = False")
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)  # type: ignore[call-arg]
