"""Listening tracks: what an uploaded recording really is, and a copy without its tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement_test.errors import TrackNotAudio, TrackTooLarge, TrackTooLong
from placement_test.lib.tracks import mp3, mp4, ogg, wav

if TYPE_CHECKING:
    from collections.abc import Callable

    from placement_test.lib.tracks.sound import Sound

# The listening part of any school exam is shorter; an hour is somebody's lecture.
MOST_MS = 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What to serve a track as, how long it plays, and its bits per second on average."""

    content_type: str
    suffix: str
    duration_ms: int
    bitrate: int


@dataclass(frozen=True, slots=True)
class _Format:
    content_type: str
    suffix: str
    is_this: Callable[[bytes], bool]
    measure: Callable[[bytes], Sound]
    strip_tags: Callable[[bytes], bytes]


FORMATS = (
    _Format("audio/wav", ".wav", wav.is_wav, wav.measure, wav.strip_tags),
    _Format("audio/ogg", ".ogg", ogg.is_ogg, ogg.measure, ogg.strip_tags),
    _Format("audio/mp4", ".m4a", mp4.is_mp4, mp4.measure, mp4.strip_tags),
    # last: two bytes are enough to look like one
    _Format("audio/mpeg", ".mp3", mp3.is_mp3, mp3.measure, mp3.strip_tags),
)


def inspect(content: bytes, *, max_bytes: int, max_ms: int = MOST_MS) -> TrackFacts:
    """Return what the recording is, by its content alone, if it can be played in full.

    :raises TrackRejected: a subclass for each reason, with words that say what to do
    """
    if len(content) > max_bytes:
        raise TrackTooLarge(most_mb=max_bytes // 1_000_000)
    found = _format(content)
    sound = found.measure(content)
    if sound.duration_ms > max_ms:
        raise TrackTooLong(most_minutes=max_ms // 60_000)
    bitrate = sound.size * 8000 // max(1, sound.duration_ms)
    return TrackFacts(found.content_type, found.suffix, sound.duration_ms, bitrate)


def strip_tags(content: bytes) -> bytes:
    """Return the recording without titles, comments and pictures, which may tell answers.

    The sound itself is not touched.

    :raises TrackRejected: as :func:`inspect` does for the same content
    """
    found = _format(content)
    found.measure(content)
    return found.strip_tags(content)


def _format(content: bytes) -> _Format:
    for each in FORMATS:
        if each.is_this(content):
            return each
    raise TrackNotAudio
