from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from placement_test.browser_errors import services
from placement_test.lib import clock
from placement_test.models import BrowserError
from tests import builders
from tests.browser_errors.reports import batch, report, send

if TYPE_CHECKING:
    import time_machine
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def shown() -> list[tuple[str, int]]:
    return sorted(BrowserError.objects.values_list("message", "count"))


def test_keeps_one_row_of_what_is_alike(noon: time_machine.Traveller) -> None:
    client = Client()

    send(client, batch(report(count=3)))
    noon.shift(60)
    reply = send(client, batch(report(), report(message="other")))

    assert reply.json() == {"accepted": 2}
    assert shown() == [("TypeError: x is not a function", 4), ("other", 1)]
    row = BrowserError.objects.get(count=4)
    assert (row.page, row.browser, row.kind) == (
        "staff/exams/<int:exam_id>/",
        "Chrome",
        "uncaught",
    )
    assert row.last_seen_at - row.first_seen_at == dt.timedelta(minutes=1)


def test_keeps_the_pattern_of_a_page_and_nothing_of_its_address(client: Client) -> None:
    send(client, batch(report(page="/sit/3f2a0c1e-8f0b-4a7e-9d52-0123456789ab/test/?name=Kim")))
    send(client, batch(report(page="/nowhere/김민지/", message="other")))

    pages = BrowserError.objects.order_by("id").values_list("page", flat=True)
    assert list(pages) == ["sit/<uuid:session_id>/test/", ""]


def test_counts_a_batch_that_is_sent_again_once(client: Client) -> None:
    body = batch(report())

    accepted = [send(client, body).json() for _ in range(2)]

    assert accepted == [{"accepted": 1}, {"accepted": 0}]
    assert shown() == [("TypeError: x is not a function", 1)]


def test_opens_a_resolved_error_again_when_it_comes_back(client: Client) -> None:
    send(client, batch(report()))
    director = builders.staff(role=builders.Role.DIRECTOR)
    services.resolve_error(BrowserError.objects.get(), director)

    send(client, batch(report()))

    row = BrowserError.objects.get()
    assert (row.resolved_at, row.resolved_by, row.count) == (None, None, 2)


def test_asks_for_the_csrf_token_in_a_way_that_pages_repair() -> None:
    reply = send(Client(enforce_csrf_checks=True), batch(report()))

    assert (reply.status_code, reply.json()["error"]) == (403, "csrf")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{}", 400, "bad_request"),
        ("[" * 9000, 400, "bad_request"),
        (batch(*[report()] * 21), 400, "bad_request"),
        (batch(report(stack="s" * 17_000)), 413, "too_large"),
    ],
)
def test_refuses_what_is_no_batch(client: Client, body: str, status: int, code: str) -> None:
    reply = send(client, body)

    assert (reply.status_code, reply.json()["error"]) == (status, code)
    assert not BrowserError.objects.exists()


def test_one_browser_has_its_own_limit(noon: time_machine.Traveller) -> None:
    loud, quiet = Client(), Client()
    loud.cookies["pp-csrf"], quiet.cookies["pp-csrf"] = "a" * 32, "b" * 32

    statuses = [
        send(loud, batch(report())).status_code for _ in range(services.BROWSER_BATCHES + 1)
    ]
    refused = send(loud, batch(report()))

    assert statuses == [200] * services.BROWSER_BATCHES + [429]
    assert (refused.json()["error"], refused["Retry-After"]) == ("too_many", "3601")
    assert send(quiet, batch(report())).status_code == 200
    noon.shift(3601)
    assert send(loud, batch(report())).status_code == 200


@pytest.mark.usefixtures("noon")
def test_all_browsers_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ALL_BATCHES", 2)

    statuses = [send(Client(), batch(report())).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_the_oldest_make_room_and_resolved_ones_first(
    client: Client, noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_GROUPS", 3)
    for name in ("oldest", "older", "resolved"):
        noon.shift(1)
        send(client, batch(report(message=name)))
    BrowserError.objects.filter(message="resolved").update(resolved_at=clock.now())

    noon.shift(1)
    send(client, batch(report(message="new")))
    noon.shift(1)
    send(client, batch(report(message="newest")))

    assert shown() == [("new", 1), ("newest", 1), ("older", 1)]


def test_a_known_error_costs_one_update(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(client, batch(report()))

    with django_assert_num_queries(1):
        send(client, batch(report()))
