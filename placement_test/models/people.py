"""Students, and the events in which they are tested."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Student(models.Model):
    """A person.  Name and phone stand here and nowhere else; erasing the row leaves answers.

    ``phone`` is encrypted (``lib.private``); ``phone_index`` finds equal numbers without it.
    """

    campus = models.ForeignKey("Campus", models.PROTECT, related_name="students")
    name = models.CharField(_("name"), max_length=60)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    phone = models.TextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")
        indexes: ClassVar = [
            # Registration: the campus's student of this name.
            models.Index(fields=["campus", "name"], name="student_by_name"),
            # Search by phone number, through its blind index.
            models.Index(
                fields=["phone_index"], condition=~Q(phone_index=""), name="student_by_phone"
            ),
        ]

    def __str__(self) -> str:
        return f"student {self.pk}"


class TestEvent(models.Model):
    """A window in which tests are sat.  A walk-in event has no end."""

    __test__ = False  # pytest takes classes that begin with Test for test cases

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campus = models.ForeignKey("Campus", models.PROTECT, related_name="events")
    name = models.CharField(_("name"), max_length=80)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    access_code = models.CharField(_("access code"), max_length=20, unique=True)
    expected_students = models.PositiveIntegerField(_("expected students"), default=0)
    is_listed = models.BooleanField(_("shown on the welcome page"), default=False)

    class Meta:
        ordering = ("-opens_at", "name")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_at=None) | Q(closes_at__gt=models.F("opens_at")),
                name="event_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name
