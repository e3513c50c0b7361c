from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from placement_test.exams import queries, services
from placement_test.models import (
    AuditEntry,
    CutSet,
    Exam,
    ExamVersion,
    KeyRevision,
    PaperPage,
    StudentSession,
    Track,
)
from tests import builders, recordings
from tests.exams.authoring import (
    SAMPLE,
    cut_fields,
    logged_in,
    new_exam_fields,
    parts_of,
    pdf,
    saved_key,
    section_fields,
    sent_to,
    sheet_fields,
    streamed,
    teacher,
    text,
    url,
)

pytestmark = pytest.mark.django_db

LINE = "1-40: " + "③①⑤②④ " * 7 + "1 2 3 4 1"


def test_a_teacher_makes_an_exam_of_forty_questions_from_a_paper_and_a_pasted_key() -> None:
    han = teacher()
    paper = pdf((SAMPLE / "papers" / "ascent.pdf").read_bytes(), "ascent.pdf")
    fields = new_exam_fields(paper=paper)

    made = han.post(reverse("staff-exam-new"), fields)

    version = ExamVersion.objects.get()
    assert sent_to(made) == url("paper", version)
    page = han.get(url("paper", version))
    image = page.context["pages"][0].small
    picture = han.get(image)
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/webp")
    assert streamed(picture)[8:12] == b"WEBP"

    han.post(
        url("questions", version),
        section_fields(
            {"title": "Grammar", "skill": "grammar", "numbers": "1-20"},
            {"title": "Reading", "numbers": "21-40"},
        ),
    )
    han.post(
        url("questions", version),
        {"action": "change", "change-numbers": "36-40", "change-option_count": "4"},
    )
    filled = han.post(url("key", version), {"action": "fill", "line-line": LINE})
    assert filled.context["problems"] == []
    assert (filled.context["keyed"], filled.context["needed"]) == (40, 40)
    assert not KeyRevision.objects.exists()

    rows = [row for section in filled.context["sheet"] for row in section.rows]
    ticked = {row.field: [b.index for b in row.bubbles if b.is_right] for row in rows}
    there = {f"{row.field}-there": "1" for row in rows}
    han.post(url("key", version), {"action": "save", **ticked, **there})
    assert saved_key(version) == [[2], [0], [4], [1], [3]] * 7 + [[0], [1], [2], [3], [0]]

    han.post(url("cuts", version), cut_fields(("0", "-1"), ("40", "0"), ("85", "1")))
    assert CutSet.objects.get().cuts == [[0, -1], [40, 0], [85, 1]]

    check = han.get(url("publish", version))
    assert check.context["lacks"] == []
    published = han.post(url("publish", version))
    assert sent_to(published) == reverse("staff-exam", args=[version.exam_id])
    assert services.published_for(builders.curriculum()[0], builders.campus()) == [version]
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
        "exam made",
        "questions changed",
        "questions changed",
        "key changed",
        "cuts changed",
        "exam published",
    ]


def test_tracks_are_uploaded_assigned_heard_replaced_and_removed() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-5")
    files = [pdf(recordings.mp3(), "one.mp3"), pdf(recordings.wav(), "two.wav")]

    han.post(
        url("tracks", version),
        {"action": "upload", "upload-recordings": files, "upload-play_limit": "2"},
    )

    one, two = Track.objects.order_by("position")
    assert [(track.title, track.content_type, track.play_limit) for track in (one, two)] == [
        ("one", "audio/mpeg", 2),
        ("two", "audio/wav", 2),
    ]
    han.post(
        url("tracks", version),
        {
            "action": "save",
            "tracks-TOTAL_FORMS": 2,
            "tracks-INITIAL_FORMS": 2,
            "tracks-0-id": one.pk,
            "tracks-0-title": "Dialogue",
            "tracks-0-numbers": "1-3, 5",
            "tracks-0-play_limit": "",
            "tracks-1-id": two.pk,
            "tracks-1-title": "Story",
            "tracks-1-numbers": "3",
            "tracks-1-play_limit": "1",
        },
    )
    assert [
        (track.title, track.play_limit, [question.number for question in track.questions.all()])
        for track in Track.objects.order_by("position")
    ] == [("Dialogue", None, ["1", "2", "3", "5"]), ("Story", 1, ["3"])]

    heard = han.get(reverse("staff-track-file", args=[one.pk]), headers={"range": "bytes=0-3"})
    assert (heard.status_code, heard["Content-Type"]) == (206, "audio/mpeg")
    assert len(streamed(heard)) == 4

    other = pdf(recordings.opus(), "new.ogg")
    han.post(
        url("tracks", version),
        {"action": f"replace:{one.pk}", "replace-recordings": other},
    )
    one.refresh_from_db()
    assert (one.title, one.content_type, one.questions.count()) == ("Dialogue", "audio/ogg", 4)

    han.post(url("tracks", version), {"action": f"remove:{one.pk}"})
    assert [(track.title, track.position) for track in Track.objects.all()] == [("Story", 1)]


def test_pages_are_turned_moved_and_removed() -> None:
    han = teacher()
    paper = pdf((SAMPLE / "papers" / "core.pdf").read_bytes())
    han.post(reverse("staff-exam-new"), new_exam_fields(paper=paper))
    version = ExamVersion.objects.get()
    first, second, *_rest = version.pages.order_by("position")
    before = first.images[0]

    han.post(url("paper", version), {"action": "right", "page": first.pk})

    first.refresh_from_db()
    assert first.rotation == 90
    turned = first.images[0]
    assert (turned["width"] > turned["height"]) != (before["width"] > before["height"])
    han.post(url("paper", version), {"action": "forward", "page": first.pk})
    assert [page.pk for page in version.pages.order_by("position")][:2] == [second.pk, first.pk]
    han.post(url("paper", version), {"action": "all-left"})
    assert [page.rotation for page in version.pages.order_by("position")][:3] == [270, 0, 270]
    count = version.pages.count()
    han.post(url("paper", version), {"action": "remove", "page": second.pk})
    assert [page.position for page in version.pages.order_by("position")] == list(range(1, count))


def test_a_changed_list_of_questions_keeps_the_keys_of_the_parts_that_stay() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-4")
    before = {part.question.number: part.pk for part in parts_of(version)}
    section = version.sections.get()

    han.post(
        url("questions", version),
        section_fields(
            {"id": section.pk, "title": "Reading", "numbers": "2-3"},
            {"title": "New", "numbers": "5, 4"},
            initial=1,
        ),
    )

    after = {part.question.number: part.pk for part in parts_of(version)}
    assert list(after) == ["2", "3", "5", "4"]
    assert {number: after[number] for number in "234"} == {
        number: before[number] for number in "234"
    }
    assert saved_key(version) == [[0], [0], [0]]
    assert [lack.label for lack in han.get(url("publish", version)).context["lacks"]] != []


def test_a_sections_new_points_reach_all_but_the_exceptions() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-4", points="2.5")
    section = version.sections.get()
    han.post(
        url("questions", version),
        {"action": "change", "change-numbers": "2", "change-points": "5"},
    )

    han.post(
        url("questions", version),
        section_fields(
            {"id": section.pk, "title": "Reading", "numbers": "1-4", "points": "3"}, initial=1
        ),
    )

    assert [str(part.points) for part in parts_of(version)] == ["3.00", "5.00", "3.00", "3.00"]


def test_one_question_gets_three_blanks_and_another_number() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-3")
    part = parts_of(version)[1]
    row = {"kind": "short", "points": "1", "option_count": ""}
    sent: dict[str, Any] = {"number": "2a", "page": "", "label_style": "", "text": "Fill in."}
    sent |= {"parts-TOTAL_FORMS": 3, "parts-INITIAL_FORMS": 1, "parts-0-id": part.pk}
    for at in range(3):
        sent |= {f"parts-{at}-{name}": value for name, value in row.items()}
        sent[f"parts-{at}-label"] = f"({at + 1})"

    han.post(reverse("staff-exam-question", args=[version.exam_id, part.question_id]), sent)

    part.question.refresh_from_db()
    assert (part.question.number, part.question.kind) == ("2a", "short")
    assert [row.label for row in part.question.parts.order_by("position")] == ["(1)", "(2)", "(3)"]
    assert part.question.parts.order_by("position")[0].pk == part.pk
    filled = han.post(
        url("key", version), {"action": "fill", "line-line": "2a.1: red; 2a.2: blue|navy; 1: 6"}
    )
    assert [words for words, _text in filled.context["problems"]] == [
        "Question 1 has no such option."
    ]
    assert filled.context["filled"] == 2


def test_saving_the_same_key_again_makes_no_revision() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-3", keyed=False)
    sent = sheet_fields(parts_of(version), "1")

    han.post(url("key", version), sent)
    han.post(url("key", version), sent)
    han.post(url("key", version), sheet_fields(parts_of(version), "2"))

    assert [revision.number for revision in KeyRevision.objects.all()] == [1, 2]
    assert saved_key(version) == [[2], [2], [2]]


def test_a_sheet_that_somebody_else_has_overtaken_is_shown_again_and_not_saved() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-3")
    parts = parts_of(version)
    han.post(url("key", version), sheet_fields(parts, "1") | {"revision": "1"})

    late = han.post(url("key", version), sheet_fields(parts, "2") | {"revision": "1"})
    again = han.post(url("key", version), sheet_fields(parts, "2") | {"revision": "2"})

    assert (late.status_code, late.context["stale"]) == (409, True)
    assert sent_to(again) == url("key", version)
    assert [revision.number for revision in KeyRevision.objects.all()] == [1, 2, 3]


def test_an_exam_of_two_campuses_stands_in_the_list_once() -> None:
    campuses = [builders.campus(), builders.campus(name="Bundang")]
    version = builders.draft_exam(campuses=campuses)
    han = logged_in(builders.staff(campuses=campuses))

    listed = han.get(reverse("staff-exams"))
    opened = han.get(reverse("staff-exam", args=[version.exam_id]))

    assert listed.context["page_obj"].paginator.count == 1
    assert opened.status_code == 200


def test_settings_saved_by_one_campus_leave_the_exam_with_the_other() -> None:
    builders.academy()
    here, there = builders.campus(), builders.campus(name="Bundang")
    version = builders.draft_exam(campuses=[here, there])
    han = logged_in(builders.staff(campuses=[here]))

    kept = han.post(url("settings", version), new_exam_fields(campuses=[here.pk]))

    assert sent_to(kept) == url("settings", version)
    assert set(version.exam.campuses.all()) == {here, there}
    han.post(url("settings", version), new_exam_fields(campuses=[]))
    assert set(version.exam.campuses.all()) == {there}


def test_editing_a_published_exam_copies_it_with_lineage_key_tracks_and_cuts() -> None:
    han = teacher()
    first = builders.draft_exam(numbers="1-3", levels=builders.curriculum()[:1])
    han.post(
        url("tracks", first),
        {"action": "upload", "upload-recordings": [pdf(recordings.mp3(), "a.mp3")]},
    )
    track = Track.objects.get()
    track.questions.set([parts_of(first)[0].question])
    han.post(url("publish", first))

    han.post(url("edit", first))
    han.post(url("edit", first))

    second = ExamVersion.objects.get(number=2)
    assert second.state == "draft"
    assert [part.question.lineage for part in parts_of(second)] == [
        part.question.lineage for part in parts_of(first)
    ]
    assert saved_key(second) == saved_key(first) == [[0], [0], [0]]
    assert [(copy.file, copy.questions.get().number) for copy in second.tracks.all()] == [
        (track.file, "1")
    ]
    assert [cuts.cuts for cuts in CutSet.objects.filter(version=second)] == [
        [[0, -1], [40, 0], [80, 1]]
    ]
    han.post(url("publish", second))
    assert list(ExamVersion.objects.order_by("number").values_list("state", flat=True)) == [
        "archived",
        "published",
    ]


def test_a_draft_is_deleted_with_its_files_but_not_those_of_the_published_version() -> None:
    han = teacher()
    paper = pdf((SAMPLE / "papers" / "core-words.pdf").read_bytes())
    han.post(reverse("staff-exam-new"), new_exam_fields(paper=paper))
    first = ExamVersion.objects.get()
    han.post(url("questions", first), section_fields({"title": "A", "numbers": "1"}))
    han.post(url("key", first), sheet_fields(parts_of(first), "0"))
    han.post(url("cuts", first), cut_fields(("0", "0")))
    han.post(url("publish", first))
    image = han.get(url("paper", first)).context["pages"][0].small

    han.post(url("edit", first))
    gone = han.post(url("delete", first))

    assert sent_to(gone) == reverse("staff-exam", args=[first.exam_id])
    assert list(ExamVersion.objects.all()) == [first]
    picture = han.get(image)
    assert len(streamed(picture)) > 1000


def test_an_exam_that_was_never_published_goes_as_a_whole(
    django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    han = teacher()
    paper = pdf((SAMPLE / "papers" / "core-words.pdf").read_bytes())
    han.post(reverse("staff-exam-new"), new_exam_fields(paper=paper))
    version = ExamVersion.objects.get()
    han.post(url("questions", version), section_fields({"title": "A", "numbers": "1-3"}))
    before = {path for path in settings.FILES_DIR.rglob("*") if path.is_file()}

    with django_capture_on_commit_callbacks(execute=True):
        gone = han.post(url("delete", version))

    after = {path for path in settings.FILES_DIR.rglob("*") if path.is_file()}
    assert sent_to(gone) == reverse("staff-exams")
    assert (Exam.objects.count(), PaperPage.objects.count()) == (0, 0)
    assert len(before - after) >= 3
    assert {path.suffix for path in before - after} == {".pdf", ".webp"}


def test_archiving_keeps_sessions_and_takes_the_exam_out_of_the_choice() -> None:
    han = teacher()
    version = builders.published_exam()
    level = builders.curriculum()[0]

    han.post(url("archive", version))

    assert services.published_for(level, builders.campus()) == []
    assert "Spring paper" not in text(han.get(reverse("staff-exams")))
    assert "Spring paper" in text(han.get(reverse("staff-exams"), {"state": "archived"}))
    assert han.post(url("edit", version)).status_code == 409
    han.post(url("unarchive", version))
    assert services.published_for(level, builders.campus()) == [version]


def test_a_duplicate_is_a_new_exam_of_its_own() -> None:
    han = teacher()
    version = builders.published_exam()

    han.post(url("duplicate", version))

    copy = ExamVersion.objects.exclude(pk=version.pk).get()
    assert (copy.exam.title, copy.number, copy.state) == ("Copy of Spring paper", 1, "draft")
    assert list(copy.exam.levels.all()) == list(version.exam.levels.all())
    assert queries.outline(copy.pk)[0].title == "Reading"


def test_a_corrected_key_of_a_published_version_is_a_revision_with_a_reason() -> None:
    han = teacher()
    version = builders.published_exam()
    sent = sheet_fields(parts_of(version), "3")

    without_reason = han.post(url("key", version), sent)
    saved = han.post(url("key", version), sent | {"correction-reason": "Misprint"})
    again = han.post(url("key", version), sent | {"correction-reason": "Misprint"})
    empty = han.post(
        url("key", version), sheet_fields(parts_of(version), "") | {"correction-reason": "x"}
    )

    assert [reply.status_code for reply in (without_reason, saved, again, empty)] == [
        422,
        302,
        422,
        422,
    ]
    assert list(KeyRevision.objects.values_list("number", "reason")) == [(1, ""), (2, "Misprint")]
    assert saved_key(version) == [[3], [3], [3]]
    assert StudentSession.objects.count() == 0
