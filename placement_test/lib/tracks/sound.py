"""What every format is measured for."""

from __future__ import annotations

from typing import NamedTuple


class Sound(NamedTuple):
    """How long a recording plays and how many bytes of it are sound."""

    duration_ms: int
    size: int
