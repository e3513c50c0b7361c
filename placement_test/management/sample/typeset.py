"""Set a sample exam as a PDF and note where each question stands.

Only ``make.py`` imports this module: reportlab is a development requirement.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportlab import rl_config  # type: ignore[import-untyped]
from reportlab.lib.colors import Color  # type: ignore[import-untyped]
from reportlab.lib.enums import TA_CENTER  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4, A5  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from placement_test.management.sample.items import Bars, Clock, paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable

    from placement_test.management.sample.items import Exam, Figure, Group, Part, Question, Section

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
WIDE_ROW = 5  # options side by side


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question begins: page from 1, x and y from the upper left corner, 0 to 1."""

    page: int
    x: float
    y: float


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
    if exam.scanned:
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


class Spot(Paragraph):  # type: ignore[misc]
    """A prompt that notes where it was drawn."""

    def __init__(self, text: str, style: Any, number: int, places: dict[int, Place]) -> None:
        super().__init__(text, style, bulletText=f"{number}.")
        self.number = number
        self.places = places

    def draw(self) -> None:
        """Note the place, then draw."""
        width, height = self.canv._pagesize  # noqa: SLF001 - reportlab has no public name for it
        x, y = self.canv.absolutePosition(0, self.height)
        self.places[self.number] = Place(
            self.canv.getPageNumber(), round(x / width, 4), round(1 - y / height, 4)
        )
        super().draw()


class Drawing(Flowable):  # type: ignore[misc]
    """A figure drawn by a function of its canvas."""

    def __init__(self, width: float, height: float, paint: Callable[[Any], None]) -> None:
        super().__init__()
        self.width, self.height, self.paint = width, height, paint
        self.hAlign = "CENTER"

    def draw(self) -> None:
        """Paint the figure."""
        self.paint(self.canv)


def clock_face(clock: Clock) -> Drawing:
    """Return a clock face that shows the time."""
    radius = 42.0

    def hand(canvas: Any, turn: float, length: float, width: float) -> None:
        canvas.setLineWidth(width)
        angle = math.pi / 2 - 2 * math.pi * turn
        canvas.line(
            radius, radius, radius + length * math.cos(angle), radius + length * math.sin(angle)
        )

    def paint(canvas: Any) -> None:
        canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setLineWidth(2)
        canvas.circle(radius, radius, radius - 1)
        canvas.setFont("Round-Bold", 9)
        for hour in range(1, 13):
            angle = math.pi / 2 - 2 * math.pi * hour / 12
            x, y = radius + 33 * math.cos(angle), radius + 33 * math.sin(angle)
            canvas.drawCentredString(x, y - 3, str(hour))
        canvas.setLineCap(1)
        hand(canvas, (clock.hour % 12 + clock.minute / 60) / 12, 17, 3.2)
        hand(canvas, clock.minute / 60, 26, 1.8)
        canvas.circle(radius, radius, 2.4, fill=1)

    return Drawing(2 * radius, 2 * radius, paint)


def bar_chart(bars: Bars, width: float) -> Drawing:
    """Return a bar chart with its title and the figure above each bar."""
    height, foot, head = 132.0, 18.0, 34.0
    top = max(value for _, value in bars.values)
    step = width / len(bars.values)

    def paint(canvas: Any) -> None:
        canvas.setFillColor(INK)
        canvas.setFont("Sans-Bold", 9)
        canvas.drawCentredString(width / 2, height - 10, f"{bars.title} ({bars.unit})")
        for at, (name, value) in enumerate(bars.values):
            middle, tall = step * (at + 0.5), (height - foot - head) * value / top
            canvas.setFillColor(Color(0.72, 0.74, 0.78))
            canvas.rect(middle - step * 0.24, foot, step * 0.48, tall, fill=1)
            canvas.setFillColor(INK)
            canvas.setFont("Sans", 8)
            canvas.drawCentredString(middle, foot + tall + 4, str(value))
            canvas.drawCentredString(middle, 6, name)
        canvas.setLineWidth(0.8)
        canvas.line(0, foot, width, foot)

    return Drawing(width, height, paint)


class Setter:
    """Sets one exam; ``places`` holds its questions' places once it has run."""

    def __init__(self, exam: Exam) -> None:
        self.exam = exam
        self.look = look_of(exam)
        self.width = self.look.column_width()
        self.places: dict[int, Place] = {}

    def run(self, path: Path) -> dict[int, Place]:
        """Write the paper to ``path`` and return where each question stands."""
        first = self._build(path, pages=0)
        self._build(path, pages=first)
        return self.places

    def _build(self, path: Path, *, pages: int) -> int:
        look, margin = self.look, self.look.margin()
        height = look.size[1]
        first_head = 0.0 if self.exam.scanned else 92.0
        document = BaseDocTemplate(
            str(path), pagesize=look.size, title=self.exam.title, author="PrimePath Academy"
        )

        def frames(head: float) -> list[Any]:
            tall = height - 2 * margin - head - 14
            lefts = [margin + at * (self.width + 24) for at in range(look.columns)]
            return [
                Frame(x, margin + 14, self.width, tall, 0, 0, 0, 0, id=f"column {x}") for x in lefts
            ]

        document.addPageTemplates(
            [
                PageTemplate("first", frames(first_head), onPage=self._first_page(pages)),
                PageTemplate("later", frames(look.head_height), onPage=self._later_page(pages)),
            ]
        )
        document.build(self._story())
        return int(document.page)

    def _first_page(self, pages: int) -> Callable[[Any, Any], None]:
        if self.exam.scanned:
            return lambda canvas, _document: self._cover(canvas)
        return lambda canvas, document: self._title_page(canvas, document.page, pages)

    def _later_page(self, pages: int) -> Callable[[Any, Any], None]:
        def paint(canvas: Any, document: Any) -> None:
            width, height = self.look.size
            margin = self.look.margin()
            base = height - margin - 8
            canvas.setFillColor(INK)
            canvas.setFont(self.look.head_font, 9)
            canvas.drawString(margin, base, self.exam.title)
            canvas.setFont(self.look.head_font.removesuffix("-Bold"), 8.5)
            canvas.drawRightString(width - margin, base, self.exam.subtitle)
            canvas.setLineWidth(1.2)
            canvas.line(margin, base - 7, width - margin, base - 7)
            self._foot(canvas, document.page, pages, top=base - 18)

        return paint

    def _foot(self, canvas: Any, page: int, pages: int, *, top: float) -> None:
        width, _ = self.look.size
        margin = self.look.margin()
        if self.look.columns > 1:
            canvas.setStrokeColor(SOFT)
            canvas.setLineWidth(0.5)
            canvas.line(width / 2, margin + 14, width / 2, top)
            canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setFont("Sans-Bold", 9)
        canvas.drawCentredString(width / 2, margin - 10, f"- {page} / {pages} -")
        canvas.setFillColor(SOFT)
        canvas.setFont("Sans", 7.5)
        canvas.drawString(margin, margin - 10, "PrimePath Academy")
        if page < pages:
            canvas.drawRightString(width - margin, margin - 10, "다음 장에 계속")
        else:
            canvas.drawRightString(width - margin, margin - 10, "수고하셨습니다")

    def _title_page(self, canvas: Any, page: int, pages: int) -> None:
        width, height = self.look.size
        top = height - MARGIN
        canvas.setFillColor(INK)
        canvas.rect(MARGIN, top - 48, width - 2 * MARGIN, 48, stroke=0, fill=1)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.setFont("Sans-Bold", 19)
        canvas.drawString(MARGIN + 14, top - 31, self.exam.title)
        canvas.setFont("Sans", 10)
        canvas.drawRightString(width - MARGIN - 14, top - 21, self.exam.subtitle)
        count = len(list(self.exam.questions()))
        facts = f"{count}문항 · {self.exam.minutes}분 · 100점"
        canvas.drawRightString(width - MARGIN - 14, top - 37, facts)
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.8)
        canvas.rect(MARGIN, top - 74, width - 2 * MARGIN, 26)
        fields = ("학교", "학년", "이름", "점수")
        step = (width - 2 * MARGIN) / len(fields)
        canvas.setFillColor(INK)
        for at, name in enumerate(fields):
            left = MARGIN + at * step
            canvas.setFont("Sans-Bold", 9)
            canvas.drawString(left + 10, top - 64, name)
            if at:
                canvas.line(left, top - 74, left, top - 48)
        self._foot(canvas, page, pages, top=top - 88)

    def _cover(self, canvas: Any) -> None:
        width, height = self.look.size
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(2.4)
        canvas.roundRect(30, 30, width - 60, height - 60, 16)
        canvas.setLineWidth(0.7)
        canvas.roundRect(36, 36, width - 72, height - 72, 12)
        canvas.setFillColor(INK)
        canvas.setFont("Round-Bold", 13)
        canvas.drawCentredString(width / 2, height - 120, "PrimePath Academy")
        canvas.setFont("Round-Bold", 34)
        program, _, rest = self.exam.title.partition(" ")
        canvas.drawCentredString(width / 2, height - 190, program)
        canvas.setFont("Round-Bold", 20)
        canvas.drawCentredString(width / 2, height - 222, rest)
        canvas.setFont("Round", 13)
        canvas.drawCentredString(width / 2, height - 252, self.exam.subtitle)
        for at, name in enumerate(("School", "Grade", "Name")):
            base = 210 - at * 34
            canvas.setFont("Round-Bold", 12)
            canvas.drawString(96, base, name)
            canvas.setLineWidth(0.8)
            canvas.line(154, base - 3, width - 96, base - 3)
        canvas.setFont("Round", 10)
        for at, note in enumerate(self.exam.notes):
            canvas.drawCentredString(width / 2, 92 - at * 15, note)

    def _story(self) -> list[Any]:
        story: list[Any] = [NextPageTemplate("later")]
        if self.exam.scanned:
            story += [Spacer(1, 1), PageBreak()]
        else:
            story += self._notes()
        for at, section in enumerate(self.exam.sections, start=1):
            story += self._section(section, at)
        return story

    def _notes(self) -> list[Any]:
        style = self.look.style(
            fontName="Sans", fontSize=8.4, leading=13, bulletFontName="Sans", bulletFontSize=8.4
        )
        style.leftIndent = 9
        return [
            *(Paragraph(typographic(note), style, bulletText="·") for note in self.exam.notes),
            Spacer(1, 8),
        ]

    def _section(self, section: Section, at: int) -> list[Any]:
        style = self.look.style(
            fontName=self.look.head_font,
            fontSize=self.look.text_size + 1.4,
            leading=self.look.text_size * 1.3,
            alignment=TA_CENTER,
        )
        head = Table([[Paragraph(f"Part {at}. {section.title}", style)]], colWidths=[self.width])
        head.setStyle(
            TableStyle(
                [
                    ("BACKGROUND", (0, 0), (-1, -1), TINT),
                    ("LINEABOVE", (0, 0), (-1, -1), 1.2, INK),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.5, INK),
                    ("TOPPADDING", (0, 0), (-1, -1), 4),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
                ]
            )
        )
        opening: list[Any] = [Spacer(1, 4), head, Spacer(1, 7)]
        story: list[Any] = []
        for group in section.groups:
            story += self._group(group, opening)
            opening = []
        return story

    def _group(self, group: Group, opening: list[Any]) -> list[Any]:
        numbers = [question.number for question in group.questions]
        many = len(numbers) > 1
        span = f"[{numbers[0]}~{numbers[-1]}]" if many else f"[{numbers[0]}]"
        style = self.look.style(
            fontName=self.look.head_font, leading=self.look.text_size * 1.45, spaceAfter=5
        )
        top = [*opening, Paragraph(typographic(f"{span} {group.instruction}"), style)]
        if group.lead:
            top += [self._box(group.lead, group.lead_title), Spacer(1, 7)]
        if group.box:
            top += [self._box(group.box), Spacer(1, 7)]
        if group.figure:
            top += [self._figure(group.figure), Spacer(1, 7)]
        first, *rest = [self._question(question) for question in group.questions]
        return [
            KeepTogether([*top, *first]),
            *(KeepTogether(question) for question in rest),
            Spacer(1, 5),
        ]

    def _box(self, text: str, title: str = "") -> Any:
        style = self.look.style(spaceAfter=2)
        body = [Paragraph(typographic(piece), style) for piece in paragraphs(text)]
        if title:
            head = self.look.style(fontName=self.look.head_font, alignment=TA_CENTER, spaceAfter=3)
            body.insert(0, Paragraph(title, head))
        table = Table([[body]], colWidths=[self.width])
        table.setStyle(
            TableStyle(
                [
                    ("BOX", (0, 0), (-1, -1), 0.8, INK),
                    ("LEFTPADDING", (0, 0), (-1, -1), 9),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 9),
                    ("TOPPADDING", (0, 0), (-1, -1), 6),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
                ]
            )
        )
        return table

    def _figure(self, figure: Figure) -> Any:
        if isinstance(figure, Clock):
            return clock_face(figure)
        if isinstance(figure, Bars):
            return bar_chart(figure, min(self.width, 330))
        style = self.look.style(
            fontSize=self.look.text_size - 0.4, leading=self.look.text_size * 1.35
        )
        head = self.look.style(
            fontName=self.look.head_font,
            fontSize=self.look.text_size - 0.4,
            leading=self.look.text_size * 1.35,
        )
        rows = [
            [Paragraph(typographic(cell), style if at else head) for cell in row]
            for at, row in enumerate(figure.rows)
        ]
        table = Table(rows, colWidths=[self.width / len(rows[0])] * len(rows[0]))
        table.setStyle(
            TableStyle(
                [
                    ("GRID", (0, 0), (-1, -1), 0.6, INK),
                    ("BACKGROUND", (0, 0), (-1, 0), TINT),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("TOPPADDING", (0, 0), (-1, -1), 3),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ]
            )
        )
        return table

    def _question(self, question: Question) -> list[Any]:
        style = self.look.style(
            leftIndent=21,
            spaceAfter=3,
            bulletFontName=self.look.head_font,
            bulletFontSize=self.look.text_size,
        )
        prompt = typographic(question.prompt)
        if self.exam.label_style == "letters":
            prompt += f' <font name="Sans" size="8">[{self._points(question)}점]</font>'
        pieces: list[Any] = [Spot(prompt, style, question.number, self.places)]
        for part in question.parts:
            pieces += self._part(part)
        return [*pieces, Spacer(1, 9 if self.look.columns > 1 else 11)]

    def _points(self, question: Question) -> str:
        total = sum(float(part.points) for part in question.parts)
        return f"{total:g}"

    def _part(self, part: Part) -> list[Any]:
        pieces: list[Any] = []
        indented = self.look.style(leftIndent=21, spaceAfter=3)
        if part.label and part.kind != "short":
            pieces.append(Paragraph(typographic(part.label), indented))
        if part.options:
            pieces.append(self._options(part.options))
        elif part.kind == "short":
            pieces.append(self._answer_line(f"{part.label} 답:".strip()))
        else:
            pieces += [self._answer_line("") for _ in range(part.lines)]
        return pieces

    def _answer_line(self, label: str) -> Any:
        def paint(canvas: Any) -> None:
            canvas.setFillColor(INK)
            canvas.setFont("Sans", 9)
            canvas.drawString(21, 4, label)
            start = 21 + (pdfmetrics.stringWidth(label, "Sans", 9) + 6 if label else 0)
            stop = min(self.width, start + 250) if label else self.width
            canvas.setLineWidth(0.6)
            canvas.setStrokeColor(SOFT)
            canvas.line(start, 1, stop, 1)

        return Drawing(self.width, 22, paint)

    def _label(self, at: int) -> str:
        sign = LABELS[self.exam.label_style][at]
        form = {"circled": "{}", "bracketed": "({})", "letters": "{}.", "digits": "{})"}
        return form[self.exam.label_style].format(sign)

    def _options(self, options: tuple[str, ...]) -> Any:
        label_width = 17.0 if self.exam.label_style == "circled" else 21.0
        space = self.width - 21
        texts = [typographic(option) for option in options]
        bare = [re.sub(r"<[^>]+>", "", text) for text in texts]
        widest = max(
            pdfmetrics.stringWidth(text, self.look.text_font, self.look.text_size) for text in bare
        )
        across = _across(len(options), int(space // (widest + label_width + 8)))
        style = self.look.style(leftIndent=label_width)
        cells = [
            Paragraph(text, style, bulletText=self._label(at)) for at, text in enumerate(texts)
        ]
        cells += [""] * (-len(cells) % across)
        rows = [cells[at : at + across] for at in range(0, len(cells), across)]
        table = Table(rows, colWidths=[space / across] * across, hAlign="RIGHT")
        table.setStyle(
            TableStyle(
                [
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                    ("TOPPADDING", (0, 0), (-1, -1), 0),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ]
            )
        )
        return table


def _across(count: int, fitting: int) -> int:
    """Return how many options to set side by side, where ``fitting`` have room."""
    if count == WIDE_ROW - 1 and fitting < count:
        return 2 if fitting > 1 else 1
    if count <= min(fitting, WIDE_ROW):
        return count
    return max(1, min(fitting, 3 if count <= WIDE_ROW else WIDE_ROW))


def set_paper(exam: Exam, path: Path) -> dict[int, Place]:
    """Write the exam's paper to ``path``; return where each question stands."""
    return Setter(exam).run(path)
