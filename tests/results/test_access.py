from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from placement_test.models import KeyRevision, StaffUser, StudentSession
from placement_test.sessions.services import preview
from tests import builders
from tests.results.finished import handed_in, logged_in, outsider
from tests.sitting import parts_of, published

pytestmark = pytest.mark.django_db

OK, REFUSED, UNKNOWN, UNPROCESSABLE, GONE_ON = 200, 403, 404, 422, 302

# (method, view, what an invigilator, a teacher, a teacher of another campus and the director get)
MATRIX = [
    ("get", "staff-home", OK, OK, OK, OK),
    ("get", "staff-sessions", OK, OK, OK, OK),
    ("get", "staff-session", OK, OK, UNKNOWN, OK),
    ("get", "staff-session-history", REFUSED, OK, UNKNOWN, OK),
    ("get", "staff-session-timeline", REFUSED, OK, UNKNOWN, OK),
    ("get", "staff-session-level", REFUSED, OK, UNKNOWN, OK),
    ("post", "staff-session-level", REFUSED, UNPROCESSABLE, UNKNOWN, UNPROCESSABLE),
    ("post", "staff-session-withdraw", REFUSED, GONE_ON, UNKNOWN, GONE_ON),
    ("post", "staff-session-entries", REFUSED, GONE_ON, UNKNOWN, GONE_ON),
    ("get", "staff-session-mark", REFUSED, OK, UNKNOWN, OK),
    ("post", "staff-session-mark", REFUSED, UNPROCESSABLE, UNKNOWN, UNPROCESSABLE),
    ("get", "staff-marking", REFUSED, OK, OK, OK),
    # the question is the academy's, but another campus has no answer to it
    ("get", "staff-marking-part", REFUSED, OK, GONE_ON, OK),
    ("get", "staff-remark", REFUSED, OK, OK, OK),
    ("post", "staff-remark", REFUSED, GONE_ON, GONE_ON, GONE_ON),
    ("post", "staff-export", REFUSED, OK, OK, OK),
    ("get", "staff-statistics", REFUSED, OK, OK, OK),
    ("get", "staff-statistics-version", REFUSED, OK, OK, OK),
]


def address(view: str, session: StudentSession) -> str:
    """Return the address of ``view`` for ``session`` and its exam."""
    part = parts_of(session.version)[0].pk
    arguments: dict[str, list[object]] = {
        "staff-session": [session.pk],
        "staff-session-history": [session.pk],
        "staff-session-timeline": [session.pk],
        "staff-session-level": [session.pk],
        "staff-session-withdraw": [session.pk],
        "staff-session-entries": [session.pk],
        "staff-session-mark": [session.pk, part],
        "staff-marking-part": [part],
        "staff-remark": [KeyRevision.objects.get(version=session.version).pk],
        "staff-statistics-version": [session.version_id],
    }
    return reverse(view, args=arguments.get(view, []))


@pytest.fixture
def session() -> StudentSession:
    return handed_in(published(choices=0, longs=1), "text")


@pytest.mark.parametrize(("method", "view", "expected"), [(m, v, r) for m, v, *r in MATRIX])
def test_each_role_gets_what_it_may(
    session: StudentSession, method: str, view: str, expected: list[int]
) -> None:
    people = [
        builders.staff(role=StaffUser.Role.INVIGILATOR),
        builders.staff(role=StaffUser.Role.TEACHER),
        outsider(),
        builders.staff(role=StaffUser.Role.DIRECTOR, campuses=[]),
    ]
    url = address(view, session)
    body = {"format": "csv"} if view == "staff-export" else {}

    got = [getattr(logged_in(person), method)(url, body).status_code for person in people]

    assert got == expected


@pytest.mark.parametrize(("method", "view"), [(line[0], line[1]) for line in MATRIX])
def test_anonymous_visitors_are_sent_to_the_login(
    session: StudentSession, method: str, view: str
) -> None:
    url = address(view, session)

    reply = getattr(Client(), method)(url)

    # Views that only take a POST check the role behind that.
    assert (reply.status_code, reply.headers["Location"]) == (302, f"/staff/login/?next={url}")


def test_another_campus_sees_no_name_and_no_figure(session: StudentSession) -> None:
    client = logged_in(outsider())

    pages = {
        view: client.get(address(view, session)).content.decode()
        for view in ("staff-home", "staff-sessions", "staff-remark", "staff-statistics-version")
    }
    export = b"".join(client.post(reverse("staff-export"), {"format": "csv"})).decode()

    assert [view for view, page in pages.items() if "Min-ji" in page] == []
    assert len(export.splitlines()) == 1


def test_a_teachers_preview_appears_nowhere(session: StudentSession) -> None:
    teacher = builders.staff()
    made = preview(session.version, session.campus, teacher).session
    client = logged_in(teacher)

    reply = client.get(reverse("staff-session", args=[made.pk]))

    assert reply.status_code == UNKNOWN
    assert str(made.pk) not in client.get(reverse("staff-sessions")).content.decode()


def test_an_invigilator_sees_no_answer_and_no_key(session: StudentSession) -> None:
    client = logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR))

    page = client.get(reverse("staff-session", args=[session.pk])).content.decode()

    assert "Min-ji" in page
    assert "Answers beside the key" not in page


def test_unknown_objects_answer_404() -> None:
    client = logged_in(builders.staff())
    urls = [
        reverse("staff-session", args=[uuid.uuid4()]),
        reverse("staff-marking-part", args=[1]),
        reverse("staff-remark", args=[1]),
        reverse("staff-statistics-version", args=[1]),
    ]

    assert [client.get(url).status_code for url in urls] == [UNKNOWN] * 4
