"""Every address of the product, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from placement_test.academy.views import audit as academy_audit
from placement_test.academy.views import entrance as academy_entrance
from placement_test.academy.views import events as academy_events
from placement_test.academy.views import people as academy_people
from placement_test.academy.views import policies as academy_policies
from placement_test.academy.views import schools as academy_schools
from placement_test.browser_errors import views as browser_errors
from placement_test.curriculum.views import levels, rules
from placement_test.exams import views as exams
from placement_test.lib import http
from placement_test.operations import health as operations_health
from placement_test.operations import metrics as operations_metrics
from placement_test.operations import performance as operations_performance
from placement_test.results.views import home as results_home
from placement_test.results.views import keys as results_keys
from placement_test.results.views import session as results_session
from placement_test.results.views import sessions as results_sessions
from placement_test.results.views import statistics as results_statistics
from placement_test.results.views import timeline as results_timeline
from placement_test.results.views import written as results_written
from placement_test.sessions import (
    api,
    codes,
    desk,
    files,
    offline,
    previews,
    rescuing,
    sealing,
)
from placement_test.sessions import views as student
from placement_test.students import views as student_records

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver

operations: list[URLPattern | URLResolver] = [
    path("livez", http.livez, name="livez"),
    path("readyz", operations_health.readyz, name="readyz"),
    path("api/health/", operations_health.system_health, name="api-health"),
    path("metrics", operations_metrics.metrics, name="metrics"),
    path("staff/performance/", operations_performance.performance, name="staff-performance"),
    path(
        "staff/performance/figures.json",
        operations_performance.figures,
        name="staff-performance-figures",
    ),
]

watching_browsers: list[URLPattern | URLResolver] = [
    path("api/errors/", browser_errors.intake, name="api-errors"),
    path("staff/browser-errors/", browser_errors.error_list, name="staff-browser-errors"),
    path("staff/browser-errors/<int:error_id>/", browser_errors.error, name="staff-browser-error"),
    path(
        "staff/browser-errors/<int:error_id>/resolve/",
        browser_errors.resolve,
        name="staff-browser-error-resolve",
    ),
]

student_pages: list[URLPattern | URLResolver] = [
    path("", student.home, name="student-home"),
    path("resume/", student.resume, name="student-resume"),
    path("test/<uuid:event_id>/", student.register, name="student-register"),
    path("sit/<uuid:session_id>/", student.intro, name="sit-intro"),
    path("sit/<uuid:session_id>/test/", student.runner, name="sit-runner"),
    path("sit/<uuid:session_id>/done/", student.done, name="sit-done"),
    path("sit/<uuid:session_id>/level/", student.change_level, name="sit-change-level"),
]

sitting: list[URLPattern | URLResolver] = [
    path("sw.js", offline.worker, name="service-worker"),
    path("sit/shell/<slug:language>/", offline.shell, name="sit-shell"),
    path("api/csrf/", api.csrf, name="api-csrf"),
    path("api/resume/", api.resume, name="api-resume"),
    path("api/sessions/<uuid:session_id>/begin/", api.begin, name="api-begin"),
    path("api/sessions/<uuid:session_id>/restore/", api.restore, name="api-restore"),
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

# What ``primepath.wsgi`` serves by shorter ways; calls with the most frequent one first.
SHORT = ("answers", "state", "claim", "begin", "submit", "exam")
calls = tuple(
    pattern
    for call in SHORT
    for pattern in sitting
    if getattr(pattern, "name", "") == f"api-{call}"
)
test_page = tuple(
    pattern for pattern in student_pages if getattr(pattern, "name", "") == "sit-runner"
)

exam_making: list[URLPattern | URLResolver] = [
    path("staff/exams/<int:exam_id>/preview/", previews.preview, name="staff-exam-preview"),
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

entrance: list[URLPattern | URLResolver] = [
    path("staff/login/", academy_entrance.Login.as_view(), name="staff-login"),
    path("staff/logout/", LogoutView.as_view(), name="logout"),
    path(
        "staff/password/",
        login_required(academy_entrance.PasswordChange.as_view()),
        name="password_change",
    ),
]

academy: list[URLPattern | URLResolver] = [
    path("staff/events/", academy_events.event_list, name="staff-events"),
    path("staff/events/new/", academy_events.new_event, name="staff-event-new"),
    path("staff/events/<uuid:event_id>/", academy_events.event, name="staff-event"),
    path("staff/events/<uuid:event_id>/edit/", academy_events.edit_event, name="staff-event-edit"),
    path("staff/schools/", academy_schools.school_list, name="staff-schools"),
    path("staff/schools/new/", academy_schools.new_school, name="staff-school-new"),
    path("staff/schools/import/", academy_schools.import_schools, name="staff-school-import"),
    path("staff/schools/<int:school_id>/", academy_schools.edit_school, name="staff-school"),
    path(
        "staff/schools/<int:school_id>/suggest/",
        academy_schools.suggest_school,
        name="staff-school-suggest",
    ),
    path("staff/people/", academy_people.person_list, name="staff-people"),
    path("staff/people/new/", academy_people.new_person, name="staff-person-new"),
    path("staff/people/<int:person_id>/", academy_people.edit_person, name="staff-person"),
    path(
        "staff/people/<int:person_id>/password/",
        academy_people.reset_password,
        name="staff-person-password",
    ),
    path("staff/policies/", academy_policies.policies, name="staff-policies"),
    path("staff/policies/consent/", academy_policies.consent, name="staff-policy-consent"),
    path(
        "staff/policies/consent/<int:number>/",
        academy_policies.consent_revision,
        name="staff-policy-consent-revision",
    ),
    path("staff/policies/campuses/", academy_schools.campus_list, name="staff-policy-campuses"),
    path(
        "staff/policies/campuses/new/", academy_schools.new_campus, name="staff-policy-campus-new"
    ),
    path(
        "staff/policies/campuses/<int:campus_id>/",
        academy_schools.edit_campus,
        name="staff-policy-campus",
    ),
    path("staff/audit/", academy_audit.audit_trail, name="staff-audit"),
]

curriculum: list[URLPattern | URLResolver] = [
    path("staff/curriculum/", levels.curriculum, name="staff-curriculum"),
    path("staff/curriculum/programs/new/", levels.new_program, name="staff-program-new"),
    path("staff/curriculum/programs/<int:program_id>/", levels.edit_program, name="staff-program"),
    path(
        "staff/curriculum/programs/<int:program_id>/new/",
        levels.new_sub_program,
        name="staff-program-sub-new",
    ),
    path(
        "staff/curriculum/sub-programs/<int:sub_program_id>/",
        levels.edit_sub_program,
        name="staff-program-sub",
    ),
    path(
        "staff/curriculum/sub-programs/<int:sub_program_id>/new/",
        levels.new_level,
        name="staff-level-new",
    ),
    path("staff/curriculum/levels/<int:level_id>/", levels.edit_level, name="staff-level"),
    path(
        "staff/curriculum/levels/<int:level_id>/tier/", levels.move_level, name="staff-level-tier"
    ),
    path("staff/curriculum/levels/<int:level_id>/use/", levels.use_level, name="staff-level-use"),
    path("staff/rules/", rules.rule_matrix, name="staff-rules"),
    path("staff/rules/history/", rules.rule_history, name="staff-rule-history"),
    path("staff/rules/<int:number>/", rules.rule_set, name="staff-rule-set"),
]

students: list[URLPattern | URLResolver] = [
    path("staff/students/", student_records.student_list, name="staff-students"),
    path("staff/students/<int:student_id>/", student_records.student, name="staff-student"),
    path(
        "staff/students/<int:student_id>/phone/",
        student_records.show_phone,
        name="staff-student-phone",
    ),
    path(
        "staff/students/<int:student_id>/edit/",
        student_records.edit_student,
        name="staff-student-edit",
    ),
    path(
        "staff/students/<int:student_id>/merge/",
        student_records.merge_student,
        name="staff-student-merge",
    ),
    path(
        "staff/students/<int:student_id>/merge/<int:other_id>/",
        student_records.merge_students,
        name="staff-student-merge-two",
    ),
    path(
        "staff/students/<int:student_id>/split/",
        student_records.split_student,
        name="staff-student-split",
    ),
]

desk_work: list[URLPattern | URLResolver] = [
    path("api/rescue/", rescuing.rescue, name="api-rescue"),
    path("staff/rescue/", rescuing.rescue_page, name="staff-rescue"),
    path("receipt-keys.json", sealing.receipt_keys, name="receipt-keys"),
    path("sit/<uuid:session_id>/receipt.json", sealing.own_receipt, name="sit-receipt"),
    path(
        "staff/sessions/<uuid:session_id>/receipt.json",
        sealing.receipt,
        name="staff-session-receipt",
    ),
    path(
        "staff/sessions/<uuid:session_id>/entries.json",
        sealing.entries,
        name="staff-session-export",
    ),
    path("staff/time/", desk.time_of_all, name="staff-time"),
    path("staff/events/<uuid:event_id>/time/", desk.event_time, name="staff-event-time"),
    path("staff/sessions/<uuid:session_id>/time/", desk.session_time, name="staff-session-time"),
]

results: list[URLPattern | URLResolver] = [
    path("staff/", results_home.home, name="staff-home"),
    path("staff/sessions/", results_sessions.sessions, name="staff-sessions"),
    path("staff/sessions/export/", results_sessions.export, name="staff-export"),
    path("staff/sessions/<uuid:session_id>/", results_session.session, name="staff-session"),
    path(
        "staff/sessions/<uuid:session_id>/history/",
        results_timeline.history,
        name="staff-session-history",
    ),
    path(
        "staff/sessions/<uuid:session_id>/timeline/",
        results_timeline.timeline,
        name="staff-session-timeline",
    ),
    path(
        "staff/sessions/<uuid:session_id>/entries/",
        results_timeline.decide_entries,
        name="staff-session-entries",
    ),
    path("staff/sessions/<uuid:session_id>/code/", codes.session_code, name="staff-session-code"),
    path(
        "staff/sessions/<uuid:session_id>/level/",
        results_session.overrule,
        name="staff-session-level",
    ),
    path(
        "staff/sessions/<uuid:session_id>/level/withdraw/",
        results_session.withdraw,
        name="staff-session-withdraw",
    ),
    path(
        "staff/sessions/<uuid:session_id>/parts/<int:part_id>/",
        results_session.mark,
        name="staff-session-mark",
    ),
    path("staff/marking/", results_written.queue, name="staff-marking"),
    path("staff/marking/<int:part_id>/", results_written.part, name="staff-marking-part"),
    path("staff/keys/<int:revision_id>/remark/", results_keys.remark, name="staff-remark"),
    path("staff/statistics/", results_statistics.versions, name="staff-statistics"),
    path(
        "staff/statistics/<int:version_id>/",
        results_statistics.version,
        name="staff-statistics-version",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *entrance,
    *academy,
    *curriculum,
    *students,
    *operations,
    *watching_browsers,
    *student_pages,
    *sitting,
    *exam_making,
    *desk_work,
    *results,
]
