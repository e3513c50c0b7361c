"""The letters of a page as lines over its picture: for selecting, searching and reading aloud."""

from __future__ import annotations

import ctypes
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import PIL.Image

# A page of small print has 8,000.  More are a drawing made of letters, or an attack.
MOST_CHARACTERS = 30_000
# Between words of one line lies at most the height of a letter, between columns more.
WORD_GAP, LETTER_GAP = 1.0, 1.0
# Half of the lower one's height in common is one line; indices and accents stay with theirs.
SAME_LINE = 0.5
# Light grey print on white differs by about 40 of 255; the noise of a compressed picture by 10.
LEAST_CONTRAST = 24
# A full stop fills its box; one thousandth of the width more shows that the paper is lighter.
MARGIN = 0.001


@dataclass(frozen=True, slots=True)
class Word:
    """Words side by side and their box, relative (0 to 1) to the picture as it is shown."""

    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the shown picture, 0 to 1, from top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Return how high it is."""
        return self.bottom - self.top

    def joined(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def turned(self, quarters: int) -> Box:
        """Return where it lies once the picture is turned by ``quarters`` of 90 degrees."""
        box = self
        for _quarter in range(quarters % 4):
            box = Box(1 - box.bottom, box.left, 1 - box.top, box.right)
        return box


@dataclass(frozen=True, slots=True)
class Letter:
    """One character, its ink's box and the box of its line's height."""

    text: str
    ink: Box
    box: Box


def letters(page: Any, quarters: int) -> list[Letter]:
    """Return the characters in reading order for a page shown with ``quarters`` more turns."""
    left, bottom, right, top = page.get_bbox()
    turns = page.get_rotation() // 90 + quarters
    across, up = right - left, top - bottom

    def shown(x0: float, y0: float, x1: float, y1: float) -> Box:
        return Box(
            (x0 - left) / across, (top - y1) / up, (x1 - left) / across, (top - y0) / up
        ).turned(turns)

    found = []
    with closing(page.get_textpage()) as source:
        loose = pdfium.FS_RECTF()
        x0, x1, y0, y1 = (ctypes.c_double() for _side in range(4))
        for index in range(min(source.count_chars(), MOST_CHARACTERS)):
            code = pdfium.FPDFText_GetUnicode(source, index)
            pdfium.FPDFText_GetCharBox(source, index, x0, x1, y0, y1)
            pdfium.FPDFText_GetLooseCharBox(source, index, loose)
            ink = shown(x0.value, y0.value, x1.value, y1.value)
            box = shown(loose.left, loose.bottom, loose.right, loose.top)
            found.append(Letter(_character(code), ink, box))
    return found


def lines(found: Iterable[Letter], picture: PIL.Image.Image) -> tuple[Word, ...]:
    """Join letters to words and lines, without those that cannot be seen in ``picture``.

    Answers in white print, below a patch or outside the page are in the file and must not get out.
    """
    grey = picture.convert("L")
    joined: list[tuple[str, Box]] = []
    for text, box in _words(found, grey):
        if joined and _continues(joined[-1][1], box):
            before, around = joined[-1]
            joined[-1] = (f"{before} {text}", around.joined(box))
        else:
            joined.append((text, box))
    return tuple(_word(text, box) for text, box in joined)


def _character(code: int) -> str:
    """Return the character, or a space for what separates words and for what is none."""
    character = chr(code) if code <= sys.maxunicode else " "
    return character if character.isprintable() and not character.isspace() else " "


def _words(found: Iterable[Letter], grey: PIL.Image.Image) -> Iterator[tuple[str, Box]]:
    word: list[Letter] = []
    for letter in [*found, None]:
        is_gap = letter is None or letter.text == " " or (word and _is_apart(word[-1], letter))
        if is_gap and word:
            # More than half: an underline or a neighbour may lie within the box of a hidden letter.
            if sum(_is_seen(each.ink, grey) for each in word) * 2 > len(word):
                yield "".join(each.text for each in word), _around(word)
            word = []
        if letter is not None and letter.text != " ":
            word.append(letter)


def _is_apart(one: Letter, other: Letter) -> bool:
    a, b = one.box, other.box
    gap = max(b.left - a.right, a.left - b.right, b.top - a.bottom, a.top - b.bottom)
    return gap > LETTER_GAP * max(a.height, b.height)


def _around(word: list[Letter]) -> Box:
    box = word[0].box
    for letter in word[1:]:
        box = box.joined(letter.box)
    return box


def _continues(line: Box, box: Box) -> bool:
    lower = min(line.height, box.height)
    common = min(line.bottom, box.bottom) - max(line.top, box.top)
    gap = box.left - line.right
    return common >= SAME_LINE * lower and -lower <= gap <= WORD_GAP * lower


def _is_seen(ink: Box, grey: PIL.Image.Image) -> bool:
    margin = max(1, round(MARGIN * grey.width))
    area = (
        max(0, int(ink.left * grey.width) - margin),
        max(0, int(ink.top * grey.height) - margin),
        min(grey.width, int(ink.right * grey.width) + 1 + margin),
        min(grey.height, int(ink.bottom * grey.height) + 1 + margin),
    )
    if area[0] >= area[2] or area[1] >= area[3]:
        return False
    darkest, lightest = cast("tuple[int, int]", grey.crop(area).getextrema())
    return lightest - darkest >= LEAST_CONTRAST


def _word(text: str, box: Box) -> Word:
    left, top = max(0.0, box.left), max(0.0, box.top)
    return Word(
        text=text,
        x=round(left, 4),
        y=round(top, 4),
        width=round(min(1.0, box.right) - left, 4),
        height=round(min(1.0, box.bottom) - top, 4),
    )
