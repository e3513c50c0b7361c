"""Programs, levels and the revisions of placement rules."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

FIRST_GRADE = 1
LAST_GRADE = 12


class Program(models.Model):
    """A part of the curriculum for a span of grades, e.g. CORE for grades 1-4."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("order"))
    first_grade = models.PositiveSmallIntegerField(_("from grade"))
    last_grade = models.PositiveSmallIntegerField(_("to grade"))

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    first_grade__gte=FIRST_GRADE,
                    last_grade__lte=LAST_GRADE,
                    first_grade__lte=F("last_grade"),
                ),
                name="program_grades_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SubProgram(models.Model):
    """A step inside a program, e.g. Phonics."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="sub_programs")
    name = models.CharField(_("name"), max_length=40)
    position = models.PositiveSmallIntegerField(_("order"))

    class Meta:
        ordering = ("program__position", "position")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "name"], name="one_sub_program_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Level(models.Model):
    """A class level; ``tier`` is its place in the one order of difficulty (1 = easiest)."""

    sub_program = models.ForeignKey(SubProgram, models.PROTECT, related_name="levels")
    number = models.PositiveSmallIntegerField(_("number"))
    tier = models.PositiveSmallIntegerField(_("tier"), unique=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("tier",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sub_program", "number"], name="one_level_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.sub_program.program.name} {self.sub_program.name} {self.number}"


class RuleSet(models.Model):
    """One immutable revision of all placement rules.

    ``boundaries`` are ascending percents strictly between 0 and 100 that cut class ranks into
    half-open bands: [10, 20] gives [0, 10), [10, 20), [20, 100).
    """

    number = models.PositiveIntegerField(unique=True)
    boundaries = models.JSONField()
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"rule set {self.number}"


class PlacementRule(models.Model):
    """The starting level of one grade and one rank band; bands cannot overlap by shape."""

    rule_set = models.ForeignKey(RuleSet, models.CASCADE, related_name="rules")
    grade = models.PositiveSmallIntegerField()
    band = models.PositiveSmallIntegerField()
    level = models.ForeignKey(Level, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule_set", "grade", "band"], name="one_rule_for_grade_and_band"
            ),
            models.CheckConstraint(
                condition=Q(grade__gte=FIRST_GRADE, grade__lte=LAST_GRADE), name="rule_grade"
            ),
        ]

    def __str__(self) -> str:
        return f"grade {self.grade}, band {self.band}"
