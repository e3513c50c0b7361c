"""Pages of students."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from placement_test.lib import pages, private, sealed
from placement_test.lib.access import Role, actor, requires
from placement_test.lib.grades import grade_name
from placement_test.students import access, queries
from placement_test.students.forms import (
    MergeForm,
    SearchForm,
    SplitForm,
    StudentFilters,
    StudentForm,
)
from placement_test.students.services import records

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import StaffUser, Student, StudentSession

ORDERS = {
    "name": "name",
    "birth": "birth_date",
    "campus": "campus__name",
    "sessions": "session_count",
    "last": "last_session_at",
}


@requires(Role.TEACHER)
def student_list(request: HttpRequest) -> HttpResponse:
    """List the students of the reader's campuses: 3 queries beside login.

    Words to search come by POST and go on sealed: names and phones stand in no address.
    """
    if request.method == "POST":
        return _sealed_search(request, reverse("staff-students"))
    find = _found_words(request)
    rows = queries.with_sessions(queries.search(access.students(actor(request)), find))
    page = pages.page(request, pages.ordered(request, rows, by=ORDERS, default="-last"))
    levels = queries.latest_levels(student.pk for student in page)
    labels = {
        "name": _("Name"),
        "birth": _("Birth date"),
        "campus": _("Campus"),
        "sessions": _("Sessions"),
        "last": _("Last session"),
        "level": _("Latest level"),
    }
    context = {
        "page_obj": page,
        "shown": [(student, levels.get(student.pk)) for student in page],
        "columns": pages.columns(request, labels, by=ORDERS, default="-last"),
        "search": SearchForm(initial={"words": find}),
        "find": find,
        "querystring": pages.querystring(request),
    }
    return render(request, "staff/students/students.html", context)


@requires(Role.TEACHER)
def student(request: HttpRequest, student_id: int) -> HttpResponse:
    """Show a student with all sessions: 4 queries beside login."""
    return _detail(request, access.student(actor(request), student_id))


@never_cache
@requires(Role.TEACHER)
@require_POST
def show_phone(request: HttpRequest, student_id: int) -> HttpResponse:
    """Show a student with the phone number in the clear; that is recorded."""
    user = actor(request)
    found = access.student(user, student_id)
    # No redirect: the number may stand in no address and no cookie.
    return _detail(request, found, phone=records.show_phone(user, found))


@requires(Role.TEACHER)
def edit_student(request: HttpRequest, student_id: int) -> HttpResponse:
    """Correct a student's record."""
    user = actor(request)
    found = access.student(user, student_id)
    form = StudentForm(request.POST if request.method == "POST" else None, student=found)
    if form.is_valid():
        records.change_student(user, found, form.identity())
        messages.success(request, _("The student is saved."))
        return redirect("staff-student", found.pk)
    return pages.form_page(request, form, title=_("Edit student"), back=_to_student(found))


@requires(Role.TEACHER)
def merge_student(request: HttpRequest, student_id: int) -> HttpResponse:
    """Choose the record that is the same person."""
    user = actor(request)
    found = access.student(user, student_id)
    if request.method == "POST":
        return _sealed_search(request, reverse("staff-student-merge", args=[found.pk]))
    context = {
        "student": found,
        "candidates": _candidates(request, user, found),
        "search": SearchForm(initial={"words": _found_words(request)}),
        "find": _found_words(request),
    }
    return render(request, "staff/students/merge.html", context)


@requires(Role.TEACHER)
def merge_students(request: HttpRequest, student_id: int, other_id: int) -> HttpResponse:
    """Compare two records, choose what stays, merge."""
    user = actor(request)
    found, other = access.student(user, student_id), access.student(user, other_id)
    data = request.POST if request.method == "POST" else None
    form = MergeForm(data, student=found, other=other)
    if form.is_valid():
        records.merge(user, found, other, form.kept())
        messages.success(request, _("The two records are one now."))
        return redirect("staff-student", found.pk)
    context = {
        "student": found,
        "other": other,
        "form": form,
        "session_count": queries.sittings_of(other).count(),
    }
    status = pages.UNPROCESSABLE if form.is_bound else 200
    return render(request, "staff/students/merge_two.html", context, status=status)


@requires(Role.TEACHER)
def split_student(request: HttpRequest, student_id: int) -> HttpResponse:
    """Move sessions to a new or another student."""
    user = actor(request)
    found = access.student(user, student_id)
    if request.method == "POST" and "words" in request.POST:
        return _sealed_search(request, reverse("staff-student-split", args=[found.pk]))
    form = SplitForm(
        request.POST if request.method == "POST" else None,
        sessions=[(session, _session_words(session)) for session in queries.sittings_of(found)],
        candidates=[(other, _words(other)) for other in _candidates(request, user, found)],
    )
    if form.is_valid():
        chosen = [uuid.UUID(session) for session in form.cleaned_data["sessions"]]
        target = records.split(user, found, chosen, form.to())
        messages.success(request, _("The sessions are moved. This is their student."))
        return redirect("staff-student", target.pk)
    context = {
        "student": found,
        "form": form,
        "search": SearchForm(initial={"words": _found_words(request)}),
        "find": _found_words(request),
    }
    status = pages.UNPROCESSABLE if form.is_bound else 200
    return render(request, "staff/students/split.html", context, status=status)


def _detail(request: HttpRequest, found: Student, *, phone: str = "") -> HttpResponse:
    context = {
        "student": found,
        "sessions": queries.sessions_of(found),
        "masked": private.masked(records.phone_of(found)),
        "phone": phone,
    }
    return render(request, "staff/students/student.html", context)


def _sealed_search(request: HttpRequest, url: str) -> HttpResponse:
    form = SearchForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return redirect(f"{url}?{urlencode({'find': sealed.seal(words)})}" if words else url)


def _found_words(request: HttpRequest) -> str:
    find = StudentFilters(request.GET).given()["find"]
    return sealed.opened(find) if find else ""


def _candidates(request: HttpRequest, user: StaffUser, found: Student) -> list[Student]:
    """Return who is like ``found``, or who was searched for: 1 query."""
    visible = access.students(user)
    words = _found_words(request)
    rows = (
        queries.search(queries.others(visible, found), words)
        if words
        else queries.similar(visible, found)
    )
    return list(queries.with_sessions(rows)[: queries.MOST_CANDIDATES])


def _words(found: Student) -> str:
    born = formats.date_format(found.birth_date, "SHORT_DATE_FORMAT") if found.birth_date else ""
    phone = private.masked(records.phone_of(found))
    return " · ".join(filter(None, [found.name, born, phone]))


def _session_words(session: StudentSession) -> str:
    day = formats.date_format(timezone.localtime(session.registered_at), "SHORT_DATE_FORMAT")
    return _("%(day)s, grade %(grade)s, %(exam)s") % {
        "day": day,
        "grade": grade_name(session.grade),
        "exam": session.version.exam.title,
    }


def _to_student(found: Student) -> pages.Link:
    return pages.Link(_("Student"), reverse("staff-student", args=[found.pk]))
