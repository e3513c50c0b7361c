"""Answers that were stored but not applied: a person decides whether they count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.errors import EntriesDecided, NotMarkedYet, ReasonMissing
from placement_test.lib import audit, clock
from placement_test.models import (
    AnswerEvent,
    EntryDecision,
    EntryKind,
    Result,
    StudentAnswer,
)
from placement_test.results import queries
from placement_test.results.services import marking

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from placement_test.models import StaffUser

Status = AnswerEvent.Status
# A rejected value cannot be an answer, so it can be looked at but never counted.
DECIDABLE = (Status.LATE, Status.SUPERSEDED, Status.REJECTED)
COUNTABLE = {Status.LATE, Status.SUPERSEDED}


@transaction.atomic
def decide_late(
    session_id: UUID, event_ids: Sequence[int], *, accept: bool, reason: str, actor: StaffUser
) -> Result | None:
    """Count answers that were not applied, or leave them; return the new result where they count.

    Of several accepted for one part the newest counts, whatever stood there before.  The log of
    entries stays as it is: the decision is a row of its own.

    :raises ReasonMissing: without a reason
    :raises NotMarkedYet: where the session has not ended
    :raises EntriesDecided: where an entry is none of the session's, was decided before, or is
        accepted although its value cannot be an answer
    """
    if not reason.strip():
        raise ReasonMissing
    session = queries.locked(queries.markable().filter(id=session_id)).get()
    if session.ended_at is None or not session.is_marked:  # type: ignore[attr-defined]
        raise NotMarkedYet
    events = list(
        AnswerEvent.objects.filter(
            session=session,
            id__in=event_ids,
            kind=EntryKind.ANSWER,
            status__in=COUNTABLE if accept else DECIDABLE,
            decision=None,
        )
    )
    if not events or len(events) != len(set(event_ids)):
        raise EntriesDecided
    _decide(events, accept=accept, reason=reason, actor=actor)
    parts = sorted({event.subject for event in events})
    audit.record(
        actor,
        "late answers counted" if accept else "late answers left",
        session,
        after={"entries": sorted(event.pk for event in events), "parts": parts},
        reason=reason,
    )
    if not accept:
        return None
    _apply(session_id, events)
    return marking.conclude(
        session, queries.answers(session.id), cause=Result.Cause.LATE, actor=actor
    )


def _decide(events: Iterable[AnswerEvent], *, accept: bool, reason: str, actor: StaffUser) -> None:
    now = clock.now()
    EntryDecision.objects.bulk_create(
        EntryDecision(event=event, accepted=accept, reason=reason, made_at=now, made_by=actor)
        for event in events
    )


def _apply(session_id: UUID, events: Iterable[AnswerEvent]) -> None:
    newest: dict[int, AnswerEvent] = {}
    for event in sorted(events, key=lambda each: (each.epoch, each.seq, each.writer.hex)):
        newest[event.subject] = event
    StudentAnswer.objects.bulk_create(
        [
            StudentAnswer(
                session_id=session_id,
                part_id=part_id,
                value=event.value,
                epoch=event.epoch,
                seq=event.seq,
                writer=event.writer,
            )
            for part_id, event in newest.items()
        ],
        update_conflicts=True,
        unique_fields=["session", "part"],
        update_fields=["value", "epoch", "seq", "writer"],
    )
