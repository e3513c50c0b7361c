from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from placement_test.lib.client_address import client_address
from tests import builders

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PROXY = "10.0.0.5"
PUPIL, TEACHER = "192.0.2.7", "192.0.2.8"


@pytest.fixture(autouse=True)
def _proxies(settings: Settings) -> None:
    settings.PROXIES = [ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("::1")]


@pytest.mark.parametrize(
    ("connected", "said", "found"),
    [
        (PROXY, PUPIL, PUPIL),
        ("::1", "2001:db8::1", "2001:db8::1"),
        (PUPIL, TEACHER, PUPIL),
        (PROXY, "", PROXY),
        (PROXY, "nonsense", PROXY),
        (PROXY, f"{PUPIL}, {TEACHER}", PROXY),
        ("", PUPIL, None),
    ],
)
def test_believes_a_proxy_and_nobody_else(connected: str, said: str, found: str | None) -> None:
    request = RequestFactory(REMOTE_ADDR=connected).get("/", headers={"X-Real-IP": said})

    assert client_address(request) == found


@pytest.mark.django_db
def test_wrong_guesses_of_a_pupil_behind_the_proxy_lock_out_no_teacher(settings: Settings) -> None:
    teacher = builders.staff()
    login, right = reverse("staff-login"), {"username": teacher.username, "password": "right"}
    teacher.set_password("right")
    teacher.save()

    pupil = Client(REMOTE_ADDR=PROXY, headers={"X-Real-IP": PUPIL})
    wrong = right | {"password": "wrong"}
    guesses = [pupil.post(login, wrong) for _ in range(settings.AXES_FAILURE_LIMIT)]
    entered = Client(REMOTE_ADDR=PROXY, headers={"X-Real-IP": TEACHER}).post(login, right)

    assert (guesses[-1].status_code, entered.status_code) == (429, 302)
