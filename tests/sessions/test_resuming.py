"""A test goes on in another browser: by its code, or because staff moved it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from placement_test.lib import clock
from placement_test.lib.keys import Key
from placement_test.models import AuditEntry, ResumeTry, SessionToken, StaffUser, StudentSession
from placement_test.saving.store import token_digest
from placement_test.sessions import resume_codes, rules, tickets
from placement_test.sessions.access import cookie_name
from tests import builders, sitting
from tests.results.finished import logged_in
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

pytestmark = pytest.mark.django_db

WRONG = "0" * rules.CODE_LENGTH


def code_of(browser: Browser) -> str:
    code = browser.get("state").json()["resume_code"]
    assert isinstance(code, str)
    return code


def enter(code: str, *, session: object = None, client: Client | None = None) -> Reply:
    body = {"code": code} | ({"session": str(session)} if session else {})
    return (client or Client()).post("/api/resume/", body, content_type="application/json")


def wrong_for(browser: Browser) -> str:
    """Return a code that finds the session and does not open it."""
    code = code_of(browser)
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def browser_after(reply: Reply, browser: Browser) -> Browser:
    token = reply.client.cookies[cookie_name(browser.session.id)].value
    return Browser(browser.session, token)


def test_the_test_goes_on_in_another_browser_where_it_was_left() -> None:
    first = sitting.sitting()
    parts = [part.id for part in parts_of(first.session.version)]
    first.answer(parts[0], 1)

    reply = enter(code_of(first))
    second = browser_after(reply, first).start()

    resumed = reply.json()
    ticket = tickets.opened(resumed.pop("ticket"), first.session.id)
    assert resumed == {
        "session": str(first.session.id),
        "next": reverse("sit-runner", args=[first.session.id]),
    }
    # Of the new right: with the old one's a lost session could not be given back from here.
    assert ticket.token == token_digest(second.token)
    assert {key: entry[2] for key, entry in second.get("state").json()["answers"].items()} == {
        str(parts[0]): 1
    }
    assert second.answer(parts[1], 2) == "applied"
    assert first.post("claim", {"writer": "f" * 32}).json()["error"] == "code_needed"
    assert first.answer(parts[2], 3) == "applied"


def test_each_state_leads_to_its_page() -> None:
    made = sitting.registered()
    browser = Browser(made.session, made.token)
    pages = []

    for _ in range(2):
        reply = enter(code_of(browser))
        browser = browser_after(reply, browser)
        pages.append(reply.json()["next"].rsplit("/", 2)[-2])
        browser.start()
    browser.submit()
    pages.append(enter(code_of(browser)).json()["next"].rsplit("/", 2)[-2])

    assert pages == [str(made.session.id), "test", "done"]


def test_the_same_code_moves_the_test_as_often_as_it_must() -> None:
    first = sitting.sitting()
    code = code_of(first)

    second = browser_after(enter(code), first)
    third = browser_after(enter(code), first)

    assert code_of(third) == code
    assert second.get("state").json()["resume_code"] is None
    tokens = SessionToken.objects.filter(session=first.session).order_by("id")
    assert [token.superseded_at is None for token in tokens] == [False, False, True]


def test_people_may_type_it_as_they_like() -> None:
    browser = sitting.sitting()
    plain = code_of(browser).replace("-", "")
    typed = f" {plain[:6].lower()} {plain[6:]} ".replace("0", "o").replace("1", "l")

    assert enter(typed).status_code == 200


def test_the_page_that_asks_in_place_names_its_session(noon: time_machine.Traveller) -> None:
    version = sitting.published()
    own, other = sitting.sitting(version), sitting.sitting(version)

    assert enter(code_of(other), session=own.session.id).json()["error"] == "code_wrong"
    noon.shift(1)
    assert enter(code_of(own), session=own.session.id, client=Client()).status_code == 200


@pytest.mark.parametrize("code", ["", "1234", "7K3M-9QXT-2AB", "7K3M-9QXT-2ABU", "한글" * 6, WRONG])
def test_what_is_no_code_and_a_code_of_no_session_are_answered_alike(code: str) -> None:
    sitting.sitting()

    reply = enter(code)

    assert (reply.status_code, reply.json()["error"]) == (401, "code_wrong")
    assert reply.cookies.keys() <= {"pp-csrf"}


def test_after_each_wrong_code_the_wait_grows_and_after_five_it_is_ten_minutes(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    wrong = wrong_for(browser)
    waits = []

    for _ in range(rules.MOST_TRIES):
        assert enter(wrong).json()["error"] == "code_wrong"
        refused = enter(wrong)
        assert (refused.status_code, refused.json()["error"]) == (429, "too_many_tries")
        waits.append(int(refused["Retry-After"]))
        noon.shift(waits[-1])

    assert waits[:4] == [1, 2, 4, 8]
    assert waits[4] == rules.TRIES_WINDOW_SECONDS - sum(waits[:4])
    assert enter(code_of(browser)).status_code == 200


def test_while_it_waits_not_even_the_right_code_is_tried(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    enter(wrong_for(browser))

    assert enter(code_of(browser)).status_code == 429


def test_the_session_that_a_page_names_is_counted_whatever_is_typed(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    named = browser.session.id
    for number in range(rules.MOST_TRIES):
        enter(rules.ALPHABET[number] * rules.CODE_LENGTH, session=named)
        noon.shift(20)

    assert enter("Z" * rules.CODE_LENGTH, session=named).status_code == 429
    assert enter("Z" * rules.CODE_LENGTH).json()["error"] == "code_wrong"


def test_who_was_right_in_the_end_starts_again_from_nothing(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    enter(wrong_for(browser), session=browser.session.id)
    noon.shift(2)
    browser = browser_after(enter(code_of(browser), session=browser.session.id), browser)

    enter(wrong_for(browser), session=browser.session.id)

    assert int(enter(wrong_for(browser))["Retry-After"]) == 1


def test_very_many_wrong_codes_make_everybody_wait_a_little(
    noon: time_machine.Traveller,
) -> None:
    browser = sitting.sitting()
    symbols = rules.ALPHABET
    for number in range(rules.MOST_TRIES_OF_ALL):
        enter(symbols[number] * 4 + WRONG[4:])

    refused = enter(code_of(browser))

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= rules.ALL_WINDOW_SECONDS
    noon.shift(int(refused["Retry-After"]))
    assert enter(code_of(browser)).status_code == 200


def test_forgets_old_tries_and_keeps_no_code(noon: time_machine.Traveller) -> None:
    enter(WRONG)
    noon.shift(2 * 86_400)

    enter("1" * rules.CODE_LENGTH)

    assert sorted(ResumeTry.objects.values_list("target", flat=True)) == ["1111", "all"]


def test_an_archived_session_has_no_code_any_more() -> None:
    browser = sitting.sitting()
    code = code_of(browser)
    StudentSession.objects.update(archived_at=clock.now())

    assert enter(code).json()["error"] == "code_wrong"


def test_no_table_holds_a_code() -> None:
    browser = sitting.sitting()
    secret = code_of(browser).replace("-", "")[rules.LOCATOR_LENGTH :]

    row = StudentSession.objects.filter(id=browser.session.id).values().get()

    assert not any(secret in str(value) for value in row.values())


def test_a_code_that_was_written_down_outlives_a_new_key(settings: Any) -> None:
    browser = sitting.sitting()
    code = code_of(browser)
    rings = settings.KEY_RINGS
    settings.KEY_RINGS = rings | {"resume": (Key("new", b"n" * 32), *rings["resume"])}

    assert code_of(browser) == code
    assert enter(code).status_code == 200


def test_without_its_key_there_is_no_code_until_staff_make_one(settings: Any) -> None:
    browser = sitting.sitting()
    settings.KEY_RINGS = settings.KEY_RINGS | {"resume": (Key("new", b"n" * 32),)}

    assert browser.get("state").json()["resume_code"] is None
    assert desk().post(url(browser), {"action": "show"}).status_code == 200
    desk("second").post(url(browser), {"action": "renew"})

    assert enter(code_of(browser)).status_code == 200


# The page


def page(**sent: str) -> Reply:
    return Client(headers={"Accept-Language": "en"}).post(reverse("student-resume"), sent)


def test_the_plain_form_works_without_javascript() -> None:
    browser = sitting.sitting()

    reply = page(code=code_of(browser))

    assert (reply.status_code, reply["Location"]) == (
        302,
        reverse("sit-runner", args=[browser.session.id]),
    )
    assert cookie_name(browser.session.id) in reply.cookies


def test_the_page_says_what_is_wrong_and_how_long_to_wait(noon: time_machine.Traveller) -> None:
    wrong, again = page(code=WRONG), page(code=WRONG)

    assert (wrong.status_code, again.status_code) == (422, 429)
    assert "This code fits no test." in wrong.content.decode()
    assert "Too many tries." in again.content.decode()
    assert again["Retry-After"] == "1"


def test_the_page_keeps_the_session_that_it_was_asked_about() -> None:
    browser = sitting.sitting()
    address = f"{reverse('student-resume')}?session={browser.session.id}"

    assert f'value="{browser.session.id}"' in Client().get(address).content.decode()
    assert Client().get(reverse("student-resume") + "?session=x").status_code == 200


@pytest.mark.parametrize("name", ["sit-intro", "sit-done"])
def test_a_browser_without_the_session_is_led_to_the_code(name: str) -> None:
    browser = sitting.sitting()
    address = reverse(name, args=[browser.session.id])

    missing = Client().get(address).content.decode()
    unknown = Client().get(reverse(name, args=[uuid.uuid4()])).content.decode()

    assert f'href="{reverse("student-resume")}?session={browser.session.id}"' in missing
    assert reverse("student-resume") in unknown


def test_the_page_before_the_test_shows_the_code_to_the_browser_that_goes_on() -> None:
    made = sitting.registered()
    first = Browser(made.session, made.token)
    code = code_of(first)
    address = reverse("sit-intro", args=[made.session.id])
    before = first.client.get(address).content.decode()

    enter(code)

    assert code in before
    assert code not in first.client.get(address).content.decode()


# Staff


def desk(username: str = "") -> Client:
    return logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR, username=username))


def url(browser: Browser) -> str:
    return reverse("staff-session-code", args=[browser.session.id])


def recorded() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "reason"))


def test_staff_see_the_code_and_that_is_recorded() -> None:
    browser = sitting.sitting()
    client = desk()

    before = client.get(url(browser)).content.decode()
    shown = client.post(url(browser), {"action": "show"}).content.decode()

    assert (code_of(browser) in before, code_of(browser) in shown) == (False, True)
    assert recorded() == [("resume code shown", "")]
    assert code_of(browser) not in str(AuditEntry.objects.values())


def test_a_new_code_makes_the_old_one_void_and_leaves_the_browser_alone() -> None:
    browser = sitting.sitting()
    old = code_of(browser)

    desk().post(url(browser), {"action": "renew"})

    assert code_of(browser) != old
    assert enter(old).json()["error"] == "code_wrong"
    assert browser.post("claim", {"writer": "f" * 32}).status_code == 200
    assert recorded() == [("resume code renewed", "")]


def test_staff_move_a_test_with_a_reason() -> None:
    browser = sitting.sitting()
    old = code_of(browser)
    client = desk()

    without = client.post(url(browser), {"action": "transfer", "reason": " "})
    client.post(url(browser), {"action": "transfer", "reason": "The screen broke"})

    assert without.status_code == 422
    assert browser.post("claim", {"writer": "f" * 32}).json()["error"] == "code_needed"
    assert enter(old).json()["error"] == "code_wrong"
    session = StudentSession.objects.get(id=browser.session.id)
    assert enter(resume_codes.shown(session)).status_code == 200
    assert recorded() == [("session transferred", "The screen broke")]


def test_a_new_code_is_tried_at_once_after_wrong_ones(noon: time_machine.Traveller) -> None:
    browser = sitting.sitting()
    wrong = wrong_for(browser)
    enter(wrong, session=browser.session.id)

    desk().post(url(browser), {"action": "renew"})

    assert enter(code_of(browser), session=browser.session.id).status_code == 200


def test_a_ticket_brings_a_newer_code_back_with_the_session() -> None:
    from tests.sessions.test_restoring import lose

    browser = sitting.sitting()
    desk().post(url(browser), {"action": "renew"})
    code, ticket = code_of(browser), browser.ticket()
    lose(browser.session)

    browser.restore(ticket)

    assert code_of(browser) == code
    assert enter(code).status_code == 200


def test_an_older_browser_s_ticket_does_not_put_it_back_in_front() -> None:
    from tests.sessions.test_restoring import lose

    first = sitting.sitting()
    old_ticket = first.ticket()
    second = browser_after(enter(code_of(first)), first)
    new_ticket = second.ticket()
    lose(first.session)

    first.restore(old_ticket)
    alone = first.post("claim", {"writer": "e" * 32}).status_code
    second.restore(new_ticket)
    first.restore(old_ticket)

    assert alone == 200
    assert first.post("claim", {"writer": "f" * 32}).json()["error"] == "code_needed"
    assert second.post("claim", {"writer": "a" * 32}).status_code == 200


def test_it_is_not_put_in_front_by_being_restored_last() -> None:
    from tests.sessions.test_restoring import lose

    first = sitting.sitting()
    old_ticket = first.ticket()
    second = browser_after(enter(code_of(first)), first)
    new_ticket = second.ticket()
    lose(first.session)

    second.restore(new_ticket)
    first.restore(old_ticket)

    assert first.post("claim", {"writer": "f" * 32}).json()["error"] == "code_needed"
    assert second.post("claim", {"writer": "a" * 32}).status_code == 200
