"""Files that someone uploads by mistake or on purpose, made in code.

``PAPERS`` and ``TRACKS`` name them all, with the code that each is refused with; ``GOOD_PAPERS``
holds what has to be accepted.  Small honest recordings are in ``tests.recordings``.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pikepdf

from tests import recordings

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
A4 = b"[0 0 595 842]"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
CANARY = "the answer to question one is seahorse"


def _cut(content: bytes, part: float) -> bytes:
    return content[: int(len(content) * part)]


# Papers


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF 1.7 of ``objects``, numbered from 1; the first is the catalog."""
    body, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer << /Size %d /Root 1 0 R %s >>\n" % (size, trailer)
        + b"startxref\n%d\n%%%%EOF\n" % len(body)
    )


def stream(content: bytes, keys: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), keys, content)


def flate(content: bytes, keys: bytes = b"") -> bytes:
    """Return a stream object, packed."""
    return stream(zlib.compress(content, 9), keys + b" /Filter /FlateDecode")


def zeros(size: int) -> bytes:
    """Return ``size`` zero bytes, packed, without ever having them all in memory."""
    packer, packed = zlib.compressobj(9), b""
    step = bytes(1_000_000)
    for _part in range(size // len(step)):
        packed += packer.compress(step)
    return packed + packer.compress(bytes(size % len(step))) + packer.flush()


def page(keys: bytes = b"", *, media_box: bytes = A4, contents: int = 4) -> bytes:
    """Return a page object whose drawing is object ``contents`` and whose font F1 is object 5."""
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents %d 0 R"
        b" /Resources << /Font << /F1 5 0 R >> /XObject << /Im1 6 0 R >> >> %s >>"
        % (media_box, contents, keys)
    )


def pages(count: int = 1) -> bytes:
    """Return the page tree that lists object 3 ``count`` times."""
    return b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b"3 0 R " * count)


def drawing(text: str = "Question 1. Choose the best answer.") -> bytes:
    """Return instructions that write a line and paint a black square."""
    return b"BT /F1 18 Tf 72 700 Td (%s) Tj ET 300 300 80 80 re f" % text.encode("ascii")


def one_page(  # noqa: PLR0913
    *,
    page_keys: bytes = b"",
    media_box: bytes = A4,
    catalog: bytes = CATALOG,
    contents: bytes = b"",
    image: bytes = b"null",
    more: tuple[bytes, ...] = (),
    trailer: bytes = b"",
) -> bytes:
    """Return a PDF of one page; ``image`` is object 6 (/Im1), ``more`` are objects 7 and on."""
    return pdf(
        catalog,
        pages(),
        page(page_keys, media_box=media_box),
        contents or stream(drawing()),
        FONT,
        image,
        *more,
        trailer=trailer,
    )


def good_paper() -> bytes:
    """Return a page with a line of text."""
    return one_page()


def paper_of(count: int) -> bytes:
    """Return ``count`` pages."""
    return pdf(CATALOG, pages(count), page(), stream(drawing()), FONT, b"null")


def encrypted_paper() -> bytes:
    """Return a paper that opens only with a password."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(good_paper())) as paper:
        paper.save(made, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return made.getvalue()


def print_protected_paper() -> bytes:
    """Return a paper that anybody may open, but that asks not to be changed."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(good_paper())) as paper:
        paper.save(made, encryption=pikepdf.Encryption(user="", owner="secret"))
    return made.getvalue()


def truncated_paper() -> bytes:
    """Return the first two thirds of a paper of ten pages."""
    whole = paper_of(10)
    return whole[: len(whole) * 2 // 3]


def truncated_update_paper() -> bytes:
    """Return a whole paper with a change behind it that is cut off: programs recover something."""
    change = stream(drawing("Question 1, corrected.") * 100)
    return good_paper() + b"4 0 obj\n" + change[: len(change) // 2]


def paper_with_broken_table() -> bytes:
    """Return a whole paper whose table of contents is a few bytes off, as after a bad transfer."""
    return good_paper().replace(b"%PDF-1.7\n", b"%PDF-1.7\n%shifted\n")


def paper_with_broken_drawing() -> bytes:
    """Return a paper whose page's instructions cannot be unpacked."""
    packed = zlib.compress(drawing() * 50)
    half = packed[: len(packed) // 2] + b"\xff" * 20
    return one_page(contents=stream(half, b"/Filter /FlateDecode"))


def active_paper() -> bytes:
    """Return a paper with a script at opening, page actions, a form, an attachment and metadata."""
    script = b"<< /S /JavaScript /JS (app.alert\\('%s'\\)) >>" % CANARY.encode()
    secret = CANARY.encode()
    return one_page(
        catalog=b"<< /Type /Catalog /Pages 2 0 R /OpenAction 7 0 R /AA << /WC 7 0 R >>"
        b" /Names << /JavaScript << /Names [(a) 7 0 R] >>"
        b" /EmbeddedFiles << /Names [(key.txt) 8 0 R] >> >>"
        b" /Metadata 10 0 R /AcroForm << /Fields [11 0 R] /XFA 10 0 R >>"
        b" /Outlines 12 0 R >>",
        page_keys=b"/AA << /O 7 0 R >> /Annots [11 0 R 13 0 R] /Metadata 10 0 R"
        b" /PieceInfo << /X << /Private (%s) >> >>" % secret,
        more=(
            script,
            b"<< /Type /Filespec /F (key.txt) /EF << /F 9 0 R >> >>",
            stream(secret, b"/Type /EmbeddedFile"),
            stream(b"<x:xmpmeta>%s</x:xmpmeta>" % secret, b"/Type /Metadata /Subtype /XML"),
            (
                b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (field) /Rect [100 500 200 520]"
                b" /A 7 0 R /AP << /N 14 0 R >> >>"
            ),
            b"<< /Type /Outlines /First 15 0 R /Last 15 0 R /Count 1 >>",
            (
                b"<< /Type /Annot /Subtype /Link /Rect [0 0 50 50]"
                b" /A << /S /Launch /F (calc.exe) >> /Contents (%s) >>" % secret
            ),
            stream(b"0 0 100 20 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 100 20]"),
            b"<< /Title (%s) /Parent 12 0 R >>" % secret,
            b"<< /Title (%s) /Author (Ms Han) >>" % secret,
        ),
        trailer=b"/Info 16 0 R",
    )


def image_bomb_paper() -> bytes:
    """Return a tiny file with a picture of 30,000 x 30,000 pixels: 2.7 GB once unfolded."""
    packed = zeros(10_000_000)
    keys = (
        b"/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /BitsPerComponent 8"
        b" /ColorSpace /DeviceRGB /Filter /FlateDecode"
    )
    return one_page(contents=stream(b"500 0 0 800 0 0 cm /Im1 Do"), image=stream(packed, keys))


def hidden_image_bomb_paper() -> bytes:
    """Return a picture that says 10 x 10 and is a JPEG of 60,000 x 60,000."""
    size = struct.pack(">BHHB", 8, 60_000, 60_000, 1) + b"\x01\x11\x00"
    jpeg = b"\xff\xd8\xff\xc0" + struct.pack(">H", len(size) + 2) + size + b"\xff\xd9"
    keys = (
        b"/Type /XObject /Subtype /Image /Width 10 /Height 10 /BitsPerComponent 8"
        b" /ColorSpace /DeviceGray /Filter /DCTDecode"
    )
    return one_page(contents=stream(b"500 0 0 800 0 0 cm /Im1 Do"), image=stream(jpeg, keys))


def many_images_paper() -> bytes:
    """Return a page with five pictures of 49 million pixels each."""
    keys = (
        b"/Type /XObject /Subtype /Image /Width 7000 /Height 7000 /BitsPerComponent 1"
        b" /ColorSpace /DeviceGray /Filter /FlateDecode"
    )
    image = stream(zeros(7000 * 875), keys)
    names = b" ".join(b"/Im%d %d 0 R" % (number, 5 + number) for number in range(1, 6))
    return pdf(
        CATALOG,
        pages(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R"
        b" /Resources << /XObject << %s >> >> >>" % (A4, names),
        stream(b"/Im1 Do /Im2 Do /Im3 Do /Im4 Do /Im5 Do"),
        FONT,
        *[image] * 5,
    )


def inline_image_bomb_paper() -> bytes:
    """Return instructions that hold a picture of 50,000 x 50,000 pixels."""
    packed = zeros(1_000_000)
    picture = b"BI /W 50000 /H 50000 /BPC 8 /CS /G /F /Fl ID " + packed + b" EI"
    return one_page(contents=flate(b"q 500 0 0 800 0 0 cm " + picture + b" Q"))


def endless_drawing_paper(*, names: bytes = b"/Im1", field: bool = False) -> bytes:
    """Return a part that draws a part ten times, and so on for ten levels, down to a square."""
    levels, box = 10, b"/Type /XObject /Subtype /Form /BBox [0 0 600 900] "
    below = b"/Resources << /XObject << /Im1 %d 0 R >> >>"
    parts = [stream(b"/Im1 Do " * 10, box + below % (7 + level)) for level in range(levels)]
    first, *more = *parts, stream(b"0 0 9 9 re f", box)
    if not field:
        return one_page(contents=stream(names + b" Do"), image=first, more=tuple(more))
    annotation = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 99 99] /AP << /N 6 0 R >> >>"
    keys = b"/Annots [%d 0 R]" % (7 + levels)
    return one_page(page_keys=keys, image=first, more=(*more, annotation))


def picture_drawn_often_paper() -> bytes:
    """Return a picture of 64 million pixels that is drawn a thousand times."""
    keys = (
        b"/Type /XObject /Subtype /Image /Width 8000 /Height 8000 /BitsPerComponent 1"
        b" /ColorSpace /DeviceGray /Filter /FlateDecode"
    )
    often = b"q 500 0 0 800 0 0 cm /Im1 Do Q " * 1000
    return one_page(contents=flate(often), image=stream(zeros(8_000_000), keys))


def flate_bomb_paper() -> bytes:
    """Return a page whose instructions unfold to a gigabyte."""
    return one_page(contents=stream(zeros(1_000_000_000), b"/Filter /FlateDecode"))


def double_flate_bomb_paper() -> bytes:
    """Return instructions that are packed twice."""
    packed = zlib.compress(zeros(200_000_000), 9)
    return one_page(contents=stream(packed, b"/Filter [/FlateDecode /FlateDecode]"))


def object_stream_bomb_paper() -> bytes:
    """Return a file whose list of objects unfolds to 200 MB as soon as it is opened."""
    head = b"%PDF-1.7\n"
    packed = stream(
        zeros(200_000_000),
        b"/Type /XRef /Size 5 /W [1 4 2] /Root 1 0 R /Filter /FlateDecode",
    )
    return head + b"1 0 obj\n" + packed + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def medium_bombs_paper() -> bytes:
    """Return sixty attachments of 30 MB each: none is too large, all together are."""
    one = stream(zeros(30_000_000), b"/Filter /FlateDecode")
    return one_page(more=(one,) * 60)


def looping_tree_paper() -> bytes:
    """Return a page tree that contains itself."""
    return pdf(CATALOG, b"<< /Type /Pages /Count 4 /Kids [2 0 R 3 0 R] >>", page(), drawing(), FONT)


def html_polyglot() -> bytes:
    """Return a web page that some programs take for a PDF."""
    return b"<html><script>alert(document.cookie)</script><!--\n" + good_paper()


def svg() -> bytes:
    """Return a picture with a script."""
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def html() -> bytes:
    """Return a web page."""
    return b"<!doctype html><title>Exam</title><script>alert(1)</script>"


def exe() -> bytes:
    """Return the beginning of a Windows program."""
    return b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(512)


def zip_bomb() -> bytes:
    """Return an archive of 100 kB that unpacks to 100 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("paper.pdf", bytes(100_000_000))
    return made.getvalue()


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00\xff\x00\x00")
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


GOOD_PAPERS: dict[str, Callable[[], bytes]] = {
    "one page": good_paper,
    "sixty pages": lambda: paper_of(60),
    "may be opened but not changed": print_protected_paper,
    "broken table of contents": paper_with_broken_table,
    "scripts, form, attachment": active_paper,
    "byte order mark first": lambda: b"\xef\xbb\xbf" + good_paper(),
}

# Refused with max_bytes=20_000_000 and max_pages=60.
PAPERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (bytes, "not_a_pdf"),
    "a picture": (png, "not_a_pdf"),
    "a web page": (html, "not_a_pdf"),
    "a drawing with a script": (svg, "not_a_pdf"),
    "a program": (exe, "not_a_pdf"),
    "a zip bomb": (zip_bomb, "not_a_pdf"),
    "a web page with a PDF inside": (html_polyglot, "not_a_pdf"),
    "a recording": (recordings.wav, "not_a_pdf"),
    "a password": (encrypted_paper, "encrypted"),
    "cut off": (truncated_paper, "damaged"),
    "cut off in a later change": (truncated_update_paper, "damaged"),
    "only the header": (lambda: b"%PDF-1.7\n", "damaged"),
    "instructions that do not unpack": (paper_with_broken_drawing, "damaged"),
    "a page tree that contains itself": (looping_tree_paper, "damaged"),
    "a list of objects that unfolds to 200 MB": (object_stream_bomb_paper, "damaged"),
    "a page without size": (lambda: one_page(media_box=b"[0 0 3 3]"), "damaged"),
    "no pages": (lambda: paper_of(0), "no_pages"),
    "61 pages": (lambda: paper_of(61), "too_many_pages"),
    "1,000 pages": (lambda: paper_of(1000), "too_many_pages"),
    "more than 20 MB": (lambda: one_page(more=(stream(bytes(20_000_000)),)), "paper_too_large"),
    "a picture of 900 million pixels": (image_bomb_paper, "page_too_large"),
    "a picture larger than it says": (hidden_image_bomb_paper, "page_too_large"),
    "five large pictures on a page": (many_images_paper, "page_too_large"),
    "a large picture in the instructions": (inline_image_bomb_paper, "page_too_large"),
    "instructions of a gigabyte": (flate_bomb_paper, "page_too_large"),
    "instructions packed twice": (double_flate_bomb_paper, "page_too_large"),
    "parts that draw parts that draw parts": (endless_drawing_paper, "page_too_large"),
    "the same by another spelling": (
        lambda: endless_drawing_paper(names=b"/#49m1"),
        "page_too_large",
    ),
    "the same in a comment": (lambda: endless_drawing_paper(field=True), "page_too_large"),
    "a large picture drawn a thousand times": (picture_drawn_often_paper, "page_too_large"),
    "sixty medium bombs": (medium_bombs_paper, "page_too_large"),
    "a page of a kilometre": (
        lambda: one_page(media_box=b"[0 0 2834645 2834645]"),
        "page_too_large",
    ),
    "a page like a ribbon": (lambda: one_page(media_box=b"[0 0 100 9000]"), "page_too_large"),
}

# Recordings


def lying_wav() -> bytes:
    """Return a WAV whose header promises four times as many samples as there are."""
    whole = recordings.wav()
    return whole[:40] + struct.pack("<I", 64_000) + whole[44:16_044]


def wav_of(coding: int, *, channels: int = 1, per_second: int = 16_000, bits: int = 16) -> bytes:
    """Return a WAV with the format fields given."""
    whole = recordings.wav()
    form = struct.pack("<HHIIHH", coding, channels, 8000, per_second, 2, bits)
    return whole[:20] + form + whole[36:]


def nested_m4a() -> bytes:
    """Return two thousand boxes, each within the one before."""
    boxes = recordings.atom(b"free")
    for _depth in range(2000):
        boxes = recordings.atom(b"udta", boxes)
    whole = recordings.m4a()
    start = whole.index(b"moov") - 4
    moov = whole[start + 8 :] + boxes
    return whole[:start] + recordings.atom(b"moov", moov)


def two_streams() -> bytes:
    """Return an OGG of two recordings, one behind the other."""
    other = recordings.ogg_page([b"OpusHead" + bytes(11)], number=0, flags=2, serial=8)
    return recordings.opus() + other


def speex() -> bytes:
    """Return an OGG that holds a coding which browsers dropped."""
    return recordings.ogg_page([b"Speex   1.2" + bytes(69)], number=0, flags=2)


def heic() -> bytes:
    """Return the beginning of a phone's photograph."""
    return recordings.atom(b"ftyp", b"heic\0\0\0\0mif1") + recordings.atom(b"meta", bytes(40))


# Refused with max_bytes=20_000_000.
TRACKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (bytes, "not_audio"),
    "a picture called mp3": (png, "not_audio"),
    "a paper": (good_paper, "not_audio"),
    "a web page": (html, "not_audio"),
    "a program": (exe, "not_audio"),
    "a zip bomb": (zip_bomb, "not_audio"),
    "a photograph of a phone": (heic, "not_audio"),
    "two bytes that look like a frame": (lambda: b"\xff\xfb" + bytes(2000), "not_audio"),
    "one frame": (lambda: recordings.mp3_frames(1), "not_audio"),
    "AAC without a container": (lambda: b"\xff\xf1\x4c\x40" + bytes(2000), "not_audio"),
    "only tags": (lambda: recordings.id3() + recordings.id3v1(), "track_damaged"),
    "a tag longer than the file": (
        lambda: b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + recordings.mp3_frames(9),
        "track_damaged",
    ),
    "an MP3 cut off, that says how long it is": (
        lambda: _cut(recordings.mp3(), 0.5),
        "track_damaged",
    ),
    "an MP3 cut off between two frames, that says how long it is": (
        lambda: recordings.info_frame(50) + recordings.mp3_frames(40),
        "track_damaged",
    ),
    "an MP3 cut off within a frame": (
        lambda: recordings.mp3_frames(50)[:-40],
        "track_damaged",
    ),
    "an MP3 that ends in something else": (
        lambda: recordings.mp3_frames(50) + b"seahorse" * 1000,
        "track_damaged",
    ),
    "a WAV with a lying header": (lying_wav, "track_damaged"),
    "a WAV cut off": (lambda: _cut(recordings.wav(), 0.5), "track_damaged"),
    "a WAV without samples": (lambda: recordings.wav(0), "track_damaged"),
    "a WAV whose speed is wrong": (lambda: wav_of(1, per_second=99), "track_damaged"),
    "a WAV without format": (lambda: b"RIFF\x04\0\0\0WAVE", "track_damaged"),
    "a WAV packed for telephones": (lambda: wav_of(0x31), "unplayable"),
    "an OGG cut off": (lambda: _cut(recordings.opus(), 0.9), "track_damaged"),
    "an OGG without sound": (lambda: recordings.opus(0), "track_damaged"),
    "an OGG that lacks a page": (
        lambda: recordings.opus() + recordings.ogg_page([b"\xf8"], number=5, granule=96_000),
        "track_damaged",
    ),
    "an OGG of two streams": (two_streams, "unplayable"),
    "an OGG of another coding": (speex, "unplayable"),
    "an M4A cut off": (lambda: _cut(recordings.m4a(), 0.9), "track_damaged"),
    "an M4A cut off before its table": (
        lambda: recordings.m4a().split(b"moov")[0][:-4],
        "track_damaged",
    ),
    "an M4A without sound": (lambda: recordings.m4a(0), "track_damaged"),
    "an M4A with boxes without end": (nested_m4a, "track_damaged"),
    "a video": (lambda: recordings.m4a(handler=b"vide"), "unplayable"),
    "an M4A of Apple's own coding": (lambda: recordings.m4a(coding=b"alac"), "unplayable"),
    "an hour and a minute": (lambda: recordings.opus(starts_at_ms=3_660_000), "track_too_long"),
    "more than 20 MB": (lambda: recordings.wav(1_251_000), "track_too_large"),
}
