"""Recognise a student who was here before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from placement_test.academy.rules import folded
from placement_test.lib import clock, private
from placement_test.models import Student

if TYPE_CHECKING:
    import datetime as dt

    from placement_test.models import Campus


def find_or_create(campus: Campus, name: str, birth_date: dt.date | None, phone: str) -> Student:
    """Return the student of ``campus`` with this name and this birth date or phone, or a new one.

    Without birth date and phone nobody can be recognised, so the student is new.  A fact that the
    record has not got yet is added; one that differs stays as it is.  At most 2 queries.

    Two registrations of one new student in the same instant make two records, which staff can
    merge: better than to keep a class waiting on one lock.
    """
    known = _known(campus, folded(name), birth_date, private.index(phone))
    if known is None:
        return Student.objects.create(
            campus=campus,
            name=folded(name),
            birth_date=birth_date,
            created_at=clock.now(),
            **sealed_phone(phone),
        )
    _complete(known, birth_date, phone)
    return known


def sealed_phone(phone: str) -> dict[str, str]:
    """Return the two columns of a phone number: encrypted, and its blind index."""
    return {
        "phone": private.encrypt(private.digits(phone)),
        "phone_index": private.index(phone),
    }


def _known(
    campus: Campus, name: str, birth_date: dt.date | None, phone_index: str
) -> Student | None:
    same = Q()
    if birth_date:
        same |= Q(birth_date=birth_date)
    if phone_index:
        same |= Q(phone_index=phone_index)
    if not same:
        return None
    alike = list(Student.objects.filter(same, campus=campus, name=name).order_by("id"))
    # Siblings' records may share the phone, never the name and the birth date.
    by_birth_date = [
        student for student in alike if birth_date and student.birth_date == birth_date
    ]
    return next(iter(by_birth_date or alike), None)


def _complete(student: Student, birth_date: dt.date | None, phone: str) -> None:
    missing: dict[str, object] = {}
    if birth_date and student.birth_date is None:
        missing["birth_date"] = birth_date
    if private.digits(phone) and not student.phone_index:
        missing.update(sealed_phone(phone))
    if missing:
        for column, value in missing.items():
            setattr(student, column, value)
        student.save(update_fields=list(missing))
