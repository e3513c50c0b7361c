from __future__ import annotations

import pytest
from django.db import NotSupportedError, connection, models, transaction
from django.db.migrations.state import ProjectState

from placement_test.lib.migrating import AddIndexWhileServing
from placement_test.models import Student

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "student_by_name_for_a_test"


def add(*, atomic: bool) -> None:
    before = ProjectState.from_apps(Student._meta.apps)
    after = before.clone()
    operation = AddIndexWhileServing("student", models.Index(fields=["name"], name=NAME))
    operation.state_forwards("placement_test", after)
    with connection.schema_editor(atomic=atomic) as editor:
        operation.database_forwards("placement_test", editor, before, after)


def names() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, Student._meta.db_table))


def test_adds_an_index() -> None:
    try:
        add(atomic=False)

        assert NAME in names()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {NAME}")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no such rule")
def test_refuses_to_wait_inside_a_transaction() -> None:
    with pytest.raises(NotSupportedError, match="atomic = False"), transaction.atomic():
        add(atomic=True)

    assert NAME not in names()
