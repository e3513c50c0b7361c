"""What stands in an emergency file: read strictly, since anybody can hand one to the staff."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from placement_test.errors import RescueUnreadable
from placement_test.lib import rescue
from placement_test.saving.entries import (
    JS_SAFE_INTEGER_MAX,
    Entry,
    Identity,
    Kind,
    Ordinal,
    Submission,
    WriterName,
)

# Three hours of typing, an entry every two seconds, come to a tenth of it.
MOST_ENTRIES = 50_000
# That many entries as JSON, base64 and some long texts.
MOST_BYTES = 12_000_000

Lower = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=200)]


class Envelope(msgspec.Struct, frozen=True):
    """The file as it lies on a stick: which session, which key, and what nobody else can read."""

    v: Literal[1]
    session: Lower
    key_id: Short
    epk: Short
    iv: Short
    data: str


class KeptEntry(msgspec.Struct, frozen=True):
    """One entry of the outbox."""

    epoch: Ordinal
    writer: WriterName
    seq: Ordinal
    kind: Kind
    part: Identity
    value: msgspec.Raw
    at: Annotated[int, Meta(ge=-JS_SAFE_INTEGER_MAX, le=JS_SAFE_INTEGER_MAX)] = 0

    def as_entry(self) -> Entry:
        """Return it as a batch carries it."""
        return Entry(self.seq, self.part, self.kind, self.value, self.at)


class Kept(msgspec.Struct, frozen=True):
    """Everything that a browser held for a session."""

    v: Literal[1]
    session: Lower
    made_at_ms: Annotated[int, Meta(ge=-JS_SAFE_INTEGER_MAX, le=JS_SAFE_INTEGER_MAX)]
    entries: Annotated[list[KeptEntry], Meta(max_length=MOST_ENTRIES)]
    ticket: Annotated[str, Meta(max_length=4_000)] | None = None
    submission: Submission | None = None


_envelope = msgspec.json.Decoder(Envelope)
_kept = msgspec.json.Decoder(Kept)


def envelope(content: bytes) -> Envelope:
    """Return the outer part of a file.

    :raises RescueUnreadable: where it is no emergency file
    """
    try:
        return _envelope.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RescueUnreadable from error


def kept(outer: Envelope) -> Kept:
    """Return what the file holds.

    :raises RescueUnreadable, RescueKeyUnknown: as ``rescue.opened``, or where it holds no entries
    """
    plain = rescue.opened(
        session=outer.session, key_id=outer.key_id, epk=outer.epk, iv=outer.iv, data=outer.data
    )
    try:
        plain.decode()  # values are stored as text
        found = _kept.decode(plain)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RescueUnreadable from error
    if found.session != outer.session:
        raise RescueUnreadable
    return found
