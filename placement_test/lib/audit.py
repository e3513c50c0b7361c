"""The record of staff decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_test.lib import clock
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

    ``action`` is a fixed word pair such as ``"exam published"``.  ``before`` and ``after`` hold
    JSON values and no names or phone numbers of students.
    """
    return AuditEntry.objects.create(
        at=clock.now(),
        actor=actor,
        action=action,
        object_type=str(subject._meta.model_name),
        object_id=str(subject.pk),
        before=before,
        after=after,
        reason=reason,
    )
