"""Ms Han at the pages of exam making."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from placement_test.exams import queries
from placement_test.models import ExamVersion, Part
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from placement_test.models import StaffUser

SAMPLE = Path(__file__).parents[2] / "placement_test" / "management" / "sample"


def logged_in(user: StaffUser) -> Client:
    """Return the browser of ``user``."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def teacher() -> Client:
    """Return the browser of Ms Han."""
    builders.academy()
    return logged_in(builders.staff())


def pdf(content: bytes, name: str = "paper.pdf") -> SimpleUploadedFile:
    """Return an upload."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def new_exam_fields(**changes: Any) -> dict[str, Any]:
    """Return what the form of a new exam sends."""
    return {
        "title": "ASCENT placement",
        "allotted_minutes": "60",
        "label_style": "circled",
        "option_count": "5",
        "levels": [builders.curriculum()[0].pk],
    } | changes


def url(name: str, version: ExamVersion) -> str:
    """Return the address of a page of the editor."""
    return reverse(f"staff-exam-{name}", args=[version.exam_id])


def section_fields(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """Return what the form of the sections sends."""
    sent: dict[str, Any] = {
        "sections-TOTAL_FORMS": len(rows),
        "sections-INITIAL_FORMS": initial,
    }
    usual = {"skill": "reading", "kind": "choice", "option_count": "5", "points": "2.5"}
    for at, row in enumerate(rows):
        sent |= {f"sections-{at}-{name}": value for name, value in (usual | row).items()}
    return sent


def cut_fields(*rows: tuple[str, str]) -> dict[str, Any]:
    """Return what the form of the cuts sends."""
    sent: dict[str, Any] = {"cuts-TOTAL_FORMS": len(rows), "cuts-INITIAL_FORMS": len(rows)}
    for at, (percent, step) in enumerate(rows):
        sent |= {f"cuts-{at}-from_percent": percent, f"cuts-{at}-step": step}
    return sent


def sheet_fields(parts: Iterable[Part], ticked: str) -> dict[str, Any]:
    """Return what a bubble sheet sends on which every part has the options ``ticked``."""
    sent: dict[str, Any] = {"action": "save"}
    for part in parts:
        sent[f"part-{part.pk}-there"] = "1"
        sent[f"part-{part.pk}"] = list(ticked)
    return sent


def parts_of(version: ExamVersion) -> list[Part]:
    """Return the parts in the order of the paper."""
    return list(
        Part.objects.filter(question__section__version=version)
        .select_related("question")
        .order_by("question__section__position", "question__position", "position")
    )


def saved_key(version: ExamVersion) -> list[list[int]]:
    """Return the right options of each part under the newest key."""
    entries = queries.current_entries(version.pk)
    return [list(entries[part.pk].correct) for part in parts_of(version) if part.pk in entries]


def text(reply: Any) -> str:
    """Return the page."""
    return str(reply.content.decode())


def sent_to(reply: Any) -> str:
    """Return where the reply leads."""
    assert reply.status_code == 302, reply.status_code
    return str(reply.url)


def streamed(reply: Any) -> bytes:
    """Return the file; reading to the end closes it."""
    return b"".join(reply.streaming_content)
