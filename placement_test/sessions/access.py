"""What lets a browser act for a session: one random token a session, in a cookie of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, OuterRef

from placement_test.errors import SessionUnknown, TokenMissing
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


def own_session(request: HttpRequest, session_id: UUID) -> StudentSession:
    """Return the session when this browser may act for it: 1 query.

    :raises SessionUnknown: where there is no such session
    :raises TokenMissing: where the browser holds no token of it
    """
    token = SessionToken.objects.filter(
        session_id=OuterRef("id"), digest=token_digest(token_of(request, session_id))
    )
    session = (
        StudentSession.objects.annotate(is_own=Exists(token))
        .select_related("event", "version__exam", "start_level__sub_program__program")
        .filter(id=session_id)
        .first()
    )
    if session is None:
        raise SessionUnknown
    if not session.is_own:
        raise TokenMissing
    return session
