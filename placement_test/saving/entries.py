"""What a browser sends to be saved and what it is told: the wire format and its versions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from placement_test.errors import BadRequest

# Pages that were open before a release speak the version before it until their outbox is empty and
# they are loaded again: a release raises both by one, never by more.
PROTOCOL = 1
OLDEST_PROTOCOL = 1
# A batch is what one save carries; the browser keeps the rest for the next one.
MOST_ENTRIES = 64
POSTGRES_INTEGER_MAX = 2**31 - 1
JS_SAFE_INTEGER_MAX = 2**53 - 1
# Half of the column: a page that names a greater one raises the session's epoch no further, so
# that claims still find a billion above it, which their pages may send.
HIGHEST_BELIEVED_EPOCH = 2**30

Count = Annotated[int, Meta(ge=0, le=POSTGRES_INTEGER_MAX)]
Ordinal = Annotated[int, Meta(ge=1, le=POSTGRES_INTEGER_MAX)]
Identity = Annotated[int, Meta(ge=1, le=JS_SAFE_INTEGER_MAX)]
WriterName = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Version = Annotated[int, Meta(ge=OLDEST_PROTOCOL, le=PROTOCOL)]
Kind = Literal["answer", "flag", "play"]
Value = None | bool | int | str | list[int]
# Written out: the proof kit reads the wire format without Django.  A test holds them to the tables.
STATUSES = ("applied", "superseded", "late", "rejected", "duplicate", "conflict")
# ``claimed``: another page claimed since, or the browser is superseded.
PAGE_STATES = ("registered", "open", "submitted", "expired", "claimed")
Status = Annotated[str, Meta(extra_json_schema={"enum": [*STATUSES]})]
PageState = Annotated[str, Meta(extra_json_schema={"enum": [*PAGE_STATES]})]


class Entry(msgspec.Struct, frozen=True):
    """One recorded change; ``value`` stays raw until it is checked, so that nothing is lost."""

    seq: Ordinal
    part: Identity
    kind: Kind
    value: msgspec.Raw
    at: Annotated[int, Meta(ge=-JS_SAFE_INTEGER_MAX, le=JS_SAFE_INTEGER_MAX)] = 0


class Batch(msgspec.Struct, frozen=True):
    """The entries of one writer under one epoch; no entries: a heartbeat."""

    v: Version
    nonce: Annotated[str, Meta(min_length=1, max_length=64)]
    epoch: Ordinal
    writer: WriterName
    entries: Annotated[list[Entry], Meta(max_length=MOST_ENTRIES)] = []
    pending: Count = 0
    storage: Literal["idb", "local", "memory", ""] = ""


class Claim(msgspec.Struct, frozen=True):
    """A page asks to write under an epoch of its own."""

    writer: WriterName
    seen_epoch: Count = 0


class Start(msgspec.Struct, frozen=True):
    """A student starts; with ``writer`` the page claims in the same call, where nobody has yet."""

    writer: WriterName | None = None
    seen_epoch: Count = 0

    @property
    def claim(self) -> Claim | None:
        """What the page asks to write under."""
        return None if self.writer is None else Claim(self.writer, self.seen_epoch)


class Submission(msgspec.Struct, frozen=True):
    """A student hands in: the writer's last seq and the digest of what the page shows."""

    submit_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\Z")]
    writer: WriterName
    last_seq: Count
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class EntryReply(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What became of one entry."""

    seq: int
    status: Status
    reason: str = ""


class SaveReply(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The only acknowledgement there is: sent after the commit, in the version of the batch."""

    v: int = msgspec.field(name="v")
    nonce: str = msgspec.field(name="nonce")
    session: str = msgspec.field(name="session")
    accepted: list[EntryReply] = msgspec.field(name="accepted")
    through: int = msgspec.field(name="through")
    missing: list[tuple[int, int]] = msgspec.field(name="missing")
    state: PageState = msgspec.field(name="state")
    rev: int = msgspec.field(name="rev")
    server_ms: int = msgspec.field(name="server_ms")
    remaining_ms: int = msgspec.field(name="remaining_ms")
    next_flush_ms: int = msgspec.field(name="next_flush_ms")
    end_spread_ms: int = msgspec.field(name="end_spread_ms")
    paused: bool = False
    message: str = ""


_batch = msgspec.json.Decoder(Batch)
_claim = msgspec.json.Decoder(Claim)
_start = msgspec.json.Decoder(Start)
_submission = msgspec.json.Decoder(Submission)


def batch(body: bytes) -> Batch:
    """Return the batch of a request's body.

    :raises BadRequest: where it is not one; ``detail`` names the field
    """
    return read(_batch, body)  # type: ignore[no-any-return]


def claim(body: bytes) -> Claim:
    """Return the claim of a request's body.

    :raises BadRequest: where it is not one
    """
    return read(_claim, body)  # type: ignore[no-any-return]


def start(body: bytes) -> Start:
    """Return the start of a request's body; none at all is one without a claim.

    :raises BadRequest: where it is not one
    """
    return read(_start, body or b"{}")  # type: ignore[no-any-return]


def submission(body: bytes) -> Submission:
    """Return the submission of a request's body.

    :raises BadRequest: where it is not one
    """
    return read(_submission, body)  # type: ignore[no-any-return]


def read(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Return what ``decoder`` makes of a request's body.

    :raises BadRequest: where it is not that; ``detail`` names the field
    """
    try:
        body.decode()  # a raw value is stored as text: refuse what is not UTF-8 here
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(detail=str(error)[:200]) from error
