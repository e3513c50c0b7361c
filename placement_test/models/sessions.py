"""A student's sitting of one exam version, and every entry that it recorded."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StudentSession(models.Model):
    """One student's sitting.  Facts about the student are those of that day.

    ``deadline_at`` = started_at + allotted + adjustments, kept by whoever writes an adjustment.
    While ``paused_at`` is set the clock stands there: the deadline moves when the pause ends.
    ``epoch`` is the highest one claimed; ``rev`` rises when another writer's entry was applied.
    """

    class State(models.TextChoices):
        """registered -> open -> submitted | expired."""

        REGISTERED = "registered", _("Registered")
        OPEN = "open", _("Working")
        SUBMITTED = "submitted", _("Submitted")
        EXPIRED = "expired", _("Time over")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey("Student", models.SET_NULL, null=True, related_name="sessions")
    event = models.ForeignKey("TestEvent", models.PROTECT, null=True, related_name="sessions")
    # Empty only for a preview by staff of no campus.
    campus = models.ForeignKey("Campus", models.PROTECT, null=True, related_name="sessions")
    version = models.ForeignKey("ExamVersion", models.PROTECT, related_name="sessions")
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="following")
    level_step = models.SmallIntegerField(default=0)
    # No index: nearly all are NULL, and SQLite would take it for a way to find them.
    preview_by = models.ForeignKey(
        "StaffUser", models.PROTECT, null=True, related_name="+", db_index=False
    )

    grade = models.PositiveSmallIntegerField(_("grade"))
    rank_percent = models.DecimalField(_("class rank"), max_digits=5, decimal_places=2)
    school = models.ForeignKey("School", models.SET_NULL, null=True, related_name="sessions")
    rule_set = models.ForeignKey("RuleSet", models.PROTECT, null=True, related_name="+")
    start_level = models.ForeignKey("Level", models.PROTECT, null=True, related_name="+")
    consent = models.ForeignKey("ConsentText", models.PROTECT, null=True, related_name="+")
    consent_at = models.DateTimeField(null=True)
    consent_by = models.CharField(max_length=10, blank=True)  # "student" or "guardian"

    state = models.CharField(max_length=10, choices=State, default=State.REGISTERED)
    registered_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    allotted_seconds = models.PositiveIntegerField()
    deadline_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    # What the resume code shows: its first four symbols find the session, the rest is a secret that
    # follows from the id and the generation (``sessions.resume_codes``).
    resume_generation = models.PositiveIntegerField(default=0, db_default=0)
    resume_locator = models.CharField(max_length=4, blank=True, default="", db_default="")

    epoch = models.PositiveIntegerField(default=0)
    rev = models.PositiveIntegerField(default=0)
    last_contact_at = models.DateTimeField(null=True)
    # Whose contact that was, and when any other browser that may claim was heard last.
    contact_token = models.ForeignKey(
        "SessionToken", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    elsewhere_at = models.DateTimeField(null=True)
    pending = models.PositiveIntegerField(default=0)
    storage = models.CharField(max_length=10, blank=True)

    # Bounds of one session, counted where its row is written anyway (``saving.limits``).
    limit_window = models.PositiveBigIntegerField(default=0, db_default=0)
    limit_calls = models.PositiveIntegerField(default=0, db_default=0)
    event_count = models.PositiveIntegerField(default=0, db_default=0)
    conflict_count = models.PositiveIntegerField(default=0, db_default=0)
    claim_count = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes: ClassVar = [
            # A resume code, among the sessions that can still be taken up.
            models.Index(
                fields=["resume_locator"],
                condition=Q(archived_at__isnull=True),
                name="session_by_resume_locator",
            ),
            # The list of sessions, newest first.
            models.Index(
                fields=["-registered_at", "-id"],
                condition=Q(preview_by__isnull=True),
                name="session_by_registration",
            ),
            # The sweep, and who is working now.
            models.Index(
                fields=["deadline_at"], condition=Q(state="open"), name="session_open_by_deadline"
            ),
            # The clean-up of sessions that ended long ago.
            models.Index(
                fields=["ended_at"],
                condition=Q(archived_at__isnull=True),
                name="session_unarchived_by_end",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="registered", started_at=None)
                | Q(state="open", started_at__isnull=False, deadline_at__isnull=False)
                | Q(state__in=["submitted", "expired"], ended_at__isnull=False),
                name="session_state_and_times_agree",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | Q(state="open"),
                name="only_a_running_session_is_paused",
            ),
            models.CheckConstraint(
                condition=Q(preview_by__isnull=False)
                | Q(campus__isnull=False, event__isnull=False),
                name="session_belongs_to_an_event",
            ),
            models.CheckConstraint(
                condition=Q(rank_percent__gte=0, rank_percent__lt=100), name="session_rank"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SessionToken(models.Model):
    """What lets one browser act for a session: the SHA-256 of a 256-bit random token.

    ``superseded_at``: the session went on to another browser.  This one still hands in what its
    own writers hold; to claim or to submit it needs the resume code.
    """

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.pk}"


class Writer(models.Model):
    """One claim: a page that writes entries under an epoch.

    ``through`` is the last seq up to which none is missing; ``last_seq`` the greatest seen.
    ``token`` is the browser's; ``epoch`` 0 stands for one that never claimed and may not.
    """

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="writers")
    writer = models.UUIDField()
    token = models.ForeignKey(
        SessionToken, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    epoch = models.PositiveIntegerField()
    through = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "writer"], name="one_claim_a_writer"),
        ]

    def __str__(self) -> str:
        return f"writer {self.pk}"


class ResumeTry(models.Model):
    """Wrong resume codes against one target, counted so that all workers agree.

    ``target`` is "all", the locator that was typed, or the session it was typed for.  One row for
    each; the count starts again with a new window.
    """

    target = models.CharField(max_length=36, unique=True)
    window_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # Forgetting those that no window reaches any more.
            models.Index(fields=["last_at"], name="resume_try_by_time"),
        ]

    def __str__(self) -> str:
        return f"tries {self.pk}"


class EntryKind(models.TextChoices):
    """What an entry records."""

    ANSWER = "answer", _("Answer")
    FLAG = "flag", _("Flag")
    PLAY = "play", _("Play")


class AnswerEvent(models.Model):
    """One entry, as it arrived.  The log is append-only.

    ``subject`` is the id of the part, the question (flag) or the track (play); ``value`` is its
    canonical JSON text; ``at_ms`` is what the device's clock said: evidence, never a judge.
    """

    class Status(models.TextChoices):
        """What became of the entry."""

        APPLIED = "applied", _("Applied")
        SUPERSEDED = "superseded", _("Superseded")
        LATE = "late", _("Late")
        REJECTED = "rejected", _("Rejected")

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="events")
    writer = models.UUIDField()
    seq = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=EntryKind)
    subject = models.BigIntegerField()
    value = models.TextField()
    at_ms = models.BigIntegerField()
    received_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes: ClassVar = [
            # Entries that somebody has to decide about: few among millions.
            models.Index(
                fields=["session"], condition=~Q(status="applied"), name="event_not_applied"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "writer", "seq"], name="one_entry_a_seq"),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class EntryDecision(models.Model):
    """What staff decided about an answer that was not applied: it counts, or it does not."""

    event = models.OneToOneField(AnswerEvent, models.CASCADE, related_name="decision")
    accepted = models.BooleanField()
    reason = models.CharField(_("reason"), max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"decision {self.pk}"


class ConflictingEntry(models.Model):
    """An entry under a (session, writer, seq) that already holds other content; kept raw."""

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="conflicts")
    writer = models.UUIDField()
    seq = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "writer", "seq", "digest"], name="one_conflict_a_content"
            ),
        ]

    def __str__(self) -> str:
        return f"conflict {self.pk}"


class StudentAnswer(models.Model):
    """The current answer of one part: the entry with the greatest (epoch, seq, writer)."""

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="answers")
    part = models.ForeignKey("Part", models.PROTECT, related_name="+")
    value = models.TextField()
    epoch = models.PositiveIntegerField()
    seq = models.PositiveIntegerField()
    writer = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "part"], name="one_answer_a_part"),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class RunnerState(models.Model):
    """A flag or a play count that the runner shows again; ordered like answers."""

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="runner_states")
    kind = models.CharField(max_length=6, choices=EntryKind)
    subject = models.BigIntegerField()
    value = models.TextField()
    epoch = models.PositiveIntegerField()
    seq = models.PositiveIntegerField()
    writer = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "kind", "subject"], name="one_runner_state_a_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Adjustment(models.Model):
    """By how much staff moved a session's deadline; rows are only appended.

    A pause that has not ended is a row of no seconds (and ``paused_at`` of the session); its length
    stands in the row that ends it.  ``key`` is of the press of a button: pressed twice, done once.
    """

    class Kind(models.TextChoices):
        """What staff did."""

        TIME = "time", _("Time given")
        PAUSE = "pause", _("Paused")
        CONTINUE = "continue", _("Continued")
        END = "end", _("Ended by staff")
        REOPEN = "reopen", _("Opened again")

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="adjustments")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TIME)
    key = models.UUIDField(null=True)
    seconds = models.IntegerField()
    reason = models.CharField(_("reason"), max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("StaffUser", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "key"], name="one_adjustment_a_press"),
        ]

    def __str__(self) -> str:
        return f"{self.seconds:+} s"


class Receipt(models.Model):
    """What a submission was answered with: signed, and never changed."""

    session = models.ForeignKey(StudentSession, models.CASCADE, related_name="receipts")
    submit_id = models.UUIDField()
    body = models.TextField()
    signature = models.CharField(max_length=100)
    key_id = models.CharField(max_length=20)
    check_code = models.CharField(max_length=12)
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # Staff search by the code that a parent reads out.
            models.Index(fields=["check_code"], name="receipt_by_check_code"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "submit_id"], name="one_receipt_a_submit"),
        ]

    def __str__(self) -> str:
        return self.check_code
