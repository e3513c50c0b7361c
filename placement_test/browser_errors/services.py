"""Take reports in, within limits, and mark errors as resolved."""

from __future__ import annotations

import importlib.metadata
import logging
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import Resolver404, resolve

from placement_test.browser_errors import rules
from placement_test.errors import TooManyReports
from placement_test.lib import cache, clock
from placement_test.models import BrowserError

if TYPE_CHECKING:
    import datetime as dt

    from placement_test.browser_errors.rules import Batch, Report
    from placement_test.models import StaffUser

logger = logging.getLogger(__name__)

# More kinds of errors than anybody reads; the oldest make room, resolved ones first.
MOST_GROUPS = 500
# A page sends about ten batches in its first hour; a classroom behind one address shares nothing.
BROWSER_BATCHES = 60
BROWSER_SECONDS = 3600
# A release that breaks every page of a large test day must not become load of its own.
ALL_BATCHES = 600
ALL_SECONDS = 60
# Longer than a page tries one batch again.
SENT_AGAIN_SECONDS = 600


def take_in(batch: Batch, *, browser: str, user_agent: str) -> int:
    """Add the reports to their groups; return how many, 0 where the batch was taken in before.

    ``browser`` tells browsers apart for the limit: any text that one browser keeps.
    2 queries for each report of a known group, 4 for the first of a new one.

    :raises TooManyReports: beyond the limits of this browser or of all
    """
    _count("all", ALL_BATCHES, ALL_SECONDS)
    _count(f"browser:{browser}", BROWSER_BATCHES, BROWSER_SECONDS)
    seen = cache.key("browser-errors-batch", browser, batch.name)
    if cache.find(seen):
        return 0
    family = rules.browser_family(user_agent)
    for report in batch.reports:
        _add(report, family)
    cache.keep(seen, 1, SENT_AGAIN_SECONDS)
    return len(batch.reports)


def resolve_error(error: BrowserError, actor: StaffUser) -> bool:
    """Mark the error as resolved: 1 query; return whether it was not before.

    The next report of it opens it again.
    """
    found = BrowserError.objects.filter(pk=error.pk, resolved_at=None)
    return bool(found.update(resolved_at=clock.now(), resolved_by=actor))


def release() -> str:
    """Return the release that is running, or "" where it runs without being installed."""
    try:
        return importlib.metadata.version("primepath")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _add(report: Report, family: str) -> None:
    now = clock.now()
    facts: dict[str, object] = {
        "stack": report.stack,
        "page": _route(report.path),
        "browser": family,
        "release": release(),
        "last_seen_at": now,
    }
    if _add_to_group(report, facts):
        return
    try:
        with transaction.atomic():
            BrowserError.objects.create(
                fingerprint=report.fingerprint,
                kind=report.kind,
                message=report.message,
                context=report.context,
                count=report.count,
                first_seen_at=now,
                **facts,
            )
    except IntegrityError:
        # Another request made the group in between.
        _add_to_group(report, facts)
        return
    logger.warning("new browser error", extra={"fingerprint": report.fingerprint[:12]})
    _make_room(now)


def _add_to_group(report: Report, facts: dict[str, object]) -> bool:
    group = BrowserError.objects.filter(fingerprint=report.fingerprint)
    return bool(
        group.update(count=F("count") + report.count, resolved_at=None, resolved_by=None, **facts)
    )


def _make_room(now: dt.datetime) -> None:
    surplus = BrowserError.objects.count() - MOST_GROUPS
    if surplus <= 0:
        return
    others = BrowserError.objects.exclude(first_seen_at=now)
    oldest = others.order_by(F("resolved_at").asc(nulls_last=True), "last_seen_at")
    BrowserError.objects.filter(pk__in=list(oldest.values_list("pk", flat=True)[:surplus])).delete()


def _route(path: str) -> str:
    """Return the pattern of the page's address: no numbers of rows, no names of sessions."""
    try:
        return resolve(path).route[:160]
    except Resolver404:
        return ""


def _count(who: str, most: int, seconds: int) -> None:
    moment = clock.now().timestamp()
    window = int(moment // seconds)
    name = cache.key("browser-errors", who, window)
    if cache.tally(name, seconds) > most:
        raise TooManyReports(int((window + 1) * seconds - moment) + 1)
