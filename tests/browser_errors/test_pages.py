from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from placement_test.models import BrowserError
from tests import builders
from tests.browser_errors.reports import batch, report, send

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
ADDRESS = "/staff/browser-errors/"


@pytest.fixture
def director(client: Client) -> Client:
    client.force_login(builders.staff(role=builders.Role.DIRECTOR))
    return client


def text(client: Client, address: str = ADDRESS) -> str:
    return client.get(address, headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}1/"])
def test_is_for_directors(client: Client, address: str) -> None:
    client.force_login(builders.staff(role=builders.Role.TEACHER))

    assert client.get(address).status_code == 403


def test_says_that_there_are_none(director: Client) -> None:
    assert "No errors" in text(director)
    assert "Nothing resolved yet" in text(director, f"{ADDRESS}?show=resolved")


def test_shows_an_error_until_it_is_resolved(director: Client) -> None:
    send(director, batch(report(message="x <b>is</b> not", stack="at a.js:3:5", count=12)))
    row = BrowserError.objects.get()

    listed, detail = text(director), text(director, f"{ADDRESS}{row.id}/")
    reply = director.post(f"{ADDRESS}{row.id}/resolve/", follow=True)

    assert "x &lt;b&gt;is&lt;/b&gt; not" in listed
    assert "staff/exams/&lt;int:exam_id&gt;/" in listed
    assert "at a.js:3:5" in detail
    assert reply.redirect_chain == [(ADDRESS, 302)]
    assert "x &lt;b&gt;is" not in text(director)
    assert "x &lt;b&gt;is" in text(director, f"{ADDRESS}?show=resolved")
    row.refresh_from_db()
    assert str(row.resolved_by) == "Ms Han"


def test_resolving_twice_says_so(director: Client) -> None:
    send(director, batch(report()))
    address = f"{ADDRESS}{BrowserError.objects.get().id}/resolve/"
    director.post(address)
    before = BrowserError.objects.get().resolved_at

    assert director.post(address).status_code == 302
    assert BrowserError.objects.get().resolved_at == before


@pytest.mark.parametrize("count", [1, 30])
def test_query_count_does_not_depend_on_the_number_of_errors(
    director: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        send(director, batch(report(message="m" * (number + 1))))
    director.get(ADDRESS)

    # login, count, rows
    with django_assert_num_queries(3):
        director.get(ADDRESS)
