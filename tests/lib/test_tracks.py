from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from placement_test.errors import TrackRejected, TrackTooLong
from placement_test.lib import tracks
from placement_test.lib.tracks import TrackFacts
from tests import hostile, recordings

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD: dict[str, Callable[[], bytes]] = {
    "wav": recordings.wav,
    "mp3": recordings.mp3,
    "ogg": recordings.opus,
    "m4a": recordings.m4a,
}


def inspect(content: bytes) -> TrackFacts:
    return tracks.inspect(content, max_bytes=20_000_000)


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (recordings.wav(1000), TrackFacts("audio/wav", ".wav", 1000, 128_000)),
        (recordings.mp3(1200), TrackFacts("audio/mpeg", ".mp3", 1200, 32_000)),
        (recordings.opus(1000), TrackFacts("audio/ogg", ".ogg", 1000, 1200)),
        (recordings.m4a(1024), TrackFacts("audio/mp4", ".m4a", 1024, 2250)),
    ],
)
def test_measures_a_recording(content: bytes, facts: TrackFacts) -> None:
    assert inspect(content) == facts


@pytest.mark.parametrize("name", hostile.TRACKS)
def test_refuses_a_recording_that_cannot_be_used_and_says_why(name: str) -> None:
    make, code = hostile.TRACKS[name]
    content = make()

    with pytest.raises(TrackRejected) as refused:
        inspect(content)

    assert refused.value.code == code
    assert refused.value.words()
    assert "%(" not in refused.value.words()


@pytest.mark.parametrize(
    "content",
    [
        recordings.mp3_frames(50),  # no tags, no count of frames
        recordings.mp3_frames(50) + bytes(3000),  # padded
        recordings.id3() + bytes(100) + recordings.mp3_frames(50),
        recordings.id3() + recordings.id3() + recordings.mp3_frames(50) + recordings.id3v1(),
        recordings.mp3_frames(20) + recordings.id3() + recordings.mp3_frames(30),  # joined files
        recordings.mp3_frames(20) + b"junk" + recordings.mp3_frames(30),
        recordings.info_frame(51) + recordings.mp3_frames(50),  # one counted too many
    ],
)
def test_takes_an_mp3_as_the_programs_of_this_world_write_it(content: bytes) -> None:
    assert inspect(content) == TrackFacts("audio/mpeg", ".mp3", 1200, 32_000)


@pytest.mark.parametrize("coding", [1, 3, 0xFFFE])
def test_takes_the_codings_of_wav_that_browsers_know(coding: int) -> None:
    content = hostile.wav_of(coding)
    if coding == 0xFFFE:
        # the long header: size, mask, and the true coding in the first field of an identifier
        more = b"\x16\x00\x10\x00\x04\x00\x00\x00\x01\x00" + bytes(14)
        content = content[:16] + b"\x28\0\0\0" + content[20:36] + more + content[36:]

    assert inspect(content).duration_ms == 1000


def test_plays_no_longer_than_the_caller_allows() -> None:
    assert tracks.inspect(recordings.wav(1000), max_bytes=20_000, max_ms=1000).duration_ms == 1000

    with pytest.raises(TrackTooLong):
        tracks.inspect(recordings.wav(1001), max_bytes=20_000, max_ms=1000)


@pytest.mark.parametrize("name", GOOD)
def test_strips_what_may_tell_an_answer_and_leaves_the_sound(name: str) -> None:
    content = GOOD[name]()
    canary = recordings.CANARY.encode()
    assert canary in content

    stripped = tracks.strip_tags(content)

    assert b"seahorse" not in stripped
    assert canary[:20] not in stripped
    assert inspect(stripped) == inspect(content)
    assert tracks.strip_tags(stripped) == stripped


def test_leaves_every_frame_of_an_mp3_as_it_was() -> None:
    frames = recordings.info_frame(50) + recordings.mp3_frames(50)

    assert tracks.strip_tags(recordings.id3() + frames + recordings.id3v1()) == frames


def test_leaves_the_sound_of_an_m4a_where_its_table_says() -> None:
    content = recordings.m4a()

    stripped = tracks.strip_tags(content)

    until = content.index(b"moov") - 4
    assert stripped[:until] == content[:until]
    assert len(stripped) == len(content)


@pytest.mark.parametrize("name", hostile.TRACKS)
def test_strips_no_file_that_it_would_refuse(name: str) -> None:
    make, code = hostile.TRACKS[name]
    if code in {"track_too_long", "track_too_large"}:
        return
    content = make()

    with pytest.raises(TrackRejected) as refused:
        tracks.strip_tags(content)

    assert refused.value.code == code


@pytest.mark.parametrize("name", GOOD)
def test_measures_or_refuses_whatever_a_bad_line_makes_of_a_file(name: str) -> None:
    chance = random.Random(20261123)  # noqa: S311
    outcomes = set()

    for _attempt in range(400):
        broken = bytearray(GOOD[name]()[:600])
        for _fault in range(chance.randint(1, 5)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.choice([0, 1, 4])] = chance.randbytes(chance.choice([1, 4]))
        try:
            outcomes.add(type(tracks.inspect(bytes(broken), max_bytes=20_000_000)).__name__)
        except TrackRejected as refused:
            outcomes.add(refused.code)

    assert "track_damaged" in outcomes
