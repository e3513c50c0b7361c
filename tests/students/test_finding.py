from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING

import pytest

from placement_test.lib import private
from placement_test.models import Student
from placement_test.students import queries
from placement_test.students.services import find_or_create
from tests import builders

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

BORN = dt.date(2015, 5, 1)
OTHER_DAY = dt.date(2014, 1, 2)
PHONE = "010-1234-5678"


@pytest.mark.parametrize(
    ("name", "birth_date", "phone"),
    [
        ("김민지", BORN, PHONE),
        ("김민지", BORN, ""),
        ("김민지", BORN, "010-9999-0000"),
        ("김민지", None, "+82 10 1234 5678"),
        ("김민지", OTHER_DAY, PHONE),
        (f" {unicodedata.normalize('NFD', '김민지')} ", BORN, ""),
    ],
)
def test_same_name_and_birth_date_or_phone_is_the_same_student(
    name: str,
    birth_date: dt.date | None,
    phone: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    min_ji = builders.student(name="김민지", birth_date=BORN, phone=PHONE)

    with django_assert_num_queries(1):
        found = find_or_create(min_ji.campus, name, birth_date, phone)

    assert found == min_ji


@pytest.mark.parametrize(
    ("name", "birth_date", "phone"),
    [
        ("김민준", BORN, PHONE),
        ("김민지", OTHER_DAY, "010-9999-0000"),
        ("김민지", None, ""),
        ("김 민지", BORN, PHONE),
    ],
)
def test_anything_less_is_another_student(
    name: str, birth_date: dt.date | None, phone: str
) -> None:
    min_ji = builders.student(name="김민지", birth_date=BORN, phone=PHONE)

    assert find_or_create(min_ji.campus, name, birth_date, phone) != min_ji


def test_two_without_birth_date_and_phone_are_not_taken_for_one() -> None:
    min_ji = builders.student(birth_date=None, phone="")

    assert find_or_create(min_ji.campus, min_ji.name, None, "") != min_ji


def test_a_student_of_another_campus_is_another_student() -> None:
    min_ji = builders.student()

    found = find_or_create(builders.campus(name="Bundang"), min_ji.name, BORN, PHONE)

    assert found != min_ji


def test_the_birth_date_decides_where_two_records_fit() -> None:
    by_phone = builders.student(birth_date=OTHER_DAY)
    by_birth_date = builders.student(birth_date=BORN, phone="")

    assert find_or_create(by_phone.campus, "김민지", BORN, PHONE) == by_birth_date


def test_a_fact_that_was_missing_is_added_and_no_other_changed() -> None:
    min_ji = builders.student(birth_date=BORN, phone="")

    find_or_create(min_ji.campus, min_ji.name, BORN, PHONE)
    find_or_create(min_ji.campus, min_ji.name, BORN, "010-9999-0000")

    stored = Student.objects.get()
    assert private.decrypt(stored.phone) == "01012345678"
    assert stored.phone_index == private.index(PHONE)


def test_a_new_student_keeps_name_and_phone_in_one_spelling_and_the_phone_sealed() -> None:
    made = find_or_create(builders.campus(), "  Min-ji   Kim ", BORN, PHONE)

    stored = Student.objects.get(pk=made.pk)
    assert (stored.name, stored.birth_date) == ("Min-ji Kim", BORN)
    assert "1234" not in stored.phone
    assert private.decrypt(stored.phone) == "01012345678"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("민지", True),
        ("  김민지 ", True),
        ("010-1234-5678", True),
        ("+82 10-1234-5678", True),
        ("민준", False),
        ("1234-5678", False),
        ("5678", False),
        ("", True),
    ],
)
def test_searches_a_piece_of_the_name_or_a_whole_phone_number(words: str, found: bool) -> None:
    min_ji = builders.student()

    rows = queries.search(Student.objects.all(), words)

    assert list(rows) == ([min_ji] if found else [])
