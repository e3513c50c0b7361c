"""Bring a pasted key line into plain signs, character for character, so that positions stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

# Stands for each character inside quotes: no rule of the key line takes it for one of its signs.
QUOTED: Final = "\ue000"

_PLAIN: Final[dict[int, str]] = {
    # full-width forms, but for the quote: only a straight one opens a quoted text
    **{code: chr(code - 0xFEE0) for code in (0xFF01, *range(0xFF03, 0xFF5F))},
    **dict.fromkeys(range(0x20), " "),
    ord("\t"): "\t",
    **dict.fromkeys(map(ord, "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n"),
    **dict.fromkeys(map(ord, "\xa0\xad\u1680\u202f\u205f\u2060\u3000\ufeff"), " "),
    **dict.fromkeys(range(0x2000, 0x2010), " "),
    **dict.fromkeys(map(ord, "~\uff5e\u301c\u223c\u2212"), "-"),
    **dict.fromkeys(range(0x2010, 0x2016), "-"),
    **dict.fromkeys(map(ord, "\u2192\u21d2"), "="),
    ord("\u3001"): ",",
    ord(QUOTED): "\ufffd",
}

# Few spaces, so that a long run of them is not read again from each of its signs.
_OPENING: Final = re.compile(r'(?:^|[;:=|.)\t,]) {0,3}(?=")')
_QUOTED_TEXT: Final = re.compile(r'"(?:[^"]|"")*+"(?=[ \t]*(?:$|[;|,]))')


def plain(text: str) -> str:
    """Return ``text`` in plain signs and of the same length; what stands in quotes is covered."""
    return "\n".join(_covered(line) for line in text.translate(_PLAIN).split("\n"))


def segments(masked: str) -> Iterator[Span]:
    """Yield where each piece between semicolons and line ends begins and ends; blank ones not."""
    for line in re.finditer(r"[^;\n]+", masked):
        if line[0].strip():
            yield line.span()


def trimmed(masked: str, span: Span) -> Span:
    """Return the span without the spaces at its ends."""
    start, end = span
    inner = masked[start:end]
    start += len(inner) - len(inner.lstrip())
    return start, max(start, end - (len(inner) - len(inner.rstrip())))


def _covered(line: str) -> str:
    covered, at = "", 0
    while opening := _OPENING.search(line, at):
        quoted = _QUOTED_TEXT.match(line, opening.end())
        if quoted is None:
            break  # a quote that nothing closes is a plain sign, and so are those behind it
        covered += line[at : quoted.start()] + QUOTED * len(quoted[0])
        at = quoted.end()
    return covered + line[at:]
