from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from placement_test.errors import PlacementError
from placement_test.exams import services
from placement_test.models import (
    AuditEntry,
    CutSet,
    Exam,
    ExamVersion,
    KeyRevision,
    PaperPage,
    StaffUser,
    Track,
)
from tests import builders, hostile
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
    teacher,
    text,
    url,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

WRONG_PAPERS = sorted(hostile.PAPERS)
WRONG_TRACKS = sorted(hostile.TRACKS)
EDITOR = ("settings", "paper", "questions", "tracks", "key", "cuts", "publish")


def files(settings: Any) -> set[Path]:
    return {path for path in settings.FILES_DIR.rglob("*") if path.is_file()}


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Exam, ExamVersion, PaperPage, AuditEntry))


@pytest.mark.parametrize("name", WRONG_PAPERS)
def test_a_paper_that_cannot_be_used_is_a_form_error_and_nothing_is_saved(
    name: str, settings: Any
) -> None:
    han = teacher()
    make, code = hostile.PAPERS[name]
    before = files(settings)

    reply = han.post(
        reverse("staff-exam-new"),
        new_exam_fields(title="All the rest", allotted_minutes="55", paper=pdf(make())),
    )

    assert reply.status_code == 422
    form = reply.context["form"]
    assert [error.code for error in form.errors.as_data()["paper"]] == [code]
    assert 'value="All the rest"' in text(reply)
    assert 'value="55"' in text(reply)
    assert "checked" in text(reply)
    assert (rows(), files(settings)) == ((0, 0, 0, 0), before)


@pytest.mark.parametrize("name", WRONG_TRACKS)
def test_a_recording_that_cannot_be_used_is_named_and_none_of_the_others_is_saved(
    name: str, settings: Any
) -> None:
    han = teacher()
    version = builders.draft_exam()
    make, code = hostile.TRACKS[name]
    settings.TRACK_MAX_BYTES = 20_000_000
    before = files(settings)

    reply = han.post(
        url("tracks", version),
        {
            "action": "upload",
            "upload-recordings": [pdf(make(), "bad.mp3")],
        },
    )

    assert reply.status_code == 422
    problems = reply.context["upload"].errors.as_data()["recordings"]
    assert [problem.code for problem in problems] == [code]
    assert "bad.mp3: " in text(reply)
    assert (Track.objects.count(), files(settings)) == (0, before)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"allotted_minutes": "0"}, "allotted_minutes"),
        ({"allotted_minutes": "many"}, "allotted_minutes"),
        ({"label_style": "roman"}, "label_style"),
        ({"option_count": "1"}, "option_count"),
        ({"option_count": "11"}, "option_count"),
        ({"levels": ["999999"]}, "levels"),
    ],
)
def test_a_new_exam_with_a_wrong_field_saves_nothing(
    changes: dict[str, Any], field: str, settings: Any
) -> None:
    han = teacher()
    paper = pdf((SAMPLE / "papers" / "core-words.pdf").read_bytes())
    before = files(settings)

    reply = han.post(reverse("staff-exam-new"), new_exam_fields(paper=paper) | changes)

    assert (reply.status_code, list(reply.context["form"].errors)) == (422, [field])
    assert (rows(), files(settings)) == ((0, 0, 0, 0), before)


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ("", "required"),
        ("10-1", "order"),
        ("1-5, 3", "twice"),
        ("1-9999", "many"),
        ("one, two!", "unreadable"),
    ],
)
def test_numbers_that_cannot_be_read_change_no_question(numbers: str, code: str) -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-3")

    reply = han.post(
        url("questions", version), section_fields({"title": "Reading", "numbers": numbers})
    )

    assert reply.status_code == 422
    errors = reply.context["sections"].forms[0].errors.as_data()
    assert [error.code for error in errors["numbers"]] == [code]
    assert [part.question.number for part in parts_of(version)] == ["1", "2", "3"]


def test_a_number_in_two_sections_is_refused() -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-3")

    reply = han.post(
        url("questions", version),
        section_fields({"title": "A", "numbers": "1-3"}, {"title": "B", "numbers": "3-4"}),
    )

    assert reply.status_code == 422
    assert "in another section already: 3" in text(reply)


@pytest.mark.parametrize(
    ("cuts", "words"),
    [
        ([("10", "0")], "begin at 0 %"),
        ([("0", "0"), ("0", "1")], "higher percentage"),
        ([("0", "1"), ("50", "0")], "may not lead to a lower level"),
        ([("0", "0"), ("101", "1")], "100"),
        ([("0", "9")], "9"),
        ([], "at least one line"),
    ],
)
def test_cuts_that_cannot_be_used_are_refused_in_words(
    cuts: list[tuple[str, str]], words: str
) -> None:
    han = teacher()
    version = builders.draft_exam()

    reply = han.post(url("cuts", version), cut_fields(*cuts))

    assert reply.status_code == 422
    assert words in text(reply).replace("&#x27;", "'")
    assert CutSet.objects.count() == 1


def test_a_bubble_that_does_not_exist_and_an_endless_variant_are_refused() -> None:
    han = teacher()
    choice = builders.draft_exam(title="Choice", keyed=False)
    short = builders.draft_exam(title="Short", kind="short", keyed=False)
    parts = parts_of(short)

    outside = han.post(url("key", choice), sheet_fields(parts_of(choice), "7"))
    endless = han.post(
        url("key", short),
        {"action": "save", f"part-{parts[0].pk}-there": "1", f"part-{parts[0].pk}": "x" * 300},
    )

    assert [reply.status_code for reply in (outside, endless)] == [422, 422]
    assert KeyRevision.objects.count() == 0


def test_the_list_of_what_is_missing_leads_to_where_it_is_mended() -> None:
    han = teacher()
    han.post(reverse("staff-exam-new"), new_exam_fields(levels=[]))
    version = ExamVersion.objects.get()

    empty = han.get(url("publish", version))
    han.post(url("questions", version), section_fields({"title": "A", "numbers": "1-3, 7"}))
    listed = han.get(url("publish", version))
    refused = han.post(url("publish", version))

    steps = [[lack.url for lack in page.context["lacks"]] for page in (empty, listed)]
    assert steps == [
        [url(step, version) for step in ("settings", "paper", "questions", "cuts")],
        [url(step, version) for step in ("settings", "paper", "key", "cuts")],
    ]
    assert "no right answer yet: 1-3, 7" in text(listed)
    assert refused.status_code == 422
    version.refresh_from_db()
    assert version.state == "draft"


def test_nothing_of_a_published_version_changes_by_any_page_of_the_editor() -> None:
    han = teacher()
    version = builders.published_exam()
    part = parts_of(version)[0]
    before = (saved_key(version), [str(row.points) for row in parts_of(version)])
    question = reverse("staff-exam-question", args=[version.exam_id, part.question_id])
    tries = [
        (url("paper", version), {"action": "all-left"}),
        (url("paper", version), {"paper": pdf(hostile.good_paper())}),
        (url("questions", version), section_fields({"title": "B", "numbers": "1"})),
        (url("questions", version), {"action": "change", "change-numbers": "1"}),
        (question, {"number": "9"}),
        (url("tracks", version), {"action": "upload"}),
        (url("tracks", version), {"action": "remove:1"}),
        (url("cuts", version), cut_fields(("0", "1"))),
        (url("publish", version), {}),
        (url("delete", version), {}),
    ]

    replies = [han.post(address, sent) for address, sent in tries]

    assert [reply.status_code for reply in replies] == [409] * len(tries)
    assert "does not change any more" in text(replies[0])
    assert before == (saved_key(version), [str(row.points) for row in parts_of(version)])
    assert CutSet.objects.count() == 1


def test_minutes_of_a_published_version_stay_though_its_title_and_levels_change() -> None:
    han = teacher()
    version = builders.published_exam()
    other = builders.curriculum()[5]

    han.post(
        url("settings", version),
        new_exam_fields(title="New title", allotted_minutes="99", levels=[other.pk]),
    )

    version = ExamVersion.objects.select_related("exam").get()
    assert (version.exam.title, version.allotted_minutes) == ("New title", 40)
    assert list(version.exam.levels.all()) == [other]


@pytest.mark.parametrize("who", ["anonymous", "invigilator", "an outsider"])
def test_nobody_but_a_teacher_of_the_campus_gets_a_key_or_a_page(who: str) -> None:
    version = builders.published_exam(
        campuses=[builders.campus(name="Bundang")] if who == "an outsider" else []
    )
    draft = services.make_draft(version.exam, None)
    parts = parts_of(draft)
    client = Client()
    if who == "invigilator":
        client = logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR))
    elif who == "an outsider":
        client = logged_in(builders.staff(username="outsider"))
    builders.academy()
    question = reverse("staff-exam-question", args=[version.exam_id, parts[0].question_id])
    addresses = [url(step, version) for step in EDITOR]
    addresses.append(question)
    actions = ("edit", "duplicate", "archive", "unarchive", "delete")

    replies = [client.get(address) for address in addresses]
    replies.append(client.get(reverse("staff-exam", args=[version.exam_id])))
    replies += [client.post(address) for address in addresses]
    replies += [client.post(url(action, version)) for action in actions]

    expected = {"anonymous": 302, "invigilator": 403, "an outsider": 404}[who]
    assert {reply.status_code for reply in replies} == {expected}
    assert not any("checked" in text(reply) for reply in replies)
    if who == "anonymous":
        assert all(sent_to(reply).startswith(reverse("staff-login")) for reply in replies)


def test_an_outsider_gets_no_picture_and_no_track() -> None:
    client = logged_in(builders.staff(username="outsider"))
    version = builders.draft_exam(campuses=[builders.campus(name="Bundang")])
    page = PaperPage.objects.create(
        version=version, position=1, source_page=1, images=[{"width": 900, "file": "x"}]
    )
    track = Track.objects.create(
        version=version, position=1, title="T", file="x", size=1, duration_ms=1
    )

    replies = [
        client.get(reverse("staff-page-image", args=[page.pk, 900])),
        client.get(reverse("staff-track-file", args=[track.pk])),
    ]

    assert [reply.status_code for reply in replies] == [404, 404]


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_publish_at_once_one_does_and_the_others_are_told() -> None:
    draft = builders.draft_exam(levels=builders.curriculum()[:1])
    results: list[str] = []
    gate = threading.Barrier(10)

    def publish() -> None:
        gate.wait()
        try:
            services.publish(draft, None)
            results.append("published")
        except PlacementError as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish) for _each in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["published", *["version_fixed"] * 9]
    assert KeyRevision.objects.count() == 1
    assert AuditEntry.objects.filter(action="exam published").count() == 1
