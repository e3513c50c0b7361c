from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest

from placement_test.errors import NotOneStudent
from placement_test.lib import private
from placement_test.models import (
    AuditEntry,
    StaffUser,
    Student,
    StudentSession,
)
from placement_test.students.services import records
from placement_test.students.services.records import Identity, Kept
from tests import builders
from tests.students.sitting import sat

pytestmark = pytest.mark.django_db

BORN = dt.date(2015, 5, 1)


@pytest.fixture
def ms_han() -> StaffUser:
    return builders.staff()


def sessions_of(student: Student) -> set[uuid.UUID]:
    return set(StudentSession.objects.filter(student=student).values_list("pk", flat=True))


def test_merging_moves_the_sessions_and_keeps_the_chosen_facts(ms_han: StaffUser) -> None:
    kept = builders.student(name="김민지", birth_date=None, phone="010-1111-2222")
    other = builders.student(name="김민지B", birth_date=BORN, phone="010-3333-4444")
    both = [kept.pk, other.pk]
    sessions = {sat(kept).pk, (moved := sat(other)).pk}

    records.merge(ms_han, kept, other, Kept(name=kept, birth_date=other, phone=other))

    merged = Student.objects.get()
    entry = AuditEntry.objects.get()
    assert (merged.pk, merged.name, merged.birth_date) == (kept.pk, "김민지", BORN)
    assert private.decrypt(merged.phone) == "01033334444"
    assert sessions_of(merged) == sessions
    assert entry.before == {"students": both}
    assert entry.after == {"student": kept.pk, "sessions": [str(moved.pk)]}
    assert "민지" not in f"{entry.before}{entry.after}"


def test_a_student_is_not_merged_with_itself_or_across_campuses(ms_han: StaffUser) -> None:
    student = builders.student()
    elsewhere = builders.student(campus=builders.campus(name="Bundang"))

    for other in (student, elsewhere):
        with pytest.raises(NotOneStudent):
            records.merge(ms_han, student, other, Kept(student, student, student))

    assert Student.objects.count() == 2


def test_a_student_merged_away_by_another_person_is_not_merged_again(ms_han: StaffUser) -> None:
    student, other = builders.student(), builders.student(name="김민지B")
    gone = Student.objects.get(pk=other.pk)
    records.merge(ms_han, student, other, Kept(student, student, student))

    with pytest.raises(NotOneStudent):
        records.merge(ms_han, student, gone, Kept(gone, gone, gone))

    assert Student.objects.get().name == "김민지"


def test_splitting_moves_the_chosen_sessions_to_a_new_student(ms_han: StaffUser) -> None:
    student = builders.student()
    stays, goes = sat(student), sat(student)

    made = records.split(ms_han, student, [goes.pk], Identity("김민준", BORN, "010-5555-6666"))

    assert (made.name, made.birth_date, made.campus) == ("김민준", BORN, student.campus)
    assert private.decrypt(made.phone) == "01055556666"
    assert (sessions_of(student), sessions_of(made)) == ({stays.pk}, {goes.pk})
    assert AuditEntry.objects.get().after == {"student": made.pk, "is_new": True}


def test_splitting_moves_the_chosen_sessions_to_another_student(ms_han: StaffUser) -> None:
    student, other = builders.student(), builders.student(name="김민준")
    session = sat(student)

    records.split(ms_han, student, [session.pk], other)

    assert (sessions_of(student), sessions_of(other)) == (set(), {session.pk})


def test_splitting_moves_nothing_when_a_session_is_not_the_students(ms_han: StaffUser) -> None:
    student, other = builders.student(), builders.student(name="김민준")
    own, foreign = sat(student), sat(other)

    for chosen in ([own.pk, foreign.pk], [own.pk, uuid.uuid4()], []):
        with pytest.raises(NotOneStudent):
            records.split(ms_han, student, chosen, Identity("새 학생", None, ""))

    assert sessions_of(student) == {own.pk}
    assert Student.objects.count() == 2


def test_a_correction_is_recorded_without_what_was_corrected(ms_han: StaffUser) -> None:
    student = builders.student()
    same = Identity(student.name, student.birth_date, "010 1234 5678")

    records.change_student(ms_han, student, same)
    records.change_student(ms_han, student, dataclasses.replace(same, name="김민정", phone=""))

    stored = Student.objects.get()
    entry = AuditEntry.objects.get()
    assert (stored.name, stored.phone, stored.phone_index) == ("김민정", "", "")
    assert (entry.before, entry.after) == ({}, {"changed": ["name", "phone", "phone_index"]})


def test_showing_a_phone_number_is_recorded(ms_han: StaffUser) -> None:
    student = builders.student(phone="010-1234-5678")

    shown = records.show_phone(ms_han, student)

    entry = AuditEntry.objects.get()
    assert shown == "01012345678"
    assert (entry.action, entry.actor, entry.object_id) == ("phone shown", ms_han, str(student.pk))
