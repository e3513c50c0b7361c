"""The academy's policies and the revisions of its consent text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from placement_test.academy import queries
from placement_test.errors import ChangedMeanwhile, NothingChanged
from placement_test.lib import academy as current_academy
from placement_test.lib import audit, clock, decisions
from placement_test.models import Academy, ConsentText

if TYPE_CHECKING:
    from placement_test.models import StaffUser

POLICIES = (
    "name",
    "time_zone",
    "locale",
    "ask_birth_date",
    "ask_phone",
    "ask_school",
    "shown_result",
    "level_changes",
    "level_change_minutes",
)


def stored_academy() -> Academy:
    """Return the academy's row for editing, made where there is none yet."""
    return Academy.objects.get_or_create(id=1, defaults={"name": "PrimePath"})[0]


def change_policies(actor: StaffUser, academy: Academy) -> None:
    """Save what differs in ``academy``; every page follows at once."""
    decisions.changed(actor, "policies changed", academy, fields=POLICIES)
    current_academy.forget()


def revise_consent(actor: StaffUser, *, base: int, korean: str, english: str) -> ConsentText:
    """Make the next revision of the consent text; earlier ones stay with their sessions.

    ``base`` is the number of the revision that was edited, 0 for none.

    :raises ChangedMeanwhile: where ``base`` is not the current one any more
    :raises NothingChanged: where both texts are those of the current one
    """
    current = queries.current_consent()
    if (current.number if current else 0) != base:
        raise ChangedMeanwhile
    if current and (current.korean, current.english) == (korean, english):
        raise NothingChanged
    text = ConsentText(
        number=base + 1, korean=korean, english=english, made_at=clock.now(), made_by=actor
    )
    try:
        with transaction.atomic():
            text.save()
            audit.record(
                actor,
                "consent text revised",
                text,
                before={"number": base},
                after={"number": text.number},
            )
    except IntegrityError as error:  # the number is taken since it was looked up
        raise ChangedMeanwhile from error
    return text
