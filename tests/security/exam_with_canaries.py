"""An exam of all five kinds with a paper and a track, whose key is full of canaries."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from placement_test.exams import services, tasks
from placement_test.exams.rules.keys import EnteredKey
from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
from placement_test.exams.services import tracks
from placement_test.exams.services.cuts import USUAL_CUTS, save_cuts
from placement_test.models import Part
from tests import builders, hostile, recordings
from tests.security import canaries

if TYPE_CHECKING:
    from placement_test.models import ExamVersion, StaffUser

ONE = Decimal(1)


def exam(teacher: StaffUser, *, text: str = "Fill in the blank.") -> ExamVersion:
    """Make, publish and correct the exam; question 14 shows ``text`` to students."""
    paper = services.check_paper("paper.pdf", hostile.good_paper())
    levels = tuple(builders.curriculum())
    draft = services.make_version(
        services.NewExam("Spring paper", 40, "circled", 5, levels, ()), paper=paper, actor=teacher
    )
    tasks.render_paper(draft.pk)
    services.set_outline(draft, [SectionPlan("Everything", "reading", _questions(text))], teacher)
    recording = tracks.check_track("one.mp3", recordings.mp3())
    made = tracks.add_tracks(draft, [recording], play_limit=2, actor=teacher)
    settings = tracks.TrackSettings("One", 2, ("1", "2"))
    tracks.set_tracks(draft, {made[0].pk: settings}, teacher)
    key = _key(draft)
    first = min(key)
    services.save_key(draft, key | {first: EnteredKey(correct=(2,))}, teacher)
    save_cuts(draft, USUAL_CUTS, teacher)
    published = services.publish(draft, teacher)
    services.correct_key(published, {first: key[first]}, canaries.KEY_REASON, teacher)
    return published


def parts(version: ExamVersion) -> dict[str, Part]:
    """Return the parts by the number of their question and their place in it."""
    rows = Part.objects.filter(question__section__version=version).select_related("question")
    return {f"{part.question.number}.{part.position}": part for part in rows}


def _questions(text: str) -> tuple[QuestionPlan, ...]:
    choice = (PartPlan("choice", ONE, 5),)
    short = PartPlan("short", ONE, 0)
    return (
        *(QuestionPlan(str(number), choice) for number in range(1, len(canaries.CHOICES) + 1)),
        QuestionPlan("13", (PartPlan("choices", ONE, 10),)),
        QuestionPlan("14", (short, short), text=text),
        QuestionPlan("15", (PartPlan("long", Decimal(5), 0),)),
        QuestionPlan("16", (PartPlan("choice", ONE, 5), short)),
    )


def _key(version: ExamVersion) -> dict[int, EnteredKey]:
    by_name = parts(version)
    entered = {
        by_name[f"{number}.1"].pk: EnteredKey(correct=(index,))
        for number, index in enumerate(canaries.CHOICES, start=1)
    }
    return entered | {
        by_name["13.1"].pk: EnteredKey(correct=canaries.SEVERAL),
        by_name["14.1"].pk: EnteredKey(accepted=(canaries.ACCEPTED, canaries.VARIANT)),
        by_name["14.2"].pk: EnteredKey(accepted=(canaries.SECOND_BLANK,)),
        by_name["16.1"].pk: EnteredKey(correct=(4,)),
        by_name["16.2"].pk: EnteredKey(accepted=(canaries.ACCEPTED,)),
    }
