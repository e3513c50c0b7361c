"""The code that moves a session to another browser: twelve symbols, shown as 4-4-4.

They follow from the session's id and its generation under a key of this installation, so that no
table holds a code.  The first four find the session and are stored; the rest is the secret.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from django.conf import settings

from placement_test.sessions.rules import LOCATOR_LENGTH, grouped, symbols

if TYPE_CHECKING:
    from placement_test.lib.keys import Key
    from placement_test.models import StudentSession


def locator(session: StudentSession) -> str:
    """Return the first symbols of the session's code under the newest key."""
    return _code(settings.KEY_RINGS["resume"][0], session)[:LOCATOR_LENGTH]


def shown(session: StudentSession) -> str:
    """Return the session's code as people read it; "" where its key is gone: make a new one."""
    code = _current(session)
    return grouped(code) if code else ""


def fits(session: StudentSession, code: str) -> bool:
    """Return whether the code is the session's own, in a time that says nothing about it."""
    current = _current(session) or _code(settings.KEY_RINGS["resume"][0], session)
    return hmac.compare_digest(current, code)


def _current(session: StudentSession) -> str | None:
    # A key that was rotated still makes the codes that were written down under it.
    codes = [_code(key, session) for key in settings.KEY_RINGS["resume"]]
    return next((code for code in codes if code[:LOCATOR_LENGTH] == session.resume_locator), None)


def _code(key: Key, session: StudentSession) -> str:
    subject = f"{session.id} {session.resume_generation}"
    return symbols(hmac.new(key.secret, subject.encode(), hashlib.sha256).digest())
