"""Answer keys as immutable revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.errors import KeyIncomplete, KeyUnchanged, VersionFixed
from placement_test.exams.queries import keys
from placement_test.exams.rules.keys import EMPTY, EnteredKey, fitted, is_complete
from placement_test.exams.services.locking import lock_draft, lock_exam
from placement_test.grading.rules import MarkingOptions
from placement_test.lib import audit, clock
from placement_test.models import ExamVersion, KeyRevision, Part, PartKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from placement_test.models import StaffUser


@transaction.atomic
def save_key(
    version: ExamVersion, entered: Mapping[int, EnteredKey], actor: StaffUser | None
) -> tuple[KeyRevision | None, bool]:
    """Write the draft's key as a new revision; return the newest one and whether it is new.

    ``entered`` maps part ids; parts that it leaves out keep what they have.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    return _write(draft, entered, actor, reason="")


@transaction.atomic
def correct_key(
    version: ExamVersion,
    new_key: Mapping[int, EnteredKey],
    reason: str,
    actor: StaffUser | None,
) -> KeyRevision:
    """Write a corrected key of a published or archived version as a new revision.

    Nothing is marked again by this: that is a decision of its own.

    :raises VersionFixed: if the version is a draft, whose key is simply saved
    :raises KeyIncomplete: if a part would be left without a right answer
    :raises KeyUnchanged: if the key says so already
    """
    lock_exam(version.exam_id)
    current = ExamVersion.objects.get(pk=version.pk)
    if current.state == ExamVersion.State.DRAFT:
        raise VersionFixed
    revision, is_new = _write(current, new_key, actor, reason=reason)
    if revision is None or not is_new:
        raise KeyUnchanged
    if unkeyed_parts(current):
        raise KeyIncomplete
    return revision


def settle(draft: ExamVersion, actor: StaffUser | None) -> None:
    """Have the newest revision name every part, also those that nobody has to key."""
    _write(draft, {}, actor, reason="")


def unkeyed_parts(version: ExamVersion) -> list[Part]:
    """Return the parts that still need a right answer, in the order of the paper: 2 queries."""
    entries = keys.current_entries(version.pk)
    return [part for part in _parts(version) if not is_keyed(part, entries)]


def is_keyed(part: Part, entries: Mapping[int, EnteredKey]) -> bool:
    """Return whether ``entries`` hold all that marks ``part``."""
    return is_complete(part.kind, part.option_count, entries.get(part.pk, EMPTY))


def _parts(version: ExamVersion) -> list[Part]:
    return list(
        Part.objects.filter(question__section__version=version)
        .select_related("question")
        .order_by("question__section__position", "question__position", "position")
    )


def _write(
    version: ExamVersion,
    entered: Mapping[int, EnteredKey],
    actor: StaffUser | None,
    *,
    reason: str,
) -> tuple[KeyRevision | None, bool]:
    latest = keys.latest_key(version.pk)
    before = keys.entries(latest.pk) if latest else {}
    after = {
        part.pk: _cleaned(part, entered.get(part.pk, before.get(part.pk, EMPTY)))
        for part in _parts(version)
    }
    if after == before:
        return latest, False
    revision = KeyRevision.objects.create(
        version=version,
        number=latest.number + 1 if latest else 1,
        reason=reason,
        made_at=clock.now(),
        made_by=actor,
    )
    PartKey.objects.bulk_create(
        PartKey(
            revision=revision,
            part_id=part_id,
            correct=list(entry.correct),
            accepted=list(entry.accepted),
            options=dict(entry.options),
        )
        for part_id, entry in after.items()
    )
    audit.record(
        actor,
        "key changed",
        version,
        before={"key": latest.number if latest else None},
        after={"key": revision.number, "parts": _differing(before, after)},
        reason=reason,
    )
    return revision, True


def _cleaned(part: Part, entry: EnteredKey) -> EnteredKey:
    kept = fitted(part.kind, part.option_count, entry)
    options = MarkingOptions.from_json(kept.options)
    stored = {} if options == MarkingOptions() else options.as_json()
    return EnteredKey(kept.correct, kept.accepted, stored)


def _differing(before: Mapping[int, EnteredKey], after: Mapping[int, EnteredKey]) -> int:
    return sum(before.get(part_id) != entry for part_id, entry in after.items())
