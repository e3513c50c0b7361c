"""What a load process is told, and what it tells: plain values that cross between processes."""

from __future__ import annotations

import msgspec


class Seat(msgspec.Struct):
    """What one browser holds."""

    number: int
    session: str
    """With dashes, as it stands in addresses."""
    writer: str
    token: str
    last_seq: int = 0
    cookie: str = ""


class Order(msgspec.Struct):
    """A load, or one process's share of it.

    ``script`` "": the seats save for as long as it is measured (``bench._load``).  Another one:
    each does what it says once (``bench._scripts``), all of them within ``seconds``.
    """

    port: int
    csrf_cookie: str
    csrf_token: str
    seats: list[Seat]
    parts: list[tuple[int, str]]
    questions: list[int]
    connections: int
    interval_seconds: float = 20.0
    warm_up_seconds: float = 10.0
    seconds: float = 60.0
    drain_seconds: float = 45.0
    seed: int = 1
    script: str = ""
    digest: str = ""
    """Of the answers of each seat that hands in."""
    pages: list[str] = []
    """What staff look at."""
    staff_cookie: str = ""


class Saved(msgspec.Struct, array_like=True):
    """A group of entries, as it was sent."""

    number: int
    """Of the seat."""
    first_seq: int
    entries: bytes
    """JSON objects with commas between them."""


class Outcome(msgspec.Struct):
    """What became of a load."""

    save_ms: list[float] = []
    """From the intended moment to the acknowledgement; of one without, to the end."""
    late_ms: list[float] = []
    """From the intended moment until the load process came to it: its own share of ``save_ms``."""
    heartbeat_ms: list[float] = []
    acknowledged: int = 0
    """Requests, heartbeats too, that were acknowledged after the warm-up and before the end."""
    errors: dict[str, int] = {}
    """Requests that did not end in an acknowledgement, by reason; they were made again."""
    call_ms: dict[str, list[float]] = {}
    """By the name of the call: from when the page wanted it to its reply, tries and all."""
    unfinished: int = 0
    """Scripts that were not through when the load process gave up."""
    connections: int = 0
    saved: list[Saved] = []
    saved_in_scripts: list[Saved] = []
    """Their seats are another set's."""
    unsaved: list[Saved] = []
    """What was still without an acknowledgement when the load process gave up."""
