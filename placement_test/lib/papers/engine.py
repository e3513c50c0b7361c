"""The two PDF libraries, opened safely: qpdf for what is in a file, pdfium for how it looks."""

from __future__ import annotations

import io
import logging
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]

from placement_test.errors import PaperDamaged, PaperEncrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

# pdfium keeps global state: two threads inside it at once crash the process, whichever documents
# they work on.
PDFIUM = threading.Lock()
# A file says where it ends; Acrobat looks for the mark in the last kilobyte.
END_MARK, END_BYTES = b"%%EOF", 1024
# Packed lists of objects are unfolded as soon as a file is opened.  No honest one comes near this.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=64 * 1024 * 1024,
    png_max_memory=64 * 1024 * 1024,
    tiff_max_memory=64 * 1024 * 1024,
    run_length_max_memory=64 * 1024 * 1024,
)
# qpdf remarks on every fault of an upload; the uploader is told, and nobody has to look at a log.
logging.getLogger("pikepdf._core").setLevel(logging.CRITICAL)
# Whatever stands in a hostile file where a number, a name or a dictionary belongs.
MALFORMED = (
    pikepdf.PikepdfError,
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
    ArithmeticError,
)


@contextmanager
def structure(content: bytes) -> Iterator[pikepdf.Pdf]:
    """Give the objects of the file; a broken table of contents is made anew if the end is there.

    :raises PaperEncrypted: if it needs a password
    :raises PaperDamaged: if it is cut off or broken, also while the caller looks into it
    """
    try:
        with _opened(content) as pdf:
            yield pdf
    except pikepdf.PasswordError as error:
        raise PaperEncrypted from error
    except MALFORMED as error:
        raise PaperDamaged from error


def _opened(content: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.open(io.BytesIO(content), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise
    except pikepdf.PikepdfError:
        # A recovered cut-off file would silently lack its last questions.
        if END_MARK not in content[-END_BYTES:]:
            raise
    return pikepdf.open(io.BytesIO(content))


@contextmanager
def document(content: bytes) -> Iterator[Any]:
    """Give pdfium's document; its pages come from :func:`page`.

    :raises PaperDamaged: if pdfium cannot read the file or one of its pages
    """
    try:
        with PDFIUM:
            opened = pypdfium2.PdfDocument(content)
        try:
            yield opened
        finally:
            with PDFIUM:
                opened.close()
    except pypdfium2.PdfiumError as error:
        raise PaperDamaged from error


@contextmanager
def page(opened: Any, index: int) -> Iterator[Any]:
    """Give one page of a :func:`document` and keep every other thread out of pdfium meanwhile."""
    with PDFIUM, closing(opened[index]) as loaded:
        yield loaded
