"""Students: finding the one who was here before."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.db.models import Q

from placement_test.lib import clock, private
from placement_test.models import Student

if TYPE_CHECKING:
    import datetime as dt

    from placement_test.models import Campus


def plain_name(name: str) -> str:
    """Return a name as it is stored: NFC, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def find_or_create(campus: Campus, name: str, birth_date: dt.date | None, phone: str) -> Student:
    """Return the campus's student of that name and birth date or phone, or a new one.

    1-2 queries.  Two registrations of one new student in the same instant make two rows, which
    staff can merge: better than to keep a child waiting on a lock.
    """
    plain, index = plain_name(name), private.index(phone)
    same = Q(birth_date=birth_date) if birth_date else Q(pk=None)
    if index:
        same |= Q(phone_index=index)
    found = Student.objects.filter(same, campus=campus, name=plain).order_by("id").first()
    if found is not None:
        return found
    return Student.objects.create(
        campus=campus,
        name=plain,
        birth_date=birth_date,
        phone=private.encrypt(phone),
        phone_index=index,
        created_at=clock.now(),
    )
