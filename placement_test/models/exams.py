"""Exams, their versions, papers, tracks, questions; answer keys and cuts in tables of their own."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from placement_test.models.academy import Campus
from placement_test.models.curriculum import Level

LABEL_STYLES = [
    ("circled", "① ② ③ ④ ⑤"),
    ("bracketed", "(A) (B) (C) (D)"),
    ("letters", "A B C D"),
    ("digits", "1 2 3 4"),
]


class Exam(models.Model):
    """An exam through all its versions; it serves one or more levels."""

    title = models.CharField(_("title"), max_length=120)
    levels = models.ManyToManyField(
        Level, blank=True, related_name="exams", verbose_name=_("levels it serves")
    )
    campuses = models.ManyToManyField(
        Campus,
        blank=True,
        related_name="exams",
        verbose_name=_("campuses"),
        help_text=_("None chosen: every campus."),
    )
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("title", "id")

    def __str__(self) -> str:
        return self.title


class ExamVersion(models.Model):
    """One numbered version: a draft that is worked on, or a published one that never changes."""

    class State(models.TextChoices):
        """Draft -> published -> archived."""

        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    allotted_minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    label_style = models.CharField(
        _("option labels"), max_length=10, choices=LABEL_STYLES, default="circled"
    )
    option_count = models.PositiveSmallIntegerField(_("options a question"), default=5)
    paper_file = models.CharField(max_length=60, blank=True)
    paper_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("exam", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exam", "number"], name="one_version_of_a_number"),
            models.UniqueConstraint(
                fields=["exam"], condition=Q(state="draft"), name="one_draft_an_exam"
            ),
            models.UniqueConstraint(
                fields=["exam"], condition=Q(state="published"), name="one_published_an_exam"
            ),
            models.CheckConstraint(
                condition=Q(option_count__gte=2, option_count__lte=10), name="version_option_count"
            ),
            models.CheckConstraint(
                condition=Q(allotted_minutes__gte=1, allotted_minutes__lte=480),
                name="version_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exam.title} v{self.number}"


class PaperPage(models.Model):
    """A page of the paper as it is shown: images in several widths and the text layer.

    ``images`` is a list of {width, height, file, bytes}, smallest first; ``rotation`` is what
    staff turned by hand on top of the page's own; ``words_file`` names a stored JSON file with
    the text layer, or is empty.
    """

    version = models.ForeignKey(ExamVersion, models.CASCADE, related_name="pages")
    position = models.PositiveSmallIntegerField()
    source_page = models.PositiveSmallIntegerField()
    rotation = models.PositiveSmallIntegerField(default=0)
    images = models.JSONField(default=list)
    words_file = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="one_page_a_position"),
        ]

    def __str__(self) -> str:
        return f"page {self.position}"


class Section(models.Model):
    """A titled run of questions; its own time limit is kept, not enforced yet."""

    class Skill(models.TextChoices):
        """What a section tests."""

        LISTENING = "listening", _("Listening")
        READING = "reading", _("Reading")
        GRAMMAR = "grammar", _("Grammar")
        VOCABULARY = "vocabulary", _("Vocabulary")
        WRITING = "writing", _("Writing")
        OTHER = "other", _("Other")

    version = models.ForeignKey(ExamVersion, models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=80)
    skill = models.CharField(_("skill"), max_length=12, choices=Skill, default=Skill.OTHER)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="one_section_a_position"),
        ]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """A question under the number printed on the paper; ``lineage`` stays over versions."""

    class Kind(models.TextChoices):
        """How it is answered; a mixed question has parts of several kinds."""

        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        SHORT = "short", _("Short answer")
        LONG = "long", _("Long answer")
        MIXED = "mixed", _("Mixed")

    section = models.ForeignKey(Section, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    number = models.CharField(_("number"), max_length=8)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CHOICE)
    label_style = models.CharField(
        _("option labels"), max_length=10, choices=LABEL_STYLES, blank=True
    )
    text = models.TextField(_("text"), blank=True, max_length=5000)
    lineage = models.UUIDField(default=uuid.uuid4, editable=False)
    page = models.PositiveSmallIntegerField(_("page"), null=True, blank=True)
    x = models.FloatField(null=True, blank=True)
    y = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("section__position", "position")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "position"], name="one_question_a_position"),
            models.UniqueConstraint(fields=["section", "number"], name="one_question_of_a_number"),
        ]

    def __str__(self) -> str:
        return self.number


class Part(models.Model):
    """What one answer belongs to."""

    class Kind(models.TextChoices):
        """How a part is answered."""

        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        SHORT = "short", _("Short answer")
        LONG = "long", _("Long answer")

    question = models.ForeignKey(Question, models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CHOICE)
    label = models.CharField(_("label"), max_length=20, blank=True)
    option_count = models.PositiveSmallIntegerField(_("options"), default=0)
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2, default=1)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["question", "position"], name="one_part_a_position"),
            models.CheckConstraint(condition=Q(points__gte=0), name="part_points_not_negative"),
            models.CheckConstraint(
                condition=Q(kind__in=["short", "long"], option_count=0)
                | Q(kind__in=["choice", "choices"], option_count__gte=2, option_count__lte=10),
                name="part_options_fit_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.label or str(self.position)


class Track(models.Model):
    """A listening track; it may serve one question or many."""

    version = models.ForeignKey(ExamVersion, models.CASCADE, related_name="tracks")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("title"), max_length=80)
    file = models.CharField(max_length=60)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    play_limit = models.PositiveSmallIntegerField(_("plays allowed"), null=True, blank=True)
    questions = models.ManyToManyField(Question, blank=True, related_name="tracks")

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="one_track_a_position"),
        ]

    def __str__(self) -> str:
        return self.title


class KeyRevision(models.Model):
    """One immutable revision of a version's answer key."""

    version = models.ForeignKey(ExamVersion, models.CASCADE, related_name="key_revisions")
    number = models.PositiveIntegerField()
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("version", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "number"], name="one_key_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"key {self.number}"


class PartKey(models.Model):
    """The key of one part in one revision.

    ``correct`` holds 0-based option indices, ``accepted`` the variants of a short answer,
    ``options`` how it is marked (``grading.rules.MarkingOptions``).
    """

    revision = models.ForeignKey(KeyRevision, models.CASCADE, related_name="part_keys")
    part = models.ForeignKey(Part, models.CASCADE, related_name="+")
    correct = models.JSONField(default=list)
    accepted = models.JSONField(default=list)
    options = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "part"], name="one_key_a_part"),
        ]

    def __str__(self) -> str:
        return f"key of part {self.part_id}"


class CutSet(models.Model):
    """One immutable revision of a version's cuts: ``cuts`` is [[from_percent, step], ...]."""

    version = models.ForeignKey(ExamVersion, models.CASCADE, related_name="cut_sets")
    number = models.PositiveIntegerField()
    cuts = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("version", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "number"], name="one_cut_set_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"cuts {self.number}"
