from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.test import Client, RequestFactory

from placement_test.models import Level, Student, StudentSession
from placement_test.sessions.access import cookie_name
from tests import builders, sitting
from tests.security import exam_with_canaries
from tests.security.crawler import Crawler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.crawler import Seen

pytestmark = pytest.mark.django_db

NAME = "Quillonia Vex"
PHONE = "010-9183-4471"
PHONES = (PHONE, "01091834471", "1091834471", "9183-4471", "91834471")
PERSONAL = (NAME, NAME.replace(" ", "%20"), NAME.replace(" ", "+"), "Quillonia", *PHONES)


def told(text: str) -> list[str]:
    return [word for word in PERSONAL if word.lower() in text.lower()]


class Visit:
    """Quillonia registers, sits and goes; Ms Han and an invigilator look at everything."""

    def __init__(self) -> None:
        builders.academy()
        teacher = builders.staff()
        builders.rule_set()
        version = exam_with_canaries.exam(teacher)
        builders.consent_text()
        event = builders.event(is_listed=True)
        self.student, self.teacher = Crawler(), Crawler()
        self.teacher.client.force_login(teacher)
        self.anonymous = Crawler()
        self._register(f"/test/{event.pk}/")
        session = StudentSession.objects.get()
        token = self.student.client.cookies[cookie_name(session.pk)].value
        browser = sitting.Browser(session, token, client=self.student.client).start()
        browser.answer(exam_with_canaries.parts(version)["15.1"].pk, "My holidays")
        assert browser.submit().status_code == 200
        self.session = session
        self.student.follow(f"/sit/{session.pk}/", within=("/sit", "/test", "/"))
        self._staff()
        for url in {
            seen.where.partition(" ")[2] for seen in (*self.student.seen, *self.teacher.seen)
        }:
            self.anonymous.get(url)

    def _register(self, url: str) -> None:
        from placement_test.models import ConsentText

        fields = {
            "name": NAME,
            "phone": PHONE,
            "birth_date": "2015-05-01",
            "grade": "99",
            "rank": "10",
            "agrees": "on",
            "consent_by": "guardian",
            "consent_id": str(ConsentText.objects.get().pk),
        }
        self.student.get(url)
        assert self.student.send(url, fields).status_code == 422
        assert self.student.send(url, fields | {"phone": f"{PHONE} home"}).status_code == 422
        assert self.student.send(url + "x/", fields).status_code == 404
        assert self.student.send(url, fields | {"grade": "5"}).status_code == 302

    def _staff(self) -> None:
        student, session = Student.objects.get(name=NAME), self.session
        record = f"/staff/students/{student.pk}/"
        for words in (NAME, PHONE):
            found = self.teacher.send("/staff/students/", {"words": words})
            self.teacher.get(found["Location"])
        self.teacher.send(f"{record}phone/", {})
        self.teacher.send(f"{record}edit/", {"name": NAME, "birth_date": "2099-01-01"})
        self.teacher.send(f"{record}edit/", {"name": NAME, "birth_date": "2015-05-02", "phone": ""})
        self.teacher.send(
            f"{record}edit/", {"name": NAME, "birth_date": "2015-05-02", "phone": PHONE}
        )
        other = builders.student(name="Kim")
        chosen = {"name": "this", "birth_date": "this", "phone": "this"}
        self.teacher.send(f"{record}merge/{other.pk}/", chosen)
        level = Level.objects.all()[3].pk
        decided = {"level": str(level), "reason": "After a talk"}
        self.teacher.send(f"/staff/sessions/{session.pk}/level/", decided)
        for kind in ("xlsx", "csv", "csv-cp949"):
            self.teacher.send("/staff/sessions/export/", {"format": kind})
        self.teacher.follow("/staff/", record, f"/staff/sessions/{session.pk}/", within=("/staff",))


def cookies_of(seen: Seen) -> Iterator[str]:
    head = seen.head.decode()
    yield head
    for packed in re.findall(r"messages=([^;\s]+)", head):
        storage = CookieStorage(RequestFactory().get("/"))
        yield str(storage._decode(packed.strip('"')))  # type: ignore[attr-defined]


def tables() -> dict[str, list[dict[str, object]]]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        found = {}
        for name in names:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608
            columns = [column[0] for column in cursor.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


def test_a_name_and_a_phone_stand_nowhere_but_on_the_pages_of_staff(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    visit = Visit()

    out = capfd.readouterr()
    records = [str(vars(record)) + record.getMessage() for record in caplog.records]
    assert len(records) > 5
    assert told("\n".join([*records, out.out, out.err])) == []
    everything = [*visit.student.seen, *visit.teacher.seen, *visit.anonymous.seen]
    assert [seen.where for seen in everything if told(seen.where)] == []
    assert [seen.where for seen in everything for text in cookies_of(seen) if told(text)] == []
    assert [
        seen.where for seen in visit.anonymous.seen if told(seen.body.decode(errors="replace"))
    ] == []
    assert [seen.where for seen in visit.teacher.seen if NAME.encode() in seen.body] != []


def test_the_tables_hold_a_name_once_and_a_phone_never_in_the_clear() -> None:
    Visit()

    places = {
        (table, column)
        for table, rows in tables().items()
        for row in rows
        for column, value in row.items()
        if told(value if isinstance(value, str) else json.dumps(value, default=str))
    }

    assert places == {("placement_test_student", "name")}


def test_of_a_phone_the_pages_show_four_digits_until_somebody_asks() -> None:
    visit = Visit()

    clear = {
        seen.where
        for seen in visit.teacher.seen
        if PHONE.encode() in seen.body or b"01091834471" in seen.body
    }

    student = Student.objects.get(name=NAME)
    typed = {f"POST /staff/students/{student.pk}/edit/"}
    searched = {where for where in clear if "?find=" in where}
    assert clear - typed - searched == {f"POST /staff/students/{student.pk}/phone/"}


def test_a_student_sees_no_other_students_name() -> None:
    visit = Visit()
    stranger = sitting.registered(visit.session.version, name="Seo-yun")
    crawler = Crawler(client=sitting.Browser(stranger.session, stranger.token).client)

    crawler.follow(f"/sit/{stranger.session.pk}/", "/", within=("/sit", "/test", "/", "/api"))

    assert [seen.where for seen in crawler.seen if told(seen.body.decode(errors="replace"))] == []


def test_an_unexpected_error_says_and_logs_no_personal_data(
    caplog: pytest.LogCaptureFixture, settings: object
) -> None:
    Visit()
    caplog.set_level(logging.DEBUG)
    session = StudentSession.objects.get()
    client = Client(raise_request_exception=False)
    client.force_login(builders.staff(username="han2"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE placement_test_placement RENAME TO gone")

    reply = client.get(f"/staff/sessions/{session.pk}/")

    assert reply.status_code == 500
    assert told(reply.content.decode()) == []
    assert told("\n".join(f"{vars(r)} {r.exc_text}" for r in caplog.records)) == []
