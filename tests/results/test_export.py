from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from placement_test.lib import sealed
from placement_test.models import AuditEntry, StaffUser, Student
from tests.results.finished import director, handed_in, many, teacher
from tests.sitting import published

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

WRONG, RIGHT = 0, 1


def exported(client: Client, kind: str, query: str = "") -> bytes:
    """Return the bytes of an export."""
    reply = client.post(f"{reverse('staff-export')}{query}", {"format": kind})
    assert reply.status_code == 200
    return b"".join(reply)


def rows(content: bytes, encoding: str) -> list[list[str]]:
    """Return the rows of a CSV file."""
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def test_a_csv_file_holds_what_the_list_shows() -> None:
    version = published(choices=2, title="ASCENT Test")
    session = handed_in(version, RIGHT, WRONG, name="김민지")

    content = exported(teacher(), "csv")

    heads, row = rows(content, "utf-8-sig")
    got = dict(zip(heads, row, strict=True))
    assert content.startswith(b"\xef\xbb\xbf")
    assert got["Session"] == str(session.id)
    assert {name: got[name] for name in ("Student", "Grade", "Exam", "Score", "Out of")} == {
        "Student": "김민지",
        "Grade": "5",
        "Exam": "ASCENT Test",
        "Score": "2",
        "Out of": "4",
    }
    assert (got["Percent"], got["State"], got["Reading"]) == ("50", "Submitted", "")
    assert got["Level"] == got["Starting level"] != ""
    assert got["Other"] == "2"


def test_cp949_replaces_what_it_does_not_have_visibly() -> None:
    handed_in(published(choices=1), RIGHT, name="김민지 \N{SNOWMAN}\N{GRINNING FACE}")

    content = exported(teacher(), "csv-cp949")

    assert rows(content, "cp949")[1][2] == "김민지 ??"


def test_a_workbook_opens_with_numbers_as_numbers() -> None:
    handed_in(published(choices=2), RIGHT, WRONG, name="김민지")

    content = exported(teacher(), "xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    heads, row = list(sheet.values)
    got = dict(zip(heads, row, strict=True))
    assert (got["Student"], got["Score"], got["Percent"], got["Grade"]) == ("김민지", 2, 50, 5)


@pytest.mark.parametrize("kind", ["csv", "csv-cp949", "xlsx"])
def test_a_name_that_would_be_a_formula_is_defused(kind: str) -> None:
    session = handed_in(published(choices=1), RIGHT)
    Student.objects.filter(sessions=session).update(name='=HYPERLINK("//evil")\x0b')

    content = exported(teacher(), kind)

    if kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        cell = sheet["C2"]
        assert (cell.data_type, cell.value) == ("s", '\'=HYPERLINK("//evil")')
    else:
        assert rows(content, "utf-8-sig" if kind == "csv" else "cp949")[1][2].startswith("'=")


def test_only_what_the_filters_leave_is_exported_and_recorded_without_names() -> None:
    version = published(choices=1)
    handed_in(version, RIGHT, name="Min-ji")
    handed_in(version, WRONG, name="Seo-jun")

    content = exported(teacher(), "csv", f"?find={sealed.seal('Min')}&grade=5")

    assert [row[2] for row in rows(content, "utf-8-sig")[1:]] == ["Min-ji"]
    entry = AuditEntry.objects.get(action="sessions exported")
    assert entry.actor == StaffUser.objects.get()
    assert entry.after == {"count": 1, "format": "csv", "filters": {"q": True, "grade": 5}}


def test_filters_of_every_kind_are_recorded() -> None:
    session = handed_in(published(choices=1), RIGHT)

    exported(director(), "csv", f"?event={session.event_id}&from_date=2020-01-01&state=submitted")

    assert AuditEntry.objects.get(action="sessions exported").after == {
        "count": 1,
        "format": "csv",
        "filters": {
            "event": str(session.event_id),
            "from_date": "2020-01-01",
            "state": "submitted",
        },
    }


@pytest.mark.parametrize("kind", ["", "pdf"])
def test_an_unknown_kind_of_file_shows_the_list(kind: str) -> None:
    reply = teacher().post(reverse("staff-export"), {"format": kind}, follow=True)

    assert "Sessions" in reply.content.decode()
    assert not AuditEntry.objects.exists()


def test_takes_2_queries_for_each_500_sessions() -> None:
    version = published(choices=1)
    client = teacher()
    counted = []
    for more in (500, 500):
        many(version, more)
        with CaptureQueriesContext(connection) as captured:
            exported(client, "csv")
        counted.append(len(captured))

    assert counted[1] - counted[0] == 2
