"""Uploaded and made files: kept outside the web root, served with Range.

A stored file never changes: new content gets a new name.  So the name is the strong ETag, and
browsers may keep a file as long as the caller allows.

With ``settings.X_ACCEL`` the views still decide who gets a file, and nginx sends it.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date

from placement_test.errors import UnknownFile

if TYPE_CHECKING:
    from django.http import HttpRequest

NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
# What a web server needs that runs under another account, in the group of FILES_DIR.
READ_BY_GROUP = stat.S_IRGRP | stat.S_IXGRP
# One range with the digits of a 64-bit number at most; everything else in a Range header may be
# ignored by RFC 9110, and int() refuses thousands of digits.
RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,19})\s*-\s*([0-9]{0,19})\s*", re.IGNORECASE)


def store(content: bytes | BinaryIO, suffix: str) -> str:
    """Keep ``content`` under a new random name with ``suffix`` (as ``.pdf``); return the name.

    On disk when this returns; never seen half-written.  Read by this account alone, and by the
    group of ``FILES_DIR`` where that folder is open to it.
    """
    name = f"{secrets.token_hex(16)}{suffix}"
    path = path_of(name)
    is_shared = _make_folders(path.parent)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=".")  # 0600 from the start
    temporary = Path(made)
    try:
        with os.fdopen(handle, "wb") as target:
            source = io.BytesIO(content) if isinstance(content, bytes) else content
            shutil.copyfileobj(source, target)
            target.flush()
            if is_shared:
                os.fchmod(target.fileno(), 0o640)
            os.fsync(target.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The entries of the file and of folders made just now have to survive a power cut too.
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _sync_folder(folder)
    return name


def path_of(name: str) -> Path:
    """Return where the file called ``name`` lies, there or not.

    :raises UnknownFile: for anything that is not a name made by :func:`store`
    """
    if not NAME.fullmatch(name):
        raise UnknownFile
    return Path(settings.FILES_DIR) / _place(name)


def _place(name: str) -> str:
    return f"{name[:2]}/{name[2:4]}/{name}"


def remove(name: str) -> bool:
    """Delete the file; return whether it was there.

    :raises UnknownFile: for anything that is not a name made by :func:`store`
    """
    path = path_of(name)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def file_response(
    request: HttpRequest,
    name: str,
    *,
    content_type: str,
    max_age: int,
    filename: str | None = None,
) -> HttpResponse | FileResponse:
    """Reply with the file or the one range asked for; HEAD, If-Range and 304 as in RFC 9110.

    With ``X_ACCEL`` all of that is nginx's work: the reply names the file and is empty.

    :raises UnknownFile: if there is no such file
    """
    try:
        file = path_of(name).open("rb")
    except FileNotFoundError as error:
        raise UnknownFile from error
    response: HttpResponse | FileResponse
    if settings.X_ACCEL:
        file.close()
        response = HttpResponse(content_type=content_type)
        response.headers["X-Accel-Redirect"] = f"{settings.X_ACCEL}{_place(name)}"
    else:
        response = _own_response(request, file, name, content_type)
    for header, value in (
        ("Cache-Control", f"private, max-age={max_age}, immutable"),
        (
            "Content-Disposition",
            content_disposition_header(as_attachment=False, filename=filename or "") or "inline",
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ):
        response.headers[header] = value
    return response


def _own_response(
    request: HttpRequest, file: BinaryIO, name: str, content_type: str
) -> HttpResponse | FileResponse:
    found = os.fstat(file.fileno())
    etag = f'"{name}"'
    modified = int(found.st_mtime)
    response: HttpResponse | FileResponse | None = get_conditional_response(request, etag, modified)
    if response is None:
        span = _span(request, size=found.st_size, etag=etag, modified=modified)
        if request.method == "HEAD" or span is None:
            response = HttpResponse(content_type=content_type)
        else:
            response = FileResponse(_Limited(file, span), content_type=content_type)
        _describe(response, span, found.st_size)
    if not response.streaming:
        file.close()
    for header, value in (
        ("ETag", etag),
        ("Last-Modified", http_date(modified)),
        ("Accept-Ranges", "bytes"),
    ):
        response.headers[header] = value
    return response


class _Span(NamedTuple):
    """Bytes ``start`` to before ``stop`` of a file; ``partial`` where the client asked for them."""

    start: int
    stop: int
    partial: bool


def _span(request: HttpRequest, *, size: int, etag: str, modified: int) -> _Span | None:
    """Return what to send, or None where the range asked for lies outside the file."""
    everything = _Span(0, size, partial=False)
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    # RFC 9110 defines Range for GET alone.
    if request.method != "GET" or match is None or match.groups() == ("", ""):
        return everything
    if request.headers.get("If-Range", etag) not in {etag, http_date(modified)}:
        return everything
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return everything
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    return _Span(start, stop, partial=True) if start < stop else None


def _describe(response: HttpResponse | FileResponse, span: _Span | None, size: int) -> None:
    if span is None:
        response.status_code = 416
        response.headers["Content-Range"] = f"bytes */{size}"
        response.headers["Content-Length"] = "0"
        return
    if span.partial:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    response.headers["Content-Length"] = str(span.stop - span.start)


class _Limited:
    """What FileResponse reads: the bytes of one span, then nothing."""

    def __init__(self, file: BinaryIO, span: _Span) -> None:
        file.seek(span.start)
        self._file = file
        self._left = span.stop - span.start

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._file.read(wanted)
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()


def _make_folders(folder: Path) -> bool:
    """Make the two levels below ``FILES_DIR``; return whether its group may read what is there."""
    root = folder.parent.parent
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_shared = root.stat().st_mode & READ_BY_GROUP == READ_BY_GROUP
    for made in (folder.parent, folder):
        made.mkdir(mode=0o750 if is_shared else 0o700, exist_ok=True)
        # Where the umask took it, or the folder is from before FILES_DIR was opened.
        mode = stat.S_IMODE(made.stat().st_mode)
        if is_shared and mode & READ_BY_GROUP != READ_BY_GROUP:
            made.chmod(mode | READ_BY_GROUP)
    return is_shared


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
