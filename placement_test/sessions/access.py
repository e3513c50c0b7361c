"""What lets a browser act for a session: one random token a session, in a cookie of its own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from placement_test.errors import CodeNeeded, SessionUnknown, TokenMissing
from placement_test.lib.compiled import Compiled
from placement_test.models import SessionToken, StudentSession
from placement_test.saving.store import token_digest

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

# The longest test day and the night after it; what a shared tablet keeps longer, fills its
# request headers.
TOKEN_COOKIE_SECONDS = 48 * 3600


def cookie_name(session_id: UUID) -> str:
    """Return the name of the session's cookie; ``__Host-`` pins it to this host under HTTPS."""
    return f"{'__Host-' if settings.HTTPS else ''}pp-{session_id.hex}"


def token_of(request: HttpRequest, session_id: UUID) -> str:
    """Return the token that the browser holds for the session, or ""."""
    return request.COOKIES.get(cookie_name(session_id), "")


def grant(response: HttpResponse, session: StudentSession, token: str) -> None:
    """Hand the token to the browser."""
    response.set_cookie(
        cookie_name(session.id),
        token,
        max_age=TOKEN_COOKIE_SECONDS,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",
    )


def page_of(session: StudentSession) -> str:
    """Return the address of the page on which a session goes on in its state."""
    if session.ended_at is not None:
        name = "sit-done"
    elif session.started_at is None:
        name = "sit-intro"
    else:
        name = "sit-runner"
    return reverse(name, args=[session.id])


def held(request: HttpRequest, session_id: UUID, *joined: str) -> SessionToken:
    """Return this browser's right to the session, with the session: 1 query.

    ``joined`` are fields of the session that are read in the same query ("student").

    :raises SessionUnknown: where there is no such session
    :raises TokenMissing: where the browser holds no token of it
    """
    token = _right(joined).first(token_digest(token_of(request, session_id)), session_id)
    if token is not None:
        return token
    if StudentSession.objects.filter(id=session_id).exists():
        raise TokenMissing
    raise SessionUnknown


@functools.cache
def _right(joined: tuple[str, ...]) -> Compiled[SessionToken]:
    names = ["session", *(f"session__{field}" for field in joined)]
    return Compiled(
        lambda digest, session_id: SessionToken.objects.filter(
            digest=digest, session_id=session_id
        ).select_related(*names)
    )


def own_session(request: HttpRequest, session_id: UUID, *joined: str) -> StudentSession:
    """Return the session where this browser may look at it; cost and errors as ``held``."""
    return held(request, session_id, *joined).session


def leading_session(request: HttpRequest, session_id: UUID, *joined: str) -> StudentSession:
    """Return the session where it goes on in this browser; cost and errors as ``held``.

    :raises CodeNeeded: where it went on to another one
    """
    right = held(request, session_id, *joined)
    if right.superseded_at is not None:
        raise CodeNeeded
    return right.session
