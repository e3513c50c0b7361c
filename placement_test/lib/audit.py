"""The record of staff decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.lib import audit_chain, clock
from placement_test.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import Model

    from placement_test.models import StaffUser


def record(
    actor: StaffUser | None,
    action: str,
    subject: Model,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Append one decision, inside the caller's transaction: 1 query.

    Once that is committed the entry is chained to the ones before it, in a transaction of its own.

    ``action`` is a fixed word pair such as ``"exam published"``.  ``before`` and ``after`` hold
    JSON values and no names or phone numbers of students.
    """
    entry = AuditEntry.objects.create(
        at=clock.now(),
        actor=actor,
        action=action,
        object_type=str(subject._meta.model_name),
        object_id=str(subject.pk),
        before=before,
        after=after,
        reason=reason,
    )
    # Robust: the decision is made, and the next one (or the daily check) chains this entry too.
    transaction.on_commit(audit_chain.extend, robust=True)
    return entry
