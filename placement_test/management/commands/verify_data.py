"""Check that what the database names is there: after a restore, and whenever somebody asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from placement_test.errors import UnknownFile
from placement_test.lib import audit_chain, files, private
from placement_test.models import ExamVersion, PaperPage, Student, Track

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

MOST_NAMED = 5


class Command(BaseCommand):
    """Say of rows, files, keys and decisions whether they are whole; fail where one is not."""

    help = "Checks rows (against a backup's manifest), files, keys and the chain of decisions."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--manifest``."""
        parser.add_argument("--manifest", type=Path, help="compare with a backup's manifest.json")

    def handle(self, *args: Any, manifest: Path | None, **options: Any) -> None:
        """Check everything, then say what is wrong.

        :raises CommandError: where something is
        """
        wrong = list(_damaged())
        if manifest is not None:
            wrong += self.compare(json.loads(manifest.read_text())["rows"])
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Older than this code: manage.py migrate, then verify_data again.")
        else:
            wrong += [*self.look_for_files(), *self.read_phones(), *self.follow_decisions()]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write("Everything is as it should be.")

    def compare(self, expected: dict[str, int]) -> list[str]:
        """Count the rows of each table as the backup did."""
        there = set(connection.introspection.table_names())
        found = {table: _count(table) for table in expected if table in there}
        self.stdout.write(f"Rows: {sum(found.values())} in {len(found)} tables")
        return [
            f"{table}: {found.get(table, 'no table')} rows, the backup has {count}"
            for table, count in expected.items()
            if found.get(table) != count
        ]

    def look_for_files(self) -> list[str]:
        """Look for each file that a row names."""
        names = set(_named())
        missing = sorted(name for name in names if not _is_there(name))
        self.stdout.write(f"Files: {len(names)} named, {len(missing)} missing")
        return [f"{len(missing)} files are missing: {_some(missing)}"] if missing else []

    def read_phones(self) -> list[str]:
        """Open each phone number with the keys that are here."""
        sealed = Student.objects.exclude(phone="").values_list("id", "phone")
        locked = [str(student) for student, phone in sealed if not _is_readable(phone)]
        self.stdout.write(f"Phone numbers: {len(sealed)}, {len(locked)} of them unreadable")
        return [f"No key opens the phone numbers of students {_some(locked)}"] if locked else []

    def follow_decisions(self) -> list[str]:
        """Check the chain of decisions."""
        found = audit_chain.verify()
        self.stdout.write(f"Decisions: {found.length}")
        return [] if found.is_whole else [f"Decision {found.broken_at} {found.why}"]


def _damaged() -> Iterator[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            found = [row[0] for row in cursor.fetchall()]
            if found != ["ok"]:
                yield f"The database is damaged: {_some(found)}"
            cursor.execute("PRAGMA foreign_key_check")
            rows = cursor.fetchall()
            if rows:
                yield f"{len(rows)} rows refer to others that are not there"


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _named() -> Iterator[str]:
    yield from ExamVersion.objects.exclude(paper_file="").values_list("paper_file", flat=True)
    yield from Track.objects.values_list("file", flat=True)
    for images, words in PaperPage.objects.values_list("images", "words_file"):
        yield from (image["file"] for image in images)
        if words:
            yield words


def _is_there(name: str) -> bool:
    try:
        return files.path_of(name).is_file()
    except UnknownFile:
        return False


def _is_readable(phone: str) -> bool:
    try:
        private.decrypt(phone)
    except private.Unreadable:
        return False
    return True


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
