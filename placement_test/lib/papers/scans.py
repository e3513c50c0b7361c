"""How much of a page is pictures: a scan is a page that they cover."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

# A scan fills its page; scanners cut it into strips, so that all pictures count together.
LEAST_COVERED = 0.5
# Dots of dirt and logos say nothing about the scan's resolution.
LEAST_OF_ONE = 0.02


@dataclass(frozen=True, slots=True)
class Pictures:
    """The part of a page that pictures cover (0: none), and the finest one's dots per point."""

    covered: float
    dots_per_point: float

    @property
    def is_scan(self) -> bool:
        """Return whether the page is a picture of paper."""
        return self.covered >= LEAST_COVERED


def pictures(page: Any) -> Pictures:
    """Measure the pictures on ``page`` that are larger than a logo."""
    left, bottom, right, top = page.get_bbox()
    whole = (right - left) * (top - bottom)
    covered, finest = 0.0, 0.0
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        x0, y0, x1, y1 = picture.get_bounds()
        shown = max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
        if shown < LEAST_OF_ONE * whole:
            continue
        covered += shown / whole
        across, down = picture.get_px_size()
        # by area, so that it does not matter which way the picture was turned
        finest = max(finest, math.sqrt(across * down / ((x1 - x0) * (y1 - y0))))
    return Pictures(covered, finest)
