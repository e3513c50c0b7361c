"""Take a session up in another browser: by its code, or because staff moved it."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.errors import CodeWrong, ReasonMissing, TooManyTries
from placement_test.lib import audit, clock
from placement_test.models import ResumeTry, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.results import queries as results
from placement_test.sessions import resume_codes, rules, tickets
from placement_test.sessions.services.tokens import issue_token, supersede_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from placement_test.models import StaffUser

logger = logging.getLogger(__name__)

ALL = "all"
# No window reaches further back than ten minutes.
TRIES_KEPT = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session, and the plain token and the ticket for the browser in which it goes on."""

    session: StudentSession
    token: str
    ticket: str | None


@PerformanceMonitor.track_execution_time("sessions.resume")
def resume(typed: str, *, session_id: UUID | None = None) -> Resumed:
    """Take a session up by its code; every browser before is superseded: 11-14 queries.

    ``session_id`` is the session that the page is about, where it is about one.

    :raises CodeWrong: where no session has the code
    :raises TooManyTries: after too many wrong ones, whatever this one is
    """
    code = rules.typed_code(typed)
    if code is None:
        # Nothing was guessed, so nothing is counted.
        raise CodeWrong
    with transaction.atomic():
        resumed = _resume(code, session_id)
    if resumed is None:
        raise CodeWrong
    return resumed


@transaction.atomic
def show_code(session: StudentSession, actor: StaffUser) -> str:
    """Return the session's code and record that ``actor`` saw it: 1 query."""
    audit.record(actor, "resume code shown", session)
    return resume_codes.shown(session)


@transaction.atomic
def renew_code(session_id: UUID, actor: StaffUser) -> StudentSession:
    """Make the session's code another one; browsers that hold the session keep it: 4 queries."""
    session = _new_generation(session_id)
    audit.record(
        actor, "resume code renewed", session, after={"generation": session.resume_generation}
    )
    return session


@transaction.atomic
def transfer(session_id: UUID, actor: StaffUser, *, reason: str) -> StudentSession:
    """Let the session go on only in the browser in which a new code is entered: 5 queries.

    :raises ReasonMissing: without a reason
    """
    if not reason.strip():
        raise ReasonMissing
    session = _new_generation(session_id)
    browsers = supersede_tokens(session, clock.now())
    audit.record(
        actor,
        "session transferred",
        session,
        after={"generation": session.resume_generation, "browsers": browsers},
        reason=reason.strip(),
    )
    return session


def _resume(code: str, session_id: UUID | None) -> Resumed | None:
    """Try the code under the locks of its counters; None where it is wrong and was counted."""
    now = clock.now()
    locator = code[: rules.LOCATOR_LENGTH]
    targets = [ALL, locator, *([str(session_id)] if session_id else [])]
    tries = _locked_tries(targets, now)
    wait = max(_wait(each, now) for each in tries)
    if wait:
        raise TooManyTries(wait)
    session = _session_of(code, session_id)
    if session is None:
        _count_wrong(tries, now)
        return None
    supersede_tokens(session, now)
    token, held = issue_token(session, now)
    # None of the browsers before may claim, so none of them is "elsewhere".
    session.contact_token, session.elsewhere_at = None, None
    session.save(update_fields=["contact_token", "elsewhere_at"])
    ResumeTry.objects.filter(target__in=targets[1:]).delete()
    logger.info("session resumed by its code", extra={"session": session.id})
    return Resumed(session, token, tickets.issue(held))


def _locked_tries(targets: list[str], now: dt.datetime) -> list[ResumeTry]:
    rows = [ResumeTry(target=target, window_at=now, last_at=now) for target in sorted(targets)]
    ResumeTry.objects.bulk_create(rows, ignore_conflicts=True)
    found = ResumeTry.objects.select_for_update().filter(target__in=targets)
    return list(found.order_by("target"))


def _wait(tries: ResumeTry, now: dt.datetime) -> int:
    since_first = (now - tries.window_at).total_seconds()
    if tries.target == ALL:
        return rules.wait_of_all(tries.count, since_first=since_first)
    since_last = (now - tries.last_at).total_seconds()
    return rules.wait_before_try(tries.count, since_first=since_first, since_last=since_last)


def _session_of(code: str, session_id: UUID | None) -> StudentSession | None:
    found = StudentSession.objects.filter(
        resume_locator=code[: rules.LOCATOR_LENGTH], archived_at=None
    )
    if session_id is not None:
        found = found.filter(id=session_id)
    # Where there is none, one is compared all the same: the time must not tell.
    candidates = list(results.locked(found.order_by("id"))) or [StudentSession()]
    fitting = [session for session in candidates if resume_codes.fits(session, code)]
    return next((session for session in fitting if session.resume_locator), None)


def _count_wrong(tries: Iterable[ResumeTry], now: dt.datetime) -> None:
    for each in tries:
        window = rules.ALL_WINDOW_SECONDS if each.target == ALL else rules.TRIES_WINDOW_SECONDS
        if (now - each.window_at).total_seconds() >= window:
            each.window_at, each.count = now, 0
        each.count += 1
        each.last_at = now
        each.save(update_fields=["window_at", "count", "last_at"])
        if each.target == ALL and each.count == rules.MOST_TRIES_OF_ALL:
            logger.warning("very many wrong resume codes")
    ResumeTry.objects.filter(last_at__lt=now - TRIES_KEPT).exclude(target=ALL).delete()


def _new_generation(session_id: UUID) -> StudentSession:
    # Before the session's lock, as in resuming: whoever mistyped the old code may type the new one.
    ResumeTry.objects.filter(target=str(session_id)).delete()
    session = results.locked(StudentSession.objects.filter(id=session_id)).get()
    session.resume_generation += 1
    session.resume_locator = resume_codes.locator(session)
    session.save(update_fields=["resume_generation", "resume_locator"])
    return session
