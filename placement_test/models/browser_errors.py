"""What went wrong in browsers; nothing here names a person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from placement_test.models.academy import StaffUser


class BrowserError(models.Model):
    """One kind of error, however often it came: reports that are alike add to one row.

    Page, browser, release and stack are those of the newest report.
    """

    class Kind(models.TextChoices):
        """Where the page noticed it."""

        UNCAUGHT = "uncaught", _("Uncaught error")
        REJECTION = "rejection", _("Unhandled promise")
        HANDLED = "handled", _("Reported by the page")
        MEMORY = "memory", _("Memory")

    fingerprint = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    message = models.CharField(max_length=300)
    context = models.CharField(max_length=80, blank=True)
    stack = models.TextField(blank=True)
    page = models.CharField(max_length=160, blank=True)
    browser = models.CharField(max_length=24)
    release = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        StaffUser, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-last_seen_at", "-id"]

    def __str__(self) -> str:
        return self.message
