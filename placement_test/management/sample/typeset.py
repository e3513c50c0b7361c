"""Set a sample exam as a PDF and note where each question stands.

Only ``make.py`` leads here: reportlab is a development requirement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportlab.lib.enums import TA_CENTER  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    BaseDocTemplate,
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

from placement_test.management.sample.figures import Drawing, drawn
from placement_test.management.sample.items import paragraphs
from placement_test.management.sample.look import INK, LABELS, SOFT, TINT, look_of, typographic
from placement_test.management.sample.page_frame import PageFrame

if TYPE_CHECKING:
    from pathlib import Path

    from placement_test.management.sample.items import Exam, Group, Part, Question, Section

WIDE_ROW = 5  # options side by side


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question begins: page from 1, x and y from the upper left corner, 0 to 1."""

    page: int
    x: float
    y: float


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
        around = PageFrame(self.exam, look, pages)
        height = look.size[1]
        first_head = 0.0 if self.exam.scanner else 92.0
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
                PageTemplate("first", frames(first_head), onPage=around.first),
                PageTemplate("later", frames(look.head_height), onPage=around.later),
            ]
        )
        document.build(self._story())
        return int(document.page)

    def _story(self) -> list[Any]:
        story: list[Any] = [NextPageTemplate("later")]
        if self.exam.scanner:
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
            top += [drawn(group.figure, self.look), Spacer(1, 7)]
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
        return [*pieces, Spacer(1, 11 if self.look.size == A4 and self.look.columns == 1 else 9)]

    def _points(self, question: Question) -> str:
        total = sum(float(part.points) for part in question.parts)
        return f"{total:g}"

    def _part(self, part: Part) -> list[Any]:
        pieces: list[Any] = []
        indented = self.look.style(leftIndent=21, spaceAfter=3)
        if part.task and part.kind != "short":
            pieces.append(Paragraph(typographic(f"{part.label} {part.task}"), indented))
        if part.options:
            pieces.append(self._options(part.options))
        elif part.kind == "short":
            pieces.append(self._answer_line(" ".join(f"{part.label} {part.task} 답:".split())))
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
