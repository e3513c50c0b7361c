"""How large the parts of a small file become once they are unfolded, found without doing it."""

from __future__ import annotations

import base64
import io
import re
import zlib
from typing import TYPE_CHECKING

import pikepdf
from PIL import Image, UnidentifiedImageError

from placement_test.errors import PaperPageTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

# An A3 sheet scanned at 600 dots per inch has 70 million; pdfium takes 4 bytes for each.
IMAGE_PIXELS = 80_000_000
PAGE_PIXELS = 2 * IMAGE_PIXELS
# Pictures written into the page's own text are icons; pdfium unfolds them while it reads the page.
INLINE_PIXELS = 4_000_000
IMAGE_BYTES = 4 * IMAGE_PIXELS
# Drawing instructions, fonts, colour tables.  The densest map or textbook page has about 10 MB.
OTHER_BYTES = 32 * 1024 * 1024
# One file in all, so that many medium bombs do not keep a core busy for minutes (200 MB a second).
TOTAL_BYTES = 512 * 1024 * 1024
# The most that one byte of each old coding can become.
WORST = {"/LZWDecode": 1400, "/LZW": 1400, "/RunLengthDecode": 64, "/RL": 64}
FLATE = {"/FlateDecode", "/Fl"}
ASCII85 = {"/ASCII85Decode", "/A85"}
ASCII_HEX = {"/ASCIIHexDecode", "/AHx"}
PICTURE = {"/DCTDecode", "/DCT", "/JPXDecode"}
INLINE = re.compile(rb"\bBI\b(.{0,2000}?)\bID\b", re.DOTALL)
INLINE_SIDE = re.compile(rb"/(?:W|H|Width|Height)\s+([0-9]{1,12})")
STEP_BYTES = 1024 * 1024


def refuse_bombs(pdf: pikepdf.Pdf) -> None:
    """Do nothing if every part of ``pdf`` unfolds to a size that can be drawn.

    :raises PaperPageTooLarge: if one part, or all of them together, do not
    """
    budget = TOTAL_BYTES
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            budget -= _refuse_bomb(thing, budget)
    for number, page in enumerate(pdf.pages, start=1):
        images = page.get_images(recursive=True).values()
        if sum(_pixels(image) for image in images) > PAGE_PIXELS:
            raise PaperPageTooLarge(page=number)


def _refuse_bomb(stream: pikepdf.Object, budget: int) -> int:
    """Return how many bytes ``stream`` unfolds to, at most ``budget``."""
    is_image = stream.get("/Subtype") == "/Image"
    if is_image and _pixels(stream) > IMAGE_PIXELS:
        raise PaperPageTooLarge(page=0)
    raw, filters = _without_ascii(stream)
    # What is packed twice unfolds a million times; no program writes that.
    if any(name in FLATE or name in WORST for name in filters[1:]):
        raise PaperPageTooLarge(page=0)
    limit, size = min(budget, IMAGE_BYTES if is_image else OTHER_BYTES), 0
    for chunk in _unfolded(raw, filters, limit):
        size += len(chunk)
        if not is_image:
            _refuse_inline_bombs(chunk)
    if filters and filters[0] in WORST:
        size *= WORST[filters[0]]
    if size > limit:
        raise PaperPageTooLarge(page=0)
    return size


def _unfolded(raw: bytes, filters: list[str], limit: int) -> Iterator[bytes]:
    """Yield what ``raw`` unfolds to, until it breaks off or passes ``limit``."""
    if not filters or filters[0] not in FLATE:
        yield raw
        return
    unpacker, size = zlib.decompressobj(), 0
    try:
        chunk = unpacker.decompress(raw, STEP_BYTES)
        while chunk and size <= limit:
            size += len(chunk)
            yield chunk
            chunk = unpacker.decompress(unpacker.unconsumed_tail, STEP_BYTES)
    except zlib.error:
        # Viewers draw what came before the fault; whether that is enough is judged elsewhere.
        return


def _without_ascii(stream: pikepdf.Object) -> tuple[bytes, list[str]]:
    """Return the bytes and the codings that are left once those for 7-bit lines are undone."""
    declared = stream.get("/Filter")
    if isinstance(declared, pikepdf.Array):
        filters = [str(name) for name in declared]
    else:
        filters = [] if declared is None else [str(declared)]
    raw = stream.read_raw_bytes()
    while filters and filters[0] in ASCII85 | ASCII_HEX:
        if filters.pop(0) in ASCII85:
            raw = base64.a85decode(raw.split(b"~>")[0].strip().removeprefix(b"<~"))
        else:
            raw = bytes.fromhex(raw.split(b">")[0].decode("ascii"))
    return raw, filters


def _pixels(image: pikepdf.Object) -> int:
    """Return how many pixels a picture has: as declared, or as its own header says."""
    declared = int(image.get("/Width", 0)) * int(image.get("/Height", 0))
    raw, filters = _without_ascii(image)
    if not filters or filters[-1] not in PICTURE or len(filters) > 1:
        return declared
    try:
        with Image.open(io.BytesIO(raw), formats=["JPEG", "JPEG2000"]) as picture:
            return max(declared, picture.width * picture.height)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return IMAGE_PIXELS + 1
    except (UnidentifiedImageError, OSError, SyntaxError):
        return declared  # not a picture that can be drawn


def _refuse_inline_bombs(instructions: bytes) -> None:
    for header in INLINE.findall(instructions):
        pixels = 1
        for side in INLINE_SIDE.findall(header):
            pixels *= int(side)
        if pixels > INLINE_PIXELS:
            raise PaperPageTooLarge(page=0)
