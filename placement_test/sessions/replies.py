"""What the calls of a session answer; ``docs/openapi.json`` is made from these shapes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from placement_test.models import StudentSession
from placement_test.saving.entries import Value

SessionState = Annotated[str, Meta(extra_json_schema={"enum": StudentSession.State.values})]
RawValue = Annotated[msgspec.Raw, Meta(extra_json_schema=msgspec.json.schema(Value))]
Held = tuple[int, int, RawValue]
"""Epoch, seq and value of what a part holds."""


class Times(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a session's clock stands."""

    state: SessionState
    remaining_ms: int
    allotted_ms: int
    server_ms: int


class Resumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A session that goes on in this browser, the page to go to, and what makes it again."""

    session: UUID
    next: str
    ticket: str | None


class Claimed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The epoch of a writer; ``rev`` and ``events`` as a state has them."""

    epoch: int
    rev: int
    events: int


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a session holds; ``events`` is how many entries it ever took."""

    epoch: int
    state: SessionState
    rev: int
    events: int
    answers: dict[str, Held]
    flags: dict[str, Held]
    plays: dict[str, Held]
    through: dict[str, int]
    paused: bool
    remaining_ms: int
    server_ms: int
    elsewhere_ms: int | None
    ticket: str | None
    resume_code: str | None


class Begun(Stored, frozen=True):
    """A session that was started; ``claim``: the page that started it may write under that."""

    allotted_ms: int
    claim: Claimed | None


class Differing(Stored, frozen=True):
    """A submission that was refused, since the server holds something else: this."""

    error: str
    message: str


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt as it was signed."""

    body: str
    signature: str
    key_id: str


class Submitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The receipt of a submission, and the page to go to."""

    receipt: Signed
    check_code: str
    next: str


class ReceiptFile(Signed, frozen=True):
    """A receipt as a file to keep."""

    check_code: str


class PublicKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that checks receipts, in base64."""

    id: str
    algorithm: str
    public_key: str


class PublicKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, newest first."""

    keys: list[PublicKey]


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One size of a page's picture."""

    width: int
    height: int


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the paper."""

    id: int
    position: int
    images: list[Image]
    has_words: bool


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is answered."""

    id: int
    kind: str
    label: str
    options: list[str]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, with its place on the paper."""

    id: int
    number: str
    kind: str
    text: str
    page: int | None
    x: float | None
    y: float | None
    tracks: tuple[int, ...]
    parts: list[Part]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of the exam."""

    id: int
    title: str
    skill: str
    questions: list[Question]


class Track(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A listening track."""

    id: int
    title: str
    content_type: str
    size: int
    duration_ms: int
    play_limit: int | None


class Exam(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exam as a student sees it: no key, no points, no file names."""

    version: int
    title: str
    event: str | None
    allotted_seconds: int
    pages: list[Page]
    sections: list[Section]
    tracks: list[Track]


class Rescued(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an emergency file."""

    session: str
    entries: int
    accepted: dict[str, int]
    submission: str
    check_code: str
    message: str
    lines: list[str]


class CsrfToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fresh token for unsafe calls."""

    token: str
