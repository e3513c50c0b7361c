from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import migrations, models

from placement_test.lib.migrating import AddIndexWhileServing
from placement_test.management import old_release

if TYPE_CHECKING:
    from django.db.migrations.operations.base import Operation

NEW = migrations.CreateModel("Room", [("id", models.AutoField(primary_key=True))])
INDEX = models.Index(fields=["name"], name="by_name")
CHECK = models.CheckConstraint(condition=models.Q(id__gt=0), name="positive")


def migration(*operations: Operation, reason: str = "") -> migrations.Migration:
    given = {"operations": list(operations)} | ({"lives_with_old_code": reason} if reason else {})
    made: type[migrations.Migration] = type("Migration", (migrations.Migration,), given)
    return made("0099_next", "placement_test")


def added(field: models.Field[object, object], to: str = "student") -> Operation:
    return migrations.AddField(to, "seat", field)


def nothing(_apps: object, _editor: object) -> None:
    pass


@pytest.mark.parametrize(
    "operation",
    [
        NEW,
        added(models.IntegerField(null=True)),
        added(models.IntegerField(db_default=0)),
        added(models.ManyToManyField("placement_test.Campus")),
        AddIndexWhileServing("student", INDEX),
        migrations.RemoveIndex("student", "by_name"),
        migrations.RemoveConstraint("student", "positive"),
        migrations.AlterModelOptions("student", {"ordering": ["id"]}),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("student")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_old_code_lives_with_what_only_adds(operation: Operation) -> None:
    assert old_release.conflicts([migration(operation)]) == []


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (added(models.IntegerField(default=0)), "old code inserts rows without it"),
        (migrations.RemoveField("student", "name"), "old code uses what was there"),
        (migrations.RenameField("student", "name", "called"), "old code uses what was there"),
        (migrations.RenameModel("Student", "Pupil"), "old code uses what was there"),
        (migrations.DeleteModel("Student"), "old code uses what was there"),
        (migrations.AlterField("student", "name", models.TextField()), "old code uses what"),
        (migrations.AddIndex("student", INDEX), "saves wait while it is built"),
        (migrations.AddConstraint("student", CHECK), "old code may break it"),
        (migrations.RunPython(nothing), "nobody can tell"),
        (migrations.RunSQL("SELECT 1"), "nobody can tell"),
        (
            migrations.SeparateDatabaseAndState([migrations.DeleteModel("Student")]),
            "old code uses what was there",
        ),
    ],
    ids=lambda each: each.describe() if hasattr(each, "describe") else "",
)
def test_old_code_does_not_live_with_what_takes_away_or_demands(
    operation: Operation, why: str
) -> None:
    (found,) = old_release.conflicts([migration(operation)])

    assert found.startswith("placement_test.0099_next: ")
    assert why in found


def test_a_new_table_may_be_given_anything() -> None:
    of_it = (
        added(models.IntegerField(default=0), to="room"),
        migrations.AddIndex("room", INDEX),
        migrations.AddConstraint("room", CHECK),
    )

    assert old_release.conflicts([migration(NEW), migration(*of_it)]) == []


def test_a_migration_may_say_why_it_is_fine() -> None:
    removed = migrations.RemoveField("student", "name")

    assert old_release.conflicts([migration(removed, reason="unused since release 12")]) == []


@pytest.mark.django_db
def test_nothing_is_pending_here() -> None:
    said = io.StringIO()

    call_command("pending_migrations", stdout=said)

    assert said.getvalue() == ""
