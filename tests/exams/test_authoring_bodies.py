from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from placement_test.models import KeyRevision, PartKey
from tests import builders
from tests.exams.authoring import (
    cut_fields,
    new_exam_fields,
    parts_of,
    section_fields,
    teacher,
    url,
)

pytestmark = pytest.mark.django_db

HUGE = "9" * 40
NUL = "a\x00b"

BODIES: list[tuple[str, dict[str, Any], int]] = [
    ("settings", {}, 422),
    ("settings", {"levels": [HUGE]}, 422),
    ("settings", {"title": NUL, "levels": ["x"]}, 422),
    ("paper", {}, 422),
    ("paper", {"paper": "no file"}, 422),
    ("paper", {"action": "left", "page": HUGE}, 302),
    ("paper", {"action": "left", "page": "²"}, 302),
    ("paper", {"action": "remove", "page": "-1"}, 302),
    ("paper", {"action": "forward"}, 302),
    ("questions", {}, 422),
    ("questions", {"sections-TOTAL_FORMS": HUGE, "sections-INITIAL_FORMS": "0"}, 422),
    ("questions", {"sections-TOTAL_FORMS": "1000", "sections-INITIAL_FORMS": "0"}, 422),
    ("questions", section_fields({"title": NUL, "numbers": "1"}), 422),
    ("questions", section_fields({"id": HUGE, "title": "A", "numbers": "1"}), 302),
    ("questions", section_fields({"title": "A", "numbers": "1", "points": "NaN"}), 422),
    ("questions", section_fields({"title": "A", "numbers": "1", "points": "-1"}), 422),
    ("questions", section_fields({"title": "A", "numbers": "1", "option_count": "99"}), 422),
    ("questions", section_fields({"title": "A", "numbers": "1", "kind": "essay"}), 422),
    ("questions", section_fields({"title": "A", "numbers": "1-5000"}), 422),
    ("questions", {"action": "change"}, 422),
    ("questions", {"action": "change", "change-numbers": "77"}, 422),
    ("questions", {"action": "change", "change-numbers": "1", "change-page": HUGE}, 422),
    ("tracks", {}, 422),
    ("tracks", {"action": "upload"}, 422),
    ("tracks", {"action": f"remove:{HUGE}"}, 404),
    ("tracks", {"action": "remove:"}, 404),
    ("tracks", {"action": "replace:²"}, 404),
    (
        "tracks",
        {
            "tracks-TOTAL_FORMS": "1",
            "tracks-INITIAL_FORMS": "1",
            "tracks-0-id": HUGE,
            "tracks-0-title": "T",
        },
        302,
    ),
    ("key", {}, 302),
    ("key", {"action": "fill"}, 422),
    ("key", {"action": "fill", "line-line": NUL}, 422),
    ("key", {"action": "fill", "line-line": "A" * 20_001}, 422),
    ("key", {"action": "fill", "line-line": "((((;;;;||||1-1-1-1"}, 200),
    ("key", {"revision": "77"}, 409),
    ("cuts", {}, 422),
    ("cuts", cut_fields(("NaN", "0")), 422),
    ("cuts", cut_fields(("Infinity", "0")), 422),
    ("cuts", cut_fields(("", "")), 422),
    ("publish", {}, 302),
]


@pytest.mark.parametrize(("page", "body", "status"), BODIES, ids=str)
def test_no_body_breaks_a_page(page: str, body: dict[str, Any], status: int) -> None:
    han = teacher()
    version = builders.draft_exam(numbers="1-3", levels=builders.curriculum()[:1])

    assert han.post(url(page, version), body).status_code == status


@pytest.mark.parametrize("address", ["?q=%00", "?page=x", "?state=%00", "?q=" + "x" * 5000])
def test_no_address_breaks_the_list(address: str) -> None:
    assert teacher().get(reverse("staff-exams") + address).status_code == 200


@pytest.mark.parametrize("number", [HUGE, "x", "-1", "%00"])
def test_a_version_that_is_not_there_is_not_found(number: str) -> None:
    version = builders.draft_exam()

    assert teacher().get(url("key", version) + f"?version={number}").status_code == 404


def test_what_cannot_be_seen_is_not_kept_in_a_variant() -> None:
    han = teacher()
    version = builders.draft_exam(kind="short", numbers="1", keyed=False)
    field = f"part-{parts_of(version)[0].pk}"

    han.post(url("key", version), {f"{field}-there": "1", field: f"{NUL} | red"})

    assert KeyRevision.objects.count() == 1
    assert PartKey.objects.get().accepted == ["ab", "red"]


def test_a_new_exam_with_bytes_for_words_saves_nothing() -> None:
    reply = teacher().post(reverse("staff-exam-new"), new_exam_fields(title=NUL))

    assert reply.status_code == 422
