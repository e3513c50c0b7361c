"""Marking again after a key was corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from placement_test.lib.access import Role, actor, requires
from placement_test.models import Level
from placement_test.results import access
from placement_test.results.services import remarking

if TYPE_CHECKING:
    import uuid
    from decimal import Decimal

    from django.http import HttpRequest, HttpResponse

    from placement_test.models import StaffUser

CHANGES_SHOWN = 200
# About ten seconds on a small machine: a reply comes before a proxy gives up.
SESSIONS_A_REQUEST = 1000


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One session whose score or level would change."""

    session_id: uuid.UUID
    name: str
    score_before: Decimal
    score_after: Decimal
    level_before: str
    level_after: str
    changes_level: bool
    is_overruled: bool


@requires(Role.TEACHER)
def remark(request: HttpRequest, revision_id: int) -> HttpResponse:
    """Preview what a corrected key changes; POST does it, a thousand sessions at a time."""
    user = actor(request)
    revision = access.key_revision(user, revision_id)
    if request.method == "POST":
        done = remarking.apply(revision, user, most=SESSIONS_A_REQUEST)
        words = ngettext(
            "%(count)s session marked again: %(levels)s levels changed.",
            "%(count)s sessions marked again: %(levels)s levels changed.",
            done.sessions,
        )
        messages.success(request, words % {"count": done.sessions, "levels": done.levels})
        if done.remaining:
            left = _("%(count)s sessions are left. Press again to go on.")
            messages.warning(request, left % {"count": done.remaining})
        return redirect("staff-remark", revision_id)
    preview = remarking.preview(revision)
    changes = _lines(user, preview.changes)
    context = {
        "revision": revision,
        "preview": preview,
        "changes": changes,
        "hidden": len(preview.changes) - len(changes),
        "exam_id": str(revision.version.exam_id),
    }
    return render(request, "staff/results/remark.html", context)


def _lines(user: StaffUser, changes: list[remarking.Change]) -> list[ChangeLine]:
    """Return the changes of the user's own campuses, changed levels first: 2 queries."""
    ordered = sorted(changes, key=lambda change: not change.changes_level)
    own = access.sessions(user).filter(pk__in=[change.session_id for change in ordered])
    names = dict(own.values_list("pk", "student__name"))
    levels = {
        level.pk: str(level) for level in Level.objects.select_related("sub_program__program")
    }
    mine = [change for change in ordered if change.session_id in names][:CHANGES_SHOWN]
    return [
        ChangeLine(
            session_id=change.session_id,
            name=names[change.session_id] or "",
            score_before=change.score_before,
            score_after=change.score_after,
            level_before=levels.get(change.level_before or 0, ""),
            level_after=levels.get(change.level_after or 0, ""),
            changes_level=change.changes_level,
            is_overruled=change.is_overruled,
        )
        for change in mine
    ]
