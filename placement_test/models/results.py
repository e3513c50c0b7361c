"""Results and placements: appended rows, one of them current."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Result(models.Model):
    """The marking of one session under one key revision."""

    class Cause(models.TextChoices):
        """Why the session was marked (again)."""

        ENDED = "ended", _("Test ended")
        MARKED = "marked", _("Marked by hand")
        KEY = "key", _("Key corrected")
        LATE = "late", _("Late answers decided")

    session = models.ForeignKey("StudentSession", models.CASCADE, related_name="results")
    version = models.ForeignKey("ExamVersion", models.PROTECT, related_name="+")
    key_revision = models.ForeignKey("KeyRevision", models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause)
    score = models.DecimalField(max_digits=8, decimal_places=2)
    max_score = models.DecimalField(max_digits=8, decimal_places=2)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    waiting = models.PositiveSmallIntegerField(default=0)
    is_current = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("id",)
        indexes: ClassVar = [
            # The newest results on the home page.
            models.Index(
                fields=["-made_at", "-id"],
                condition=Q(is_current=True),
                name="result_current_by_time",
            ),
            # Sessions that wait for a person.
            models.Index(
                fields=["session"],
                condition=Q(is_current=True, waiting__gt=0),
                name="result_waiting",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(is_current=True), name="one_current_result"
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=models.F("max_score")),
                name="result_score_within_maximum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score}/{self.max_score}"


class PartMark(models.Model):
    """What one part earned in one result."""

    class Outcome(models.TextChoices):
        """How an answer was marked."""

        CORRECT = "correct", _("Correct")
        PARTIAL = "partial", _("Partly correct")
        WRONG = "wrong", _("Wrong")
        BLANK = "blank", _("Blank")
        WAITING = "waiting", _("Waiting for marking")

    result = models.ForeignKey(Result, models.CASCADE, related_name="marks")
    part = models.ForeignKey("Part", models.PROTECT, related_name="+")
    points = models.DecimalField(max_digits=6, decimal_places=2)
    outcome = models.CharField(max_length=8, choices=Outcome)

    class Meta:
        indexes: ClassVar = [
            # The queue of written answers, question by question.
            models.Index(
                fields=["part"], condition=Q(outcome="waiting"), name="mark_waiting_by_part"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["result", "part"], name="one_mark_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.points} {self.outcome}"


class HandMark(models.Model):
    """Points that a person gave for one answer; the newest of a part counts."""

    session = models.ForeignKey("StudentSession", models.CASCADE, related_name="hand_marks")
    part = models.ForeignKey("Part", models.PROTECT, related_name="+")
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2)
    note = models.CharField(_("note"), max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.points}"


class Placement(models.Model):
    """The level of one session with the reasons for it and the revisions that gave it.

    ``reasons`` is {grade, rank_percent, band, percent, cut, step, stopped_at_edge} as far as known.
    """

    class Origin(models.TextChoices):
        """Who or what decided."""

        RULES = "rules", _("Rules")
        OVERRULE = "overrule", _("Decided by staff")

    session = models.ForeignKey("StudentSession", models.CASCADE, related_name="placements")
    result = models.ForeignKey(Result, models.PROTECT, related_name="placements")
    origin = models.CharField(max_length=10, choices=Origin)
    level = models.ForeignKey("Level", models.PROTECT, related_name="+")
    start_level = models.ForeignKey("Level", models.PROTECT, related_name="+")
    rule_set = models.ForeignKey("RuleSet", models.PROTECT, null=True, related_name="+")
    cut_set = models.ForeignKey("CutSet", models.PROTECT, null=True, related_name="+")
    step = models.SmallIntegerField(default=0)
    reasons = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    is_current = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(is_current=True), name="one_current_placement"
            ),
            models.CheckConstraint(
                condition=Q(origin="rules") | ~Q(reason=""), name="overruling_needs_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"placement {self.pk}"
