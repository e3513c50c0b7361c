from __future__ import annotations

import logging
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from placement_test.models import Academy, AnswerEvent, Level, StaffUser, StudentSession
from placement_test.results import services as results
from placement_test.sessions.access import cookie_name
from tests import builders, sitting
from tests.security import canaries, exam_with_canaries
from tests.security.addresses import addresses
from tests.security.caches import cached
from tests.security.crawler import Crawler, Seen, static_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placement_test.models import ExamVersion, TestEvent

pytestmark = pytest.mark.django_db

STUDENT_PAGES = ("/", "/test", "/sit", "/language", "/livez")
CALLS = ("begin", "claim", "answers", "submit")
# A probe writes by a connection of its own, which waits for this test's transaction.
MAY_BE_UNWELL = ("/readyz", "/api/health/", "/metrics")
SHOWN = list(Academy.Shown)


class Day:
    """A student's whole day, read by the student and by somebody who is nobody."""

    def __init__(self, *, shown: str, text: str = "Fill in the blank.") -> None:
        builders.academy(shown_result=shown)
        self.teacher: StaffUser = builders.staff()
        builders.rule_set()
        self.version: ExamVersion = exam_with_canaries.exam(self.teacher, text=text)
        self.event: TestEvent = builders.event(is_listed=True)
        self.student, self.anonymous = Crawler(), Crawler()
        self.caches: dict[str, bytes] = {}
        self.browser = self._register()
        self.anonymous.client = Client(raise_request_exception=False)

    def _register(self) -> sitting.Browser:
        url = f"/test/{self.event.pk}/"
        self.student.follow("/", within=STUDENT_PAGES)
        self.student.send(url, {"name": "", "grade": "77"})
        fields = {"name": "Min-ji", "grade": "5", "rank": "10", "consent_by": "guardian"}
        assert self.student.send(url, fields).status_code == 302
        session = StudentSession.objects.get()
        token = self.student.client.cookies[cookie_name(session.pk)].value
        return sitting.Browser(session, token, client=self.student.client)

    def read(self) -> None:
        """Let both look everywhere, also where they have no business."""
        session = self.browser.session.pk
        own = [
            address.url(numbers="1", uuids=str(session))
            for address in addresses()
            if not address.name.startswith("staff-")
        ]
        for crawler in (self.student, self.anonymous):
            crawler.follow(f"/sit/{session}/", *own, within=(*STUDENT_PAGES, "/api"))
            self._files(crawler)
            self._errors(crawler)
        self.student.get(f"/api/sessions/{session}/state/")
        self.caches |= cached()

    def _files(self, crawler: Crawler) -> None:
        session = self.browser.session.pk
        for page in self.version.pages.all():
            for image in page.images:
                crawler.get(f"/sit/{session}/pages/{page.pk}/{image['width']}.webp")
                crawler.get(f"/staff/exams/pages/{page.pk}/{image['width']}.webp")
            crawler.get(f"/sit/{session}/pages/{page.pk}/words.json")
        for track in self.version.tracks.all():
            crawler.get(f"/sit/{session}/tracks/{track.pk}")
            crawler.get(f"/sit/{session}/tracks/{track.pk}", Range="bytes=10-99")
            crawler.get(f"/staff/exams/tracks/{track.pk}")

    def _errors(self, crawler: Crawler) -> None:
        session = self.browser.session.pk
        for call in CALLS:
            url = f"/api/sessions/{session}/{call}/"
            crawler.get(url)
            crawler.post(f"/api/sessions/{uuid.uuid4()}/{call}/", {})
            if call != "begin":
                crawler.post(url, "not JSON")
                crawler.post(url, "x" * 70_000)
        for address in addresses():
            if address.name.startswith("staff-"):
                crawler.get(address.url(numbers=str(self.version.exam_id), uuids=str(session)))
        crawler.get("/no-such-page/")
        crawler.get("/admin/placement_test/partkey/")

    def work(self) -> None:
        """Answer everything wrong, well-formed and not, flag and play."""
        self.browser.start()
        parts = exam_with_canaries.parts(self.version)
        for name, value in (("1.1", 1), ("13.1", [0]), ("14.1", "red"), ("15.1", "Holidays")):
            self._save(self.browser.entry(parts[name].pk, value))
        self._save(self.browser.entry(parts["2.1"].pk, "B"))
        self._save(self.browser.entry(999_999, 1))
        self._save(self.browser.entry(parts["1.1"].question_id, value=True, kind="flag"))
        self._save(self.browser.entry(self.version.tracks.get().pk, 1, kind="play"))

    def hand_in(self) -> None:
        """Submit, first with a wrong digest and with entries that never came."""
        url = f"/api/sessions/{self.browser.session.pk}/submit/"
        for wrong in ({"digest": "0" * 64}, {"last_seq": 999}):
            reply = self.student.post(url, self.browser.submission(**wrong))
            assert reply.status_code == 409
        self.browser.shown.pop(999_999)
        self.browser.shown.pop(exam_with_canaries.parts(self.version)["2.1"].pk)
        for _click in range(2):
            assert self.student.post(url, self.browser.submission()).status_code == 200
        self._save(self.browser.entry(exam_with_canaries.parts(self.version)["1.1"].pk, 2))

    def mark(self) -> None:
        """Let the teacher mark, decide and overrule, with words that are not for students."""
        session = self.browser.session
        written = exam_with_canaries.parts(self.version)["15.1"]
        results.mark_by_hand(
            session.pk,
            written,
            points=Decimal(3),
            note=canaries.MARK_NOTE,
            seen=0,
            actor=self.teacher,
        )
        late = AnswerEvent.objects.get(session=session, status="late")
        results.decide_late(
            session.pk,
            [late.pk],
            accept=True,
            reason=canaries.DECISION_REASON,
            actor=self.teacher,
        )
        results.overrule(
            session.pk,
            level=Level.objects.all()[7],
            reason=canaries.OVERRULE_REASON,
            actor=self.teacher,
        )

    def _save(self, entry: dict[str, object]) -> None:
        url = f"/api/sessions/{self.browser.session.pk}/answers/"
        self.student.post(url, self.browser.batch(entry))

    def seen(self) -> Iterator[Seen]:
        """Yield all that came out."""
        yield from self.student.seen
        yield from self.anonymous.seen


def given_away(seen: Seen) -> list[str]:
    problems = canaries.problems_of(seen.body, is_json=seen.is_json)
    return [
        f"{seen.where} ({seen.status}) {problem}"
        for problem in problems + canaries.problems_of(seen.head, is_json=False)
    ]


@pytest.mark.parametrize("shown", SHOWN)
def test_no_key_comes_out_before_during_or_after_the_test(
    shown: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    day = Day(shown=shown)

    day.read()
    day.work()
    day.read()
    day.hand_in()
    day.read()
    day.mark()
    day.read()

    out = capfd.readouterr()
    logged = "\n".join(f"{vars(record)}" for record in caplog.records) + out.out + out.err
    assert [problem for seen in day.seen() for problem in given_away(seen)] == []
    assert [
        f"cache {key}: {problem}"
        for key, value in day.caches.items()
        for problem in canaries.problems_of(value + key.encode(), is_json=False)
    ] == []
    assert canaries.problems_of(logged.encode(), is_json=False) == []
    broken = [seen.where for seen in day.seen() if seen.status >= 500]
    assert [where for where in broken if not where.endswith(MAY_BE_UNWELL)] == []
    assert reached(day) >= {200, 302, 400, 401, 404, 405, 409, 413}
    assert any("exam" in key for key in day.caches)


def reached(day: Day) -> set[int]:
    return {seen.status for seen in day.seen()}


def test_the_reader_reaches_what_a_student_is_given() -> None:
    day = Day(shown=Academy.Shown.SCORE)

    day.read()

    got = {seen.where.partition(" ")[2] for seen in day.student.seen if seen.status == 200}
    session, page = day.browser.session.pk, day.version.pages.get()
    expected = {
        f"/sit/{session}/",
        f"/sit/{session}/test/",
        f"/sit/{session}/pages/{page.pk}/{page.images[0]['width']}.webp",
        f"/sit/{session}/pages/{page.pk}/words.json",
        f"/sit/{session}/tracks/{day.version.tracks.get().pk}",
        f"/api/sessions/{session}/exam/",
        f"/api/sessions/{session}/state/",
    }
    assert expected - got == set()


@pytest.mark.parametrize("secret", [canaries.ACCEPTED, canaries.VARIANT.upper()])
def test_a_canary_that_students_may_see_is_found(secret: str) -> None:
    day = Day(shown=Academy.Shown.LEVEL, text=f"Is it {secret}?")

    day.read()

    where = {p.split(" ")[1] for seen in day.student.seen for p in given_away(seen)}
    assert f"/api/sessions/{day.browser.session.pk}/exam/" in where
    assert [p for value in cached().values() for p in canaries.problems_of(value, is_json=False)]


@pytest.mark.parametrize(
    "body",
    [
        '{"a": [{"correct": 1}]}',
        '{"options": [3, 0, 4, 1, 1, 2, 0, 3, 4, 2, 0, 1]}',
        '{"of": {"a":3,"b":0,"c":4,"d":1,"e":1,"f":2,"g":0,"h":3,"i":4,"j":2,"k":0,"l":1}}',
        '{"accepted": [{"seq": 1, "status": "applied", "key": [1]}]}',
        '"DAEBB CADECAB"',
        "[1, 3, 4, 7, 8]",
        '"Y2FuYXJ5N2YzYTFj"',
    ],
)
def test_a_key_in_any_dress_is_found(body: str) -> None:
    assert canaries.problems_of(body.encode(), is_json=True)


def test_no_static_file_and_no_error_page_holds_a_key() -> None:
    builders.academy()
    exam_with_canaries.exam(builders.staff())

    page = server_error(RequestFactory().get("/"))

    files = static_files()
    assert len(files) > 50
    assert [problem for seen in files for problem in given_away(seen)] == []
    assert canaries.problems_of(page.content, is_json=False) == []
