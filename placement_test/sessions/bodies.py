"""What a browser sends to get a session back: after a loss on the server, or by its code."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from placement_test.saving import entries
from placement_test.sessions.tickets import MOST_CHARACTERS

# A ticket and its name; the code is much shorter.
MAX_BYTES = 8 * 1024


class Restoration(msgspec.Struct, frozen=True):
    """The ticket of a session."""

    ticket: Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]


class Resumption(msgspec.Struct, frozen=True):
    """A resume code as it was typed, and the session that the page is about, if it is."""

    code: Annotated[str, Meta(max_length=64)]
    session: UUID | None = None


_restoration = msgspec.json.Decoder(Restoration)
_resumption = msgspec.json.Decoder(Resumption)


def restoration(body: bytes) -> Restoration:
    """Return the ticket of a request's body.

    :raises BadRequest: where there is none
    """
    return entries.read(_restoration, body)  # type: ignore[no-any-return]


def resumption(body: bytes) -> Resumption:
    """Return the code of a request's body.

    :raises BadRequest: where there is none
    """
    return entries.read(_resumption, body)  # type: ignore[no-any-return]
