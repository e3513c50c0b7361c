"""The listening tracks of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from placement_test.exams import access
from placement_test.exams.forms import tracks as forms
from placement_test.exams.services import tracks as services
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE
from placement_test.models import Question, Track

if TYPE_CHECKING:
    from django.forms import BaseFormSet
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import ExamVersion


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def tracks(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show the tracks; a POST names in ``action`` what to do with them."""
    if request.method != "POST":
        return _shown(request, access.version(request, exam_id))
    draft = access.draft(request, exam_id)
    action, _colon, number = request.POST.get("action", "").partition(":")
    if action == "upload":
        return _upload(request, draft)
    if action in {"replace", "remove"}:
        if not draft.tracks.filter(pk=int(number) if number.isdecimal() else 0).exists():
            raise Http404
        return (_replace if action == "replace" else _remove)(request, draft, int(number))
    return _save(request, draft)


def _shown(
    request: HttpRequest,
    version: ExamVersion,
    *,
    upload: forms.UploadForm | None = None,
    saved: BaseFormSet[forms.TrackForm] | None = None,
    replacing: tuple[int, forms.ReplaceForm] | None = None,
) -> HttpResponse:
    rows, known = _rows(version), _numbers(version)
    formset = saved or forms.track_formset(rows, known)
    context = editor.context(
        request,
        version,
        "tracks",
        upload=upload or forms.UploadForm(prefix="upload"),
        formset=formset,
        lines=list(zip(rows, formset.forms, strict=False)),
        replace=replacing[1] if replacing else forms.ReplaceForm(prefix="replace"),
        replacing=replacing[0] if replacing else None,
    )
    status = UNPROCESSABLE if upload or saved or replacing else 200
    return render(request, "staff/exams/tracks.html", context, status=status)


def _upload(request: HttpRequest, draft: ExamVersion) -> HttpResponse:
    form = forms.UploadForm(request.POST, request.FILES, prefix="upload")
    if not form.is_valid():
        return _shown(request, draft, upload=form)
    said = form.cleaned_data
    made = services.add_tracks(
        draft, said["recordings"], play_limit=said["play_limit"], actor=roles.actor(request)
    )
    words = ngettext("%(count)s track was added.", "%(count)s tracks were added.", len(made))
    messages.success(request, words % {"count": len(made)})
    return editor.again(request, draft, "tracks")


def _save(request: HttpRequest, draft: ExamVersion) -> HttpResponse:
    formset = forms.track_formset(_rows(draft), _numbers(draft), request.POST)
    if not formset.is_valid():
        return _shown(request, draft, saved=formset)
    wanted = {form.cleaned_data["id"]: form.settings() for form in formset.forms}
    services.set_tracks(draft, wanted, roles.actor(request))
    messages.success(request, _("The tracks were saved."))
    return editor.again(request, draft, "tracks")


def _replace(request: HttpRequest, draft: ExamVersion, track_id: int) -> HttpResponse:
    form = forms.ReplaceForm(request.POST, request.FILES, prefix="replace")
    if not form.is_valid():
        return _shown(request, draft, replacing=(track_id, form))
    checked = form.cleaned_data["recordings"][0]
    services.replace_track(draft, track_id, checked, roles.actor(request))
    messages.success(request, _("The recording was replaced."))
    return editor.again(request, draft, "tracks")


def _remove(request: HttpRequest, draft: ExamVersion, track_id: int) -> HttpResponse:
    services.remove_track(draft, track_id, roles.actor(request))
    messages.success(request, _("The track was removed."))
    return editor.again(request, draft, "tracks")


def _rows(version: ExamVersion) -> list[Track]:
    return list(version.tracks.order_by("position").prefetch_related("questions"))


def _numbers(version: ExamVersion) -> list[str]:
    rows = Question.objects.filter(section__version=version)
    return list(rows.order_by("section__position", "position").values_list("number", flat=True))
