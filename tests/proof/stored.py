"""What the database holds of one session, in the words of ``tests.proof.history``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from placement_test.models import (
    Adjustment,
    AnswerEvent,
    ConflictingEntry,
    EntryDecision,
    HandMark,
    Placement,
    Receipt,
    Result,
    RunnerState,
    StudentAnswer,
    StudentSession,
    Writer,
)
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries
from placement_test.results.services import marking
from tests.proof.history import (
    Standing,
    Stored,
    StoredConflict,
    StoredEvent,
    StoredResult,
    StoredWriter,
)

if TYPE_CHECKING:
    from uuid import UUID


def stored(session_id: UUID) -> Stored:
    """Return what is stored of a session; ``Stored()`` with state "gone" where there is none.

    Reads the database only (the exam's definition may come from the cache of this process), so it
    can look at what another process wrote.
    """
    session = StudentSession.objects.filter(id=session_id).first()
    if session is None:
        return Stored(state="gone")
    return Stored(
        events=_events(session_id),
        answers=_answers(session_id),
        writers={
            row.writer.hex: StoredWriter(row.epoch, row.through, row.last_seq)
            for row in Writer.objects.filter(session_id=session_id)
        },
        conflicts=tuple(
            _conflict(row) for row in ConflictingEntry.objects.filter(session_id=session_id)
        ),
        receipts=tuple(
            json.loads(body)
            for body in Receipt.objects.filter(session_id=session_id)
            .order_by("id")
            .values_list("body", flat=True)
        ),
        results=_results(session),
        state=session.state,
        decisions=_decisions(session_id),
        reopened=Adjustment.objects.filter(
            session_id=session_id, kind=Adjustment.Kind.REOPEN
        ).count(),
        runner_states={
            (row.kind, row.subject): _standing(row)
            for row in RunnerState.objects.filter(session_id=session_id)
        },
        deadline_ms=int(session.deadline_at.timestamp() * 1000) if session.deadline_at else None,
    )


def _events(session_id: UUID) -> tuple[StoredEvent, ...]:
    decided = dict(
        EntryDecision.objects.filter(event__session_id=session_id).values_list(
            "event_id", "accepted"
        )
    )
    return tuple(
        StoredEvent(
            writer=row.writer.hex,
            seq=row.seq,
            epoch=row.epoch,
            kind=row.kind,
            part=row.subject,
            value_text=row.value,
            status=row.status,
            reason=row.reason,
            received_ms=int(row.received_at.timestamp() * 1000),
            accepted=decided.get(row.pk),
        )
        for row in AnswerEvent.objects.filter(session_id=session_id).order_by("id")
    )


def _answers(session_id: UUID) -> dict[int, Standing]:
    rows = StudentAnswer.objects.filter(session_id=session_id)
    return {row.part_id: _standing(row) for row in rows}


def _standing(row: StudentAnswer | RunnerState) -> Standing:
    return row.epoch, row.seq, row.writer.hex, row.value


def _conflict(row: ConflictingEntry) -> StoredConflict:
    # Kept as text for staff: "epoch kind part at value".
    epoch, kind, part, _at, text = json.loads(row.content).split(" ", 4)
    return StoredConflict(row.writer.hex, row.seq, int(epoch), kind, int(part), text)


def _results(session: StudentSession) -> tuple[StoredResult, ...]:
    return tuple(
        StoredResult(
            score=str(row.score),
            recomputed=_recomputed(session, row) if row.is_current else None,
            cause=row.cause,
            is_current=row.is_current,
        )
        for row in Result.objects.filter(session=session).order_by("id")
    )


def _recomputed(session: StudentSession, result: Result) -> str:
    sheet = marking.sheet(
        OptimizedQueries.get_exam_with_questions(session.version_id),
        queries.answers(session.id),
        key_revision_id=result.key_revision_id,
        hand_marks=queries.hand_marks(session.id),
    )
    return str(sheet.score.quantize(result.score))


def _decisions(session_id: UUID) -> int:
    return (
        EntryDecision.objects.filter(event__session_id=session_id).count()
        + HandMark.objects.filter(session_id=session_id).count()
        + Result.objects.filter(session_id=session_id, cause=Result.Cause.KEY).count()
        + Placement.objects.filter(session_id=session_id, origin=Placement.Origin.OVERRULE).count()
    )
