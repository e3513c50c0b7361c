"""How many queries each page takes, with little behind it and with much.

PAGES names them in words, in their order, for a director, who sees most; login and account
come before those of staff.  The policies of the
academy, the exam and the holes in the rules are cached, as they are for all but one visit in
minutes.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from placement_test.exams import queries as exam_queries
from placement_test.exams.rules.keys import EnteredKey
from placement_test.exams.services import correct_key, make_draft
from placement_test.lib import clock
from placement_test.lib.academy import current
from placement_test.models import (
    AnswerEvent,
    AuditEntry,
    BrowserError,
    Campus,
    ConsentText,
    Exam,
    ExamVersion,
    HandMark,
    PaperPage,
    PartMark,
    Placement,
    Question,
    Result,
    RuleSet,
    School,
    StaffUser,
    StudentSession,
    TestEvent,
)
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results.queries.attention import rule_gaps
from placement_test.results.services.remarking import BATCH_SESSIONS
from placement_test.sessions.access import cookie_name
from placement_test.urls import urlpatterns
from tests import builders, sitting
from tests.browser.test_every_page import PAGES as WALKED
from tests.results.finished import logged_in, many

if TYPE_CHECKING:
    from placement_test.sessions.services import Registered

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]

OK = 200
NEWEST = 9000
MOST = 5
LOGIN = ["login and account"]
PAGES = {
    "student-home": "events",
    "student-register": "event, rules, consent, schools",
    "student-resume": "",
    "sit-intro": "session, following one",
    "sit-runner": "",
    "sit-done": "session, receipt, result, placement, following one",
    "staff-login": "",
    "password_change": "",
    "staff-home": "events, work, levels without exam, results",
    "staff-sessions": "choices of all filters, count, ids, rows",
    "staff-session": "session with result and placement, it and, answers, marks",
    "staff-rescue": "",
    "staff-session-code": "session",
    "staff-session-time": "session",
    "staff-event-time": "event, number working",
    "staff-time": "number working",
    "staff-session-history": "session, results, placements, time given",
    "staff-session-timeline": "session, devices and count, rows and troubled, conflicts",
    "staff-session-level": "session, placement, levels",
    "staff-session-mark": "session, part, marks by hand, answer",
    "staff-marking": "questions",
    "staff-marking-part": "part, count and next one, answer and key",
    "staff-statistics": "figures, versions",
    "staff-statistics-version": "version, results, marks, answers and key",
    "staff-exams": "count, rows, levels, versions",
    "staff-exam-new": "levels, campuses",
    "staff-exam": "exam, versions, levels, campuses",
    "staff-exam-settings": "version, levels, campuses",
    "staff-exam-paper": "version, pages",
    "staff-exam-questions": "version, sections, questions with parts",
    "staff-exam-question": "version, sections, questions with parts",
    "staff-exam-tracks": "version, tracks, numbers",
    "staff-exam-key": "version, sections, questions with parts, revision with key",
    "staff-exam-cuts": "version, cuts",
    "staff-exam-publish": "version, questions with parts, key, counts and idle tracks",
    "staff-events": "count, rows",
    "staff-event": "event, sessions",
    "staff-event-new": "campuses, campuses again",
    "staff-event-edit": "event, event again, campuses, campuses again",
    "staff-students": "count, rows, placements",
    "staff-student": "student, sessions, results, placements",
    "staff-student-edit": "student",
    "staff-student-merge": "student, those alike",
    "staff-student-merge-two": "student, other, sessions of both",
    "staff-student-split": "student, sessions, others",
    "staff-schools": "count, rows",
    "staff-school-new": "campuses, campuses again",
    "staff-school": "school, campuses, campuses again",
    "staff-school-import": "campuses, campuses again",
    "staff-curriculum": "levels in rules, levels, exams, programs with sub-programs",
    "staff-rules": "rule set with cells, levels",
    "staff-rule-history": "count, rows",
    "staff-rule-set": "rule set with cells, one before with cells, newest, levels",
    "staff-people": "count, rows, campuses",
    "staff-person-new": "campuses",
    "staff-person": "person, own campuses, campuses",
    "staff-policies": "academy",
    "staff-policy-consent": "newest, all",
    "staff-policy-consent-revision": "text",
    "staff-policy-campuses": "campuses",
    "staff-policy-campus-new": "",
    "staff-policy-campus": "campus",
    "staff-audit": "actions and staff, count and end of the chain, rows, newest",
    "staff-program-new": "",
    "staff-program": "program",
    "staff-program-sub-new": "program",
    "staff-program-sub": "sub-program",
    "staff-level-new": "sub-program, levels",
    "staff-level": "level",
    "staff-performance": "",
    "staff-browser-errors": "count, rows",
    "staff-browser-error": "error",
}
# Pages in other states and with filters.
VARIANTS = [
    ("staff-session", ""),
    ("staff-session-timeline", "?page=2"),
    ("staff-marking-part", ""),
    ("staff-sessions", "?attention=any&state=open&grade=5&sort=-level"),
    ("staff-sessions", "?page=999&sort=percent"),
    ("staff-exams", "?state=published&q=paper"),
    ("staff-exam-questions", "?version=1&more=1"),
    ("staff-exam-publish", "?version=1"),
    ("staff-rules", f"?from={NEWEST}"),
    ("staff-audit", "?action=school+added&from_date=2020-01-01"),
    ("staff-students", "?sort=campus&page=2"),
    ("staff-people", "?role=teacher"),
]
# The preview of marking again reads its sessions in batches: queries once, and for each batch.
IN_BATCHES = {"staff-remark": (6, 3)}
# The session of "sit-done" comes on top.
HANDED_IN = 1
# Each about a session of its own, in its state.
STUDENT_PAGES = ("sit-intro", "sit-runner", "sit-done")


class Academy:
    """An academy with ``count`` of everything that pages list."""

    def __init__(self, count: int) -> None:
        self.now = clock.now()
        # The newest one is in force.
        self.rules = builders.rule_set(number=NEWEST)
        builders.consent_text()
        self.director = logged_in(builders.staff(role=StaffUser.Role.DIRECTOR))
        self.version = sitting.published(choices=2, longs=1, title="A paper")
        self.version.exam.levels.set(builders.curriculum())
        self.sessions = many(self.version, count, late=True)
        self.session = self.sessions[0]
        self._waiting()
        self._lists(count)
        self._entries(count)
        self.held = self._held()
        self._student(count)
        self._key()
        # What a process keeps for minutes.
        current()
        OptimizedQueries.get_exam_with_questions(self.version.pk)
        rule_gaps(self.rules.pk)

    def url(self, name: str) -> str:
        """Return the address of a page about the rows of this academy."""
        level = builders.curriculum()[0]
        given = {
            "event_id": self.session.event_id,
            "school_id": School.objects.all()[0].pk,
            "person_id": StaffUser.objects.all()[0].pk,
            "campus_id": self.session.campus_id,
            "level_id": level.pk,
            "sub_program_id": level.sub_program_id,
            "program_id": level.sub_program.program_id,
            "number": 1 if "consent" in name else NEWEST,
            "student_id": self.session.student_id,
            "other_id": self.sessions[1].student_id,
            "exam_id": self.version.exam_id,
            "question_id": Question.objects.filter(section__version=self.draft)[0].pk,
            "session_id": self.held[name].session.pk if name in self.held else self.session.pk,
            "part_id": self.long.pk,
            "revision_id": self.revision.pk,
            "version_id": self.version.pk,
            "error_id": BrowserError.objects.all()[0].pk,
        }
        pattern = next(each for each in urlpatterns if getattr(each, "name", "") == name)
        return reverse(name, kwargs={key: given[key] for key in pattern.pattern.converters})

    def queries(self, name: str) -> int:
        """Return how many queries a page takes."""
        client = Client() if name == "staff-login" else self.director
        if name == "staff-performance":
            # Its figures are gathered once for all who look within some seconds.
            client.get(self.url(name))
        status, number = self.visit(client, name)
        assert status == OK, name
        return number

    def visit(self, client: Client, name: str, query: str = "") -> tuple[int, int]:
        """Return the status of a page, and how many queries it takes."""
        url = self.url(name) + query
        with CaptureQueriesContext(connection) as captured:
            reply = client.get(url)
        return reply.status_code, len(captured)

    def open_again(self) -> None:
        """Have the session go on after it was marked, its first answer marked by hand."""
        StudentSession.objects.filter(pk=self.session.pk).update(
            state=StudentSession.State.OPEN, ended_at=None
        )
        HandMark.objects.create(
            session=self.session,
            part=sitting.parts_of(self.version)[0],
            points=1,
            made_at=self.now,
            made_by=StaffUser.objects.all()[0],
        )
        PaperPage.objects.create(version=self.version, position=1, source_page=1)
        Question.objects.filter(section__version=self.version).update(page=1)

    def _waiting(self) -> None:
        part = sitting.parts_of(self.version)[-1]
        PartMark.objects.filter(part=part).update(outcome=PartMark.Outcome.WAITING)
        Result.objects.filter(version=self.version).update(waiting=1)
        Placement.objects.update(reasons={"step": 0, "cut": "0", "percent": "100"})
        self.long = part

    def _lists(self, count: int) -> None:
        campus = builders.campus()
        numbers = range(count)
        # An academy has few; forms offer all of them.
        Campus.objects.bulk_create(Campus(name=f"Campus {n}") for n in range(min(count, 40)))
        School.objects.bulk_create(
            School(campus=campus, name=f"School {n}", stage="primary") for n in numbers
        )
        TestEvent.objects.bulk_create(
            TestEvent(campus=campus, name=f"Event {n}", opens_at=self.now, access_code=f"C{n}")
            for n in numbers
        )
        StaffUser.objects.bulk_create(
            StaffUser(username=f"user{n}", role="teacher", display_name="T") for n in numbers
        )
        AuditEntry.objects.bulk_create(
            AuditEntry(at=self.now, action="school added", object_type="school", object_id=str(n))
            for n in numbers
        )
        BrowserError.objects.bulk_create(
            BrowserError(
                fingerprint=str(n),
                kind="uncaught",
                message="x",
                browser="Chrome",
                release="1",
                count=1,
                first_seen_at=self.now,
                last_seen_at=self.now,
            )
            for n in numbers
        )
        ConsentText.objects.bulk_create(
            ConsentText(number=n, korean="예", english="Yes", made_at=self.now)
            for n in range(2, count)
        )
        RuleSet.objects.bulk_create(
            RuleSet(number=n, boundaries=[10], made_at=self.now - dt.timedelta(days=1))
            for n in range(1, count)
        )
        exams = Exam.objects.bulk_create(
            Exam(title=f"Exam {n}", created_at=self.now) for n in numbers
        )
        ExamVersion.objects.bulk_create(
            ExamVersion(exam=exam, number=1, state="draft", created_at=self.now) for exam in exams
        )

    def _entries(self, count: int) -> None:
        part = sitting.parts_of(self.version)[0]
        AnswerEvent.objects.bulk_create(
            AnswerEvent(
                session=self.session,
                writer=self.session.id,
                seq=n,
                epoch=1,
                kind="answer",
                subject=part.id,
                value="1",
                at_ms=1,
                received_at=self.now,
                status=AnswerEvent.Status.APPLIED,
            )
            for n in range(2, count)
        )

    def _student(self, count: int) -> None:
        own = self.sessions[2 : count // 2]
        StudentSession.objects.filter(pk__in=[each.pk for each in own]).update(
            student=self.session.student
        )

    def _key(self) -> None:
        entries = exam_queries.current_entries(self.version.pk)
        first = sitting.parts_of(self.version)[0]
        self.revision = correct_key(
            self.version, entries | {first.pk: EnteredKey(correct=(3,))}, "slip", None
        )
        self.draft = make_draft(self.version.exam, None)

    def _held(self) -> dict[str, Registered]:
        """Make a session for each page of a student, and give the director its cookie."""
        held = {name: sitting.registered(self.version, name=name) for name in STUDENT_PAGES}
        for made in held.values():
            self.director.cookies[cookie_name(made.session.id)] = made.token
        _intro, runner, done = held.values()
        sitting.Browser(runner.session, runner.token).start()
        sitting.Browser(done.session, done.token).start().submit()
        return held


def listed(name: str) -> list[str]:
    """Return the queries of a page."""
    is_open = name.startswith(("student-", "sit-")) or name == "staff-login"
    own = [rows.strip() for rows in PAGES[name].split(",") if rows]
    return own if is_open else LOGIN + own


@pytest.mark.parametrize("count", [30, 3000])
def test_each_page_takes_its_few_queries_whatever_there_is(count: int) -> None:
    academy = Academy(count)

    taken = {name: academy.queries(name) for name in (*PAGES, *IN_BATCHES)}

    wanted = {name: len(listed(name)) for name in PAGES}
    batches = math.ceil((count + HANDED_IN) / BATCH_SESSIONS)
    wanted |= {name: once + each * batches for name, (once, each) in IN_BATCHES.items()}
    assert taken == wanted


def test_no_page_takes_more_than_five_queries() -> None:
    assert {name for name in PAGES if len(listed(name)) > MOST} == set()


@pytest.mark.parametrize("role", [StaffUser.Role.INVIGILATOR, StaffUser.Role.TEACHER])
def test_no_page_takes_more_for_those_who_see_one_campus(role: StaffUser.Role) -> None:
    academy = Academy(30)
    client = logged_in(builders.staff(role=role, campuses=[builders.campus()]))

    visited = {name: academy.visit(client, name) for name in PAGES if name.startswith("staff-")}

    seen = {name: number for name, (status, number) in visited.items() if status == OK}
    assert {name for name, number in seen.items() if number > len(listed(name))} == set()
    assert len(seen) > (5 if role == StaffUser.Role.INVIGILATOR else 40), seen


@pytest.mark.parametrize("count", [30, 3000])
def test_no_filter_and_no_state_makes_a_page_take_more(count: int) -> None:
    academy = Academy(count)
    academy.open_again()

    visited = {
        (name, query): academy.visit(academy.director, name, query) for name, query in VARIANTS
    }

    assert {status for status, _number in visited.values()} == {OK}
    assert {page for page, (_status, number) in visited.items() if number > MOST} == set()


def test_every_page_is_counted() -> None:
    assert {*PAGES, *IN_BATCHES} == set(WALKED)
