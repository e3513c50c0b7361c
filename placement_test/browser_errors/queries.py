"""What staff read about errors in browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_test.models import BrowserError

if TYPE_CHECKING:
    from django.db.models import QuerySet


def errors(*, resolved: bool) -> QuerySet[BrowserError]:
    """Return the errors that are resolved, or those that are not; newest first, without stacks."""
    return BrowserError.objects.filter(resolved_at__isnull=not resolved).defer("stack")
