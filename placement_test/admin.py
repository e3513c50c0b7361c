"""Django's admin, for administrators only: a look at the tables, and repairs of a few.

What is only appended (revisions, results, answers, the record of decisions) is shown and never
changed.  A change made here is recorded like any other decision of staff.
"""

# ruff: noqa: ARG002 - Django names the arguments

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.decorators import login_required

from placement_test.lib import audit
from placement_test.lib.access import actor
from placement_test.models import (
    Academy,
    Adjustment,
    AuditEntry,
    Campus,
    ConsentText,
    CutSet,
    Exam,
    ExamVersion,
    HandMark,
    KeyRevision,
    Level,
    Placement,
    Program,
    Receipt,
    Result,
    RuleSet,
    School,
    StaffUser,
    Student,
    StudentSession,
    SubProgram,
    TestEvent,
)

if TYPE_CHECKING:
    from django.contrib.admin.models import LogEntry
    from django.db.models import Model
    from django.http import HttpRequest

    Admin = admin.ModelAdmin[Model]
else:
    Admin = admin.ModelAdmin

# Without what a decision needs to know on a staff page (a reason, a preview), rows go nowhere.
admin.site.disable_action("delete_selected")
admin.site.site_header = "PrimePath"
# One way in, with one count of wrong passwords.
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]


class Shown(Admin):
    """A table that can be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False."""
        return False


class Repaired(Admin):
    """A table whose rows can be added and changed, each time with a record of it."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: what others refer to is taken out of use, not deleted."""
        return False

    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> LogEntry:
        """Record the new row among the decisions of staff too."""
        audit.record(actor(request), "added in the admin", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> LogEntry:
        """Record the names of the changed fields among the decisions of staff too."""
        audit.record(actor(request), "changed in the admin", obj, after={"changes": message})
        return super().log_change(request, obj, message)


@admin.register(Campus)
class CampusAdmin(Repaired):
    """Campuses."""

    list_display = ("name", "is_active")


@admin.register(School)
class SchoolAdmin(Repaired):
    """Schools."""

    list_display = ("name", "stage", "campus", "is_active")
    list_filter = ("stage", "campus", "is_active")
    list_select_related = ("campus",)
    search_fields = ("name",)


@admin.register(TestEvent)
class TestEventAdmin(Repaired):
    """Test events; the staff pages make them, with a code that can be typed in any way."""

    readonly_fields = ("access_code",)
    list_display = ("name", "campus", "opens_at", "closes_at", "access_code")
    list_filter = ("campus",)
    list_select_related = ("campus",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False


@admin.register(StaffUser)
class StaffUserAdmin(Shown):
    """Accounts; the staff pages change them, because they keep the last director's role."""

    list_display = ("username", "display_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "display_name")
    fields = (
        "username",
        "display_name",
        "role",
        "campuses",
        "is_active",
        "is_superuser",
        "last_login",
        "date_joined",
    )


@admin.register(Student)
class StudentAdmin(Shown):
    """Students without their phone: showing it is a recorded act of the staff pages."""

    list_display = ("id", "name", "campus", "birth_date", "created_at")
    list_select_related = ("campus",)
    fields = ("campus", "name", "birth_date", "created_at")


@admin.register(StudentSession)
class StudentSessionAdmin(Shown):
    """Sessions."""

    list_display = ("id", "state", "campus", "version", "registered_at", "ended_at")
    list_filter = ("state", "campus")
    list_select_related = ("campus", "version__exam")
    date_hierarchy = "registered_at"


@admin.register(Level)
class LevelAdmin(Shown):
    """Levels; the staff pages move them, because tiers are one order."""

    list_display = ("__str__", "tier", "is_active")
    list_select_related = ("sub_program__program",)


@admin.register(AuditEntry)
class AuditEntryAdmin(Shown):
    """The record of decisions."""

    list_display = ("at", "actor", "action", "object_type", "object_id")
    list_select_related = ("actor",)
    date_hierarchy = "at"


@admin.register(Result)
class ResultAdmin(Shown):
    """Results."""

    list_display = ("session_id", "cause", "score", "max_score", "is_current", "made_at")
    list_filter = ("cause", "is_current")


@admin.register(Placement)
class PlacementAdmin(Shown):
    """Placements."""

    list_display = ("session_id", "origin", "level", "is_current", "made_at")
    list_filter = ("origin", "is_current")
    list_select_related = ("level__sub_program__program",)


# Keys of papers, and drafts that the exam pages complete, are looked at but never touched here.
admin.site.register(
    [
        Academy,
        Adjustment,
        ConsentText,
        CutSet,
        Exam,
        ExamVersion,
        HandMark,
        KeyRevision,
        Program,
        Receipt,
        RuleSet,
        SubProgram,
    ],
    Shown,
)
