"""Read the right-hand side of a key line: options of a part, or accepted variants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from placement_test.exams.rules.key_line_text import QUOTED, Span, trimmed
from placement_test.exams.rules.labels import MOST_OPTIONS

# First characters of ten in a row: circled and bracketed digits, digits with a dot, bracketed and
# circled letters, white on black and sans-serif circles.
_TENS: Final = (0x2460, 0x2474, 0x2488, 0x249C, 0x24B6, 0x24D0, 0x2776, 0x2780, 0x278A)
SIGNS: Final = "".join(chr(first + index) for first in _TENS for index in range(10))
_INDEX_OF_SIGN: Final = {sign: place % 10 for place, sign in enumerate(SIGNS)}

_TOKEN: Final = re.compile(
    r"(?P<join>[|,/&+]|또는|(?<![A-Za-z])or(?![A-Za-z]))"
    r"|(?P<gap>[\s()\[\]{}<>.':·번-]+)"
    r"|(?P<option>10|[1-9]|[A-Za-z]|[" + SIGNS + r"])"
    r"|(?P<bad>(?:(?![A-Za-z1-9" + SIGNS + r"\s|,/&+()\[\]{}<>.':·번-]).)+)",
    re.IGNORECASE | re.DOTALL,
)

_OR: Final = frozenset({"or", "또는"})
_WORD: Final = re.compile(f"[A-Za-z가-힣{QUOTED}]{{2,}}")
_BEYOND_OPTIONS: Final = re.compile(f"[K-Zk-z가-힣{QUOTED}]")


@dataclass(frozen=True, slots=True)
class Token:
    """One option as written; ``index`` counts from 0 and is None where it is none."""

    index: int | None
    span: Span

    @property
    def is_option(self) -> bool:
        """Tell whether an exam could have such an option at all."""
        return self.index is not None and self.index < MOST_OPTIONS


@dataclass(frozen=True, slots=True)
class Options:
    """Hold the options of a value, and how many signs between them say *or*."""

    tokens: tuple[Token, ...]
    joins: int


def read_options(masked: str, span: Span) -> Options:
    """Return the options of a value in the order written; a letter beyond J counts on."""
    tokens, joins = [], 0
    for found in _TOKEN.finditer(masked, *span):
        if found.lastgroup == "join":
            joins += 1
        elif found.lastgroup != "gap":
            tokens.append(Token(_index_of(found["option"]), found.span()))
    return Options(tuple(tokens), joins)


def read_variants(text: str, masked: str, span: Span) -> tuple[str, ...]:
    """Return the variants between bars as written in ``text``, once each, without blank ones."""
    variants: dict[str, None] = {}
    start, end = span
    for piece in re.finditer(r"[^|]+", masked[start:end]):
        left, right = trimmed(masked, (start + piece.start(), start + piece.end()))
        variant = text[left:right]
        if masked[left:right].startswith(QUOTED):
            variant = variant[1:-1].replace('""', '"')
        if variant.strip():
            variants[variant] = None
    return tuple(variants)


def is_word(masked: str, span: Span) -> bool:
    """Tell whether a value is text rather than options: a word with a letter beyond J."""
    words = (word[0] for word in _WORD.finditer(masked, *span))
    return any(_BEYOND_OPTIONS.search(word) for word in words if word not in _OR)


def _index_of(sign: str | None) -> int | None:
    if sign is None or sign in _INDEX_OF_SIGN:
        return None if sign is None else _INDEX_OF_SIGN[sign]
    return int(sign) - 1 if sign.isdigit() else ord(sign.upper()) - ord("A")
