from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from placement_test.lib import academy, clock
from placement_test.models import Academy, StudentSession
from placement_test.sessions.forms import age
from tests import builders, sitting

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import time_machine
    from django.test import Client

    from placement_test.sessions.services import Registered

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'<meta name="csrf-token" content="\w+">')
PAGES = ["sit-intro", "sit-done"]


def facts(**others: str) -> dict[str, str]:
    return {"name": "Min-ji", "grade": "5", "rank": "10", **others}


def open_event() -> str:
    builders.academy()
    if not StudentSession.objects.exists():
        builders.rule_set()
        sitting.published(levels=builders.curriculum())
    return reverse("student-register", args=[builders.event().id])


@pytest.mark.parametrize("page", PAGES)
def test_each_state_of_a_session_has_its_page(noon: time_machine.Traveller, page: str) -> None:
    registered = sitting.Browser(*_parts(sitting.registered()))
    open_one = sitting.sitting()
    submitted = sitting.sitting()
    assert submitted.submit().status_code == 200
    overdue = sitting.sitting()
    browsers = {"sit-intro": registered, "sit-runner": open_one, "sit-done": submitted}

    for home, browser in browsers.items():
        response = browser.client.get(reverse(page, args=[browser.session.id]))

        if page == home:
            assert response.status_code == 200
        else:
            assert response.headers["Location"] == reverse(home, args=[browser.session.id])

    noon.shift(dt.timedelta(minutes=62))
    response = overdue.client.get(reverse(page, args=[overdue.session.id]), follow=True)
    assert response.status_code == 200
    overdue.session.refresh_from_db()
    assert overdue.session.state == StudentSession.State.EXPIRED
    assert "student/done.html" in [template.name for template in response.templates]


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_or_foreign_session_shows_nothing_of_it(client: Client, page: str) -> None:
    foreign = sitting.registered().session

    unknown = client.get(reverse(page, args=[uuid.uuid4()]))
    other = client.get(reverse(page, args=[foreign.id]))

    assert unknown.status_code == 404
    assert other.status_code == 401
    assert foreign.version.exam.title not in other.content.decode()


def test_the_test_page_says_nothing_of_any_session(client: Client) -> None:
    sessions = [sitting.registered().session, sitting.sitting().session]
    ids = [*(session.id for session in sessions), uuid.uuid4()]
    addresses = [reverse("sit-runner", args=[each]) for each in ids]

    pages = {TOKEN.sub("", client.get(address).content.decode()) for address in addresses}

    assert len(pages) == 1
    assert sessions[0].version.exam.title not in pages.pop()


def test_the_welcome_page_lists_open_listed_events_only(client: Client, noon: object) -> None:
    builders.academy()
    builders.event(name="Listed", is_listed=True, access_code="AAAA")
    builders.event(name="Hidden", access_code="BBBB")
    over = clock.now() - dt.timedelta(minutes=1)
    builders.event(name="Over", is_listed=True, access_code="CCCC", closes_at=over)

    page = client.get("/").content.decode()

    assert [name for name in ("Listed", "Hidden", "Over") if name in page] == ["Listed"]


@pytest.mark.parametrize("count", [1, 30])
def test_pages_take_the_same_few_queries_however_much_there_is(
    client: Client,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
    count: int,
) -> None:
    register = open_event()
    builders.consent_text()
    for number in range(count):
        builders.event(name=f"Event {number}", is_listed=True, access_code=f"CODE{number}")
        builders.school(name=f"School {number}")
    version = sitting.published(choices=count, levels=builders.curriculum())
    browser = sitting.sitting(version)
    sat = sitting.sitting(version)
    sat.submit()

    # academy, events
    with django_assert_max_num_queries(2):
        assert client.get("/").status_code == 200
    # academy, event, rule set, consent, schools
    with django_assert_max_num_queries(5):
        assert client.get(register).status_code == 200
    with django_assert_max_num_queries(0):
        assert (
            browser.client.get(reverse("sit-runner", args=[browser.session.id])).status_code == 200
        )
    # academy, session, receipt, result, placement, level changes (2)
    with django_assert_max_num_queries(7):
        assert sat.client.get(reverse("sit-done", args=[sat.session.id])).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "12345"),
        ("name", "x" * 61),
        ("grade", ""),
        ("grade", "0"),
        ("grade", "13"),
        ("grade", "five"),
        ("rank", ""),
        ("rank", "15"),
        ("rank", "-1"),
        ("birth_date", "2015-13-01"),
        ("birth_date", "1900-01-01"),
        ("birth_date", "2999-01-01"),
        ("phone", "12"),
        ("phone", "call me"),
        ("school", "x" * 81),
    ],
)
def test_a_fact_that_cannot_be_is_refused_and_the_rest_is_kept(
    client: Client, field: str, value: str
) -> None:
    page = open_event()

    response = client.post(page, facts(**{field: value}))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not StudentSession.objects.exists()


@pytest.mark.parametrize("name", ["birth_date", "phone", "school"])
@pytest.mark.parametrize(
    ("policy", "is_asked", "status"),
    [("no", False, 302), ("optional", True, 302), ("required", True, 422)],
)
def test_the_academy_decides_what_is_asked(
    client: Client, name: str, policy: str, is_asked: bool, status: int
) -> None:
    page = open_event()
    Academy.objects.update(**{f"ask_{name}": policy})
    academy.forget()

    shown = client.get(page).content.decode()
    response = client.post(page, facts())

    assert (f'name="{name}"' in shown) is is_asked
    assert response.status_code == status


def test_who_agrees_to_an_old_text_is_shown_the_new_one(client: Client) -> None:
    page = open_event()
    old = builders.consent_text()
    builders.consent_text(number=2, english="New words.", korean="새 글.")
    agreed = facts(consent_id=str(old.id), agrees="on", consent_by="guardian")

    response = client.post(page, agreed, headers={"Accept-Language": "en"})

    assert response.status_code == 422
    assert "New words." in response.content.decode()
    assert response.context["form"]["agrees"].value() is False


def test_a_closed_event_takes_no_registration(client: Client) -> None:
    builders.academy()
    builders.rule_set()
    event = builders.event(closes_at=clock.now() - dt.timedelta(minutes=1))

    response = client.post(reverse("student-register", args=[event.id]), facts())

    assert response.status_code == 409


def test_without_a_rule_or_an_exam_there_is_a_clear_page(client: Client) -> None:
    builders.academy()
    builders.rule_set(boundaries=[50], cells={(5, 0): builders.curriculum()[0]})
    page = reverse("student-register", args=[builders.event().id])

    no_rule = client.post(page, facts(rank="50"))
    no_exam = client.post(page, facts(rank="0"))

    assert no_rule.status_code == no_exam.status_code == 409
    assert no_rule.content != no_exam.content
    assert not StudentSession.objects.exists()


@pytest.mark.parametrize("born", [dt.date(2012, 3, 9), dt.date(2012, 2, 29)])
def test_somebody_is_14_from_their_birthday_on(born: dt.date) -> None:
    assert age(born, dt.date(2026, 3, 8)) == (13 if born.month == 3 else 14)
    assert age(born, dt.date(2026, 3, 9)) == 14


def _parts(made: Registered) -> tuple[StudentSession, str]:
    return made.session, made.token
