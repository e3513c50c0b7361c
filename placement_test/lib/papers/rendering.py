"""Pages as pictures: quick on old tablets, and nothing of the file itself leaves the server."""

from __future__ import annotations

import io
import math
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import PIL.Image

from placement_test.errors import PaperDamaged
from placement_test.lib.papers import engine, scans, text

if TYPE_CHECKING:
    from collections.abc import Sequence

# For a tablet held upright, and for a large screen or a zoom into small print.
WIDTHS = (900, 1600)
# A page ten times as long as wide would otherwise need 100 MB.
MOST_PIXELS = 16_000_000
LONGEST_SIDE = 16_000  # WebP has 14 bits for it
# A little more than the scan has: smoother edges, but no file that grows for nothing.
SCAN_ENLARGED = 1.25
# Print in 16 shades of each colour looks the same; without loss it then takes 130 kB for a crowded
# page 1,600 pixels wide, where the way for photographs takes 330 kB and blurs.
SHADES = [round(value / 17) * 17 for value in range(256)]
MOST_COLOURS = 256
PRINT_EFFORT = 50
# Paper that was scanned: 50 keeps 8 pt print legible.
SCAN_QUALITY = 50
WEBP_METHOD = 2


@dataclass(frozen=True, slots=True)
class Image:
    """A WebP picture and its size in pixels."""

    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page's pictures, narrowest first, and the lines of text that can be seen on it."""

    images: tuple[Image, ...]
    words: tuple[text.Word, ...]


def render(
    content: bytes, page_index: int, *, rotation: int = 0, widths: Sequence[int] = WIDTHS
) -> RenderedPage:
    """Draw one page on white, turned as it says itself and by ``rotation`` degrees clockwise more.

    A scan that is narrower than a width gives fewer or narrower pictures, not a blown-up one.
    May be called from any thread; pages are drawn one after another.

    :raises PaperDamaged: if the file or the page cannot be read
    :raises ValueError: if ``rotation`` is none of 0, 90, 180, 270
    """
    if rotation not in {0, 90, 180, 270}:
        raise ValueError(rotation)
    with engine.document(content) as document:
        if not 0 <= page_index < len(document):
            raise PaperDamaged
        with engine.page(document, page_index) as page:
            letters = text.letters(page, rotation // 90)
            seen = scans.pictures(page)
            picture = _drawn(page, rotation, max(widths), seen)
    fitting = sorted({min(width, picture.width) for width in widths})
    return RenderedPage(
        images=tuple(_webp(picture, width, is_print=not seen.covered) for width in fitting),
        words=text.lines(letters, picture),
    )


def _drawn(page: Any, rotation: int, widest: int, seen: scans.Pictures) -> PIL.Image.Image:
    width, height = page.get_size()
    if rotation in {90, 270}:
        width, height = height, width
    # pypdfium2 rounds up: a hundredth of a pixel less keeps 1,600 from becoming 1,601
    scale = (widest - 0.01) / width
    scale = min(scale, math.sqrt(MOST_PIXELS / (width * height)), LONGEST_SIDE / max(width, height))
    if seen.is_scan:
        scale = min(scale, seen.dots_per_point * SCAN_ENLARGED)
    with closing(
        page.render(scale=scale, rotation=rotation, limit_image_cache=True, draw_annots=False)
    ) as bitmap:
        picture: PIL.Image.Image = bitmap.to_pil().convert("RGB")
    return picture


def _webp(picture: PIL.Image.Image, width: int, *, is_print: bool) -> Image:
    height = max(1, round(picture.height * width / picture.width))
    if width != picture.width:
        picture = picture.resize((width, height), PIL.Image.Resampling.LANCZOS)
    made = io.BytesIO()
    shaded = picture.point(SHADES * 3) if is_print else picture
    if is_print and shaded.getcolors(MOST_COLOURS):
        shaded.save(made, "WEBP", lossless=True, quality=PRINT_EFFORT, method=WEBP_METHOD)
    else:
        picture.save(made, "WEBP", quality=SCAN_QUALITY, method=WEBP_METHOD)
    return Image(width, height, made.getvalue())
