"""What marking reads, in a constant number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery

from placement_test.grading.options import MarkingOptions
from placement_test.grading.rules import PartKey
from placement_test.models import (
    AnswerEvent,
    CutSet,
    EntryKind,
    HandMark,
    KeyRevision,
    Result,
    StudentAnswer,
    StudentSession,
)
from placement_test.models import (
    PartKey as PartKeyRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.query_optimizations import PartDefinition


def markable() -> QuerySet[StudentSession]:
    """Return sessions with what marking must know about them, read in the same query.

    Annotations: ``is_marked``, ``cut_set_id`` and ``cuts`` (the newest).
    """
    cut_sets = CutSet.objects.filter(version_id=OuterRef("version_id")).order_by("-number")
    return StudentSession.objects.annotate(
        is_marked=Exists(Result.objects.filter(session_id=OuterRef("id"))),
        cut_set_id=Subquery(cut_sets.values("id")[:1]),
        cuts=Subquery(cut_sets.values("cuts")[:1]),
    )


def locked(
    sessions: QuerySet[StudentSession], *, without_waiting: bool = False
) -> QuerySet[StudentSession]:
    """Return ``sessions`` under row locks, inside the caller's transaction.

    ``without_waiting`` leaves out those that somebody else holds.  SQLite needs no locks: its
    transactions hold the one write lock from their start.
    """
    if connection.features.has_select_for_update_of:
        return sessions.select_for_update(of=("self",), skip_locked=without_waiting)
    return sessions


def current_key(
    version_id: int, parts: Mapping[int, PartDefinition]
) -> tuple[int | None, dict[int, PartKey]]:
    """Return the newest key revision of a version and its key of each part: 1 query."""
    newest = KeyRevision.objects.filter(version_id=version_id).order_by("-number").values("id")[:1]
    rows = PartKeyRow.objects.filter(revision_id=Subquery(newest))
    return _keys(rows, parts)


def key_of(
    revision_id: int, parts: Mapping[int, PartDefinition]
) -> tuple[int | None, dict[int, PartKey]]:
    """Return one key revision's key of each part: 1 query."""
    return _keys(PartKeyRow.objects.filter(revision_id=revision_id), parts)


def hand_marks(session_id: UUID) -> dict[int, Decimal]:
    """Return the points that a person gave, the newest of each part: 1 query."""
    rows = standing_hand_marks().filter(session_id=session_id).order_by("id")
    return dict(rows.values_list("part_id", "points"))


def standing_hand_marks() -> QuerySet[HandMark]:
    """Return the marks by hand whose answer the student has not changed since.

    Staff may open a session again after a written answer was marked.
    """
    changed_since = AnswerEvent.objects.filter(
        session_id=OuterRef("session_id"),
        kind=EntryKind.ANSWER,
        subject=OuterRef("part_id"),
        status=AnswerEvent.Status.APPLIED,
        received_at__gt=OuterRef("made_at"),
    )
    return HandMark.objects.exclude(Exists(changed_since))


def answers(session_id: UUID) -> dict[int, str]:
    """Return the current answers ``{part id: canonical JSON}``: 1 query."""
    return dict(StudentAnswer.objects.filter(session_id=session_id).values_list("part_id", "value"))


def answers_of(session_ids: Iterable[UUID]) -> dict[UUID, dict[int, str]]:
    """Return the current answers of many sessions, as ``answers`` does of one: 1 query."""
    found: dict[UUID, dict[int, str]] = {}
    rows = StudentAnswer.objects.filter(session_id__in=session_ids)
    for session_id, part_id, value in rows.values_list("session_id", "part_id", "value"):
        found.setdefault(session_id, {})[part_id] = value
    return found


def _keys(
    rows: QuerySet[PartKeyRow], parts: Mapping[int, PartDefinition]
) -> tuple[int | None, dict[int, PartKey]]:
    revision_id: int | None = None
    keys: dict[int, PartKey] = {}
    for row in rows:
        revision_id = row.revision_id
        part = parts.get(row.part_id)
        if part is not None:
            keys[part.id] = PartKey(
                kind=part.kind,
                points=part.points,
                option_count=part.option_count,
                correct=frozenset(row.correct),
                accepted=tuple(row.accepted),
                options=MarkingOptions.from_json(row.options),
            )
    return revision_id, keys
