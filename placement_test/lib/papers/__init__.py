"""Exam papers as PDF: what one is, a copy without anything active, pages as pictures with text.

Use them in that order: what :func:`inspect` accepted goes through :func:`clean`, and only the clean
copy is stored and rendered.
"""

from __future__ import annotations

from placement_test.lib.papers.cleaning import clean
from placement_test.lib.papers.inspection import PageFacts, PaperFacts, inspect
from placement_test.lib.papers.rendering import Image, RenderedPage, render
from placement_test.lib.papers.text import Word

__all__ = [
    "Image",
    "PageFacts",
    "PaperFacts",
    "RenderedPage",
    "Word",
    "clean",
    "inspect",
    "render",
]
