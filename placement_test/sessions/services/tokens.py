"""Which browsers may act for a session."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from placement_test.errors import SessionUnknown, TokenMissing
from placement_test.lib.compiled import Compiled
from placement_test.models import SessionToken, StudentSession
from placement_test.results import queries as results
from placement_test.saving.store import token_digest

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

TOKEN_BYTES = 32  # 256 bits


def issue_token(session: StudentSession, at: dt.datetime) -> tuple[str, SessionToken]:
    """Return a new token in the clear, and its row, which has only the digest: 1 query."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    digest = token_digest(token)
    return token, SessionToken.objects.create(session=session, digest=digest, issued_at=at)


def supersede_tokens(session: StudentSession, at: dt.datetime) -> int:
    """Let every browser so far hand in what it holds and no more; return how many: 1 query."""
    return SessionToken.objects.filter(session=session, superseded_at=None).update(superseded_at=at)


_locked = Compiled(
    lambda session_id: results.locked(StudentSession.objects.filter(id=session_id)).select_related(
        "student", "version"
    )
)
_right = Compiled(
    lambda digest, session_id: SessionToken.objects.filter(digest=digest, session_id=session_id)
)


def owned(session_id: UUID, *, token: str) -> SessionToken:
    """Return a browser's right to a session that is locked now: 2 queries.

    ``.session`` is the locked session with its student and version.

    :raises SessionUnknown: where there is no such session
    :raises TokenMissing: where the token is not one of its own
    """
    session = _locked.first(session_id)
    if session is None:
        raise SessionUnknown
    # Read after the lock: PostgreSQL shows rows that were joined to it as they were before.
    held = _right.first(token_digest(token), session_id)
    if held is None:
        raise TokenMissing
    held.session = session
    return held
