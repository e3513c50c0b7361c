"""Which exams a member of staff may see and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from placement_test.errors import VersionFixed
from placement_test.lib import access
from placement_test.models import Exam, ExamVersion, PaperPage, Track

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from placement_test.models import StaffUser

State = ExamVersion.State
# What is worked on comes before what is in use, and that before what was.
ORDER = [State.DRAFT, State.PUBLISHED, State.ARCHIVED]


def exams_of(user: StaffUser) -> QuerySet[Exam]:
    """Return the exams of the academy and of the campuses of ``user``; no query yet."""
    mine = Q(
        pk__in=Exam.campuses.through.objects.filter(campus__in=access.campuses(user)).values("exam")
    )
    # No join: it would list an exam once for each of its campuses.
    limited = Exam.campuses.through.objects.filter(exam=OuterRef("pk"))
    return Exam.objects.filter(~Exists(limited) | mine)


def exam(request: HttpRequest, exam_id: int) -> Exam:
    """Return the exam: 1 query.

    :raises Http404: if there is none, or not for this member of staff
    """
    return get_object_or_404(exams_of(access.actor(request)), pk=exam_id)


def version(request: HttpRequest, exam_id: int) -> ExamVersion:
    """Return the version that the address means by ``?version=``: 1 query.

    Without it the draft, else the published one, else the newest.

    :raises Http404: if there is none, or not for this member of staff
    """
    # By exam__pk: a comparison with the relation itself lets numbers beyond the column through.
    versions = ExamVersion.objects.filter(
        exam__in=exams_of(access.actor(request)), exam__pk=exam_id
    ).select_related("exam", "created_by", "published_by")
    number = request.GET.get("version", "")
    found = list(versions)
    if number:
        found = [row for row in found if str(row.number) == number]
    if not found:
        raise Http404
    return min(found, key=lambda row: (ORDER.index(State(row.state)), -row.number))


def draft(request: HttpRequest, exam_id: int) -> ExamVersion:
    """Return the version that the address means, which has to be a draft: 1 query.

    :raises VersionFixed: if it is published or archived
    """
    found = version(request, exam_id)
    if found.state != State.DRAFT:
        raise VersionFixed
    return found


def page(request: HttpRequest, page_id: int) -> PaperPage:
    """Return a page of a paper: 1 query.

    :raises Http404: if there is none, or not for this member of staff
    """
    pages = PaperPage.objects.filter(version__exam__in=exams_of(access.actor(request)))
    return get_object_or_404(pages, pk=page_id)


def track(request: HttpRequest, track_id: int) -> Track:
    """Return a track: 1 query.

    :raises Http404: if there is none, or not for this member of staff
    """
    tracks = Track.objects.filter(version__exam__in=exams_of(access.actor(request)))
    return get_object_or_404(tracks, pk=track_id)
