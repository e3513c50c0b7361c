"""The sample academy on a day when something of everything is there, for tests that only read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from placement_test.exams import queries, services
from placement_test.exams.rules.keys import EnteredKey
from placement_test.lib import clock
from placement_test.models import (
    AnswerEvent,
    BrowserError,
    Campus,
    ConsentText,
    Exam,
    ExamVersion,
    KeyRevision,
    Level,
    Question,
    RuleSet,
    School,
    StaffUser,
    Student,
    StudentSession,
    TestEvent,
)
from placement_test.results.services import mark_by_hand, overrule
from placement_test.sessions.access import cookie_name
from placement_test.sessions.services import Registered, Registration, register
from tests import sitting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import BrowserContext

SESSIONS = 24
STAFF = ("invigilator", "teacher", "director", "admin")
State = StudentSession.State


@dataclass(frozen=True)
class SampleDay:
    """The academy's rows by the names that addresses have for them, and who may come in how."""

    arguments: dict[str, object]
    cookies: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    def url(self, name: str, *, given: Mapping[str, object] | None = None, query: str = "") -> str:
        """Return the address of a page; ``given`` says where it is about another row."""
        arguments = self.arguments | {
            key: self.arguments.get(str(value), value) for key, value in (given or {}).items()
        }
        needed = {key: arguments[key] for key in _kwargs_of(name)}
        return reverse(name, kwargs=needed) + query

    def come_in(self, context: BrowserContext, role: str, base_url: str) -> None:
        """Give ``context`` the cookies of a role; "student" holds every session's."""
        for name, value in self.tokens.items() if role == "student" else ():
            context.add_cookies([{"name": name, "value": value, "url": base_url}])
        if role in self.cookies:
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": self.cookies[role], "url": base_url}])


def prepare() -> SampleDay:
    """Load the sample academy and add what a day leaves behind; the database is empty before."""
    call_command("load_sample", sessions=SESSIONS, verbosity=0)
    here = Campus.objects.order_by("id")[0]
    teacher = StaffUser.objects.get(username="teacher")
    event = TestEvent.objects.get(campus=here, is_listed=True)
    students = _students(event)
    exams = {exam.title: exam for exam in Exam.objects.all()}
    written, scan = exams["EDGE-PINNACLE Written Test"], exams["CORE Placement Test"]
    ended = _ended(event, written, teacher)
    parts = sitting.parts_of(ended.version)
    revision = _corrected(exams["ASCENT Placement Test"], teacher)
    draft = services.make_draft(written, teacher)
    level = Level.objects.select_related("sub_program").order_by("tier")[0]
    student, other = Student.objects.filter(campus=here).order_by("id")[:2]
    arguments: dict[str, object] = {
        "event_id": event.pk,
        "school_id": School.objects.filter(campus=here)[0].pk,
        "person_id": StaffUser.objects.get(username="invigilator").pk,
        "consent_number": ConsentText.objects.get().number,
        "campus_id": here.pk,
        "level_id": level.pk,
        "sub_program_id": level.sub_program_id,
        "program_id": level.sub_program.program_id,
        "number": RuleSet.objects.get().number,
        "student_id": student.pk,
        "other_id": other.pk,
        "exam_id": written.pk,
        "scan_id": scan.pk,
        "published_id": exams["ASCENT Placement Test"].pk,
        "question_id": Question.objects.filter(section__version=draft, kind="mixed")[0].pk,
        "session_id": ended.pk,
        "error_id": _browser_error().pk,
        "closed_id": TestEvent.objects.filter(campus=here, closes_at__isnull=False)[0].pk,
        "elsewhere_id": StudentSession.objects.exclude(campus=here)[0].pk,
        "called_id": ended.student_id,
        "colleague_id": StaffUser.objects.get(username="teacher2").pk,
        "finished_id": StudentSession.objects.filter(campus=here, placements__is_current=True)[
            0
        ].pk,
        "part_id": parts[0].pk,
        "waiting_part_id": [part for part in parts if part.kind == "long"][-1].pk,
        "revision_id": revision.pk,
        "version_id": ended.version_id,
        **{f"{state}_id": made.session.pk for state, made in students.items()},
    }
    return SampleDay(
        arguments,
        {username: _logged_in(username) for username in STAFF},
        {cookie_name(made.session.id): made.token for made in students.values()},
    )


def _students(event: TestEvent) -> dict[str, Registered]:
    """Make students in every state, on the exam with recordings where one can be sat."""
    made = {
        state: register(event, Registration(name=name, grade=3, rank_percent=Decimal(10)))
        for state, name in {
            "registered": "김하나",
            "open": "이두리",
            "submitted": "박세나",
            "overdue": "최네리",
        }.items()
    }
    for state in ("open", "submitted", "overdue"):
        page = sitting.Browser(made[state].session, made[state].token).start()
        parts = sitting.parts_of(page.session.version)
        for part in parts[:3]:
            page.answer(part.id, 1)
        if state == "submitted":
            page.submit()
    past = clock.now() - dt.timedelta(hours=2)
    StudentSession.objects.filter(pk=made["overdue"].session.pk).update(
        started_at=past - dt.timedelta(hours=1), deadline_at=past
    )
    return made


def _ended(event: TestEvent, exam: Exam, teacher: StaffUser) -> StudentSession:
    """Return a session that has everything: one mark by hand and one to be made, a decision by
    staff, late entries.
    """
    facts = Registration(name="강다섯", grade=9, rank_percent=Decimal(5), phone="010-1234-5678")
    made = register(event, facts)
    while made.session.version.exam_id != exam.pk:
        # A student is given what he or she has not sat yet.
        made = register(event, facts)
    page = sitting.Browser(made.session, made.token).start()
    written = []
    for part in sitting.parts_of(made.session.version):
        value: object = {"choice": 1, "choices": [0, 1]}.get(part.kind, "I like the sea.")
        assert page.answer(part.pk, value) == "applied"
        written += [part] if part.kind == "long" else []
    assert page.submit().status_code == 200
    session = StudentSession.objects.select_related("version").get(pk=made.session.pk)
    mark_by_hand(session.pk, written[0], points=Decimal(1), note="Short", seen=0, actor=teacher)
    level = Level.objects.order_by("-tier")[0]
    overrule(session.pk, level=level, reason="Speaks fluently", actor=teacher)
    last = AnswerEvent.objects.filter(session=session, kind="answer").order_by("-id")
    AnswerEvent.objects.filter(pk__in=[entry.pk for entry in last[:2]]).update(
        status=AnswerEvent.Status.LATE
    )
    return session


def _corrected(exam: Exam, teacher: StaffUser) -> KeyRevision:
    """Correct a key of which some results depend."""
    version = ExamVersion.objects.get(exam=exam, state=ExamVersion.State.PUBLISHED)
    entries = queries.current_entries(version.pk)
    part = sitting.parts_of(version)[0]
    wrong = (entries[part.pk].correct[0] + 1) % part.option_count
    services.correct_key(
        version, entries | {part.pk: EnteredKey(correct=(wrong,))}, "A slip", teacher
    )
    return KeyRevision.objects.filter(version=version).latest("number")


def _browser_error() -> BrowserError:
    now = clock.now()
    return BrowserError.objects.create(
        fingerprint="1",
        kind=BrowserError.Kind.UNCAUGHT,
        message="x is not a function",
        stack="at runner.js:1:1",
        page="sit/<uuid:session_id>/test/",
        browser="Chrome 120",
        release="0.1.0",
        count=3,
        first_seen_at=now,
        last_seen_at=now,
    )


def _logged_in(username: str) -> str:
    client = Client()
    client.force_login(StaffUser.objects.get(username=username))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _kwargs_of(name: str) -> list[str]:
    from placement_test.urls import urlpatterns

    pattern = next(pattern for pattern in urlpatterns if getattr(pattern, "name", "") == name)
    return list(pattern.pattern.converters)
