"""Reads of answer keys; nothing here may reach a student."""

from __future__ import annotations

from django.db.models import QuerySet, Subquery

from placement_test.exams.rules.keys import EnteredKey
from placement_test.models import KeyRevision, PartKey


def latest_key(version_id: int) -> KeyRevision | None:
    """Return the newest key revision of a version: 1 query."""
    return KeyRevision.objects.filter(version=version_id).order_by("-number").first()


def entries(revision_id: int) -> dict[int, EnteredKey]:
    """Return what a revision says, by part id: 1 query."""
    return _by_part(PartKey.objects.filter(revision=revision_id))


def current_entries(version_id: int) -> dict[int, EnteredKey]:
    """Return what the newest revision of a version says, by part id: 1 query."""
    newest = KeyRevision.objects.filter(version=version_id).order_by("-number")
    return _by_part(PartKey.objects.filter(revision=Subquery(newest.values("pk")[:1])))


def _by_part(rows: QuerySet[PartKey]) -> dict[int, EnteredKey]:
    return {
        row.part_id: EnteredKey(tuple(row.correct), tuple(row.accepted), dict(row.options))
        for row in rows
    }
