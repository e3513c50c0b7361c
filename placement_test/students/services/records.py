"""Correct, merge and split records of students, and show a phone number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.academy.rules import folded
from placement_test.errors import NotOneStudent
from placement_test.lib import audit, clock, decisions, private
from placement_test.models import Student, StudentSession
from placement_test.students.services.finding import sealed_phone

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Collection

    from django.db.models import QuerySet

    from placement_test.models import StaffUser


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a student is: the phone as typed, "" for none."""

    name: str
    birth_date: dt.date | None
    phone: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of two records gives each fact when they are merged."""

    name: Student
    birth_date: Student
    phone: Student


def phone_of(student: Student) -> str:
    """Return the phone number in the clear, "" for none or where no key opens it."""
    try:
        return private.decrypt(student.phone)
    except private.Unreadable:
        return ""


def show_phone(actor: StaffUser, student: Student) -> str:
    """Return the phone number in the clear and record that ``actor`` saw it: 1 query."""
    audit.record(actor, "phone shown", student)
    return phone_of(student)


def change_student(actor: StaffUser, student: Student, identity: Identity) -> None:
    """Correct a record; the record of decisions says which facts changed, not what they were."""
    student.name = folded(identity.name)
    student.birth_date = identity.birth_date
    private_fields = ["name", "birth_date"]
    # The same number encrypts differently every time, so it is its index that is compared.
    if private.index(identity.phone) != student.phone_index:
        _put_phone(student, identity.phone)
        private_fields += ["phone", "phone_index"]
    decisions.changed(actor, "student changed", student, fields=(), private=private_fields)


def merge(actor: StaffUser, student: Student, other: Student, kept: Kept) -> None:
    """Make ``other`` part of ``student``: its sessions move, its record ends.

    ``student`` gets the facts that ``kept`` names.

    :raises NotOneStudent: for one record twice, or records of two campuses
    """
    _check_two_of_one_campus(student, other)
    with transaction.atomic():
        _lock(student, other)
        moved = list(_sessions(other).values_list("pk", flat=True))
        StudentSession.objects.filter(student=other).update(student=student)
        student.name, student.birth_date = kept.name.name, kept.birth_date.birth_date
        student.phone, student.phone_index = kept.phone.phone, kept.phone.phone_index
        student.save(update_fields=["name", "birth_date", "phone", "phone_index"])
        audit.record(
            actor,
            "students merged",
            student,
            before={"students": [student.pk, other.pk]},
            after={"student": student.pk, "sessions": [str(session) for session in moved]},
        )
        other.delete()


def split(
    actor: StaffUser,
    student: Student,
    sessions: Collection[uuid.UUID],
    to: Student | Identity,
) -> Student:
    """Move ``sessions`` of ``student`` to another record, or to a new one; return that record.

    :raises NotOneStudent: where no session was chosen, one is not of ``student``, or the other
        record is the same one or of another campus
    """
    if isinstance(to, Student):
        _check_two_of_one_campus(student, to)
    with transaction.atomic():
        _lock(student, *([to] if isinstance(to, Student) else []))
        rows = _sessions(student).filter(pk__in=list(sessions))
        moved = list(rows.values_list("pk", flat=True))
        if not moved or len(moved) != len(set(sessions)):
            raise NotOneStudent
        target = to if isinstance(to, Student) else _new(student, to)
        rows.update(student=target)
        audit.record(
            actor,
            "student split",
            student,
            before={"student": student.pk, "sessions": [str(session) for session in moved]},
            after={"student": target.pk, "is_new": not isinstance(to, Student)},
        )
    return target


def _check_two_of_one_campus(student: Student, other: Student) -> None:
    if student.pk == other.pk or student.campus_id != other.campus_id:
        raise NotOneStudent


def _lock(*students: Student) -> None:
    ids = [student.pk for student in students]
    # In the order of their ids, so that two who merge the same pair crosswise wait, not deadlock.
    locked = list(Student.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    if len(locked) != len(ids):
        raise NotOneStudent


def _sessions(student: Student) -> QuerySet[StudentSession]:
    return StudentSession.objects.filter(student=student, preview_by=None)


def _put_phone(student: Student, phone: str) -> None:
    for column, value in sealed_phone(phone).items():
        setattr(student, column, value)


def _new(student: Student, identity: Identity) -> Student:
    return Student.objects.create(
        campus=student.campus,
        name=folded(identity.name),
        birth_date=identity.birth_date,
        created_at=clock.now(),
        **sealed_phone(identity.phone),
    )
