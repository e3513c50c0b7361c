from __future__ import annotations

import io
import re
import stat
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.http import FileResponse
from django.test import RequestFactory

from placement_test.errors import UnknownFile
from placement_test.lib import files

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpResponse
    from pytest_django.fixtures import Settings

CONTENT = bytes(range(100))
A_YEAR = 31_536_000


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def track() -> str:
    return files.store(CONTENT, ".mp3")


def ask(name: str, method: str = "GET", **headers: str) -> HttpResponse | FileResponse:
    request = RequestFactory().generic(method, "/", headers=headers)
    return files.file_response(request, name, content_type="audio/mpeg", max_age=A_YEAR)


def body(response: HttpResponse | FileResponse) -> bytes:
    try:
        return response.getvalue()
    finally:
        response.close()


def figures(response: HttpResponse | FileResponse) -> tuple[int, str | None, str, bytes]:
    length, span = response.headers["Content-Length"], response.headers.get("Content-Range")
    return response.status_code, span, length, body(response)


def test_keeps_bytes_under_a_random_name_in_two_levels_of_folders(folder: Path) -> None:
    name = files.store(CONTENT, ".pdf")

    path = folder / name[:2] / name[2:4] / name
    assert re.fullmatch(r"[0-9a-f]{32}\.pdf", name)
    assert path == files.path_of(name)
    assert path.read_bytes() == CONTENT
    assert [item for item in folder.rglob("*") if item.is_file()] == [path]


def test_keeps_what_a_stream_holds() -> None:
    name = files.store(io.BytesIO(CONTENT), ".webp")

    assert files.path_of(name).read_bytes() == CONTENT


def test_lets_nobody_else_on_the_machine_read_it(folder: Path, track: str) -> None:
    path = files.path_of(track)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_lets_the_group_read_it_where_the_folder_is_open_to_it(folder: Path, track: str) -> None:
    folder.chmod(0o2750)

    path = files.path_of(files.store(CONTENT, ".webp"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path.parent.parent)] == [
        0o2750,
        0o2750,
    ]


def test_leaves_nothing_behind_when_the_stream_breaks_off(folder: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        files.store(Broken(), ".pdf")

    assert [item for item in folder.rglob("*") if item.is_file()] == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../etc/passwd",
        "/etc/passwd",
        "0" * 32,
        "0" * 31 + ".pdf",
        "0" * 32 + ".pdf\n",
        "0" * 32 + ".pdf/..",
        "0" * 32 + "./.pdf",
        "0" * 30 + "..pdf",
        "A" * 32 + ".pdf",
        "٣" * 32 + ".pdf",
        "0" * 32 + ".pdf\0",
    ],
)
def test_refuses_a_name_that_it_never_made(name: str) -> None:
    with pytest.raises(UnknownFile):
        files.path_of(name)


@pytest.mark.parametrize("suffix", ["", "pdf", ".PDF", ".tar.gz", "/../x.pdf", ".overlylong"])
def test_refuses_to_store_under_a_suffix_that_it_could_not_find_again(
    suffix: str, folder: Path
) -> None:
    with pytest.raises(UnknownFile):
        files.store(CONTENT, suffix)

    assert not folder.exists()


def test_removes_a_file_once(track: str) -> None:
    assert [files.remove(track), files.remove(track)] == [True, False]

    with pytest.raises(UnknownFile):
        ask(track)


def test_sends_the_whole_file_with_every_header(track: str) -> None:
    response = ask(track)

    assert figures(response) == (HTTPStatus.OK, None, "100", CONTENT)
    modified = response.headers["Last-Modified"]
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", modified)
    assert dict(response.headers) == {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": "inline",
        "Content-Length": "100",
        "Content-Type": "audio/mpeg",
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": f'"{track}"',
        "Last-Modified": modified,
        "X-Content-Type-Options": "nosniff",
    }


def test_gives_the_name_to_save_under_where_there_is_one(track: str) -> None:
    request = RequestFactory().get("/")

    response = files.file_response(
        request, track, content_type="audio/mpeg", max_age=0, filename='듣기 "1".mp3'
    )

    assert response.headers["Content-Disposition"] == (
        "inline; filename*=utf-8''%EB%93%A3%EA%B8%B0%20%221%22.mp3"
    )
    response.close()


@pytest.mark.parametrize(
    ("asked", "span", "sent"),
    [
        ("bytes=0-1", "bytes 0-1/100", CONTENT[:2]),
        ("bytes=0-", "bytes 0-99/100", CONTENT),
        ("bytes=0-0", "bytes 0-0/100", CONTENT[:1]),
        ("bytes=10-19", "bytes 10-19/100", CONTENT[10:20]),
        ("bytes=99-", "bytes 99-99/100", CONTENT[99:]),
        ("bytes=90-5000", "bytes 90-99/100", CONTENT[90:]),
        ("bytes=-10", "bytes 90-99/100", CONTENT[90:]),
        ("bytes=-5000", "bytes 0-99/100", CONTENT),
        ("BYTES = 5 - 6", "bytes 5-6/100", CONTENT[5:7]),
    ],
)
def test_sends_the_range_asked_for(asked: str, span: str, sent: bytes, track: str) -> None:
    response = ask(track, Range=asked)

    assert figures(response) == (HTTPStatus.PARTIAL_CONTENT, span, str(len(sent)), sent)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 19}-"])
def test_says_that_a_range_lies_outside_the_file(asked: str, track: str) -> None:
    response = ask(track, Range=asked)

    expected = (HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "bytes */100", "0", b"")
    assert figures(response) == expected


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,5-6",
        "items=0-1",
        "bytes=a-b",
        "bytes=٣-٤",
        "0-1",
        "",
        f"bytes={'9' * 5000}-",
    ],
)
def test_ignores_a_range_that_is_not_one(asked: str, track: str) -> None:
    response = ask(track, Range=asked)

    assert figures(response) == (HTTPStatus.OK, None, "100", CONTENT)


def test_says_of_an_empty_file_that_no_range_lies_in_it() -> None:
    name = files.store(b"", ".mp3")

    assert figures(ask(name, Range="bytes=0-1"))[:2] == (416, "bytes */0")
    assert figures(ask(name)) == (200, None, "0", b"")


def test_answers_head_with_the_headers_of_the_whole_file_alone(track: str) -> None:
    whole = ask(track)
    body(whole)

    response = ask(track, "HEAD", Range="bytes=0-1")

    assert figures(response) == (HTTPStatus.OK, None, "100", b"")
    assert dict(response.headers) == dict(whole.headers)


def test_plays_on_an_ipad(track: str) -> None:
    # Safari asks for two bytes first and gives up unless it gets exactly them and the length.
    probe = ask(track, Range="bytes=0-1")
    assert figures(probe) == (206, "bytes 0-1/100", "2", CONTENT[:2])

    # Then for everything, if the file is still the same one; it hangs up in the middle ...
    everything = ask(track, Range="bytes=0-", **{"If-Range": probe.headers["ETag"]})
    assert isinstance(everything, FileResponse)
    assert everything.status_code == HTTPStatus.PARTIAL_CONTENT
    everything.close()

    # ... and goes on where the listener jumped to.
    rest = ask(track, Range="bytes=60-99", **{"If-Range": probe.headers["ETag"]})
    assert figures(rest) == (206, "bytes 60-99/100", "40", CONTENT[60:])


def test_sends_the_whole_file_when_the_client_knows_another_one(track: str) -> None:
    other = files.store(CONTENT, ".mp3")

    response = ask(track, Range="bytes=0-1", **{"If-Range": f'"{other}"'})

    assert figures(response) == (HTTPStatus.OK, None, "100", CONTENT)


def test_takes_the_date_of_the_file_for_if_range(track: str) -> None:
    modified = ask(track, "HEAD").headers["Last-Modified"]

    fresh = ask(track, Range="bytes=0-1", **{"If-Range": modified})
    stale = ask(track, Range="bytes=0-1", **{"If-Range": "Mon, 01 Jan 2001 00:00:00 GMT"})

    assert [body(fresh), body(stale)] == [CONTENT[:2], CONTENT]


def test_sends_nothing_to_who_has_it(track: str) -> None:
    response = ask(track, **{"If-None-Match": f'"{track}"', "Range": "bytes=500-"})

    assert (response.status_code, body(response)) == (HTTPStatus.NOT_MODIFIED, b"")
    assert response.headers["ETag"] == f'"{track}"'
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_reads_a_large_file_in_pieces_and_closes_it(track: str) -> None:
    large = files.store(b"x" * 3_000_000, ".mp3")
    response = ask(large, Range="bytes=1-2999998")
    assert isinstance(response, FileResponse)

    pieces = [len(piece) for piece in response]
    response.close()

    assert sum(pieces) == 2_999_998
    assert max(pieces) <= 65_536
    # an open file that is only collected raises ResourceWarning, which is an error here


def test_leaves_the_sending_to_nginx_where_it_has_a_door(track: str, settings: Settings) -> None:
    settings.X_ACCEL = "/protected-files/"

    response = ask(track, Range="bytes=0-1")

    assert (response.status_code, body(response)) == (HTTPStatus.OK, b"")
    assert dict(response.headers) == {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": "inline",
        "Content-Type": "audio/mpeg",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Accel-Redirect": f"/protected-files/{track[:2]}/{track[2:4]}/{track}",
        "X-Content-Type-Options": "nosniff",
    }


def test_sends_nginx_to_no_file_that_is_gone(track: str, settings: Settings) -> None:
    settings.X_ACCEL = "/protected-files/"
    files.remove(track)

    with pytest.raises(UnknownFile):
        ask(track)
