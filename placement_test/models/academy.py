"""The academy that one installation serves: its campuses, schools, policies and staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase


class Academy(models.Model):
    """One row: name, zone, locale and the policies that the director sets."""

    class Asked(models.TextChoices):
        """Whether registration asks for a fact about the student."""

        NO = "no", _("Not asked")
        OPTIONAL = "optional", _("Optional")
        REQUIRED = "required", _("Required")

    class Shown(models.TextChoices):
        """What student and parent see after submitting."""

        NOTHING = "nothing", _("Nothing")
        LEVEL = "level", _("The level")
        SCORE = "score", _("Score and level")

    name = models.CharField(_("name"), max_length=100)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Asia/Seoul")
    locale = models.CharField(_("language"), max_length=8, default="ko")
    ask_birth_date = models.CharField(
        _("birth date"), max_length=10, choices=Asked, default=Asked.OPTIONAL
    )
    ask_phone = models.CharField(
        _("parent's phone"), max_length=10, choices=Asked, default=Asked.OPTIONAL
    )
    ask_school = models.CharField(_("school"), max_length=10, choices=Asked, default=Asked.OPTIONAL)
    shown_result = models.CharField(
        _("shown after the test"), max_length=10, choices=Shown, default=Shown.LEVEL
    )
    level_changes = models.PositiveSmallIntegerField(_("easier or harder tests allowed"), default=1)
    level_change_minutes = models.PositiveSmallIntegerField(
        _("allowed until this many minutes after the start"), default=20
    )

    class Meta:
        verbose_name = _("academy")
        verbose_name_plural = _("academies")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_academy_an_installation"),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentText(models.Model):
    """One revision of what registration asks the family to agree to; never changed."""

    number = models.PositiveIntegerField(unique=True)
    korean = models.TextField(_("Korean text"), max_length=10_000)
    english = models.TextField(_("English text"), max_length=10_000)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"consent text {self.number}"


class Campus(models.Model):
    """A place of the academy; staff, schools and events belong to one."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("campus")
        verbose_name_plural = _("campuses")

    def __str__(self) -> str:
        return self.name


class School(models.Model):
    """A school that students of a campus come from."""

    class Stage(models.TextChoices):
        """The grades that a school teaches."""

        PRIMARY = "primary", _("Primary (grades 1-6)")
        MIDDLE = "middle", _("Middle (grades 7-9)")
        HIGH = "high", _("High (grades 10-12)")

    campus = models.ForeignKey(Campus, models.PROTECT, related_name="schools")
    name = models.CharField(_("name"), max_length=80)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    is_active = models.BooleanField(_("suggested at registration"), default=True)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campus", "name"], name="one_school_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class StaffUser(AbstractUser):
    """Someone who logs in."""

    class Role(models.TextChoices):
        """What someone may do; each role may do what the ones before it may."""

        INVIGILATOR = "invigilator", _("Invigilator")
        TEACHER = "teacher", _("Teacher")
        DIRECTOR = "director", _("Director")
        ADMINISTRATOR = "administrator", _("Administrator")

    role = models.CharField(_("role"), max_length=15, choices=Role, default=Role.INVIGILATOR)
    campuses = models.ManyToManyField(
        Campus, blank=True, related_name="staff", verbose_name=_("campuses")
    )
    display_name = models.CharField(_("name shown"), max_length=60)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.display_name or self.username


class BrowserSessions(BaseSessionManager["BrowserSession"]):
    """Reads a browser session together with its account."""

    def get_queryset(self) -> models.QuerySet[BrowserSession]:
        """Join the account: every page of staff needs both."""
        return super().get_queryset().select_related("account")


class BrowserSession(AbstractBaseSession):
    """Django's own session of a browser, with the account that is logged in there."""

    account = models.ForeignKey(StaffUser, models.CASCADE, null=True, related_name="+")

    objects: ClassVar[BrowserSessions] = BrowserSessions()

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return what reads and writes these rows."""
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store


class AuditEntry(models.Model):
    """One decision by staff; rows are only ever appended.

    ``position`` counts 1, 2, 3 … in the chain; ``previous`` is the digest of the entry before it
    and ``digest`` that of this one (``lib.audit_chain``).  They are empty for the moment between
    the decision's commit and its chaining.
    """

    at = models.DateTimeField()
    actor = models.ForeignKey(StaffUser, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    position = models.PositiveBigIntegerField(null=True, unique=True, editable=False)
    previous = models.CharField(max_length=64, blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            # What the next link takes up: nearly always one row.
            models.Index(
                fields=["id"], condition=models.Q(position__isnull=True), name="audit_unchained"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class AuditHead(models.Model):
    """One row: the end of the chain of decisions, and what the last check of all of it found.

    ``broken_at`` is 0 where it found the chain whole, else the position of the first entry that
    does not fit.
    """

    length = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    checked_at = models.DateTimeField(null=True)
    checked_length = models.PositiveBigIntegerField(default=0)
    broken_at = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_end_of_the_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.length} decisions"
