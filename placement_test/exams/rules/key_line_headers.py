"""Find which question, part or range of questions a piece of a key line is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from placement_test.exams.rules.key_line_values import SIGNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement_test.exams.rules.key_line_types import PartShape, QuestionShape

PICKED: Final = frozenset({"choice", "choices"})

_WORD = r"(?:Q(?:uestion)?|No|문항|문제|문)\.?[ \t]?"
_BEFORE = rf"(?:{_WORD})?"
_ENDING = r"[ \t]?번?[ \t]?[:.)=]"
_OPTION = rf"[(\[]?(?:[A-J]+(?![A-Z])|[{SIGNS}])"

# A number may itself begin with one of the words before a number, so without them first.
_LABELS: Final = tuple(
    re.compile(
        rf"{before}(?P<label>[^\s:=|,]{{1,12}}?)(?:[ \t]?[:=]|[.)](?=\s|$)|(?P<weak>(?=\s)))",
        re.IGNORECASE,
    )
    for before in ("", _BEFORE)
)
_RANGE: Final = re.compile(
    rf"{_BEFORE}[(\[<]?(?P<first>\d{{1,4}})[ \t]?번?[ \t]?-[ \t]?{_BEFORE}(?P<last>\d{{1,4}})"
    rf"(?!\d|[ \t]?-[ \t]?\d)(?P<ending>[)\]>]?{_ENDING}|[)\]>]?[ \t]?번?)",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    rf"{_BEFORE}(?P<first>\d{{1,4}})(?:\.|[ \t]?\(|(?=[a-j]))(?P<part>\d{{1,2}}|[a-j])\)?"
    rf"(?:(?P<ending>{_ENDING})|(?=\s|$))",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(rf"{_BEFORE}(?P<first>\d{{1,4}})(?:{_ENDING}|[ \t]?번)", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"[(\[](?P<first>\d{1,4})[)\]]")
_WEAK: Final = re.compile(rf"{_BEFORE}(?P<first>\d{{1,4}})(?P<gap>[ \t]*)", re.IGNORECASE)
_OPTION_NEXT: Final = re.compile(rf"[ \t]*{_OPTION}", re.IGNORECASE)
_HEADER_NEXT: Final = re.compile(rf"[ \t]*\d{{1,4}}{_ENDING}")
_SOMETHING_NEXT: Final = re.compile(r"[ \t]*[^\s,]")
_CANDIDATE: Final = re.compile(
    rf"(?<![\d.(\[<\-])(?=\d)|(?<![^\s,])(?=[(\[]\d|{_WORD}\d)", re.IGNORECASE
)
_TEXT_CANDIDATE: Final = re.compile(r"(?<=[\s,])(?=\d)")


@dataclass(frozen=True, slots=True)
class Header:
    """Hold what stands before a value; questions and parts count from 0, None is not known.

    ``written`` is the number as far as it could be read, ``end`` where the value begins.
    """

    written: str
    question: int | None
    end: int
    part: int | None = None
    is_range: bool = False
    last: int | None = None
    last_written: str = ""


class Outline:
    """Know the questions of an exam by their numbers."""

    def __init__(self, questions: Sequence[QuestionShape]) -> None:
        self.questions = questions
        self._by_label = {
            question.number.casefold(): place for place, question in enumerate(questions)
        }
        self._by_value = {
            int(question.number): place
            for place, question in reversed(list(enumerate(questions)))
            if question.number.isascii() and question.number.isdigit()
        }

    def find(self, label: str) -> int | None:
        """Return the place of the question with this number, 07 and 7 being the same."""
        place = self._by_label.get(label.casefold())
        if place is None and label.isascii() and label.isdigit():
            place = self._by_value.get(int(label))
        return place

    def between(self, first: str, last: str) -> list[int]:
        """Return the places of all questions whose numbers lie in a range of numbers."""
        low, high = int(first), int(last)
        return sorted(place for value, place in self._by_value.items() if low <= value <= high)

    def parts(self, place: int | None) -> tuple[PartShape, ...]:
        """Return the parts of a question, none of one that is not known."""
        return () if place is None else self.questions[place].parts

    def takes_text(self, place: int | None) -> bool:
        """Tell whether a value of this question may be any text."""
        return any(part.kind not in PICKED for part in self.parts(place))


def leading(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    """Return the header that a piece begins with, or None where it begins with a value."""
    return (
        _label(masked, start, end, outline)
        or firm(masked, start, end, outline)
        or _bracketed(masked, start, end, outline)
        or _weak(masked, start, end, outline)
    )


def firm(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    """Return the header that begins here by its signs: a range, a part, ``1.``, ``1:``, ``1)``."""
    return _range(masked, start, end, outline) or _numbered(masked, start, end, outline)


def inside(
    masked: str, start: int, end: int, outline: Outline, after: Header | None
) -> tuple[int, Header] | None:
    """Return the next header among the options that follow ``after``, and where it begins."""
    sign = masked[after.end - 1] if after is not None else ""
    for candidate in _CANDIDATE.finditer(masked, start, end):
        at = candidate.start()
        header = firm(masked, at, end, outline)
        if header is not None and not _has_value(masked, header, end, sign):
            continue
        header = (
            header
            or _bracketed(masked, at, end, outline)
            or _before_option(masked, at, end, outline)
        )
        if header is not None:
            return at, header
    return None


def inside_text(
    masked: str, start: int, end: int, outline: Outline, after: Header
) -> tuple[int, Header] | None:
    """Return the next header inside an answer in words: only one that is next in the exam.

    ``11. colour 12. B`` holds two headers, ``11. at 12:30`` and ``11. I have 3. 4`` one.
    """
    for candidate in _TEXT_CANDIDATE.finditer(masked, start, end):
        at = candidate.start()
        header = _numbered(masked, at, end, outline)
        if header is not None and _is_next(header, after) and _ends_well(masked, header):
            return at, header
    return None


def _has_value(masked: str, header: Header, end: int, sign: str) -> bool:
    """Tell a header from an option with a full stop: ``3.`` at the end or in ``1: 3. 2: 1.``."""
    if not _SOMETHING_NEXT.match(masked, header.end, end):
        return False
    is_alike = masked[header.end - 1] == sign
    return is_alike or not _HEADER_NEXT.match(masked, header.end, end)


def _ends_well(masked: str, header: Header) -> bool:
    following = masked[header.end : header.end + 2]
    if not following or following[0].isspace():
        return True
    return masked[header.end - 1] in ":=" and not following.isdigit()


def _is_next(header: Header, after: Header) -> bool:
    if header.question is None or after.question is None or header.is_range:
        return False
    if header.part is not None and header.question == after.question:
        return after.part is not None and header.part == after.part + 1
    last = after.last if after.last is not None else after.question
    return header.question == last + 1 and header.part in {None, 0}


def _label(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    """Return the header of a question whose number is no plain number: ``46a``, ``서술형1``."""
    for pattern in _LABELS:
        found = pattern.match(masked, start, end)
        if found is None or found["label"].isdigit():
            continue
        question, part = _labelled(found["label"], outline)
        is_weak = found["weak"] is not None
        if question is None or (is_weak and re.fullmatch("[A-J]+", found["label"], re.IGNORECASE)):
            continue
        return Header(found["label"], question, found.end(), part)
    return None


def _labelled(label: str, outline: Outline) -> tuple[int | None, int | None]:
    question = outline.find(label)
    split = re.fullmatch(r"(.*\D.*?)[.\-(](\d{1,2})\)?", label)
    if question is not None or split is None:
        return question, None
    return outline.find(split[1]), int(split[2]) - 1


def _range(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    found = _RANGE.match(masked, start, end)
    if found is None:
        return None
    first, last = outline.find(found["first"]), outline.find(found["last"])
    ends_by_sign = found["ending"][-1:] in {":", ".", ")", "="}
    if int(found["last"]) > int(found["first"]):
        return Header(
            found["first"], first, found.end(), is_range=True, last=last, last_written=found["last"]
        )
    if len(outline.parts(first)) > 1:
        return Header(found["first"], first, found.end(), int(found["last"]) - 1)
    if not ends_by_sign:
        return None
    return Header(found["first"], None, found.end(), is_range=True, last_written=found["last"])


def _numbered(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    part = _PART.match(masked, start, end)
    if part is not None:
        question = outline.find(part["first"])
        is_letter = part["part"].isalpha()
        if len(outline.parts(question)) > 1 and (part["ending"] or not is_letter):
            place = ord(part["part"].lower()) - ord("a") if is_letter else int(part["part"]) - 1
            return Header(part["first"], question, part.end(), place)
    found = _NUMBER.match(masked, start, end)
    if found is None:
        return None
    return Header(found["first"], outline.find(found["first"]), found.end())


def _bracketed(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    found = _BRACKETED.match(masked, start, end)
    if found is None:
        return None
    question = outline.find(found["first"])
    if not _OPTION_NEXT.match(masked, found.end(), end) and not outline.takes_text(question):
        return None
    return Header(found["first"], question, found.end())


def _before_option(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    """Return a header that only the option behind it shows: ``1B``, ``1 B``, ``1③``."""
    found = _WEAK.match(masked, start, end)
    if found is None or not _OPTION_NEXT.match(masked, found.end(), end):
        return None
    return Header(found["first"], outline.find(found["first"]), found.end())


def _weak(masked: str, start: int, end: int, outline: Outline) -> Header | None:
    if header := _before_option(masked, start, end, outline):
        return header
    found = _WEAK.match(masked, start, end)
    if found is None or not found["gap"]:
        return None
    question = outline.find(found["first"])
    if question is None or not _is_number_and_value(masked, found.end(), end, outline, question):
        return None
    return Header(found["first"], question, found.end())


def _is_number_and_value(
    masked: str, start: int, end: int, outline: Outline, question: int
) -> bool:
    """Tell ``12 3`` (a question and its option) from ``1 2 3 4`` (the options of four)."""
    if outline.takes_text(question) or start >= end:
        return True
    tokens = masked[start:end].split()
    if not all(token.strip("(),.").isdigit() for token in tokens):
        return True
    return len(tokens) <= 1 or any(part.kind == "choices" for part in outline.parts(question))
