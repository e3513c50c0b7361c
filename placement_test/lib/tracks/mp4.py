"""M4A: boxes within boxes, and a table that says where in the file each piece of sound lies."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from mutagen import MutagenError
from mutagen.mp4 import MP4

from placement_test.errors import TrackDamaged, TrackNotAudio, TrackUnplayable
from placement_test.lib.tracks.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Iterator

# What may stay.  The rest is blanked where it stands, because moving sound breaks the table.
KEPT = {
    b"": {b"ftyp", b"moov", b"mdat"},
    b"moov": {b"mvhd", b"trak"},
    b"trak": {b"tkhd", b"edts", b"mdia"},
    b"mdia": {b"mdhd", b"hdlr", b"minf"},
}
# Version, two fields and what it handles; after that a name in free text.
HANDLER_AT, HANDLER_NAME_AT = 8, 24
MUTAGEN: Any = MP4  # it has few types
LARGE_SIZE, TO_THE_END = 1, 0


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def is_mp4(content: bytes) -> bool:
    """Return whether it begins as an MP4 does."""
    return content[4:8] == b"ftyp"


def measure(content: bytes) -> Sound:
    """Return length and size.

    :raises TrackDamaged: if it is cut off or its tables are wrong
    :raises TrackNotAudio: if it is a picture
    :raises TrackUnplayable: if it holds video, chapters or a coding other than AAC
    """
    outer = _boxes(content, 0, len(content))
    kinds = [box.kind for box in outer]
    if b"moov" not in kinds:
        raise TrackNotAudio if b"meta" in kinds else TrackDamaged
    if _handlers(content, outer) != [b"soun"] or b"moof" in kinds:
        raise TrackUnplayable
    try:
        info = MUTAGEN(io.BytesIO(content)).info
    except (MutagenError, struct.error, ValueError, RecursionError) as error:
        raise TrackDamaged from error
    if not info.codec.startswith("mp4a.40"):
        raise TrackUnplayable
    size = sum(box.end - box.body for box in outer if box.kind == b"mdat")
    if info.length <= 0 or size == 0:
        raise TrackDamaged
    return Sound(round(info.length * 1000), size)


def strip_tags(content: bytes) -> bytes:
    """Return it with zeros for whatever is not needed to play it."""
    changed = bytearray(content)
    _blank(changed, content, b"", _boxes(content, 0, len(content)))
    return bytes(changed)


def _blank(changed: bytearray, content: bytes, parent: bytes, boxes: list[_Box]) -> None:
    for box in boxes:
        if box.kind not in KEPT[parent]:
            changed[box.start + 4 : box.start + 8] = b"free"
            changed[box.body : box.end] = bytes(box.end - box.body)
        elif box.kind == b"hdlr":
            named = min(box.end, box.body + HANDLER_NAME_AT)
            changed[named : box.end] = bytes(box.end - named)
        elif box.kind in KEPT:
            _blank(changed, content, box.kind, _boxes(content, box.body, box.end))


def _handlers(content: bytes, outer: list[_Box]) -> list[bytes]:
    """Return what each track holds: ``soun``, ``vide``, ``text`` ..."""
    return [
        content[box.body + HANDLER_AT : box.body + HANDLER_AT + 4]
        for moov in outer
        for trak in _inside(content, moov, b"moov")
        for mdia in _inside(content, trak, b"trak")
        for box in _inside(content, mdia, b"mdia")
        if box.kind == b"hdlr"
    ]


def _inside(content: bytes, box: _Box, kind: bytes) -> Iterator[_Box]:
    """Yield the boxes in ``box`` if it is a ``kind``."""
    if box.kind == kind:
        yield from _boxes(content, box.body, box.end)


def _boxes(content: bytes, start: int, stop: int) -> list[_Box]:
    boxes = []
    while start < stop:
        if start + 8 > stop:
            raise TrackDamaged
        size, kind = struct.unpack_from(">I4s", content, start)
        body = start + 8
        if size == LARGE_SIZE and start + 16 <= stop:
            (size,) = struct.unpack_from(">Q", content, body)
            body += 8
        elif size == TO_THE_END:
            size = stop - start
        if size < body - start or start + size > stop:
            raise TrackDamaged
        boxes.append(_Box(kind, start, body, start + size))
        start += size
    return boxes
