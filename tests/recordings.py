"""Small recordings of silence, made in code: one of each format that is accepted."""

from __future__ import annotations

import io
import struct
import wave

CANARY = "the answer to question one is seahorse"
# 48 kHz, one channel: every format below has frames or packets of whole milliseconds then.
RATE = 48_000
MP3_FRAME_MS, AAC_FRAME_SAMPLES, OPUS_PACKET_MS = 24, 1024, 20


def wav(ms: int = 1000) -> bytes:
    """Return a WAV of ``ms`` with a title that tells."""
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(bytes(16 * ms))
    title = CANARY.encode().ljust(40, b"\0")
    info = b"LIST" + struct.pack("<I", 12 + len(title)) + b"INFOINAM"
    info += struct.pack("<I", len(title)) + title
    whole = made.getvalue() + info
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def mp3_frames(count: int) -> bytes:
    """Return silent frames of MPEG 1 layer 3: 32 kbit/s, 48 kHz, one channel, 96 bytes each."""
    return (b"\xff\xfb\x14\xc0" + bytes(92)) * count


def id3(text: str = CANARY) -> bytes:
    """Return an ID3v2.4 tag with a title."""
    content = b"\x03" + text.encode()
    frame = b"TIT2" + _synchsafe(len(content)) + b"\0\0" + content
    return b"ID3\x04\x00\x00" + _synchsafe(len(frame)) + frame


def id3v1() -> bytes:
    """Return the older tag, that stands at the end."""
    return b"TAG" + CANARY.encode()[:30].ljust(30, b"\0") + bytes(95)


def info_frame(frames: int) -> bytes:
    """Return the first frame that encoders write, which says how many follow."""
    # 4 bytes of header, 17 of side information for one channel
    content = b"\xff\xfb\x14\xc0" + bytes(17) + b"Info" + struct.pack(">II", 1, frames)
    return content.ljust(96, b"\0")


def mp3(ms: int = 1200) -> bytes:
    """Return an MP3 with tags before and after and the number of its frames."""
    frames = ms // MP3_FRAME_MS
    return id3() + info_frame(frames) + mp3_frames(frames) + id3v1()


def opus(ms: int = 1000, *, starts_at_ms: int = 0) -> bytes:
    """Return up to 5 seconds of Opus in OGG, the end of a recording that began earlier."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, RATE, 0, 0)
    vendor, comment = b"x", b"TITLE=" + CANARY.encode()
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor
    tags += struct.pack("<II", 1, len(comment)) + comment
    packets = [b"\xf8\xff\xfe"] * (ms // OPUS_PACKET_MS)
    return (
        ogg_page([head], number=0, flags=2)
        + ogg_page([tags], number=1)
        + ogg_page(packets, number=2, flags=4, granule=(starts_at_ms + ms) * RATE // 1000)
    )


def ogg_page(
    packets: list[bytes], *, number: int, flags: int = 0, granule: int = 0, serial: int = 7
) -> bytes:
    """Return one page of an OGG stream, with its checksum."""
    header = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, serial, number, 0)
    sizes = b"".join(b"\xff" * (len(each) // 255) + bytes([len(each) % 255]) for each in packets)
    page = header + bytes([len(sizes)]) + sizes + b"".join(packets)
    return page[:22] + struct.pack("<I", _ogg_checksum(page)) + page[26:]


def m4a(ms: int = 1024, *, coding: bytes = b"mp4a", handler: bytes = b"soun") -> bytes:
    """Return AAC in MP4, its table of contents after the sound as recorders write it."""
    frame = bytes.fromhex("00c800802380")
    count = ms * RATE // 1000 // AAC_FRAME_SAMPLES
    head = atom(b"ftyp", b"M4A \0\0\0\0M4A mp42isom")
    start = len(head) + 8
    return head + atom(b"mdat", frame * count) + _moov(count, len(frame), start, coding, handler)


def atom(kind: bytes, *contents: bytes) -> bytes:
    """Return one box of an MP4 file."""
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content


def _moov(count: int, frame_bytes: int, start: int, coding: bytes, handler: bytes) -> bytes:
    samples = count * AAC_FRAME_SAMPLES
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd = struct.pack(">IIIIIIHHQ", 0, 0, 0, RATE, samples, 0x10000, 0x100, 0, 0)
    tkhd = struct.pack(">IIIIIIQHHHH", 7, 0, 0, 1, 0, samples, 0, 0, 0, 0x100, 0)
    title = atom(b"\xa9nam", atom(b"data", struct.pack(">II", 1, 0), CANARY.encode()))
    tagging = atom(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    return atom(
        b"moov",
        atom(b"mvhd", mvhd, matrix, bytes(24), struct.pack(">I", 2)),
        atom(
            b"trak",
            atom(b"tkhd", tkhd, matrix, bytes(8)),
            atom(
                b"mdia",
                atom(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, RATE, samples, 0x55C4, 0)),
                atom(b"hdlr", bytes(8), handler, bytes(13)),
                atom(
                    b"minf",
                    atom(b"smhd", bytes(8)),
                    atom(
                        b"dinf", atom(b"dref", struct.pack(">II", 0, 1), atom(b"url ", b"\0\0\0\1"))
                    ),
                    _stbl(count, frame_bytes, start, coding),
                ),
            ),
            atom(b"udta", atom(b"name", CANARY.encode())),
        ),
        atom(b"udta", atom(b"meta", bytes(4), tagging, atom(b"ilst", title))),
    )


def _stbl(count: int, frame_bytes: int, start: int, coding: bytes) -> bytes:
    # AAC LC, 48 kHz, one channel
    config = b"\x04\x11\x40\x15" + bytes(3) + struct.pack(">II", 8000, 8000) + b"\x05\x02\x11\x88"
    esds = b"\x03\x19\x00\x01\x00" + config + b"\x06\x01\x02"
    entry = bytes(6) + struct.pack(">HQHHII", 1, 0, 1, 16, 0, RATE << 16)
    return atom(
        b"stbl",
        atom(b"stsd", struct.pack(">II", 0, 1), atom(coding, entry, atom(b"esds", bytes(4), esds))),
        atom(b"stts", struct.pack(">IIII", 0, 1, count, AAC_FRAME_SAMPLES)),
        atom(b"stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)),
        atom(b"stsz", struct.pack(">III", 0, frame_bytes, count)),
        atom(b"stco", struct.pack(">III", 0, 1, start)),
    )


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _ogg_checksum(page: bytes) -> int:
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _bit in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
