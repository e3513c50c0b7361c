"""Every address of the product, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from placement_test.exams import views as exams
from placement_test.lib import http
from placement_test.sessions import api, files

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver

health: list[URLPattern | URLResolver] = [
    path("livez", http.livez, name="livez"),
]

sitting: list[URLPattern | URLResolver] = [
    path("api/csrf/", api.csrf, name="api-csrf"),
    path("api/sessions/<uuid:session_id>/begin/", api.begin, name="api-begin"),
    path("api/sessions/<uuid:session_id>/claim/", api.claim, name="api-claim"),
    path("api/sessions/<uuid:session_id>/answers/", api.answers, name="api-answers"),
    path("api/sessions/<uuid:session_id>/state/", api.state, name="api-state"),
    path("api/sessions/<uuid:session_id>/submit/", api.submit, name="api-submit"),
    path("api/sessions/<uuid:session_id>/exam/", api.exam, name="api-exam"),
    path(
        "sit/<uuid:session_id>/pages/<int:page_id>/<int:width>.webp",
        files.page_image,
        name="sit-page",
    ),
    path(
        "sit/<uuid:session_id>/pages/<int:page_id>/words.json", files.page_words, name="sit-words"
    ),
    path("sit/<uuid:session_id>/tracks/<int:track_id>", files.track, name="sit-track"),
]

exam_making: list[URLPattern | URLResolver] = [
    path("staff/exams/", exams.listing.exams, name="staff-exams"),
    path("staff/exams/new/", exams.making.new_exam, name="staff-exam-new"),
    path("staff/exams/<int:exam_id>/", exams.overview.exam, name="staff-exam"),
    path("staff/exams/<int:exam_id>/edit/", exams.overview.edit, name="staff-exam-edit"),
    path(
        "staff/exams/<int:exam_id>/duplicate/",
        exams.overview.duplicate,
        name="staff-exam-duplicate",
    ),
    path("staff/exams/<int:exam_id>/archive/", exams.overview.archive, name="staff-exam-archive"),
    path(
        "staff/exams/<int:exam_id>/unarchive/",
        exams.overview.unarchive,
        name="staff-exam-unarchive",
    ),
    path("staff/exams/<int:exam_id>/delete/", exams.overview.delete, name="staff-exam-delete"),
    path("staff/exams/<int:exam_id>/settings/", exams.making.settings, name="staff-exam-settings"),
    path("staff/exams/<int:exam_id>/paper/", exams.paper.paper, name="staff-exam-paper"),
    path(
        "staff/exams/<int:exam_id>/questions/",
        exams.questions.questions,
        name="staff-exam-questions",
    ),
    path(
        "staff/exams/<int:exam_id>/questions/<int:question_id>/",
        exams.questions.question,
        name="staff-exam-question",
    ),
    path("staff/exams/<int:exam_id>/tracks/", exams.tracks.tracks, name="staff-exam-tracks"),
    path("staff/exams/<int:exam_id>/key/", exams.key.key, name="staff-exam-key"),
    path("staff/exams/<int:exam_id>/cuts/", exams.cuts.cuts, name="staff-exam-cuts"),
    path("staff/exams/<int:exam_id>/publish/", exams.publishing.publish, name="staff-exam-publish"),
    path(
        "staff/exams/pages/<int:page_id>/<int:width>.webp",
        exams.files.page_image,
        name="staff-page-image",
    ),
    path("staff/exams/tracks/<int:track_id>", exams.files.track_file, name="staff-track-file"),
]

urlpatterns: list[URLPattern | URLResolver] = [*health, *sitting, *exam_making]
