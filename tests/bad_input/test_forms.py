from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bad_input import tables
from tests.bad_input.form_pages import PAGES, FormPage
from tests.bad_input.kept import kept
from tests.bad_input.shown_page import ShownPage

pytestmark = pytest.mark.django_db

CASES = tables.rows("forms")
# Never sent back to a page, or not a field at all.
NOT_SHOWN = ("password", "action", "checked", "consent_id", "drawn", "agrees", "next")
ENGLISH = {"Accept-Language": "en"}
# These pages refuse by what happened before, or have nothing that could be sent without a file.
REFUSING = {
    "closed_registration",
    "unknown_registration",
    "registration_without_rule",
    "registration_without_exam",
    "easier",
    "locked_login",
    "paper",
    "upload",
    "published_sections",
    "publishing",
    "withdrawal",
}


def named(page: FormPage, name: str) -> str:
    """``#0`` is the first part of a key sheet: its field is named by a row of the database."""
    parts = [part for part in page.fields if part.startswith("part-")]
    fields = sorted(part for part in parts if not part.endswith("-there"))
    return fields[int(name[1:])] if name.startswith("#") else name


def sent(page: FormPage, row: tables.Row) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(row["changes"] or "{}")
    merged = page.fields | {named(page, name): value for name, value in told.items()}
    return {name: value for name, value in merged.items() if value is not None}


def typed(page: FormPage, row: tables.Row) -> dict[str, list[str]]:
    """What has to stand in the form again: all but secrets and what no choice offers."""
    lost = {named(page, name) for name in row["lost"].split()}
    return {
        name: value if isinstance(value, list) else [value]
        for name, value in sent(page, row).items()
        if value and is_asked_again(name) and name not in lost
    }


def is_asked_again(name: str) -> bool:
    return not any(piece in name for piece in NOT_SHOWN) and not name.endswith(("_FORMS", "-there"))


@pytest.mark.parametrize("name", [name for name in PAGES if name not in REFUSING])
def test_a_good_sending_of_each_form_is_taken(name: str) -> None:
    page = PAGES[name]()

    reply = page.client.post(page.url, page.fields, headers=ENGLISH)

    assert reply.status_code in {200, 302}, reply.content.decode()


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_form_says_what_is_wrong_keeps_what_was_typed_and_saves_nothing(case: str) -> None:
    row = CASES[case]
    page = PAGES[row["page"]]()
    before = kept()

    reply = page.client.post(page.url, sent(page, row), headers=ENGLISH)

    after = kept()
    assert reply.status_code == int(row["status"])
    if reply.status_code == 302:
        reply = page.client.get(reply["Location"], headers=ENGLISH)
    shown = ShownPage(reply.content.decode())
    assert row["message"] in shown.words
    if row["field"]:
        assert shown.controls[row["field"]].is_wrong
    if row["status"] == "422":
        expected = typed(page, row)
        assert {name: shown.values(name) for name in expected} == expected
    assert after == before
