from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from placement_test.exams import queries, services
from placement_test.models import ExamVersion, Part, Track
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results.queries import key_of
from tests import builders

SAMPLE = Path(__file__).parents[2] / "placement_test" / "management" / "sample"
EXAMS: list[dict[str, Any]] = json.loads((SAMPLE / "exams.json").read_text())


def built(description: dict[str, Any]) -> ExamVersion:
    builders.curriculum()
    recordings = {
        track["file"]: (SAMPLE / "tracks" / track["file"]).read_bytes()
        for track in description["tracks"]
    }
    paper = (SAMPLE / "papers" / description["paper"]).read_bytes()
    return services.build_from_description(description, paper, recordings, builders.staff())


@pytest.mark.django_db
@pytest.mark.parametrize("description", EXAMS, ids=lambda exam: exam["slug"])
def test_builds_each_sample_exam_and_publishes_it(description: dict[str, Any]) -> None:
    version = built(description)

    numbers = [
        question["number"]
        for section in description["sections"]
        for question in section["questions"]
    ]
    assert version.state == ExamVersion.State.PUBLISHED
    assert [
        question.number for section in queries.outline(version.pk) for question in section.questions
    ] == numbers
    assert [page.images[-1]["width"] > 800 for page in version.pages.all()] == [
        True for _page in description["pages"]
    ]
    assert Track.objects.filter(version=version).count() == len(description["tracks"])
    assert services.published_for(version.exam.levels.all()[0], builders.campus()) == [version]


@pytest.mark.django_db
def test_the_key_of_a_sample_exam_marks_every_part_with_one_query(
    django_assert_num_queries: Any,
) -> None:
    version = built(EXAMS[0])
    revision = queries.latest_key(version.pk)
    assert revision is not None

    exam = OptimizedQueries.get_exam_with_questions(version.pk)

    with django_assert_num_queries(1):
        _, keys = key_of(revision.pk, exam.parts)

    parts = Part.objects.filter(question__section__version=version)
    assert sorted(keys) == sorted(part.pk for part in parts)
    assert sum((key.points for key in keys.values()), Decimal(0)) == Decimal(100)
