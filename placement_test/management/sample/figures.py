"""Clock faces, bar charts and tables on the sample papers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reportlab.lib.colors import Color  # type: ignore[import-untyped]
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle  # type: ignore[import-untyped]

from placement_test.management.sample.items import Bars, Clock
from placement_test.management.sample.look import INK, TINT, typographic

if TYPE_CHECKING:
    from collections.abc import Callable

    from placement_test.management.sample.items import Figure, Grid
    from placement_test.management.sample.look import Look


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


def grid(figure: Grid, look: Look) -> Any:
    """Return a ruled table as wide as the column."""
    width = look.column_width()
    style = look.style(fontSize=look.text_size - 0.4, leading=look.text_size * 1.35)
    head = look.style(
        fontName=look.head_font,
        fontSize=look.text_size - 0.4,
        leading=look.text_size * 1.35,
    )
    rows = [
        [Paragraph(typographic(cell), style if at else head) for cell in row]
        for at, row in enumerate(figure.rows)
    ]
    table = Table(rows, colWidths=[width / len(rows[0])] * len(rows[0]))
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


def drawn(figure: Figure, look: Look) -> Any:  # reportlab has no types
    """Return the figure as something that can be put on a page."""
    if isinstance(figure, Clock):
        return clock_face(figure)
    if isinstance(figure, Bars):
        return bar_chart(figure, min(look.column_width(), 330))
    return grid(figure, look)
