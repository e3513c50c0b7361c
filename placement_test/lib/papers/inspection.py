"""What an uploaded file is, before anything of it is kept or shown."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placement_test.errors import (
    PaperDamaged,
    PaperNotPdf,
    PaperPageTooLarge,
    PaperTooLarge,
    PaperTooManyPages,
    PaperWithoutPages,
)
from placement_test.lib.papers import engine, scans
from placement_test.lib.papers.bombs import refuse_bombs
from placement_test.lib.papers.drawing import refuse_endless_drawing

if TYPE_CHECKING:
    import pikepdf

# What may stand before the header: a byte order mark and white space.  Anything more is a file
# that other programs take for something else, such as a web page.
HEADER, LEADING = b"%PDF-", b"\xef\xbb\xbf\x00\t\n\f\r "
HEADER_WITHIN_BYTES = 1024
# 200 inches, the largest that PDF itself knows.  Some phone apps write one point for each pixel.
LONGEST_SIDE_PT = 14_400
SHORTEST_SIDE_PT = 20
# A receipt, not a page; a picture 1,600 pixels wide would be 16,000 high.
MOST_TIMES_AS_LONG = 10
# Fewer are a stamp or a page number on top of a scan.
LEAST_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page as it is shown: size in points after ``rotate`` degrees clockwise.

    ``is_scan``: pictures cover it; ``has_text``: letters can be selected (a scan may have both).
    """

    width_pt: float
    height_pt: float
    rotate: int
    has_text: bool
    is_scan: bool


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What a usable paper holds."""

    pages: tuple[PageFacts, ...]


def inspect(content: bytes, *, max_bytes: int, max_pages: int) -> PaperFacts:
    """Return what the paper holds, if it can be used; nothing is unfolded before it is measured.

    :raises PaperRejected: a subclass for each reason, with words that say what to do
    """
    if len(content) > max_bytes:
        raise PaperTooLarge(most_mb=max_bytes // 1_000_000)
    if not content[:HEADER_WITHIN_BYTES].lstrip(LEADING).startswith(HEADER):
        raise PaperNotPdf
    with engine.structure(content) as pdf:
        count = _page_count(pdf, max_pages)
        refuse_bombs(pdf)
        for number, page in enumerate(pdf.pages, start=1):
            refuse_endless_drawing(page, number)
    with engine.document(content) as document:
        # Two readers that disagree mean a file that shows different things to different people.
        if len(document) != count:
            raise PaperDamaged
        return PaperFacts(tuple(_page_facts(document, index) for index in range(count)))


def _page_count(pdf: pikepdf.Pdf, most: int) -> int:
    count = len(pdf.pages)
    if count == 0:
        raise PaperWithoutPages
    if count > most:
        raise PaperTooManyPages(most=most)
    return count


def _page_facts(document: Any, index: int) -> PageFacts:
    with engine.page(document, index) as page:
        width, height = page.get_size()
        if min(width, height) < SHORTEST_SIDE_PT:
            raise PaperDamaged
        longest, shortest = max(width, height), min(width, height)
        if longest > LONGEST_SIDE_PT or longest > shortest * MOST_TIMES_AS_LONG:
            raise PaperPageTooLarge(page=index + 1)
        with closing(page.get_textpage()) as letters:
            characters = letters.count_chars()
        return PageFacts(
            width_pt=width,
            height_pt=height,
            rotate=page.get_rotation(),
            has_text=characters >= LEAST_CHARACTERS,
            is_scan=scans.pictures(page).is_scan,
        )
