"""Sheets of sessions: CSV and XLSX, made in chunks, safe to open."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from placement_test.lib import academy, audit
from placement_test.models import Section, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.results import rules
from placement_test.results.explain import plain
from placement_test.results.queries import exporting

if TYPE_CHECKING:
    import zoneinfo
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal
    from uuid import UUID

    from placement_test.models import StaffUser

Cell = str | int | float | None

# Excel 2003 to 2016 in Korea opens a CSV without a mark as CP949, and one with it as UTF-8.
BYTE_ORDER_MARK = "\ufeff".encode()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is exported: the ids of the sessions in their order, the language and the zone."""

    session_ids: list[UUID]
    language: str
    zone: zoneinfo.ZoneInfo


def prepare(
    session_ids: list[UUID], *, kind: str, filters: dict[str, object], actor: StaffUser
) -> Sheet:
    """Record the export, with the number and the filters, and return what to write: 1 query."""
    audit.record(
        actor,
        "sessions exported",
        actor,
        after={"count": len(session_ids), "format": kind, "filters": filters},
    )
    return Sheet(session_ids, translation.get_language() or "en", academy.zone())


@PerformanceMonitor.track_execution_time("results.export_csv")
def csv_lines(sheet: Sheet, *, encoding: str) -> Iterator[bytes]:
    """Return the lines of a CSV file in chunks; ``encoding`` is utf-8 or cp949."""
    if encoding == "utf-8":
        yield BYTE_ORDER_MARK
    for chunk in _chunks(sheet):
        lines = _Lines()
        csv.writer(lines).writerows([_text(cell) for cell in row] for row in chunk)
        yield "".join(lines.lines).encode(encoding, errors="replace")


@PerformanceMonitor.track_execution_time("results.export_xlsx")
def xlsx_file(sheet: Sheet) -> BinaryIO:
    """Return a workbook, ready to be read; it is gone when it is closed."""
    book = Workbook(write_only=True)
    page = book.create_sheet(_("Sessions"))
    page.freeze_panes = "A2"
    for chunk in _chunks(sheet):
        for row in chunk:
            page.append([_typed(cell) for cell in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response that sends it closes it
    book.save(file)
    file.seek(0)
    return cast("BinaryIO", file)


class _Lines:
    """What csv writes to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(line)


def _chunks(sheet: Sheet) -> Iterator[list[list[Cell]]]:
    """Return the heads and then the rows; also outside of a request's language and zone."""
    with translation.override(sheet.language):
        columns = _columns(sheet.zone)
        heads: list[Cell] = [name for name, _value in columns]
    yield [heads]
    for chunk in exporting.chunks(sheet.session_ids):
        with translation.override(sheet.language):
            rows = [_row(columns, session, skills) for session, skills in chunk]
        yield rows


def _row(
    columns: Iterable[tuple[str, Callable[[StudentSession, dict[str, Decimal]], Cell]]],
    session: StudentSession,
    skills: dict[str, Decimal],
) -> list[Cell]:
    return [value(session, skills) for _name, value in columns]


def _columns(
    zone: zoneinfo.ZoneInfo,
) -> list[tuple[str, Callable[[StudentSession, dict[str, Decimal]], Cell]]]:
    return [
        (_("Session"), lambda session, _: str(session.id)),
        (_("Date"), lambda session, _: f"{session.registered_at.astimezone(zone):%Y-%m-%d %H:%M}"),
        (_("Student"), lambda session, _: session.student.name if session.student else ""),
        (_("Grade"), lambda session, _: session.grade),
        (_("Class rank (%)"), lambda session, _: _number(session.rank_percent)),
        (_("School"), lambda session, _: session.school.name if session.school else ""),
        (_("Campus"), lambda session, _: session.campus.name),
        (_("Event"), lambda session, _: session.event.name if session.event else ""),
        (_("Exam"), lambda session, _: session.version.exam.title),
        (_("Version"), lambda session, _: session.version.number),
        (_("State"), lambda session, _: session.get_state_display()),
        (_("Score"), lambda session, _: _number(session.result_score)),
        (_("Out of"), lambda session, _: _number(session.result_max)),
        (_("Percent"), lambda session, _: _number(session.result_percent)),
        (_("Starting level"), lambda session, _: str(session.start_level or "")),
        (_("Level"), lambda session, _: _level(session)),
        *(
            (str(label), lambda _session, skills, skill=skill: _number(skills.get(skill)))
            for skill, label in Section.Skill.choices
        ),
    ]


def _level(session: StudentSession) -> str:
    if session.level_number is None:  # type: ignore[attr-defined]
        return ""
    return f"{session.level_program} {session.level_sub_program} {session.level_number}"  # type: ignore[attr-defined]


def _number(value: Decimal | None) -> Cell:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return rules.defused(cell)
    return "" if cell is None else plain(cell)


def _typed(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return rules.defused(ILLEGAL_CHARACTERS_RE.sub("", cell))
    return cell
