"""The look of the sample papers: fonts, colours, measures, typographic signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportlab import rl_config  # type: ignore[import-untyped]
from reportlab.lib.colors import Color  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4, A5  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from placement_test.management.sample.items import Exam

FONT_FOLDER = Path("/usr/share/fonts/truetype/nanum")
FONT_FILES = {
    "Sans": "NanumGothic.ttf",
    "Sans-Bold": "NanumGothicBold.ttf",
    "Serif": "NanumMyeongjo.ttf",
    "Serif-Bold": "NanumMyeongjoBold.ttf",
    "Round": "NanumSquareRoundR.ttf",
    "Round-Bold": "NanumSquareRoundB.ttf",
}
LABELS = {
    "circled": "①②③④⑤⑥⑦⑧⑨⑩",
    "bracketed": "ABCDEFGHIJ",
    "letters": "ABCDEFGHIJ",
    "digits": "1234567890",
}
INK = Color(0.1, 0.1, 0.12)
SOFT = Color(0.45, 0.45, 0.48)
TINT = Color(0.94, 0.94, 0.95)
MARGIN = 42.0


@dataclass(frozen=True, slots=True)
class Look:
    """The type and measures of one paper."""

    size: tuple[float, float]
    columns: int
    text_font: str
    head_font: str
    text_size: float
    head_height: float

    def column_width(self) -> float:
        """Return the width of a column in points."""
        gap = 24.0 * (self.columns - 1)
        return (self.size[0] - 2 * self.margin() - gap) / self.columns

    def margin(self) -> float:
        """Return the outer margin in points."""
        return MARGIN if self.size == A4 else 32.0

    def style(self, **changes: Any) -> Any:  # reportlab has no types
        """Return the paragraph style of the text, changed as asked."""
        values: dict[str, Any] = {
            "fontName": self.text_font,
            "fontSize": self.text_size,
            "leading": self.text_size * 1.5,
            "textColor": INK,
            "bulletFontName": self.text_font,
            "bulletFontSize": self.text_size,
        }
        return ParagraphStyle("text", **(values | changes))


def look_of(exam: Exam) -> Look:
    """Return how the exam's paper is to look."""
    if exam.scanner:
        return Look(A5, 1, "Round", "Round-Bold", 10.5, 26)
    if exam.columns > 1:
        return Look(A4, 2, "Serif", "Sans-Bold", 9.6, 34)
    return Look(A4, 1, "Serif", "Sans-Bold", 10.4, 34)


def register_fonts() -> None:
    """Make the Nanum fonts known; they are embedded as subsets."""
    rl_config.invariant = 1
    for name, file in FONT_FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONT_FOLDER / file)))
    for family in ("Sans", "Serif", "Round"):
        bold = f"{family}-Bold"
        pdfmetrics.registerFontFamily(
            family, normal=family, bold=bold, italic=family, boldItalic=bold
        )


def typographic(text: str) -> str:
    """Return the text with curly quotes and long dashes, as in print."""
    text = text.replace(" -- ", " \u2014 ").replace("...", "\u2026")
    text = re.sub(r"(?<=\d)-(?=\d)", "\u2013", text)
    text = re.sub(r"(^|[\s(\[>])\"", "\\1\u201c", text).replace('"', "\u201d")
    return re.sub(r"(^|[\s(\[>\u201c])'", "\\1\u2018", text).replace("'", "\u2019")
