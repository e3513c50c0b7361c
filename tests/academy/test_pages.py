from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from placement_test.lib import academy as current_academy
from placement_test.models import (
    Academy,
    AuditEntry,
    Campus,
    ConsentText,
    School,
    StaffUser,
    TestEvent,
)
from tests import builders
from tests.builders import Role

pytestmark = pytest.mark.django_db


def client_of(person: StaffUser) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    builders.academy()
    current_academy.current()
    return client


@pytest.fixture
def ms_han() -> Client:
    return client_of(builders.staff(role=Role.TEACHER))


@pytest.fixture
def director() -> Client:
    return client_of(builders.staff(role=Role.DIRECTOR))


@pytest.fixture
def outsider() -> Client:
    elsewhere = builders.campus(name="Bundang")
    return client_of(builders.staff(role=Role.TEACHER, username="outsider", campuses=[elsewhere]))


PAGES_BY_ROLE = {
    "staff-events": Role.INVIGILATOR,
    "staff-event-new": Role.TEACHER,
    "staff-schools": Role.TEACHER,
    "staff-school-new": Role.TEACHER,
    "staff-school-import": Role.TEACHER,
    "staff-people": Role.DIRECTOR,
    "staff-person-new": Role.DIRECTOR,
    "staff-policies": Role.DIRECTOR,
    "staff-policy-consent": Role.DIRECTOR,
    "staff-policy-campuses": Role.DIRECTOR,
    "staff-policy-campus-new": Role.DIRECTOR,
    "staff-audit": Role.DIRECTOR,
}


@pytest.mark.parametrize("name", PAGES_BY_ROLE)
def test_a_page_opens_from_its_role_on(name: str) -> None:
    least = list(Role).index(PAGES_BY_ROLE[name])

    replies = [client_of(builders.staff(role=role)).get(reverse(name)).status_code for role in Role]

    assert replies == [403] * least + [200] * (len(Role) - least)


@pytest.mark.parametrize("name", PAGES_BY_ROLE)
def test_a_page_asks_for_the_login(name: str) -> None:
    reply = Client().get(reverse(name))

    assert (reply.status_code, reply["Location"].split("?")[0]) == (302, reverse("staff-login"))


def test_staff_see_the_events_and_schools_of_their_campuses_only(
    ms_han: Client, outsider: Client
) -> None:
    event, school = builders.event(name="Spring day"), builders.school(name="Mokdong Primary")
    pages = {
        "staff-events": "Spring day",
        "staff-schools": "Mokdong Primary",
    }
    details = [
        reverse("staff-event", args=[event.pk]),
        reverse("staff-event-edit", args=[event.pk]),
        reverse("staff-school", args=[school.pk]),
    ]

    for name, words in pages.items():
        assert words in ms_han.get(reverse(name)).content.decode()
        assert words not in outsider.get(reverse(name)).content.decode()
    assert [ms_han.get(url).status_code for url in details] == [200, 200, 200]
    assert [outsider.get(url).status_code for url in details] == [404, 404, 404]


def test_logs_in_and_out(db: None) -> None:
    builders.staff(role=Role.TEACHER, username="ms-han")
    client = Client(headers={"accept-language": "en"})
    target = reverse("staff-events")

    page = client.get(reverse("staff-login"))
    wrong = client.post(reverse("staff-login"), {"username": "ms-han", "password": "wrong"})
    right = client.post(
        reverse("staff-login"),
        {"username": "ms-han", "password": builders.PASSWORD, "next": target},
    )
    inside = client.get(target)
    client.post(reverse("logout"))

    assert (page.status_code, wrong.status_code) == (200, 422)
    assert (right.status_code, right["Location"], inside.status_code) == (302, target, 200)
    assert client.get(target).status_code == 302


def test_too_many_wrong_passwords_wait_on_that_name_and_address_only() -> None:
    builders.staff(role=Role.TEACHER, username="ms-han")
    other = builders.staff(role=Role.DIRECTOR, username="director")
    client = Client(headers={"accept-language": "en"})

    def log_in(username: str, password: str) -> int:
        data = {"username": username, "password": password, "next": reverse("staff-events")}
        return client.post(reverse("staff-login"), data).status_code

    tries = [log_in("ms-han", "wrong") for _ in range(8)]
    locked = log_in("ms-han", builders.PASSWORD)

    assert (tries[0], tries[-1], locked) == (422, 429, 429)
    assert log_in(other.username, builders.PASSWORD) == 302


def test_a_password_is_changed_by_its_owner() -> None:
    person = builders.staff(role=Role.TEACHER)
    client = client_of(person)
    new = "another long pass phrase"

    reply = client.post(
        reverse("password_change"),
        {"old_password": builders.PASSWORD, "new_password1": new, "new_password2": new},
    )

    person.refresh_from_db()
    assert (reply.status_code, person.check_password(new)) == (302, True)
    assert AuditEntry.objects.get().action == "password changed"


def test_a_teacher_makes_an_event_and_sees_its_code(ms_han: Client) -> None:
    campus = builders.campus()

    reply = ms_han.post(
        reverse("staff-event-new"),
        {
            "name": "  Summer   test ",
            "campus": campus.pk,
            "opens_at": "2026-06-01T09:00",
            "closes_at": "2026-06-01T18:00",
            "access_code": "su-mmer 26",
            "expected_students": "40",
            "is_listed": "on",
        },
        follow=True,
    )

    event = TestEvent.objects.get()
    assert "SUMMER26" in reply.content.decode()
    assert (event.name, event.access_code, event.is_listed) == ("Summer test", "SUMMER26", True)
    assert event.opens_at == dt.datetime(2026, 6, 1, 0, 0, tzinfo=dt.UTC)  # 9 in Seoul


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "This field is required"),
        ("campus", "999", "Select a valid choice"),
        ("opens_at", "tomorrow", "Enter a valid date/time"),
        ("closes_at", "2026-06-01T08:00", "The end has to be after the beginning."),
        ("access_code", "AB", "Use 4 to 20 letters and digits."),
        ("access_code", "A<SCRIPT>", "Use 4 to 20 letters and digits."),
        ("access_code", "taken", "Another test event has this access code."),
        ("expected_students", "-1", "greater than or equal to 0"),
    ],
)
def test_an_event_that_cannot_be_is_refused_in_words(
    field: str, value: str, words: str, ms_han: Client
) -> None:
    builders.event(access_code="TAKEN")
    good = {
        "name": "Summer",
        "campus": builders.campus().pk,
        "opens_at": "2026-06-01T09:00",
        "closes_at": "",
        "access_code": "",
        "expected_students": "0",
    }

    reply = ms_han.post(reverse("staff-event-new"), good | {field: value})

    assert reply.status_code == 422
    assert words in reply.content.decode()
    assert TestEvent.objects.count() == 1


def test_a_teacher_makes_no_event_on_a_foreign_campus(outsider: Client) -> None:
    reply = outsider.post(
        reverse("staff-event-new"),
        {
            "name": "Summer",
            "campus": builders.campus().pk,
            "opens_at": "2026-06-01T09:00",
            "expected_students": "0",
        },
    )

    assert (reply.status_code, TestEvent.objects.count()) == (422, 0)


def test_an_event_keeps_its_facts_when_it_is_saved_unchanged(ms_han: Client) -> None:
    event = builders.event(expected_students=12, is_listed=True)
    page = ms_han.get(reverse("staff-event-edit", args=[event.pk]))
    form = page.context["form"]

    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    data["opens_at"] = dt.datetime.strftime(form["opens_at"].value(), "%Y-%m-%dT%H:%M")
    reply = ms_han.post(reverse("staff-event-edit", args=[event.pk]), data)

    stored = TestEvent.objects.get()
    assert reply.status_code == 302
    assert (stored.access_code, stored.expected_students, stored.is_listed) == ("SPRING", 12, True)


def test_filters_that_cannot_be_read_narrow_nothing(director: Client) -> None:
    builders.event(name="Spring day")

    for query in ("q=%00", "state=weird", "page=abc", "page=999", "sort=password", "sort=-"):
        reply = director.get(f"{reverse('staff-events')}?{query}")
        assert "Spring day" in reply.content.decode()
    for query in ("actor=x", "from_date=yesterday", "action=none"):
        assert director.get(f"{reverse('staff-audit')}?{query}").status_code == 200


def test_filters_narrow_the_lists(director: Client) -> None:
    builders.event(name="Spring day")
    builders.school(name="Mokdong Primary")

    hits = {
        "staff-events": ("q=spring", "q=summer", "Spring day"),
        "staff-schools": ("stage=primary", "stage=high", "Mokdong Primary"),
        "staff-people": ("role=director", "role=teacher", "Ms Han</a>"),
    }

    for name, (found, missed, words) in hits.items():
        assert words in director.get(f"{reverse(name)}?{found}").content.decode()
        assert words not in director.get(f"{reverse(name)}?{missed}").content.decode()


def test_schools_are_pasted_with_a_report(ms_han: Client) -> None:
    data = {"campus": builders.campus().pk, "schools": "목동초등학교\n양정고등학교\n???"}

    reply = ms_han.post(reverse("staff-school-import"), data)

    assert reply.status_code == 200
    assert "Line 3: ???" in reply.content.decode()
    assert set(School.objects.values_list("name", "stage")) == {
        ("목동초등학교", "primary"),
        ("양정고등학교", "high"),
    }


def test_a_school_is_suggested_no_longer(ms_han: Client) -> None:
    school = builders.school()

    ms_han.post(reverse("staff-school-suggest", args=[school.pk]), {"suggest": "no"})

    school.refresh_from_db()
    assert not school.is_active


def test_a_school_of_the_same_name_is_refused(ms_han: Client) -> None:
    school = builders.school()
    data = {"name": school.name, "stage": "primary", "campus": school.campus.pk}

    assert ms_han.post(reverse("staff-school-new"), data).status_code == 422


def test_a_new_password_is_shown_once_and_kept_by_no_browser(director: Client) -> None:
    data = {
        "display_name": "Ms Lee",
        "username": "ms-lee",
        "role": "teacher",
        "campuses": [builders.campus().pk],
        "is_active": "on",
    }

    reply = director.post(reverse("staff-person-new"), data)

    person = StaffUser.objects.get(username="ms-lee")
    password = re.search(r'translate="no">(\w{16})<', reply.content.decode())
    assert password is not None
    assert person.check_password(password[1])
    assert "no-store" in reply["Cache-Control"]
    again = director.post(reverse("staff-person-new"), data)
    assert "Another account has this user name." in again.content.decode()


def test_a_director_neither_makes_nor_touches_administrators(director: Client) -> None:
    administrator = builders.staff(role=Role.ADMINISTRATOR)
    data = {"display_name": "X", "username": "x", "role": "administrator", "is_active": "on"}

    made = director.post(reverse("staff-person-new"), data)
    touched = [
        director.get(reverse("staff-person", args=[administrator.pk])).status_code,
        director.post(reverse("staff-person-password", args=[administrator.pk])).status_code,
    ]

    assert (made.status_code, touched) == (422, [403, 403])
    assert not StaffUser.objects.filter(username="x").exists()


def test_the_last_director_is_told_why_the_role_stays(director: Client) -> None:
    person = StaffUser.objects.get(role=Role.DIRECTOR)
    data = {
        "display_name": "Ms Han",
        "username": person.username,
        "role": "teacher",
        "campuses": [builders.campus().pk],
        "is_active": "on",
    }

    reply = director.post(reverse("staff-person", args=[person.pk]), data)

    assert reply.status_code == 422
    assert "Somebody has to keep this role." in reply.content.decode()


def test_policies_are_saved(director: Client) -> None:
    data = {
        "name": "Hanbit",
        "time_zone": "Asia/Tokyo",
        "locale": "en",
        "ask_birth_date": "required",
        "ask_phone": "no",
        "ask_school": "optional",
        "shown_result": "score",
        "level_changes": "2",
        "level_change_minutes": "15",
    }

    reply = director.post(reverse("staff-policies"), data)
    wrong = director.post(reverse("staff-policies"), data | {"time_zone": "Mars/Base"})

    academy = Academy.objects.get()
    assert (reply.status_code, wrong.status_code) == (302, 422)
    assert (academy.time_zone, academy.shown_result) == ("Asia/Tokyo", "score")


def test_a_consent_text_saved_from_an_old_page_is_shown_again_with_nothing_lost(
    director: Client,
) -> None:
    builders.consent_text(number=1)
    builders.consent_text(number=2)

    late = director.post(
        reverse("staff-policy-consent"), {"base": "1", "korean": "새 글", "english": "My words"}
    )
    form = late.context["form"]
    again = director.post(
        reverse("staff-policy-consent"), {name: form[name].value() for name in form.fields}
    )

    assert (late.status_code, again.status_code) == (422, 302)
    assert "Somebody else saved a newer revision" in late.content.decode()
    assert list(ConsentText.objects.values_list("number", "english"))[2:] == [(3, "My words")]
    assert director.get(reverse("staff-policy-consent-revision", args=[3])).status_code == 200


def test_the_audit_trail_shows_what_changed(director: Client) -> None:
    campus = builders.campus()

    director.post(
        reverse("staff-policy-campus", args=[campus.pk]), {"name": "Mokdong 2", "is_active": "on"}
    )
    page = director.get(reverse("staff-audit")).content.decode()

    assert Campus.objects.get().name == "Mokdong 2"
    assert "<del>Mokdong</del>" in page
    assert "<ins>Mokdong 2</ins>" in page


@pytest.mark.parametrize("role", list(Role))
def test_the_navigation_leads_only_where_one_may_go(role: str) -> None:
    client = client_of(builders.staff(role=role))
    page = client.get(reverse("staff-events")).content.decode()

    links = set(re.findall(r'staff-nav__link" href="([^"]+)"', page))

    assert reverse("staff-events") in links
    assert (reverse("staff-students") in links) is (role != Role.INVIGILATOR)
    assert (reverse("staff-audit") in links) is (role in {Role.DIRECTOR, Role.ADMINISTRATOR})
    assert {client.get(link).status_code for link in links} == {200}
