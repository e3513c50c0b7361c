"""Turn a typeset booklet into what a scanner makes of it: grey sheets, two pages on each."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261123
DOTS_PER_INCH = 125
PAPER_GREY = 240
JPEG_QUALITY = 42
TURN_DEGREES = 270  # the /Rotate that sets a sheet upright


def scan_two_up(booklet: Path, path: Path) -> list[int]:
    """Write two pages to a sheet, sideways images that only ``/Rotate`` sets upright.

    Return by how many degrees to the right a person has still to turn each sheet.
    """
    noise = random.Random(SEED)  # noqa: S311 - dirt on paper, not a secret
    pages = _pages(booklet)
    with pikepdf.new() as pdf:
        for at in range(0, len(pages), 2):
            # Pillow turns to the left, /Rotate to the right: one undoes the other.
            sideways = _sheet(pages[at : at + 2], noise).rotate(TURN_DEGREES, expand=True)
            _add(pdf, sideways, rotate=TURN_DEGREES)
        pdf.save(path, deterministic_id=True)
        return [0] * len(pdf.pages)


def scan_singly(booklet: Path, path: Path) -> list[int]:
    """Write one page to a sheet; every other one lies sideways although its ``/Rotate`` is 0.

    Return by how many degrees to the right a person has still to turn each sheet.
    """
    noise = random.Random(SEED)  # noqa: S311 - dirt on paper, not a secret
    pages = _pages(booklet)
    turns = [TURN_DEGREES if at % 2 else 0 for at in range(len(pages))]
    with pikepdf.new() as pdf:
        for page, turn in zip(pages, turns, strict=True):
            _add(pdf, _sheet([page], noise).rotate(turn, expand=True), rotate=0)
        pdf.save(path, deterministic_id=True)
    return turns


def _pages(booklet: Path) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(booklet)
    return [page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil() for page in document]


def _sheet(pages: list[Image.Image], noise: random.Random) -> Image.Image:
    width, height = pages[0].width * len(pages), pages[0].height
    sheet = Image.new("L", (width, height), 255)
    for at, page in enumerate(pages):
        sheet.paste(page.convert("L"), (at * pages[0].width, 0))
    if len(pages) > 1:
        _darken_fold(sheet)
    tilt = noise.uniform(-0.35, 0.35)
    sheet = sheet.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=255)
    grey = sheet.point([40 + value * (PAPER_GREY - 40) // 255 for value in range(256)])
    dirty = ImageChops.subtract(grey, _grain(width, height, noise))
    # A scanner's sheets are never quite of one size.
    return dirty.crop((0, 0, width - noise.randrange(2, 28), height - noise.randrange(2, 22)))


def _darken_fold(sheet: Image.Image) -> None:
    half = 30
    fold = (sheet.width // 2 - half, 0, sheet.width // 2 + half, sheet.height)
    ramp = Image.linear_gradient("L").rotate(90).resize((2 * half, sheet.height))
    shade = ramp.point([215 + abs(value - 128) * 40 // 128 for value in range(256)])
    sheet.paste(ImageChops.multiply(sheet.crop(fold), shade), fold)


def _grain(width: int, height: int, noise: random.Random) -> Image.Image:
    columns, rows = width // 3, height // 3
    grain = Image.frombytes("L", (columns, rows), noise.randbytes(columns * rows))
    soft = grain.resize((width, height), Image.Resampling.BICUBIC)
    return soft.point([value // 26 for value in range(256)])


def _add(pdf: pikepdf.Pdf, sheet: Image.Image, *, rotate: int) -> None:
    jpeg = io.BytesIO()
    sheet.save(jpeg, "JPEG", quality=JPEG_QUALITY, optimize=True)
    width, height = (side * 72 / DOTS_PER_INCH for side in sheet.size)
    image = pikepdf.Stream(
        pdf,
        jpeg.getvalue(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=sheet.width,
        Height=sheet.height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    page = pdf.add_blank_page(page_size=(round(width, 2), round(height, 2)))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=image))
    page.Contents = pikepdf.Stream(pdf, f"{width:.2f} 0 0 {height:.2f} 0 0 cm /Scan Do".encode())
    page.Rotate = rotate


def page_count(path: Path) -> int:
    """Return the number of pages of a PDF."""
    with pikepdf.open(path) as pdf:
        return len(pdf.pages)
