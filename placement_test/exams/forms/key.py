"""The bubble sheet, and a pasted key line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.exams.rules.key_line import PartShape, QuestionShape, parse_key_line
from placement_test.exams.rules.keys import (
    EMPTY,
    LONGEST_VARIANT,
    MOST_VARIANTS,
    EnteredKey,
    is_complete,
    split_variants,
)
from placement_test.exams.rules.labels import option_label
from placement_test.exams.rules.outline import PICKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.http import QueryDict

    from placement_test.exams.rules.key_line import KeyEntry, KeyProblem
    from placement_test.models import Part, Question, Section

LONGEST_LINE = 20_000
PROBLEM_WORDS = {
    "unknown_question": _("Question %(number)s: there is no such question."),
    "part_missing": _("Question %(number)s has several parts: write 17.1, 17.2 and so on."),
    "unknown_part": _("Question %(number)s: there is no such part."),
    "duplicate": _("Question %(number)s stands twice; the first one counts."),
    "too_few": _("Question %(number)s: too few answers."),
    "too_many": _("Question %(number)s: too many answers."),
    "option_out_of_range": _("Question %(number)s has no such option."),
    "kind_mismatch": _("Question %(number)s: this does not fit the kind of question."),
    "unreadable": _("This cannot be read."),
}
SHORT_OPTIONS = {
    "case_sensitive": _("Capital letters count"),
    "ignore_accents": _("Accents do not count"),
    "ignore_spaces": _("Spaces do not count"),
    "ignore_punctuation": _("Punctuation does not count"),
}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One option: its index and label, and whether it is right."""

    index: int
    label: str
    mark: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Option:
    """A tick on how a part is marked."""

    name: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One part on the sheet; ``field`` is the name of its input."""

    part_id: int
    field: str
    name: str
    kind: str
    several: bool
    bubbles: tuple[Bubble, ...]
    accepted: str
    options: tuple[Option, ...]
    is_keyed: bool
    is_changed: bool
    error: str


@dataclass(frozen=True, slots=True)
class SheetSection:
    """The rows of one section."""

    title: str
    rows: tuple[SheetRow, ...]


class KeyLineForm(forms.Form):
    """A pasted key."""

    line = forms.CharField(
        label=_("Key as text"),
        max_length=LONGEST_LINE,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "class": "code"}
        ),
        help_text=_(
            "For example: 1-10: BACDA BBCAD; 11: colour|color; 12.1: red; 12.2: blue. Where two"
            " options are both right: 7: A|C."
        ),
    )


class CorrectionForm(forms.Form):
    """Why the key of a published version changes."""

    reason = forms.CharField(label=_("What was wrong with the key"), max_length=200)


def shapes(questions: Iterable[Question]) -> list[QuestionShape]:
    """Return what a key line has to know of the questions; their parts are loaded."""
    return [
        QuestionShape(
            question.number,
            tuple(PartShape(part.kind, part.option_count) for part in question.parts.all()),
        )
        for question in questions
    ]


def read_line(
    line: str, questions: Sequence[Question]
) -> tuple[dict[int, EnteredKey], list[tuple[str, str]]]:
    """Return the key that a line gives by part id, and its problems as (words, excerpt)."""
    read = parse_key_line(line, shapes(questions))
    parts = {question.number: list(question.parts.all()) for question in questions}
    entered = {parts[entry.number][entry.part_index].pk: _entered(entry) for entry in read.entries}
    return entered, [(_words(problem), problem.text) for problem in read.problems]


def read_sheet(
    data: QueryDict, parts: Iterable[Part], before: Mapping[int, EnteredKey]
) -> tuple[dict[int, EnteredKey], dict[int, str]]:
    """Return what the bubble sheet says by part id, and what is wrong with which part."""
    entered: dict[int, EnteredKey] = {}
    wrong: dict[int, str] = {}
    for part in parts:
        if part.kind == "long" or f"part-{part.pk}-there" not in data:
            continue
        entered[part.pk] = _part_of_sheet(data, part, before.get(part.pk, EMPTY))
        if error := _problem(part, entered[part.pk], data):
            wrong[part.pk] = error
    return entered, wrong


def sheet(
    sections: Iterable[Section],
    shown: Mapping[int, EnteredKey],
    *,
    stored: Mapping[int, EnteredKey],
    style: str,
    errors: Mapping[int, str],
) -> list[SheetSection]:
    """Return the bubble sheet with the key ``shown``; what differs from ``stored`` is marked."""
    return [
        SheetSection(
            title=section.title,
            rows=tuple(
                _row(
                    question,
                    part,
                    shown.get(part.pk, EMPTY),
                    stored.get(part.pk, EMPTY),
                    style=question.label_style or style,
                    error=errors.get(part.pk, ""),
                )
                for question in section.questions.all()
                for part in question.parts.all()
            ),
        )
        for section in sections
    ]


def is_keyed(part: Part, entries: Mapping[int, EnteredKey]) -> bool:
    """Return whether ``entries`` hold all that marks ``part``."""
    return is_complete(part.kind, part.option_count, entries.get(part.pk, EMPTY))


def _entered(entry: KeyEntry) -> EnteredKey:
    return EnteredKey(tuple(sorted(entry.correct)), entry.accepted)


def _words(problem: KeyProblem) -> str:
    return str(PROBLEM_WORDS[problem.code]) % {"number": problem.number}


def _part_of_sheet(data: QueryDict, part: Part, before: EnteredKey) -> EnteredKey:
    field = f"part-{part.pk}"
    ticked = [text for text in data.getlist(field) if text.isascii() and text.isdigit()]
    options = dict(before.options)
    if part.kind == "short":
        options |= {name: f"{field}-{name}" in data for name in SHORT_OPTIONS}
        return EnteredKey(accepted=split_variants(data.get(field, "")), options=options)
    if part.kind == "choices":
        is_partial = f"{field}-partial_credit" in data
        options |= {"partial_credit": "per_option" if is_partial else "none"}
    correct = sorted({int(text[:3]) for text in ticked})
    return EnteredKey(correct=tuple(correct), options=options)


def _problem(part: Part, entry: EnteredKey, data: QueryDict) -> str:
    if part.kind in PICKED:
        outside = any(index >= part.option_count for index in entry.correct)
        return str(_("There is no such option.")) if outside else ""
    if len(data.get(f"part-{part.pk}", "")) > LONGEST_VARIANT * MOST_VARIANTS:
        return str(_("This is too long."))
    if len(entry.accepted) > MOST_VARIANTS:
        return str(_("At most %(most)s variants.")) % {"most": MOST_VARIANTS}
    if any(len(variant) > LONGEST_VARIANT for variant in entry.accepted):
        return str(_("A variant has at most %(most)s characters.")) % {"most": LONGEST_VARIANT}
    return ""


def _row(
    question: Question,
    part: Part,
    entry: EnteredKey,
    stored: EnteredKey,
    *,
    style: str,
    error: str,
) -> SheetRow:
    several_parts = len(question.parts.all()) > 1
    own = part.label or f".{part.position}"
    return SheetRow(
        part_id=part.pk,
        field=f"part-{part.pk}",
        name=f"{question.number}{' ' if part.label else ''}{own}"
        if several_parts
        else question.number,
        kind=part.kind,
        several=part.kind == "choices" or len(entry.correct) > 1,
        bubbles=tuple(
            Bubble(
                index=index,
                label=option_label(style, index),
                mark=option_label("digits" if style in {"circled", "digits"} else "letters", index),
                is_right=index in entry.correct,
            )
            for index in range(part.option_count)
        ),
        accepted=" | ".join(entry.accepted),
        options=_options(part, entry),
        is_keyed=is_complete(part.kind, part.option_count, entry),
        is_changed=(entry.correct, entry.accepted) != (stored.correct, stored.accepted),
        error=error,
    )


def _options(part: Part, entry: EnteredKey) -> tuple[Option, ...]:
    if part.kind == "short":
        return tuple(
            Option(name, str(label), is_on=bool(entry.options.get(name)))
            for name, label in SHORT_OPTIONS.items()
        )
    if part.kind == "choices":
        is_on = entry.options.get("partial_credit") == "per_option"
        return (
            Option(
                "partial_credit", str(_("Part of the points for part of the ticks")), is_on=is_on
            ),
        )
    return ()
