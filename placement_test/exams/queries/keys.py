"""Reads of answer keys; nothing here may reach a student."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import FilteredRelation, Subquery

from placement_test.exams.rules.keys import EnteredKey
from placement_test.models import KeyRevision, PartKey

if TYPE_CHECKING:
    from collections.abc import Iterable


def latest_key(version_id: int) -> KeyRevision | None:
    """Return the newest key revision of a version: 1 query."""
    return KeyRevision.objects.filter(version=version_id).order_by("-number").first()


def latest_key_and_entries(version_id: int) -> tuple[KeyRevision | None, dict[int, EnteredKey]]:
    """Return the newest key revision of a version and what it says, by part id: 1 query."""
    newest = KeyRevision.objects.filter(version=version_id).order_by("-number").values("pk")[:1]
    rows = list(
        KeyRevision.objects.filter(pk=Subquery(newest))
        .annotate(said=FilteredRelation("part_keys"))
        .select_related("said")  # type: ignore[misc]  # the plugin knows no filtered relation
    )
    # A revision whose questions are all gone stands alone.
    said = [row.said for row in rows if hasattr(row, "said")]
    return (rows[0] if rows else None), _by_part(said)


def entries(revision_id: int) -> dict[int, EnteredKey]:
    """Return what a revision says, by part id: 1 query."""
    return _by_part(PartKey.objects.filter(revision=revision_id))


def current_entries(version_id: int) -> dict[int, EnteredKey]:
    """Return what the newest revision of a version says, by part id: 1 query."""
    newest = KeyRevision.objects.filter(version=version_id).order_by("-number")
    return _by_part(PartKey.objects.filter(revision=Subquery(newest.values("pk")[:1])))


def _by_part(rows: Iterable[PartKey]) -> dict[int, EnteredKey]:
    return {
        row.part_id: EnteredKey(tuple(row.correct), tuple(row.accepted), dict(row.options))
        for row in rows
    }
