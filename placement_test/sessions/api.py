"""The calls of the save protocol: translate HTTP to services and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from placement_test.errors import DigestDiffers
from placement_test.lib import clock, http
from placement_test.saving import entries
from placement_test.sessions import access, bodies, queries, replies, services

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from placement_test.models import StudentSession
    from placement_test.saving.store import Claimed

# The exam of a session never changes; the browser asks again only after its own cache let go.
EXAM_MAX_AGE_SECONDS = 300
# Where the server's facts about a request carry why a save failed before Django had it.
FAILED = "primepath.failed"


@never_cache
@require_GET
def csrf(request: HttpRequest) -> HttpResponse:
    """Reply with a fresh CSRF token for a page that was open for long."""
    return _json(replies.CsrfToken(get_token(request)))


@never_cache
@require_POST
def begin(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Start the clock of the session; the reply saves asking for the state and claiming."""
    arrived = clock.now()
    wanted = entries.start(http.body(request, settings.SAVE_MAX_BYTES))
    token = access.token_of(request, session_id)
    begun = services.begin(session_id, token=token, arrived=arrived, claim=wanted.claim)
    return _json(
        replies.Begun(
            **services.begun_state(begun),
            allotted_ms=begun.held.session.allotted_seconds * 1000,
            claim=_claimed(begun.claimed) if begun.claimed else None,
        )
    )


@never_cache
@require_POST
def restore(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Make a session again that this server has lost, or bring it back to where it was."""
    ticket = bodies.restoration(http.body(request, bodies.MAX_BYTES)).ticket
    session = services.restore(session_id, ticket, token=access.token_of(request, session_id))
    return _json(replies.Times(**_times(session)))


@never_cache
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Let a session go on in this browser, by its code."""
    wanted = bodies.resumption(http.body(request, bodies.MAX_BYTES))
    resumed = services.resume(wanted.code, session_id=wanted.session)
    session = resumed.session
    reply = replies.Resumed(session.id, next=access.page_of(session), ticket=resumed.ticket)
    response = _json(reply)
    access.grant(response, session, resumed.token)
    return response


@never_cache
@require_POST
def claim(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Give a page its epoch."""
    arrived = clock.now()
    wanted = entries.claim(http.body(request, settings.SAVE_MAX_BYTES))
    claimed = services.claim(
        session_id, wanted, token=access.token_of(request, session_id), arrived=arrived
    )
    return _json(_claimed(claimed))


@never_cache
@require_POST
def answers(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Save a batch of entries; the reply is the acknowledgement."""
    if error := request.META.get(FAILED):
        raise error
    return _json(save(request, session_id))


def save(request: HttpRequest, session_id: UUID) -> entries.SaveReply:
    """Save the batch in a request's body; cost and errors as ``services.save``."""
    arrived = clock.now()
    batch = entries.batch(http.body(request, settings.SAVE_MAX_BYTES))
    return services.save(
        session_id, batch, token=access.token_of(request, session_id), arrived=arrived
    )


@never_cache
@require_GET
def state(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Reply with everything the session holds; an overdue session is ended first."""
    held = access.held(request, session_id, *services.STATE_READS)
    services.end_if_overdue(held.session)
    return _json(replies.Stored(**services.state(held)))


@never_cache
@require_POST
def submit(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Hand in; the reply is the receipt, the same one however often it is asked for."""
    arrived = clock.now()
    submission = entries.submission(http.body(request, settings.SAVE_MAX_BYTES))
    token = access.token_of(request, session_id)
    try:
        receipt = services.submit(session_id, submission, token=token, arrived=arrived)
    except DigestDiffers as error:
        held = access.held(request, session_id, *services.STATE_READS)
        stored = services.state(held)
        differing = replies.Differing(**stored, error=error.code, message=error.words())
        return _json(differing, status=error.status)
    return _json(
        replies.Submitted(
            replies.Signed(receipt.body, receipt.signature, receipt.key_id),
            receipt.check_code,
            next=reverse("sit-done", args=[session_id]),
        )
    )


@require_GET
def exam(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Reply with the session's exam: pages, sections, questions, tracks; never the key."""
    session = access.own_session(request, session_id, "version__exam", "event")
    prepared = queries.exam_reply(session)
    return http.prepared(
        request,
        prepared.content,
        prepared.compressed,
        digest=prepared.digest,
        max_age_seconds=EXAM_MAX_AGE_SECONDS,
    )


def _times(session: StudentSession) -> dict[str, Any]:
    now = clock.now()
    return {
        "state": session.state,
        "remaining_ms": services.remaining_ms(session, now),
        "allotted_ms": session.allotted_seconds * 1000,
        "server_ms": int(now.timestamp() * 1000),
    }


def _claimed(claimed: Claimed) -> replies.Claimed:
    return replies.Claimed(claimed.epoch, claimed.rev, claimed.events)


def _json(content: object, status: int = 200) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(content), content_type="application/json", status=status
    )
