"""How much work a page is: parts that draw parts that draw parts would never end.

pdfium cannot be interrupted, and nobody else can render while it draws.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pikepdf

from placement_test.errors import PaperPageTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

# One step is a part drawn or 10,000 pixels of a picture.  A map of the world has 5,000 parts, five
# sheets scanned at 600 dots per inch have 35,000 steps; 100,000 take pdfium some seconds.
MOST_STEPS = 100_000
PIXELS_A_STEP = 10_000
DEEPEST = 24
DRAWN = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def refuse_endless_drawing(page: pikepdf.Page, number: int) -> None:
    """Do nothing if page ``number``, its form fields and comments are drawn in bounded time.

    :raises PaperPageTooLarge: if not
    """
    known: dict[tuple[int, int], int] = {}
    resources = page.get_resources() or pikepdf.Dictionary()
    steps = _steps(_instructions(page), resources, known, 0)
    for appearance in _appearances(page):
        steps += _part(appearance, resources, known, 0)
    if steps > MOST_STEPS:
        raise PaperPageTooLarge(page=number)


def _steps(
    drawing: bytes, resources: pikepdf.Object, known: dict[tuple[int, int], int], depth: int
) -> int:
    """Return the steps of ``drawing``; each part is measured once and counted as often as drawn."""
    steps = 1
    parts = resources.get("/XObject", pikepdf.Dictionary())
    for name, times in Counter(DRAWN.findall(drawing)).items():
        plain = ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name)
        part = parts.get("/" + plain.decode("utf-8", "surrogateescape"))
        if isinstance(part, pikepdf.Stream):
            steps += times * _part(part, resources, known, depth)
    return steps


def _part(
    part: pikepdf.Object,
    resources: pikepdf.Object,
    known: dict[tuple[int, int], int],
    depth: int,
) -> int:
    if part.objgen not in known:
        # until it is known: a part that draws itself is drawn once by every viewer
        known[part.objgen] = 1
        if depth > DEEPEST:
            raise PaperPageTooLarge(page=0)
        if part.get("/Subtype") == "/Image":
            pixels = int(part.get("/Width", 0)) * int(part.get("/Height", 0))
            known[part.objgen] = 1 + pixels // PIXELS_A_STEP
        else:
            own = part.get("/Resources", resources)
            known[part.objgen] = _steps(part.read_bytes(), own, known, depth + 1)
    return known[part.objgen]


def _instructions(page: pikepdf.Page) -> bytes:
    """Unfold what draws the page; a fault in there means that something on it is missing."""
    contents = page.obj.get("/Contents")
    if contents is None:
        return b""
    parts = contents if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(part.read_bytes() for part in parts)


def _appearances(page: pikepdf.Page) -> Iterator[pikepdf.Object]:
    """Yield the parts that draw fields and comments."""
    for annotation in page.obj.get("/Annots", []):
        shown = annotation.get("/AP", pikepdf.Dictionary()).get("/N")
        states = shown.values() if isinstance(shown, pikepdf.Dictionary) else [shown]
        yield from (state for state in states if isinstance(state, pikepdf.Stream))
