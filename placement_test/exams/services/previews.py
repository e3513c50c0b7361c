"""Sessions in which staff tried a draft: they go when the draft changes under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_test.models import Placement, Result, StudentSession

if TYPE_CHECKING:
    from placement_test.models import ExamVersion


def remove_previews(version: ExamVersion) -> None:
    """Remove all preview sessions of ``version`` with what was entered in them."""
    previews = StudentSession.objects.filter(version=version, preview_by__isnull=False)
    # Placements protect their results: they have to go first.
    Placement.objects.filter(session__in=previews).delete()
    Result.objects.filter(session__in=previews).delete()
    previews.delete()
