from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from placement_test.lib import files
from placement_test.models import ExamVersion, Track
from tests import hostile, recordings
from tests.bad_input import tables
from tests.bad_input.form_pages import PAGES
from tests.bad_input.kept import kept
from tests.bad_input.shown_page import ShownPage

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

    from tests.bad_input.form_pages import FormPage

pytestmark = pytest.mark.django_db

CASES = tables.rows("uploads")
FIELDS = {"new_exam": "paper", "paper": "paper", "upload": "upload-recordings"}
ENGLISH = {"Accept-Language": "en"}
NAMES = [
    "../../../../etc/cron.d/pp.pdf",
    "..\\..\\boot.pdf",
    "/etc/passwd",
    "nul\x00l.pdf",
    "가" * 300 + ".pdf",
    ".",
    "..",
    "",
    "~root/.ssh/authorized_keys",
    "con.pdf",
    "a\u202efdp.exe",
]


def uploads(row: tables.Row) -> list[SimpleUploadedFile]:
    source, _colon, maker = row["file"].partition(": ")
    contents = {
        "a good and a bad recording": [recordings.mp3(), hostile.png()],
        "31 recordings": [recordings.mp3()] * 31,
    }
    if source == "papers":
        made = [hostile.PAPERS[maker][0]()]
    elif source == "tracks":
        made = [hostile.TRACKS[maker][0]()]
    else:
        made = contents.get(maker, [])
    return [SimpleUploadedFile(row["name"], each, content_type=row["type"]) for each in made]


def send(page: FormPage, field: str, sent: list[SimpleUploadedFile]) -> Reply:
    fields: dict[str, Any] = {**page.fields, field: sent} if sent else page.fields
    return page.client.post(page.url, fields, headers=ENGLISH)


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_cannot_be_used_is_said_and_nothing_is_saved(case: str, settings: Any) -> None:
    row = CASES[case]
    page = PAGES[row["page"]]()
    settings.TRACK_MAX_BYTES = 20_000_000
    before = kept()

    reply = send(page, FIELDS[row["page"]], uploads(row))

    assert reply.status_code == 422
    shown = ShownPage(reply.content.decode())
    assert shown.controls[row["field"]].is_wrong
    assert row["message"] in shown.words
    assert row["code"] in codes(reply)
    if row["page"] == "new_exam":
        assert shown.values("title") == ["ASCENT placement"]
    assert kept() == before


def codes(reply: Reply) -> set[str]:
    form = reply.context.get("upload") or reply.context["form"]
    return {str(e.code or "") for errors in form.errors.as_data().values() for e in errors}


@pytest.mark.parametrize("page", ["new_exam", "paper"])
def test_a_paper_with_scripts_is_taken_without_them(page: str) -> None:
    opened = PAGES[page]()
    paper = SimpleUploadedFile("paper.pdf", hostile.active_paper(), "application/pdf")

    reply = send(opened, "paper", [paper])

    assert reply.status_code == 302
    stored = files.path_of(ExamVersion.objects.get().paper_file).read_bytes()
    assert stored.startswith(b"%PDF-")
    for trace in (b"JavaScript", b"/AA", b"/OpenAction", b"/Launch", b"seahorse", b"calc.exe"):
        assert trace not in stored


def raw(page: FormPage, field: str, name: str, content: bytes) -> Reply:
    """Send a file under a name that a browser, and Django's client, would shorten."""
    pieces = [
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (key.encode(), value.encode())
        for key, value in page.fields.items()
    ]
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    body = b"".join([*pieces, head.encode(), b"\r\n", content, b"\r\n--x--\r\n"])
    return page.client.post(page.url, body, content_type="multipart/form-data; boundary=x")


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_whose_name_leads_elsewhere_stays_in_its_folder(name: str, settings: Any) -> None:
    opened = PAGES["paper"]()
    folder = Path(settings.FILES_DIR)
    above = sorted(folder.parent.iterdir())

    reply = raw(opened, "paper", name, hostile.good_paper())

    version = ExamVersion.objects.get()
    assert reply.status_code in {302, 422}
    assert sorted(folder.parent.iterdir()) == above
    assert not {"/", "\\", "\x00"} & set(version.paper_name)
    assert len(version.paper_name) <= 200
    if reply.status_code == 302:
        assert files.path_of(version.paper_file).is_relative_to(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_whose_name_leads_elsewhere_stays_in_its_folder(
    name: str, settings: Any
) -> None:
    opened = PAGES["upload"]()
    folder = Path(settings.FILES_DIR)
    above = sorted(folder.parent.iterdir())

    reply = raw(opened, "upload-recordings", name, recordings.mp3())

    assert reply.status_code in {302, 422}
    assert sorted(folder.parent.iterdir()) == above
    for track in Track.objects.all():
        assert not {"/", "\\", "\x00"} & set(track.title)
        assert files.path_of(track.file).is_relative_to(folder)


def test_a_recording_keeps_none_of_its_tags() -> None:
    opened = PAGES["upload"]()
    track = SimpleUploadedFile("Track 1.mp3", recordings.id3() + recordings.mp3(), "audio/mpeg")

    reply = send(opened, "upload-recordings", [track])

    assert reply.status_code == 302
    made = Track.objects.get()
    assert made.title == "Track 1"
    assert recordings.CANARY.encode() not in files.path_of(made.file).read_bytes()


def test_a_body_that_is_cut_off_is_refused_and_nothing_is_saved() -> None:
    opened = PAGES["paper"]()
    before = kept()

    reply = opened.client.post(
        opened.url,
        b'--x\r\nContent-Disposition: form-data; name="paper"; filename="a.pdf"\r\n\r\n%PDF-1.7',
        content_type="multipart/form-data; boundary=x",
        headers=ENGLISH,
    )

    assert reply.status_code in {400, 422}
    assert kept() == before
