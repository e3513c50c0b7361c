"""A start claims in the same call, where nobody has claimed and nothing was entered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from placement_test.models import StudentSession, Writer
from tests import sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from tests.sitting import Browser

pytestmark = pytest.mark.django_db

WRITER, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def browser() -> Browser:
    registered = sitting.registered()
    return sitting.Browser(registered.session, registered.token)


def start(browser: Browser, **body: Any) -> dict[str, Any]:
    reply = browser.post("begin", body)
    assert reply.status_code == 200, reply.content
    return reply.json()  # type: ignore[no-any-return]


def claim(browser: Browser, writer: str) -> dict[str, Any]:
    return browser.post("claim", {"writer": writer}).json()  # type: ignore[no-any-return]


def test_the_page_that_starts_writes_at_once(browser: Browser) -> None:
    begun = start(browser, writer=WRITER)

    assert begun["claim"] == {
        "epoch": begun["epoch"],
        "rev": begun["rev"],
        "events": begun["events"],
    }
    # The same as had it claimed by a call of its own.
    assert claim(browser, WRITER) == begun["claim"]
    browser.writer, browser.epoch = WRITER, begun["epoch"]
    assert browser.answer(parts_of(browser.session.version)[0].id, 1) == "applied"


def test_the_reply_says_what_state_says(browser: Browser) -> None:
    begun = start(browser, writer=WRITER)
    stated = browser.get("state").json()

    same = stated.keys() - {"remaining_ms", "server_ms", "ticket", "elsewhere_ms"}
    assert {name: begun[name] for name in same} == {name: stated[name] for name in same} | {
        # A writer that has sent nothing is at 0, said or not.
        "through": {}
    }
    assert begun["elsewhere_ms"] is stated["elsewhere_ms"] is None
    assert stated["through"] == {WRITER: 0}


def test_a_claim_with_the_start_is_stored_as_any_claim(browser: Browser) -> None:
    registered = sitting.registered(browser.session.version)
    other = sitting.Browser(registered.session, registered.token)
    start(browser, writer=WRITER)
    start(other)
    claim(other, WRITER)

    stored = [
        StudentSession.objects.filter(id=each.session.id).values(
            "state",
            "rev",
            "event_count",
            "conflict_count",
            "claim_count",
            "elsewhere_at",
            "allotted_seconds",
        )[0]
        for each in (browser, other)
    ]
    assert stored[0] == stored[1]
    for each in (browser, other):
        session = StudentSession.objects.get(id=each.session.id)
        writer = Writer.objects.get(session=session)
        assert session.contact_token_id == writer.token_id
        assert session.last_contact_at is not None
        assert session.epoch == writer.epoch > 0
        assert session.deadline_at is not None
        assert session.started_at is not None
        assert session.limit_calls > 0


@pytest.mark.parametrize("count", [3, 30])
def test_a_start_with_its_claim_takes_four_queries(
    browser: Browser, django_assert_num_queries: Any, count: int
) -> None:
    # Academy and policies are kept.
    browser.get("state")

    # session, right, writer, session; the outermost transaction begins and ends beside them
    with django_assert_num_queries(4 + 2):
        start(browser, writer=WRITER)


@pytest.mark.parametrize("body", [{}, {"writer": None}, {"seen_epoch": 7}])
def test_who_names_no_writer_claims_later(browser: Browser, body: dict[str, Any]) -> None:
    assert start(browser, **body)["claim"] is None
    assert not Writer.objects.exists()
    assert claim(browser, WRITER)["epoch"] > 0


def test_a_second_start_claims_nothing(browser: Browser) -> None:
    first = start(browser, writer=WRITER)

    again = start(browser, writer=WRITER)
    other = start(browser, writer=OTHER)

    assert again["claim"] is other["claim"] is None
    assert other["epoch"] == first["epoch"]
    assert [writer.writer.hex for writer in Writer.objects.all()] == [WRITER]


def test_where_a_page_has_claimed_before_the_start_the_next_one_asks(browser: Browser) -> None:
    before = claim(browser, OTHER)

    begun = start(browser, writer=WRITER)

    assert begun["claim"] is None
    assert begun["state"] == "open"
    assert claim(browser, WRITER)["epoch"] > before["epoch"]


def test_the_epoch_is_above_what_the_browser_has_seen(browser: Browser) -> None:
    seen = 2**29

    assert start(browser, writer=WRITER, seen_epoch=seen)["claim"]["epoch"] > seen


def test_a_browser_that_the_session_has_left_starts_and_claims_nothing(browser: Browser) -> None:
    browser.post("claim", {"writer": OTHER})
    code = browser.get("state").json()["resume_code"]
    elsewhere = Client()
    assert (
        elsewhere.post("/api/resume/", {"code": code}, content_type="application/json").status_code
        == 200
    )

    reply = browser.post("begin", {"writer": WRITER})

    assert (reply.status_code, reply.json()["error"]) == (401, "code_needed")
    browser.session.refresh_from_db()
    assert browser.session.state == StudentSession.State.REGISTERED
