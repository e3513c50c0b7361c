from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from placement_test.lib import academy as current_academy
from placement_test.lib import clock, private
from placement_test.models import (
    AuditEntry,
    KeyRevision,
    Placement,
    Result,
    StaffUser,
    Student,
    StudentSession,
)
from tests import builders
from tests.builders import Role
from tests.students.sitting import sat

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

LOGIN = 1  # the browser session with its account


def client_of(person: StaffUser) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    builders.academy()
    current_academy.current()
    return client


@pytest.fixture
def ms_han() -> Client:
    return client_of(builders.staff(role=Role.TEACHER))


@pytest.fixture
def outsider() -> Client:
    elsewhere = builders.campus(name="Bundang")
    return client_of(builders.staff(role=Role.TEACHER, username="outsider", campuses=[elsewhere]))


def placed(session: StudentSession) -> None:
    key = KeyRevision.objects.get_or_create(
        version=session.version, number=1, defaults={"made_at": clock.now()}
    )[0]
    level = builders.curriculum()[12]
    result = Result.objects.create(
        session=session,
        version=session.version,
        key_revision=key,
        cause="ended",
        score=31,
        max_score=40,
        percent=77,
        made_at=clock.now(),
    )
    Placement.objects.create(
        session=session,
        result=result,
        origin="rules",
        level=level,
        start_level=level,
        made_at=clock.now(),
    )


@pytest.mark.parametrize("count", [1, 30])
def test_a_student_takes_the_same_queries_however_many_sessions(
    count: int, ms_han: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    student = builders.student()
    for _ in range(count):
        placed(sat(student))

    # login; student, sessions, current results, current placements
    with django_assert_num_queries(LOGIN + 4):
        page = ms_han.get(reverse("staff-student", args=[student.pk])).content.decode()

    assert "31 / 40" in page
    assert "ASCENT Nova 1" in page


@pytest.mark.parametrize("role", [Role.INVIGILATOR, Role.TEACHER])
def test_the_pages_ask_for_a_teacher(role: str) -> None:
    student = builders.student()
    client = client_of(builders.staff(role=role))
    details = ["staff-student", "staff-student-edit", "staff-student-merge", "staff-student-split"]
    urls = [reverse("staff-students"), *(reverse(name, args=[student.pk]) for name in details)]

    found = {client.get(url).status_code for url in urls}

    assert found == ({200} if role == Role.TEACHER else {403})
    assert {Client().get(url).status_code for url in urls} == {302}


def test_a_student_of_another_campus_is_nowhere_to_be_seen(outsider: Client) -> None:
    min_ji = builders.student()
    own = builders.student(name="박하은", campus=builders.campus(name="Bundang"))
    gets = [
        reverse("staff-student", args=[min_ji.pk]),
        reverse("staff-student-edit", args=[min_ji.pk]),
        reverse("staff-student-merge", args=[min_ji.pk]),
        reverse("staff-student-merge-two", args=[own.pk, min_ji.pk]),
        reverse("staff-student-merge-two", args=[min_ji.pk, own.pk]),
        reverse("staff-student-split", args=[min_ji.pk]),
    ]

    page = outsider.get(reverse("staff-students")).content.decode()

    assert ("박하은" in page, "김민지" in page) == (True, False)
    assert {outsider.get(url).status_code for url in gets} == {404}
    assert {outsider.post(url).status_code for url in gets} == {404}
    assert outsider.post(reverse("staff-student-phone", args=[min_ji.pk])).status_code == 404


@pytest.mark.parametrize("words", ["민지", "010-1234-5678"])
def test_what_is_searched_stands_in_no_address(words: str, ms_han: Client) -> None:
    builders.student()
    builders.student(name="박하은", phone="010-9999-8888")

    sent = ms_han.post(reverse("staff-students"), {"words": words})
    page = ms_han.get(sent["Location"]).content.decode()

    assert sent.status_code == 302
    assert words not in unquote(sent["Location"])
    assert ("김민지" in page, "박하은" in page) == (True, False)


@pytest.mark.parametrize("find", ["x", "%00", "gAAAAA", "a" * 2000])
def test_sealed_words_that_nobody_sealed_narrow_nothing(find: str, ms_han: Client) -> None:
    builders.student()

    reply = ms_han.get(f"{reverse('staff-students')}?find={find}")

    assert "김민지" in reply.content.decode()


def test_a_phone_number_is_masked_until_someone_asks_for_it(ms_han: Client) -> None:
    student = builders.student(phone="010-1234-5678")

    page = ms_han.get(reverse("staff-student", args=[student.pk])).content.decode()
    refused = ms_han.get(reverse("staff-student-phone", args=[student.pk]))
    shown = ms_han.post(reverse("staff-student-phone", args=[student.pk]))

    assert ("***-****-5678" in page, "01012345678" in page) == (True, False)
    assert refused.status_code == 405
    assert "01012345678" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert AuditEntry.objects.get().action == "phone shown"


def test_a_record_is_corrected_and_an_untouched_phone_stays(ms_han: Client) -> None:
    student = builders.student()
    url = reverse("staff-student-edit", args=[student.pk])

    ms_han.post(url, {"name": " 김  민정 ", "birth_date": "2015-06-01", "phone": ""})
    first = Student.objects.get()
    ms_han.post(url, {"name": "김민정", "birth_date": "", "phone": "", "remove_phone": "on"})
    second = Student.objects.get()

    assert (first.name, first.birth_date) == ("김 민정", dt.date(2015, 6, 1))
    assert private.decrypt(first.phone) == "01012345678"
    assert (second.name, second.birth_date, second.phone) == ("김민정", None, "")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "This field is required"),
        ("name", "x" * 61, "at most 60 characters"),
        ("birth_date", "2999-01-01", "Check the year"),
        ("birth_date", "1850-01-01", "Check the year"),
        ("birth_date", "spring", "Enter a valid date"),
        ("phone", "call me", "Type the whole phone number"),
        ("phone", "1234", "Type the whole phone number"),
        ("phone", "1" * 30, "Type the whole phone number"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_in_words(
    field: str, value: str, words: str, ms_han: Client
) -> None:
    student = builders.student()
    good = {"name": "김민지", "birth_date": "2015-05-01", "phone": ""}

    reply = ms_han.post(reverse("staff-student-edit", args=[student.pk]), good | {field: value})

    assert reply.status_code == 422
    assert words in reply.content.decode()
    assert not AuditEntry.objects.exists()


def test_two_records_are_merged(ms_han: Client) -> None:
    min_ji = builders.student(birth_date=None)
    twice = builders.student(phone="010-9999-8888")
    session = sat(twice)

    offered = ms_han.get(reverse("staff-student-merge", args=[min_ji.pk])).content.decode()
    url = reverse("staff-student-merge-two", args=[min_ji.pk, twice.pk])
    compared = ms_han.get(url)
    unclear = ms_han.post(url, {"name": "this"})
    ms_han.post(url, {"name": "this", "birth_date": "other", "phone": "this"})

    merged = Student.objects.get()
    session.refresh_from_db()
    assert reverse("staff-student-merge-two", args=[min_ji.pk, twice.pk]) in offered
    assert (compared.status_code, unclear.status_code) == (200, 422)
    assert (merged.pk, merged.birth_date) == (min_ji.pk, dt.date(2015, 5, 1))
    assert private.decrypt(merged.phone) == "01012345678"
    assert session.student == merged


def test_a_record_is_not_merged_with_itself(ms_han: Client) -> None:
    student = builders.student()
    same = {"name": "this", "birth_date": "this", "phone": "this"}

    reply = ms_han.post(reverse("staff-student-merge-two", args=[student.pk, student.pk]), same)

    assert reply.status_code == 409
    assert Student.objects.count() == 1


def test_sessions_are_split_off_to_a_new_student_and_to_another_one(ms_han: Client) -> None:
    student, other = builders.student(), builders.student(name="김민지", phone="010-9999-8888")
    first, second = sat(student), sat(student)
    url = reverse("staff-student-split", args=[student.pk])

    unnamed = ms_han.post(url, {"sessions": [first.pk], "target": "new"})
    none = ms_han.post(url, {"target": "new", "name": "박하은"})
    made = ms_han.post(url, {"sessions": [first.pk], "target": "new", "name": "박하은"})
    moved = ms_han.post(url, {"sessions": [second.pk], "target": str(other.pk)})

    new = Student.objects.get(name="박하은")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (unnamed.status_code, none.status_code) == (422, 422)
    assert made["Location"] == reverse("staff-student", args=[new.pk])
    assert moved["Location"] == reverse("staff-student", args=[other.pk])
    assert (first.student, second.student) == (new, other)


def test_a_foreign_session_is_not_split_off(ms_han: Client) -> None:
    student = builders.student()
    sat(student)
    foreign = sat(builders.student(name="박하은"))

    reply = ms_han.post(
        reverse("staff-student-split", args=[student.pk]),
        {"sessions": [foreign.pk], "target": "new", "name": "새 학생"},
    )

    assert reply.status_code == 422
    assert Student.objects.count() == 2


def test_the_search_on_the_split_page_offers_other_records(ms_han: Client) -> None:
    student, other = builders.student(), builders.student(name="박하은", birth_date=None, phone="")
    session = sat(student)
    url = reverse("staff-student-split", args=[student.pk])

    found = ms_han.post(url, {"words": "하은"})["Location"]
    page = ms_han.get(found).content.decode()
    ms_han.post(found, {"sessions": [session.pk], "target": str(other.pk)})

    session.refresh_from_db()
    assert "박하은" in page
    assert session.student == other
