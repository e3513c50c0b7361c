from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from placement_test.exams import services
from placement_test.lib import academy
from placement_test.models import PaperPage, Track
from tests import builders
from tests.exams.authoring import logged_in, parts_of, url

pytestmark = pytest.mark.django_db

# Of each page: login, then its own.  The academy is cached, as for all but one visit a minute.
PAGES = {
    "settings": 4,  # version; levels and campuses, those chosen among them
    "paper": 3,  # version, pages
    "questions": 4,  # version, sections, questions with parts
    "tracks": 5,  # version, tracks, their questions, numbers
    "key": 5,  # version, sections, questions with parts, revision with key
    "cuts": 3,  # version, cuts
    "publish": 5,  # version, questions with parts, key, counts and idle tracks
}


@pytest.mark.parametrize("size", [3, 60])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_editor_takes_as_many_queries_for_sixty_questions_as_for_three(
    page: str, size: int, django_assert_num_queries: Any
) -> None:
    version = builders.draft_exam(numbers=f"1-{size}", levels=builders.curriculum()[:size])
    PaperPage.objects.bulk_create(
        PaperPage(version=version, position=at, source_page=at) for at in range(1, size)
    )
    for at in range(1, size):
        track = Track.objects.create(
            version=version, position=at, title="T", file="x", size=1, duration_ms=1
        )
        track.questions.set([parts_of(version)[0].question])
    academy.current()
    client = logged_in(builders.staff())

    with django_assert_num_queries(PAGES[page]):
        assert client.get(url(page, version)).status_code == 200


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_as_many_queries_for_thirty_exams_as_for_one(
    count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        builders.draft_exam(title=f"Exam {number:02}", levels=builders.curriculum()[:5])
    academy.current()
    client = logged_in(builders.staff())

    # login, count, page, levels, versions
    with django_assert_num_queries(5):
        reply = client.get(reverse("staff-exams"))

    assert len(reply.context["rows"]) == count


@pytest.mark.parametrize("count", [1, 8])
def test_an_exam_takes_as_many_queries_for_eight_versions_as_for_one(
    count: int, django_assert_num_queries: Any
) -> None:
    version = builders.published_exam()
    for _number in range(count - 1):
        services.publish(services.make_draft(version.exam, None), None)
    academy.current()
    client = logged_in(builders.staff())

    # login, exam, versions, levels, campuses
    with django_assert_num_queries(5):
        client.get(reverse("staff-exam", args=[version.exam_id]))


def test_published_for_takes_one_query_and_keeps_its_order(django_assert_num_queries: Any) -> None:
    level, other = builders.curriculum()[:2]
    elsewhere = builders.campus(name="Bundang")
    first = builders.published_exam(title="Z", levels=[level])
    second = builders.published_exam(title="A", levels=[level, other], campuses=[builders.campus()])
    builders.published_exam(title="B", levels=[other])
    builders.published_exam(title="C", levels=[level], campuses=[elsewhere])
    builders.draft_exam(title="D", levels=[level])
    here = builders.campus()

    with django_assert_num_queries(1):
        found = services.published_for(level, here)

    assert found == [first, second]
