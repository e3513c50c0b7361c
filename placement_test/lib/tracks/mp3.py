"""MP3: frames one after another, with tags before, after and sometimes between them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from placement_test.errors import TrackDamaged
from placement_test.lib.tracks.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Iterator

# kbit/s of layer 3 by the number in the header; 0 and 15 are not for files
BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
RATES = {3: (44100, 48000, 32000, 0), 2: (22050, 24000, 16000, 0), 0: (11025, 12000, 8000, 0)}
MPEG_1, LAYER_3, MONO = 3, 1, 3
ID3_BYTES, ID3V1_BYTES, APE_BYTES = 10, 128, 32
# What some programs leave between a tag and the sound, or after it.
JUNK_BYTES = 4096
MOST_GAPS = 16
# Encoders count their own first frame or not, and cutters drop one or two.
FRAMES_MISSING = 2
COUNTED, VBRI_AT = 1, 36


class _Frame(NamedTuple):
    start: int
    end: int
    samples: int
    rate: int
    info_at: int


def is_mp3(content: bytes) -> bool:
    """Return whether it begins as an MP3 does: with a tag, or with two frames."""
    if content[:3] == b"ID3":
        return True
    first = _frame(content, 0)
    return first is not None and _frame(content, first.end) is not None


def measure(content: bytes) -> Sound:
    """Return length and size.

    :raises TrackDamaged: if it has fewer frames than it says, or the last one is cut off
    """
    frames, is_whole = _frames(content)
    if not frames:
        raise TrackDamaged
    declared = _declared(content, frames[0])
    if declared is None:
        sounding = frames
    else:
        sounding = frames[1:]
        is_whole = len(sounding) >= declared - FRAMES_MISSING
    if not sounding or not is_whole:
        raise TrackDamaged
    seconds = sum(frame.samples / frame.rate for frame in sounding)
    return Sound(round(seconds * 1000), sum(frame.end - frame.start for frame in sounding))


def strip_tags(content: bytes) -> bytes:
    """Return the frames alone."""
    frames, _is_whole = _frames(content)
    return b"".join(content[frame.start : frame.end] for frame in frames)


def _frames(content: bytes) -> tuple[list[_Frame], bool]:
    """Return all whole frames, and whether nothing but tags and padding follows them."""
    frames: list[_Frame] = []
    at, stop, gaps = 0, _end_of_sound(content), 0
    while at < stop:
        frame = _frame(content, at)
        if frame is not None and frame.end > stop:
            return frames, False
        if frame is not None:
            frames.append(frame)
            at = frame.end
        elif content[at : at + 3] == b"ID3":
            at += _id3_bytes(content, at)
        else:
            found = next(_resynchronised(content, at, stop), None)
            gaps += 1
            if found is None or gaps > MOST_GAPS:
                return frames, stop - at <= JUNK_BYTES or not any(content[at:stop])
            at = found
    return frames, True


def _resynchronised(content: bytes, at: int, stop: int) -> Iterator[int]:
    """Yield where, after junk, two frames of one kind follow each other."""
    for start in range(at + 1, min(stop, at + JUNK_BYTES)):
        frame = _frame(content, start)
        after = frame and _frame(content, frame.end)
        if frame and after and frame.rate == after.rate:
            yield start


def _frame(content: bytes, at: int) -> _Frame | None:
    """Return the frame whose header stands at ``at``, even if the content ends before it does."""
    if at + 4 > len(content):
        return None
    (bits,) = struct.unpack_from(">I", content, at)
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    if bits >> 21 != 0x7FF or layer != LAYER_3 or version not in RATES:  # noqa: PLR2004 - sync
        return None
    is_first = version == MPEG_1
    kbits = (BITRATES_1 if is_first else BITRATES_2)[bits >> 12 & 15]
    rate = RATES[version][bits >> 10 & 3]
    if not kbits or not rate:
        return None
    size = (144_000 if is_first else 72_000) * kbits // rate + (bits >> 9 & 1)
    is_mono = bits >> 6 & 3 == MONO
    side = (17 if is_mono else 32) if is_first else (9 if is_mono else 17)
    return _Frame(at, at + size, 1152 if is_first else 576, rate, at + 4 + side)


def _declared(content: bytes, first: _Frame) -> int | None:
    """Return how many frames follow ``first``, where it is one that says so."""
    mark = content[first.info_at : first.info_at + 4]
    if mark in {b"Xing", b"Info"}:
        flags = _number(content, first.info_at + 4)
        return _number(content, first.info_at + 8) if flags & COUNTED else 0
    if content[first.start + VBRI_AT : first.start + VBRI_AT + 4] == b"VBRI":
        return _number(content, first.start + VBRI_AT + 14)
    return None


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "big")


def _end_of_sound(content: bytes) -> int:
    """Return where the tags at the end begin."""
    stop = len(content)
    if content[stop - ID3V1_BYTES :][:3] == b"TAG":
        stop -= ID3V1_BYTES
    footer = content[max(0, stop - APE_BYTES) : stop]
    if footer[:8] == b"APETAGEX" and len(footer) == APE_BYTES:
        size, _items, flags = struct.unpack_from("<III", footer, 12)
        stop -= size + (APE_BYTES if flags >> 31 else 0)
    return max(0, stop)


def _id3_bytes(content: bytes, at: int) -> int:
    """Return how long the tag is, at least one byte."""
    header = content[at : at + ID3_BYTES]
    if len(header) < ID3_BYTES:
        return ID3_BYTES
    size = 0
    for byte in header[6:]:
        size = size << 7 | byte & 0x7F
    has_footer = header[5] & 0x10
    return ID3_BYTES + size + (ID3_BYTES if has_footer else 0)
