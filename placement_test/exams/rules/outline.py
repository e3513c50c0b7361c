"""What a version asks: sections, questions and parts as plain values, and how they are changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

PICKED = frozenset({"choice", "choices"})
PART_KINDS = frozenset({"choice", "choices", "short", "long"})
FEWEST_OPTIONS, MOST_OPTIONS = 2, 10
# Enough for a table of blanks; a form with more is not usable.
MOST_PARTS = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What one answer belongs to; ``id`` names a row that is to stay."""

    kind: str
    points: Decimal
    option_count: int = 0
    label: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class QuestionPlan:
    """A question under its printed number; ``page`` counts from 1, x and y from 0 to 1."""

    number: str
    parts: tuple[PartPlan, ...]
    label_style: str = ""
    text: str = ""
    page: int | None = None
    x: float | None = None
    y: float | None = None

    @property
    def kind(self) -> str:
        """Return the kind of all parts, or ``mixed``; several ticked parts are mixed too."""
        kinds = {part.kind for part in self.parts}
        if len(kinds) > 1 or (len(self.parts) > 1 and kinds <= PICKED):
            return "mixed"
        return next(iter(kinds), "mixed")


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A titled run of questions; ``id`` names a row that is to stay."""

    title: str
    skill: str
    questions: tuple[QuestionPlan, ...]
    minutes: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """What most questions of a section are like."""

    kind: str = "choice"
    option_count: int = 5
    points: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class SectionRow:
    """One line of the bulk form: a section, its numbers and what its questions are like."""

    title: str
    skill: str
    numbers: tuple[str, ...]
    usual: Usual
    minutes: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What to change about some questions; None leaves a thing as it is."""

    kind: str | None = None
    option_count: int | None = None
    points: Decimal | None = None
    label_style: str | None = None
    page: int | None = None


def usual(section: SectionPlan, *, options: int) -> Usual:
    """Return what most questions of the section are like; ``options`` where none is ticked."""
    single = [question.parts[0] for question in section.questions if len(question.parts) == 1]
    return Usual(
        kind=_most_common((part.kind for part in single), "choice"),
        option_count=_most_common(
            (part.option_count for part in single if part.kind in PICKED), options
        ),
        points=_most_common((part.points for part in single), Decimal(1)),
    )


def apply_rows(
    current: Sequence[SectionPlan], rows: Iterable[SectionRow], *, options: int
) -> tuple[SectionPlan, ...]:
    """Return the sections that the rows describe.

    A question whose number stays keeps all that makes it an exception: a row's new kind, options
    or points reach only those that were like most of their section before.
    """
    before = {section.id: usual(section, options=options) for section in current}
    known = {
        question.number: (question, before[section.id])
        for section in current
        for question in section.questions
    }
    return tuple(
        SectionPlan(
            title=row.title,
            skill=row.skill,
            minutes=row.minutes,
            id=row.id,
            questions=tuple(_in_row(known, number, row.usual) for number in row.numbers),
        )
        for row in rows
    )


def change_questions(
    current: Sequence[SectionPlan], numbers: Collection[str], change: Change
) -> tuple[SectionPlan, ...]:
    """Return the sections with ``change`` made to the questions of these numbers."""
    return tuple(
        replace(
            section,
            questions=tuple(
                changed(question, change) if question.number in numbers else question
                for question in section.questions
            ),
        )
        for section in current
    )


def changed(question: QuestionPlan, change: Change) -> QuestionPlan:
    """Return ``question`` with ``change`` made; a new kind leaves a mixed question one part."""
    parts = question.parts
    if change.kind is not None:
        keep = parts if change.kind == question.kind else parts[:1]
        parts = tuple(_of_kind(part, change.kind, change.option_count or 5) for part in keep)
    if change.option_count is not None:
        parts = tuple(
            replace(part, option_count=change.option_count) if part.kind in PICKED else part
            for part in parts
        )
    if change.points is not None:
        parts = tuple(replace(part, points=change.points) for part in parts)
    return replace(
        question,
        parts=parts,
        label_style=question.label_style if change.label_style is None else change.label_style,
        page=question.page if change.page is None else change.page,
    )


def outline_problems(sections: Sequence[SectionPlan]) -> tuple[str, ...]:
    """Return what is wrong with the sections, in words for developers; none is well."""
    numbers = Counter(question.number for section in sections for question in section.questions)
    found = [
        f"number {number} stands {count} times" for number, count in numbers.items() if count > 1
    ]
    for section in sections:
        for question in section.questions:
            found += _question_problems(question)
    return tuple(found)


def _question_problems(question: QuestionPlan) -> list[str]:
    if not 1 <= len(question.parts) <= MOST_PARTS:
        return [f"question {question.number} has {len(question.parts)} parts"]
    return [
        f"question {question.number} has a part that cannot be: {part}"
        for part in question.parts
        if part.kind not in PART_KINDS or part.points < 0 or not _options_fit(part)
    ]


def _options_fit(part: PartPlan) -> bool:
    if part.kind in PICKED:
        return FEWEST_OPTIONS <= part.option_count <= MOST_OPTIONS
    return part.option_count == 0


def _in_row(
    known: Mapping[str, tuple[QuestionPlan, Usual]], number: str, wanted: Usual
) -> QuestionPlan:
    if number not in known:
        part = PartPlan(kind=wanted.kind, points=wanted.points)
        return QuestionPlan(number, (_of_kind(part, wanted.kind, wanted.option_count),))
    question, before = known[number]
    if len(question.parts) != 1:
        return question
    part = question.parts[0]
    if part.kind == before.kind and wanted.kind != before.kind:
        part = _of_kind(part, wanted.kind, wanted.option_count)
    if part.kind in PICKED and part.option_count == before.option_count:
        part = replace(part, option_count=wanted.option_count)
    if part.points == before.points:
        part = replace(part, points=wanted.points)
    return replace(question, parts=(part,))


def _of_kind(part: PartPlan, kind: str, options: int) -> PartPlan:
    if kind not in PICKED:
        return replace(part, kind=kind, option_count=0)
    return replace(part, kind=kind, option_count=part.option_count or options)


def _most_common(values: Iterable[T], otherwise: T) -> T:
    common = Counter(values).most_common(1)
    return common[0][0] if common else otherwise
