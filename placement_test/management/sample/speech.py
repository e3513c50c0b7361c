"""Speak a track's lines with espeak-ng and press them as a small MP3."""

from __future__ import annotations

import io
import subprocess
import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from placement_test.management.sample.items import Track

RATE_HZ = 22050  # what espeak-ng speaks in
PAUSE_SECONDS = 0.9
VOICES = {
    "woman": ("en-us+f2", "135", "48"),
    "man": ("en-us+m3", "138", "45"),
    "girl": ("en-us+f4", "142", "68"),
    "boy": ("en-us+m5", "142", "78"),
}


def record(track: Track, folder: Path) -> None:
    """Write the track's MP3 into ``folder``, the same bytes each time."""
    silence = b"\0\0" * int(RATE_HZ * PAUSE_SECONDS)
    frames = silence.join(_spoken(voice, words) for voice, words in track.lines)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(frames + silence)
    command = "ffmpeg -v error -y -f wav -i pipe:0 -ac 1 -ar 22050 -b:a 40k -map_metadata -1"
    subprocess.run(  # noqa: S603 - a fixed command
        [*command.split(), "-fflags", "+bitexact", "-flags:a", "+bitexact", folder / track.file],
        input=sound.getvalue(),
        check=True,
    )


def _spoken(voice: str, words: str) -> bytes:
    name, speed, pitch = VOICES[voice]
    text = " ".join(words.split())
    command = ["espeak-ng", "-v", name, "-s", speed, "-p", pitch, "-g", "4", "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words
    # espeak-ng streams, so its header does not know the length; 44 bytes of it are skipped.
    return spoken.stdout[44:]
