"""What surrounds the questions on a page: title, cover, running heads, page numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placement_test.management.sample.look import INK, MARGIN, SOFT

if TYPE_CHECKING:
    from placement_test.management.sample.items import Exam
    from placement_test.management.sample.look import Look


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The heads and feet of one paper; its canvases are reportlab's, which has no types."""

    exam: Exam
    look: Look
    pages: int

    def first(self, canvas: Any, document: Any) -> None:
        """Draw what surrounds the first page: a title, or a whole cover."""
        if self.exam.scanner:
            self._cover(canvas)
        else:
            self._title_page(canvas, document.page)

    def later(self, canvas: Any, document: Any) -> None:
        """Draw what surrounds any later page."""
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
        self._foot(canvas, document.page, top=base - 18)

    def _foot(self, canvas: Any, page: int, *, top: float) -> None:
        width, _ = self.look.size
        margin = self.look.margin()
        if self.look.columns > 1:
            canvas.setStrokeColor(SOFT)
            canvas.setLineWidth(0.5)
            canvas.line(width / 2, margin + 14, width / 2, top)
            canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setFont("Sans-Bold", 9)
        canvas.drawCentredString(width / 2, margin - 10, f"- {page} / {self.pages} -")
        canvas.setFillColor(SOFT)
        canvas.setFont("Sans", 7.5)
        canvas.drawString(margin, margin - 10, "PrimePath Academy")
        if page < self.pages:
            canvas.drawRightString(width - margin, margin - 10, "다음 장에 계속")
        else:
            canvas.drawRightString(width - margin, margin - 10, "수고하셨습니다")

    def _title_page(self, canvas: Any, page: int) -> None:
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
        self._foot(canvas, page, top=top - 88)

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
