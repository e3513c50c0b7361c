"""WAV: samples after a header that has to tell the truth."""

from __future__ import annotations

import struct

from placement_test.errors import TrackDamaged, TrackUnplayable
from placement_test.lib.tracks.sound import Sound

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
FORMAT_BYTES = 16
# In the extensible form the true coding stands at the beginning of the last field.
EXTENSIBLE_BYTES, SUBFORMAT_AT = 40, 24


def is_wav(content: bytes) -> bool:
    """Return whether it begins as a WAV does."""
    return content[:4] == b"RIFF" and content[8:12] == b"WAVE"


def measure(content: bytes) -> Sound:
    """Return length and size.

    :raises TrackDamaged: if there are fewer samples than the header says, or the header is wrong
    :raises TrackUnplayable: if the samples are packed in a way that browsers do not know
    """
    form, samples = _parts(content)
    coding, channels, rate, per_second, block, bits = struct.unpack_from("<HHIIHH", form)
    if coding == EXTENSIBLE and len(form) >= EXTENSIBLE_BYTES:
        (coding,) = struct.unpack_from("<H", form, SUBFORMAT_AT)
    if coding not in {PCM, FLOAT}:
        raise TrackUnplayable
    if not (block and rate and block * 8 == channels * bits and per_second == rate * block):
        raise TrackDamaged
    if len(samples) < block:
        raise TrackDamaged
    return Sound(len(samples) * 1000 // per_second, len(samples))


def strip_tags(content: bytes) -> bytes:
    """Return header and samples alone."""
    chunks = b"".join(
        name + struct.pack("<I", len(part)) + part + bytes(len(part) % 2)
        for name, part in zip((b"fmt ", b"data"), _parts(content), strict=True)
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _parts(content: bytes) -> tuple[bytes, bytes]:
    """Return the first format and data chunks."""
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        part = content[at + 8 : at + 8 + size]
        if len(part) < size and name == b"data":
            raise TrackDamaged
        found.setdefault(name, part)
        at += 8 + size + size % 2
    if len(found.get(b"fmt ", b"")) < FORMAT_BYTES or b"data" not in found:
        raise TrackDamaged
    return found[b"fmt "], found[b"data"]
