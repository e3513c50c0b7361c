from __future__ import annotations

import csv
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.security.academy_with_two_campuses import ACTORS, World, world
from tests.security.addresses import Address, addresses
from tests.security.outcomes import outcome, reply_to

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parent
METHODS = ("GET", "POST")
REFUSALS = {"login", "401", "403", "404", "405"}
# What differs from reply to reply, whoever asks for whatever.
CHANCE = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|/staff/[^"<]*|next=[^"<]*')


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


RIGHTS = {row["right"]: row for row in table("rights")}
ACCESS = {(row["address"], row["method"]): RIGHTS[row["right"]] for row in table("access")}
OF_A_CAMPUS = [
    (row["address"], row["method"])
    for row in table("access")
    if row["right"] in {"staff of the campus", "teacher of the campus"}
]


def by_name() -> dict[str, Address]:
    return {address.name: address for address in addresses()}


def test_every_address_stands_in_the_table_and_no_other() -> None:
    assert {address.name for address in addresses()} == {name for name, _method in ACCESS}
    assert len(addresses()) == len(by_name())


@pytest.mark.parametrize("actor", ACTORS)
def test_each_address_opens_to_whom_the_table_says(actor: str) -> None:
    ground = world()

    outcomes = {
        (name, method): outcome(ground, actor, address, method)
        for name, address in by_name().items()
        for method in METHODS
    }

    told = {place: outcomes[place] for place in ACCESS}
    assert told == {place: right[actor] for place, right in ACCESS.items()}
    others = {place: said for place, said in outcomes.items() if place not in ACCESS}
    assert {place: said for place, said in others.items() if said not in REFUSALS} == {}


def test_what_another_campus_has_is_answered_like_what_there_is_not() -> None:
    ground = world()
    places = by_name()
    differing = {}

    for name, method in OF_A_CAMPUS:
        nothing = places[name].url(numbers="987654321", uuids=str(uuid.uuid4()))
        replies = [
            reply_to(ground, "outsider", url, method) for url in (ground.url(places[name]), nothing)
        ]
        pages = {(reply.status_code, page_of(reply)) for reply in replies}
        if len(pages) > 1 or replies[0].status_code != 404:
            differing[name, method] = [reply.status_code for reply in replies]

    assert len(OF_A_CAMPUS) > 50
    assert differing == {}


def page_of(reply: Reply) -> str:
    return CHANCE.sub("", reply.content.decode())


@pytest.mark.parametrize("actor", [actor for actor in ACTORS if actor != "administrator"])
def test_the_administration_opens_to_administrators_only(actor: str) -> None:
    from django.contrib import admin

    ground = world()
    models = [model._meta for model in admin.site._registry]
    urls = [reverse(f"admin:{m.app_label}_{m.model_name}_changelist") for m in models]
    urls.append(reverse("admin:index"))

    ways = {url: reply_to(ground, actor, url, "GET") for url in urls}

    assert {url: reply.status_code for url, reply in ways.items()} == dict.fromkeys(urls, 302)
    assert all(reply["Location"].startswith(reverse("admin:login")) for reply in ways.values())
    assert reply_to(ground, "administrator", reverse("admin:index"), "GET").status_code == 200


def test_a_login_leads_nowhere_else_than_here() -> None:
    ground = world()
    url = reverse("staff-login") + "?next=https://elsewhere.example/"

    reply = reply_to(ground, "teacher", url, "GET")

    assert (reply.status_code, reply["Location"]) == (302, reverse("staff-home"))


def test_a_student_reaches_no_other_students_session() -> None:
    ground = world()
    other = world_of_another_student(ground)
    address = by_name()

    outcomes = {
        name: outcome(other, "student", address[name], method)
        for (name, method), right in ACCESS.items()
        if right["right"] == "own session"
    }

    assert outcomes == dict.fromkeys(outcomes, "401")


def world_of_another_student(ground: World) -> World:
    from tests import sitting

    stranger = sitting.registered(ground.browser.session.version, name="Seo-yun")
    client = sitting.Browser(stranger.session, stranger.token).client
    return World(ground.rows, ground.clients | {"student": client}, ground.browser)
