"""One function per thing that a test needs; defaults are ordinary, a test names the unusual.

Things that others belong to (academy, campus, curriculum) are made once: asking for them again
returns the same rows.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from placement_test.exams import services as exams
from placement_test.exams.rules.keys import PICKED, EnteredKey
from placement_test.exams.rules.numbers import parse_numbers
from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
from placement_test.exams.services.cuts import USUAL_CUTS, save_cuts
from placement_test.lib import clock, private
from placement_test.management.sample import curriculum as sample
from placement_test.models import (
    Academy,
    Campus,
    ConsentText,
    ExamVersion,
    Level,
    Part,
    PlacementRule,
    RuleSet,
    School,
    StaffUser,
    Student,
    TestEvent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Role = StaffUser.Role

PASSWORD = "a long enough password"  # noqa: S105


# Academy


def academy(
    *,
    name: str = "Hanbit Academy",
    shown_result: str = Academy.Shown.LEVEL,
    ask_birth_date: str = Academy.Asked.OPTIONAL,
    ask_phone: str = Academy.Asked.OPTIONAL,
    ask_school: str = Academy.Asked.OPTIONAL,
    level_changes: int = 1,
) -> Academy:
    """Make the academy with its policies, or return the one there is."""
    return Academy.objects.get_or_create(
        id=1,
        defaults={
            "name": name,
            "shown_result": shown_result,
            "ask_birth_date": ask_birth_date,
            "ask_phone": ask_phone,
            "ask_school": ask_school,
            "level_changes": level_changes,
        },
    )[0]


def campus(*, name: str = "Mokdong") -> Campus:
    """Make a campus, or return the one of this name."""
    return Campus.objects.get_or_create(name=name)[0]


def staff(
    *,
    role: str = Role.TEACHER,
    username: str = "",
    display_name: str = "Ms Han",
    campuses: Sequence[Campus] | None = None,
) -> StaffUser:
    """Make a member of staff who logs in with ``PASSWORD``; without a name the role is the name."""
    user = StaffUser.objects.create_user(
        username=username or str(role),
        password=PASSWORD,
        role=role,
        display_name=display_name,
        is_staff=role == Role.ADMINISTRATOR,
        is_superuser=role == Role.ADMINISTRATOR,
    )
    user.campuses.set([campus()] if campuses is None else campuses)
    return user


def school(
    *,
    name: str = "Mokdong Primary School",
    stage: str = School.Stage.PRIMARY,
    campus: Campus | None = None,
    is_active: bool = True,
) -> School:
    """Make a school."""
    return School.objects.create(
        name=name, stage=stage, campus=campus or _campus(), is_active=is_active
    )


def consent_text(
    *, number: int = 1, korean: str = "동의합니다.", english: str = "I agree."
) -> ConsentText:
    """Make a revision of the consent text."""
    return ConsentText.objects.create(
        number=number, korean=korean, english=english, made_at=clock.now()
    )


def event(  # noqa: PLR0913 - an event is what its columns are
    *,
    name: str = "March placement test",
    campus: Campus | None = None,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    access_code: str = "SPRING",
    expected_students: int = 0,
    is_listed: bool = False,
) -> TestEvent:
    """Make a test event; by default it opened an hour ago and has no end."""
    return TestEvent.objects.create(
        name=name,
        campus=campus or _campus(),
        opens_at=opens_at or clock.now() - dt.timedelta(hours=1),
        closes_at=closes_at,
        access_code=access_code,
        expected_students=expected_students,
        is_listed=is_listed,
    )


# Curriculum


def curriculum() -> list[Level]:
    """Make the 44 levels of the sample in order of difficulty, or return those there are."""
    if not Level.objects.exists():
        sample.make_curriculum()
    return list(Level.objects.select_related("sub_program__program"))


def rule_set(
    *,
    number: int = 1,
    boundaries: Sequence[int] | None = None,
    cells: Mapping[tuple[int, int], Level] | None = None,
) -> RuleSet:
    """Make a rule set: the sample's 72 cells, or ``cells`` by (grade, band)."""
    if cells is None:
        return sample.make_rule_set(curriculum(), number=number)
    rules = RuleSet.objects.create(
        number=number,
        boundaries=list(sample.BOUNDARIES if boundaries is None else boundaries),
        made_at=clock.now(),
    )
    PlacementRule.objects.bulk_create(
        PlacementRule(rule_set=rules, grade=grade, band=band, level=level)
        for (grade, band), level in cells.items()
    )
    return rules


# Exams


def draft_exam(  # noqa: PLR0913 - what a test may want to be unusual about an exam
    *,
    title: str = "Spring paper",
    numbers: str = "1-3",
    kind: str = "choice",
    options: int = 5,
    points: str = "2.5",
    levels: Sequence[Level] = (),
    campuses: Sequence[Campus] = (),
    keyed: bool = True,
) -> ExamVersion:
    """Make a draft without a paper: one section of questions with text, the first option right."""
    made = exams.make_version(
        exams.NewExam(title, 40, "circled", options, tuple(levels), tuple(campuses)),
        paper=None,
        actor=None,
    )
    questions = tuple(
        QuestionPlan(
            number,
            (PartPlan(kind, Decimal(points), options if kind in PICKED else 0),),
            text=f"Question {number}",
        )
        for number in parse_numbers(numbers)
    )
    exams.set_outline(made, [SectionPlan("Reading", "reading", questions)], None)
    if keyed:
        parts = Part.objects.filter(question__section__version=made)
        entry = EnteredKey(accepted=("red",)) if kind == "short" else EnteredKey(correct=(0,))
        exams.save_key(made, {part.pk: entry for part in parts}, None)
    save_cuts(made, USUAL_CUTS, None)
    return made


def published_exam(
    *,
    title: str = "Spring paper",
    numbers: str = "1-3",
    levels: Sequence[Level] | None = None,
    campuses: Sequence[Campus] = (),
) -> ExamVersion:
    """Make a published exam; without ``levels`` it serves the easiest one."""
    serves = curriculum()[:1] if levels is None else levels
    draft = draft_exam(title=title, numbers=numbers, levels=serves, campuses=campuses)
    return exams.publish(draft, None)


# Students


def student(
    *,
    name: str = "김민지",
    campus: Campus | None = None,
    birth_date: dt.date | None = dt.date(2015, 5, 1),
    phone: str = "010-1234-5678",
) -> Student:
    """Make a student: Min-ji."""
    return Student.objects.create(
        campus=campus or _campus(),
        name=name,
        birth_date=birth_date,
        phone=private.encrypt(private.digits(phone)),
        phone_index=private.index(phone),
        created_at=clock.now(),
    )


def _campus() -> Campus:
    return campus()
