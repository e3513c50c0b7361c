"""Write an answer key as the line that ``parse_key_line`` reads back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from placement_test.exams.rules.labels import option_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from placement_test.exams.rules.key_line_types import KeyEntry, QuestionShape

# Anything else could be a sign of the key line.
_NEEDS_NO_QUOTES: Final = re.compile(r"[A-Za-z0-9가-힣']+(?: [A-Za-z0-9가-힣']+)*")
_LINE_ENDS: Final = re.compile("[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]+")
# As papers print their keys: five letters, a space, five letters.
_GROUP: Final = 5


@dataclass(frozen=True, slots=True)
class _Run:
    first: int
    letters: str


def format_key_line(entries: Iterable[KeyEntry], questions: Sequence[QuestionShape]) -> str:
    """Return the key as one line in the order of the exam; parts without a key are left out.

    Line ends inside a variant become spaces, which marking takes for the same.
    """
    keyed = {(entry.number, entry.part_index): entry for entry in entries}
    pieces: list[str] = []
    run: _Run | None = None
    for place, question in enumerate(questions):
        letter = _single_letter(question, keyed)
        if letter:
            run = _Run(run.first, run.letters + letter) if run else _Run(place, letter)
            continue
        pieces += _written_run(run, questions)
        run = None
        pieces += _written_parts(question, keyed)
    return "; ".join([*pieces, *_written_run(run, questions)])


def _single_letter(question: QuestionShape, keyed: dict[tuple[str, int], KeyEntry]) -> str:
    """Return the letter of a question that may stand in a run such as ``1-10: BACDA BBCAD``."""
    entry = keyed.get((question.number, 0))
    is_plain = question.number.isascii() and question.number.isdigit()
    if not is_plain or len(question.parts) != 1 or question.parts[0].kind != "choice":
        return ""
    return _letters(entry) if entry is not None and len(entry.correct) == 1 else ""


def _written_run(run: _Run | None, questions: Sequence[QuestionShape]) -> list[str]:
    if run is None:
        return []
    first = questions[run.first].number
    if len(run.letters) == 1:
        return [f"{first}: {run.letters}"]
    last = questions[run.first + len(run.letters) - 1].number
    groups = [run.letters[at : at + _GROUP] for at in range(0, len(run.letters), _GROUP)]
    return [f"{first}-{last}: {' '.join(groups)}"]


def _written_parts(question: QuestionShape, keyed: dict[tuple[str, int], KeyEntry]) -> list[str]:
    pieces = []
    for index in range(len(question.parts)):
        entry = keyed.get((question.number, index))
        if entry is not None and (entry.correct or entry.accepted):
            number = (
                question.number if len(question.parts) == 1 else f"{question.number}.{index + 1}"
            )
            value = _letters(entry) or "|".join(map(_quoted, entry.accepted))
            pieces.append(f"{number}: {value}")
    return pieces


def _letters(entry: KeyEntry) -> str:
    return ",".join(option_label("letters", index) for index in sorted(entry.correct))


def _quoted(variant: str) -> str:
    text = _LINE_ENDS.sub(" ", variant)
    if _NEEDS_NO_QUOTES.fullmatch(text):
        return text
    return '"' + text.replace('"', '""') + '"'
