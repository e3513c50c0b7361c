"""Build an exam from its description, through the services that the pages use."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from placement_test.curriculum.rules import Cut
from placement_test.exams.queries import outlines
from placement_test.exams.rules.keys import EnteredKey
from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
from placement_test.exams.services import papers, tracks
from placement_test.exams.services.cuts import save_cuts
from placement_test.exams.services.keys import save_key
from placement_test.exams.services.making import NewExam, make_version
from placement_test.exams.services.outlines import set_outline
from placement_test.exams.services.publishing import publish
from placement_test.models import Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from placement_test.models import ExamVersion, StaffUser

# One exam of exams.json: JSON as its maker documents it.
Description = dict[str, Any]


def build_from_description(
    description: Description,
    paper: bytes,
    recordings: Mapping[str, bytes],
    actor: StaffUser | None,
) -> ExamVersion:
    """Make and publish the described exam; ``recordings`` holds its tracks by file name.

    :raises PaperRejected: if the paper cannot be used
    :raises TrackRejected: if a recording cannot be used
    :raises Level.DoesNotExist: if the curriculum lacks a level that it serves
    :raises VersionIncomplete: if the description lacks something
    """
    version = make_version(
        NewExam(
            title=description["title"],
            allotted_minutes=description["allotted_minutes"],
            label_style=description["label_style"],
            option_count=description["default_option_count"],
            levels=_levels(description["levels"]),
        ),
        paper=papers.check_paper(description["paper"], paper),
        actor=actor,
    )
    for page in description.get("pages", []):
        if page.get("extra_rotation"):
            ids = list(version.pages.filter(position=page["page"]).values_list("pk", flat=True))
            papers.turn_pages(version, ids, page["extra_rotation"], actor)
    papers.render_paper(version.pk)
    set_outline(version, [_section(section) for section in description["sections"]], actor)
    _add_tracks(version, description["tracks"], recordings, actor)
    save_key(version, _key(version, description), actor)
    cuts = [Cut(Decimal(str(cut["from_percent"])), cut["step"]) for cut in description["cuts"]]
    save_cuts(version, cuts, actor)
    return publish(version, actor)


def _levels(codes: Sequence[str]) -> tuple[Level, ...]:
    """Return the levels of codes such as ``CORE/Sigma/2``."""
    levels = []
    for code in codes:
        program, sub_program, number = code.split("/")
        levels.append(
            Level.objects.get(
                sub_program__program__name=program,
                sub_program__name=sub_program,
                number=int(number),
            )
        )
    return tuple(levels)


def _section(section: Description) -> SectionPlan:
    return SectionPlan(
        title=section["title"],
        skill=section["skill"],
        minutes=section.get("minutes"),
        questions=tuple(_question(question) for question in section["questions"]),
    )


def _question(question: Description) -> QuestionPlan:
    return QuestionPlan(
        number=question["number"],
        label_style=question.get("label_style", ""),
        text=question.get("text", ""),
        page=question.get("page"),
        x=question.get("x"),
        y=question.get("y"),
        parts=tuple(
            PartPlan(
                kind=part["kind"],
                points=Decimal(str(part["points"])),
                option_count=part.get("option_count", 0),
                label=part.get("label", ""),
            )
            for part in question["parts"]
        ),
    )


def _add_tracks(
    version: ExamVersion,
    described: Sequence[Description],
    recordings: Mapping[str, bytes],
    actor: StaffUser | None,
) -> None:
    if not described:
        return
    checked = [tracks.check_track(track["file"], recordings[track["file"]]) for track in described]
    made = tracks.add_tracks(version, checked, play_limit=None, actor=actor)
    wanted = {
        row.pk: tracks.TrackSettings(
            title=track["title"],
            play_limit=track.get("play_limit"),
            numbers=tuple(track["questions"]),
        )
        for row, track in zip(made, described, strict=True)
    }
    tracks.set_tracks(version, wanted, actor)


def _key(version: ExamVersion, description: Description) -> dict[int, EnteredKey]:
    rows = [
        part
        for section in outlines.sections(version.pk)
        for question in section.questions.all()
        for part in question.parts.all()
    ]
    described = [
        part
        for section in description["sections"]
        for question in section["questions"]
        for part in question["parts"]
    ]
    return {
        row.pk: EnteredKey(
            correct=tuple(part["key"].get("correct", ())),
            accepted=tuple(part["key"].get("accepted", ())),
            options=part.get("options", {}),
        )
        for row, part in zip(rows, described, strict=True)
    }
