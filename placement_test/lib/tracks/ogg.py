"""OGG: pages of one stream, Opus or Vorbis."""

from __future__ import annotations

import io
import struct
from typing import Any, NamedTuple

from mutagen import MutagenError
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from placement_test.errors import TrackDamaged, TrackUnplayable
from placement_test.lib.tracks.sound import Sound

HEADER_BYTES = 27
# mutagen has few types
CODINGS: dict[bytes, Any] = {b"OpusHead": OggOpus, b"\x01vorbis": OggVorbis}


class _Page(NamedTuple):
    serial: int
    number: int
    granule: int
    body: bytes


def is_ogg(content: bytes) -> bool:
    """Return whether it begins as an OGG does."""
    return content[:4] == b"OggS"


def measure(content: bytes) -> Sound:
    """Return length and size.

    :raises TrackDamaged: if a page is missing or cut off
    :raises TrackUnplayable: if it holds anything but one stream of Opus or Vorbis
    """
    pages = _pages(content)
    if len({page.serial for page in pages}) > 1:
        raise TrackUnplayable
    if [page.number for page in pages] != list(range(len(pages))):
        raise TrackDamaged
    seconds = _opened(content).info.length
    if seconds <= 0:
        raise TrackDamaged
    # pages of headers stand at position 0
    return Sound(round(seconds * 1000), sum(len(page.body) for page in pages if page.granule))


def strip_tags(content: bytes) -> bytes:
    """Return the stream with an empty comment header."""
    opened = _opened(content)
    changed = io.BytesIO(content)
    opened.delete(changed)
    return changed.getvalue()


def _opened(content: bytes) -> Any:
    first = _pages(content)[0].body
    for mark, coding in CODINGS.items():
        if first.startswith(mark):
            try:
                return coding(io.BytesIO(content))
            except (MutagenError, struct.error, ValueError) as error:
                raise TrackDamaged from error
    raise TrackUnplayable


def _pages(content: bytes) -> list[_Page]:
    pages, at = [], 0
    while at < len(content):
        header = content[at : at + HEADER_BYTES]
        if len(header) < HEADER_BYTES or header[:4] != b"OggS":
            raise TrackDamaged
        granule, serial, number = struct.unpack_from("<qII", header, 6)
        sizes = content[at + HEADER_BYTES : at + HEADER_BYTES + header[-1]]
        body = at + HEADER_BYTES + header[-1]
        at = body + sum(sizes)
        if len(sizes) < header[-1] or at > len(content):
            raise TrackDamaged
        pages.append(_Page(serial, number, granule, content[body:at]))
    return pages
