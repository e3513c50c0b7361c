from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from placement_test.errors import ExamInUse, KeyIncomplete, VersionFixed
from placement_test.exams import services
from placement_test.exams.rules.keys import EnteredKey
from placement_test.exams.services import papers, tracks
from placement_test.exams.services.making import discard_new
from placement_test.models import (
    Exam,
    ExamVersion,
    KeyRevision,
    PaperPage,
    Part,
    StudentSession,
    Track,
)
from placement_test.query_optimizations import OptimizedQueries
from tests import builders, hostile, recordings
from tests.exams.authoring import parts_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


def files(settings: Any) -> set[Path]:
    return {path for path in settings.FILES_DIR.rglob("*") if path.is_file()}


def session(version: ExamVersion, **changes: Any) -> StudentSession:
    return StudentSession.objects.create(
        campus=builders.campus(),
        version=version,
        grade=5,
        rank_percent=20,
        registered_at=version.created_at,
        allotted_seconds=60,
        **changes,
    )


def test_what_a_published_version_refuses_leaves_no_file_behind(settings: Any) -> None:
    version = builders.published_exam()
    paper = papers.check_paper("paper.pdf", hostile.good_paper())
    track = tracks.check_track("one.mp3", recordings.mp3())
    before = files(settings)

    with pytest.raises(VersionFixed):
        papers.replace_paper(version, paper, None)
    with pytest.raises(VersionFixed):
        tracks.add_tracks(version, [track, track], play_limit=None, actor=None)
    with pytest.raises(VersionFixed):
        tracks.replace_track(version, 1, track, None)

    assert files(settings) == before
    assert (PaperPage.objects.count(), Track.objects.count()) == (0, 0)


def test_an_exam_whose_paper_cannot_be_drawn_goes_with_all_its_files(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    before = files(settings)
    paper = papers.check_paper("paper.pdf", hostile.good_paper())
    made = services.make_version(
        services.NewExam("Spring", 40, "circled", 5), paper=paper, actor=None
    )
    services.render_paper(made.pk)
    assert len(files(settings)) > len(before) + 1

    with django_capture_on_commit_callbacks(execute=True):
        discard_new(made)

    assert files(settings) == before
    assert (Exam.objects.count(), PaperPage.objects.count()) == (0, 0)


def test_drawing_again_draws_only_what_waits_for_it() -> None:
    paper = papers.check_paper("paper.pdf", hostile.paper_of(3))
    made = services.make_version(
        services.NewExam("Spring", 40, "circled", 5), paper=paper, actor=None
    )

    first = services.render_paper(made.pk)
    papers.turn_pages(made, [made.pages.order_by("position")[1].pk], 90, None)
    second = services.render_paper(made.pk)
    third = services.render_paper(made.pk)

    assert (first, second, third) == (3, 1, 0)


def test_publishing_forgets_what_readers_hold_of_the_version_before(
    django_capture_on_commit_callbacks: Any,
) -> None:
    first = builders.published_exam()
    held = OptimizedQueries.get_exam_with_questions(first.pk).state
    second = services.make_draft(first.exam, None)

    with django_capture_on_commit_callbacks(execute=True):
        services.publish(second, None)

    states = [OptimizedQueries.get_exam_with_questions(row.pk).state for row in (first, second)]
    assert [held, *states] == ["published", "archived", "published"]


def test_a_draft_that_a_student_has_sat_is_not_deleted_but_previews_go_with_it() -> None:
    draft = builders.draft_exam()
    session(draft, preview_by=builders.staff())
    sat = session(draft, event=builders.event())

    with pytest.raises(ExamInUse):
        services.delete_draft(draft, None)
    sat.delete()
    with_exam = services.delete_draft(draft, None)

    assert with_exam is True
    assert (Exam.objects.count(), StudentSession.objects.count()) == (0, 0)


def test_previews_of_a_draft_go_when_its_questions_change() -> None:
    draft = builders.draft_exam(numbers="1-3")
    session(draft, preview_by=builders.staff())

    services.set_outline(draft, [], None)

    assert (Part.objects.count(), StudentSession.objects.count()) == (0, 0)


def test_a_correction_that_leaves_a_part_without_an_answer_changes_nothing() -> None:
    version = builders.published_exam()
    part = parts_of(version)[0]

    with pytest.raises(KeyIncomplete):
        services.correct_key(version, {part.pk: EnteredKey()}, "slip", None)

    assert KeyRevision.objects.count() == 1


def test_the_key_of_a_draft_is_saved_and_not_corrected() -> None:
    draft = builders.draft_exam()

    with pytest.raises(VersionFixed):
        services.correct_key(draft, {}, "slip", None)
    with pytest.raises(VersionFixed):
        services.save_key(builders.published_exam(title="Other"), {}, None)


def test_publishing_gives_every_part_its_row_in_the_key_also_written_ones() -> None:
    draft = builders.draft_exam(kind="long", numbers="1-2", keyed=False)
    draft.exam.levels.set(builders.curriculum()[:1])

    services.publish(draft, None)

    revision = KeyRevision.objects.get()
    assert sorted(revision.part_keys.values_list("part", flat=True)) == sorted(
        part.pk for part in parts_of(draft)
    )
