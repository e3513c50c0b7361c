"""Fold what people type for one and the same answer into one form.

Always folded: full- and half-width forms, composed and decomposed Hangul, curly quotes, dashes,
dots, invisible characters, runs of spaces, and spaces beside signs ("well - known", "x = 3",
"red , blue"). Never folded: what changes the meaning ("10-2" and "102", "3.5" and "35", "-3" and
"3", "5²" and "52").
"""

import re
import unicodedata
from typing import Final

from placement_test.grading.options import MarkingOptions

# Not of the categories Cc and Cf, yet nothing is seen of them: Hangul fillers, the Braille blank,
# the grapheme joiner, variation selectors.
_OTHER_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)

# Signs are written as escapes: in many fonts they look like one another.
_APOSTROPHES: Final = (
    "`\u00b4\u02b9\u02bb\u02bc\u02bd"  # grave, acute, modifier letters,
    "\u02ca\u02cb\u1fbd\u1fbf\u1ffd\u1fef"  # Greek breathings
    "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u2035"  # curly, low, angled, prime
)
_QUOTES: Final = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u301d\u301e"
_DASHES: Final = "\u2010\u2012\u2013\u2014\u2015\u2212\u2043\u2e3a\u2e3b"
# U+119E is what NFKC makes of U+318D, the dot of Korean keyboards
_DOTS: Final = "\u30fb\u2027\u2219\u22c5\u2022\u119e"

# NFKC would take these apart into something else: an accent standing alone becomes a space and a
# mark, "㎡" (a unit in one character, as Korean keyboards offer them) becomes "m2".
_BEFORE_NFKC: Final[dict[int, str]] = {
    **dict.fromkeys(map(ord, _APOSTROPHES), "'"),
    **dict.fromkeys(map(ord, "\u2033\u2036"), '"'),
    **dict.fromkeys(map(ord, "\u00ba\u02da"), "°"),
    **{
        unit: "".join(
            chr(int(code, 16)) for code in unicodedata.decomposition(chr(unit)).split()[1:]
        )
        for unit in range(0x3371, 0x33E0)
    },
}

_AFTER_NFKC: Final[dict[int, str]] = {
    **dict.fromkeys(map(ord, _APOSTROPHES), "'"),
    **dict.fromkeys(map(ord, _QUOTES), '"'),
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, "\u301c\u223c"), "~"),
    **dict.fromkeys(map(ord, "\u2044\u2215\u29f8"), "/"),
    **dict.fromkeys(map(ord, _DOTS), "·"),
    ord("。"): ".",
    ord("、"): ",",
    ord("⋯"): "...",
}

_SUPERSCRIPT: Final = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_MIXED_FRACTION: Final = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞↉])")
# U+1173 is what NFKC makes of the vowel "ㅡ", which pupils type as a dash
_VOWEL_AS_DASH: Final = re.compile("(?<=[0-9A-Za-z]) ?\u1173 ?(?=[0-9A-Za-z])")
_ACCENTS: Final = re.compile("([^\\W\\d_])[\u0300-\u036f]+")

_SPACES: Final = re.compile(r"\s+")
_SPACES_BESIDE_SIGNS: Final = re.compile(
    r" ?([-/,;:=+~<>]) ?"  # both sides
    r"|(?<=[(\[{]) "
    r"| (?=[)\]}])"
    r"| (?=[.?!](?!\d))"  # "Yes ." but not "a .5"
    r"|(?<=\d) (?=%)"
    r"|(?<=[$₩€£¥]) (?=\d)"
)

# One round nearly always does; a second is needed where what was dropped had kept a letter and an
# accent apart. The bound is for a pair of folds that would undo each other: none is known.
_MOST_ROUNDS: Final = 5

# What a number is made of stays: "3.5", ".5", "1,000", "3:30".
_PUNCTUATION: Final = re.compile(r"(?P<gap>(?<!\d)[,;:]|[,;:](?!\d))|\.(?!\d)|[!?'\"()\[\]{}·]")


def is_blank(text: str) -> bool:
    """Tell whether nothing of ``text`` is seen: empty, spaces, invisible characters."""
    return all(character.isspace() or _is_invisible(character) for character in text)


def normalise(text: str, options: MarkingOptions) -> str:
    """Return the form in which two answers are compared; empty only if ``text`` is blank.

    Normalising the result again does not change it.
    """
    for _ in range(_MOST_ROUNDS):
        before, text = text, _fold_once(text, options)
        if text == before:
            break
    return text


def _fold_once(text: str, options: MarkingOptions) -> str:
    folded = _fold_characters(text)
    if not options.case_sensitive:
        folded = unicodedata.normalize("NFKC", folded.casefold())
    if options.ignore_accents:
        folded = _without_accents(folded)
    folded = _fold_spaces(folded, ignore=options.ignore_spaces)
    if options.ignore_punctuation:
        kept = _PUNCTUATION.sub(lambda found: " " if found["gap"] else "", folded)
        # an answer that is nothing but "?" is still an answer
        folded = _fold_spaces(kept, ignore=options.ignore_spaces) or folded
    return folded


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"} or character in _OTHER_INVISIBLE


def _fold_characters(text: str) -> str:
    seen = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or not _is_invisible(character)
    )
    seen = seen.translate(_BEFORE_NFKC)
    seen = _MIXED_FRACTION.sub(" ", seen)
    seen = _SUPERSCRIPT.sub(lambda power: "^" + power[0], seen)
    composed = unicodedata.normalize("NFKC", seen).translate(_AFTER_NFKC)
    return _VOWEL_AS_DASH.sub("-", composed)


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub(r"\1", unicodedata.normalize("NFD", text)))


def _fold_spaces(text: str, *, ignore: bool) -> str:
    # Runs first: the pattern for signs would take quadratic time on a long run of spaces.
    single = _SPACES.sub("" if ignore else " ", text).strip()
    return _SPACES_BESIDE_SIGNS.sub(r"\1", single)
