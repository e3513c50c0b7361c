from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from placement_test.lib.academy import current
from placement_test.models import BrowserSession, StaffUser
from tests import builders

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

# A page that asks for nothing but who is there.
PAGE = "staff-rescue"


@pytest.fixture
def han() -> StaffUser:
    builders.academy()
    current()
    return builders.staff()


@pytest.fixture
def browser(han: StaffUser) -> Client:
    client = Client()
    client.force_login(han)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse(PAGE)).status_code == 200


def test_browser_session_and_account_come_in_one_query(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert is_in(browser)


def test_a_visitor_without_a_cookie_costs_no_query(
    han: StaffUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert not is_in(Client())


def test_knows_whose_browser_session_it_is(browser: Client, han: StaffUser) -> None:
    assert is_in(browser)

    assert BrowserSession.objects.get().account == han


def test_a_changed_password_logs_other_browsers_out(browser: Client, han: StaffUser) -> None:
    han.set_password("another long password")
    han.save()

    assert not is_in(browser)
    assert not BrowserSession.objects.filter(account=han).exists()


def test_an_account_out_of_use_is_out_at_once(browser: Client, han: StaffUser) -> None:
    StaffUser.objects.update(is_active=False)

    assert not is_in(browser)


def test_an_account_that_was_deleted_is_out(browser: Client, han: StaffUser) -> None:
    han.delete()

    assert not is_in(browser)


def test_a_rotated_key_leaves_people_logged_in(browser: Client, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = settings.SECRET_KEY[::-1]

    assert is_in(browser)


def test_a_way_of_logging_in_that_is_gone_lets_nobody_in(browser: Client, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = []

    assert not is_in(browser)


def test_a_session_of_somebody_else_under_the_same_row_is_not_believed(
    browser: Client, han: StaffUser
) -> None:
    other = builders.staff(username="other")
    BrowserSession.objects.update(account=other)

    reply = browser.get(reverse("staff-home"))

    assert reply.wsgi_request.user == han


def test_logging_out_ends_the_session_on_the_server(browser: Client) -> None:
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    browser.post(reverse("logout"))
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = cookie

    assert not is_in(stolen)


def test_logging_in_by_password_gives_the_session_its_account(han: StaffUser) -> None:
    client = Client()
    client.post(reverse("staff-login"), {"username": han.username, "password": builders.PASSWORD})

    assert is_in(client)
    assert BrowserSession.objects.get().account == han
