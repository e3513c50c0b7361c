"""Read the answer key that a teacher pastes as text, and write a key as such a line.

``1-10: BACDA BBCAD; 11: colour|color; 12: 3; 13-15: ①③⑤; 16: B,D; 17.1: red; 17.2: blue|navy``

A semicolon or a line end closes a piece. Options are letters A to J, digits from 1, or circled
signs; a bar parts the accepted variants of a blank, and a text in quotes is taken as it stands.
Columns and two-row tables of a sheet, ``1. B 2. A 3. C``, ``1) ③ 2) ①`` and a bare ``BACDA`` are
read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from placement_test.exams.rules.key_line_headers import (
    PICKED,
    Header,
    Outline,
    inside,
    inside_text,
    leading,
)
from placement_test.exams.rules.key_line_text import Span, plain, segments, trimmed
from placement_test.exams.rules.key_line_types import (
    KeyEntry,
    KeyLine,
    KeyProblem,
    KeyProblemCode,
    PartShape,
    QuestionShape,
)
from placement_test.exams.rules.key_line_values import (
    Token,
    is_word,
    read_options,
    read_variants,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "KeyEntry",
    "KeyLine",
    "KeyProblem",
    "KeyProblemCode",
    "PartShape",
    "QuestionShape",
    "parse_key_line",
]

# Enough to recognise the place; the whole text stands in the field above the message.
LONGEST_EXCERPT: Final = 60

_TITLE: Final = re.compile(
    r"[\s,]*(?:(?:번호|문항|no\.?|number|question)[ \t]+(?=정답|답|answer|key))?"
    r"(?:(?:정답표?|답안?|answers?(?:[ \t]key)?|key)(?![A-Za-z가-힣])[ \t]*[:=]?[ \t]*)?",
    re.IGNORECASE,
)
_ROW_TITLE: Final = re.compile(r"[ \t]*(?:[^\d\s;]+[ \t]+)?(?=\S)")
_PART_MARK: Final = re.compile(r"(?<!\S)\((\d{1,2})\)")
# A row of fewer question numbers than this above a row of answers could be two answers as well.
_SHORTEST_ROW: Final = 3

Target = tuple[int, int]


@dataclass(slots=True)
class _Piece:
    header: Header | None
    start: int
    spans: list[Span] = field(default_factory=list)


def parse_key_line(text: str, questions: Sequence[QuestionShape]) -> KeyLine:
    """Return the key that ``text`` gives to the parts of ``questions``, and what is wrong with it.

    No text raises. Time grows with the length of the text and the number of questions. Numbers of
    questions are expected to be unique. What has a problem is left out of the entries, but for a
    run of options that is too short or too long: its beginning is taken over.
    """
    return _Reader(text, Outline(questions)).read()


class _Reader:
    def __init__(self, text: str, outline: Outline) -> None:
        self._text = text
        self._masked = plain(text)
        self._outline = outline
        self._entries: dict[Target, KeyEntry] = {}
        self._problems: list[KeyProblem] = []

    def read(self) -> KeyLine:
        for piece in self._pieces():
            self._read_piece(piece)
        return KeyLine(
            tuple(self._entries[target] for target in sorted(self._entries)),
            tuple(sorted(self._problems, key=lambda problem: problem.position)),
        )

    def _pieces(self) -> list[_Piece]:
        pieces: list[_Piece] = []
        rows = list(segments(self._masked))
        at = 0
        while at < len(rows):
            if at + 1 < len(rows) and (table := self._table(rows[at], rows[at + 1])):
                pieces += table
                at += 2
                continue
            for piece in self._split(rows[at]):
                if piece.header is None and pieces and self._goes_on(pieces[-1]):
                    pieces[-1].spans += piece.spans
                else:
                    pieces.append(piece)
            at += 1
        return pieces

    def _split(self, segment: Span) -> Iterator[_Piece]:
        masked, outline = self._masked, self._outline
        start, end = segment
        if title := _TITLE.match(masked, start, end):
            start = title.end()
        header = leading(masked, start, end, outline)
        while start < end:
            value_at = start if header is None else header.end
            following = (
                inside_text(masked, value_at, end, outline, header)
                if header is not None and self._takes_text(header)
                else inside(masked, value_at, end, outline, header)
            )
            value_end, next_header = following or (end, None)
            span = trimmed(masked, (value_at, value_end))
            if next_header is not None:
                span = span[0], span[0] + len(masked[span[0] : span[1]].rstrip(" \t,"))
            if header is not None or span[0] < span[1]:
                yield _Piece(header, start, [span])
            if next_header is None:
                return
            start, header = value_end, next_header

    def _takes_text(self, header: Header) -> bool:
        if header.is_range:
            return any(self._outline.takes_text(place) for place in self._range_of(header))
        parts = self._outline.parts(header.question)
        if header.part is not None and header.part < len(parts):
            parts = parts[header.part : header.part + 1]
        return any(part.kind not in PICKED for part in parts)

    def _goes_on(self, piece: _Piece) -> bool:
        """Tell whether a line without a header belongs to the piece before it."""
        if piece.header is None or piece.header.is_range:
            return True
        return all(start == end for start, end in piece.spans)

    def _table(self, upper: Span, lower: Span) -> list[_Piece] | None:
        """Return the pieces of a row of numbers with a row of answers below it."""
        masked = self._masked
        if masked[upper[1] : lower[0]].strip() or ";" in masked[upper[1] : lower[0]]:
            return None
        numbers, answers = self._cells(upper), self._cells(lower)
        if not _SHORTEST_ROW <= len(numbers) == len(answers):
            return None
        places = [self._outline.find(masked[start:end]) for start, end in numbers]
        first = places[0]
        if first is None or places != list(range(first, first + len(places))):
            return None
        return [
            _Piece(Header(masked[start:end], place, end), start, [answer])
            for (start, end), place, answer in zip(numbers, places, answers, strict=True)
        ]

    def _cells(self, row: Span) -> list[Span]:
        title = _ROW_TITLE.match(self._masked, *row)
        start = title.end() if title else row[0]
        return self._groups(r"\S+", [(start, row[1])])

    def _read_piece(self, piece: _Piece) -> None:
        header = piece.header
        if header is None:
            self._read_run(piece)
        elif header.is_range:
            self._read_range(piece, header)
        elif header.question is None:
            self._refuse("unknown_question", header.written, (piece.start, header.end))
        else:
            self._read_question(piece, header, header.question)

    def _read_run(self, piece: _Piece) -> None:
        targets = [
            (place, index)
            for place, question in enumerate(self._outline.questions)
            for index, part in enumerate(question.parts)
            if part.kind in PICKED
        ]
        if self._entries or not targets:
            self._refuse("unreadable", "", (piece.start, piece.spans[-1][1]))
            return
        self._distribute(targets, piece)

    def _range_of(self, header: Header) -> list[int]:
        if header.question is not None and header.last is not None:
            return list(range(header.question, header.last + 1))
        if int(header.written) > int(header.last_written):
            return []
        return self._outline.between(header.written, header.last_written)

    def _read_range(self, piece: _Piece, header: Header) -> None:
        places = self._range_of(header)
        if int(header.written) > int(header.last_written):
            self._refuse("unreadable", header.written, (piece.start, header.end))
            return
        for written in (header.written, header.last_written):
            if self._outline.find(written) is None:
                self._refuse("unknown_question", written, (piece.start, header.end))
        if places:
            self._distribute(self._keyed(places), piece)

    def _read_question(self, piece: _Piece, header: Header, place: int) -> None:
        parts = self._outline.parts(place)
        if header.part is not None:
            if not 0 <= header.part < len(parts):
                written = f"{header.written}.{header.part + 1}"
                self._refuse("unknown_part", written, (piece.start, header.end))
                return
            self._read_one((place, header.part), piece.spans[-1])
            return
        if len(parts) > 1 and self._read_marked_parts(place, piece.spans[-1]):
            return
        targets = self._keyed([place])
        if len(targets) > 1 and self._outline.takes_text(place):
            self._refuse("part_missing", header.written, (piece.start, piece.spans[-1][1]))
        elif targets:
            self._distribute(targets, piece)
        else:
            self._refuse("kind_mismatch", header.written, piece.spans[-1])

    def _read_marked_parts(self, place: int, span: Span) -> bool:
        """Read ``(1) red (2) blue``; tell whether it was written like that."""
        marks = list(_PART_MARK.finditer(self._masked, *span))
        if not marks or marks[0].start() != span[0]:
            return False
        ends = [*(mark.start() for mark in marks[1:]), span[1]]
        for mark, end in zip(marks, ends, strict=True):
            index = int(mark[1]) - 1
            if 0 <= index < len(self._outline.parts(place)):
                self._read_one((place, index), trimmed(self._masked, (mark.end(), end)))
            else:
                written = f"{self._outline.questions[place].number}.{index + 1}"
                self._refuse("unknown_part", written, mark.span())
        return True

    def _keyed(self, places: Sequence[int]) -> list[Target]:
        return [
            (place, index)
            for place in places
            for index, part in enumerate(self._outline.parts(place))
            if part.kind != "long"
        ]

    def _distribute(self, targets: list[Target], piece: _Piece) -> None:
        """Give each part its share of the value: by words, by commas, or option by option."""
        if len(targets) == 1:
            filled = [span for span in piece.spans if span[0] < span[1]] or piece.spans
            self._read_one(targets[0], (filled[0][0], filled[-1][1]))
            return
        picks_only = all(self._part(target).kind in PICKED for target in targets)
        by_word = self._groups(r"[^\s,](?:\S*[^\s,])?", piece.spans)
        by_comma = self._groups(r"[^,\s][^,]*", piece.spans)
        ways = (by_word, by_comma) if picks_only else (by_comma, by_word)
        for groups in ways:
            if len(groups) == len(targets):
                for target, group in zip(targets, groups, strict=True):
                    self._read_one(target, trimmed(self._masked, group))
                return
        if picks_only:
            self._distribute_options(targets, piece)
        else:
            count = len(by_comma if len(by_comma) > 1 else by_word)
            code: KeyProblemCode = "too_few" if count < len(targets) else "too_many"
            self._refuse(code, self._name(targets[0]), (piece.start, piece.spans[-1][1]))

    def _distribute_options(self, targets: list[Target], piece: _Piece) -> None:
        tokens = [
            token for span in piece.spans for token in read_options(self._masked, span).tokens
        ]
        if 2 * sum(token.is_option for token in tokens) < len(tokens):
            self._refuse("unreadable", "", (piece.start, piece.spans[-1][1]))
            return
        for target, token in zip(targets, tokens, strict=False):
            self._take_options(target, [token], token.span)
        if len(tokens) < len(targets):
            end = piece.spans[-1][1]
            self._refuse("too_few", self._name(targets[len(tokens)]), (piece.start, end))
        elif len(tokens) > len(targets):
            surplus = tokens[len(targets)].span[0], piece.spans[-1][1]
            self._refuse("too_many", self._name(targets[-1]), surplus)

    def _groups(self, pattern: str, spans: Sequence[Span]) -> list[Span]:
        compiled = re.compile(pattern)
        return [found.span() for span in spans for found in compiled.finditer(self._masked, *span)]

    def _read_one(self, target: Target, span: Span) -> None:
        part = self._part(target)
        if part.kind == "short":
            variants = read_variants(self._text, self._masked, span)
            if variants:
                self._take(target, KeyEntry(*self._key_of(target), accepted=variants), span)
            else:
                self._refuse("too_few", self._name(target), span)
        elif part.kind not in PICKED or is_word(self._masked, span):
            self._refuse("kind_mismatch", self._name(target), span)
        else:
            self._read_ticks(target, span)

    def _read_ticks(self, target: Target, span: Span) -> None:
        options = read_options(self._masked, span)
        tokens = list(options.tokens)
        if not tokens:
            self._refuse("too_few", self._name(target), span)
        elif (
            self._part(target).kind == "choice"
            and len({token.index for token in tokens}) > 1
            and options.joins < len(tokens) - 1
        ):
            # "BD" for one answer is more likely a slip than "B or D"
            self._refuse("too_many", self._name(target), span)
        else:
            self._take_options(target, tokens, span)

    def _take_options(self, target: Target, tokens: list[Token], span: Span) -> None:
        count = self._part(target).option_count
        correct = {token.index for token in tokens if token.index is not None}
        unread = [token for token in tokens if token.index is None]
        beyond = [token for token in tokens if token.index is not None and token.index >= count]
        for code, wrong in (("unreadable", unread), ("option_out_of_range", beyond)):
            if wrong:
                self._refuse(code, self._name(target), wrong[0].span)  # type: ignore[arg-type]
        if not unread and not beyond:
            self._take(target, KeyEntry(*self._key_of(target), correct=frozenset(correct)), span)

    def _take(self, target: Target, entry: KeyEntry, span: Span) -> None:
        if target in self._entries:
            self._refuse("duplicate", self._name(target), span)
        else:
            self._entries[target] = entry

    def _refuse(self, code: KeyProblemCode, number: str, span: Span) -> None:
        excerpt = self._text[span[0] : span[1]].strip()[:LONGEST_EXCERPT]
        self._problems.append(KeyProblem(code, number, excerpt, span[0]))

    def _part(self, target: Target) -> PartShape:
        return self._outline.questions[target[0]].parts[target[1]]

    def _key_of(self, target: Target) -> tuple[str, int]:
        return self._outline.questions[target[0]].number, target[1]

    def _name(self, target: Target) -> str:
        question = self._outline.questions[target[0]]
        return f"{question.number}.{target[1] + 1}" if len(question.parts) > 1 else question.number
