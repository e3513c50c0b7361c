from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils.translation import override

from placement_test import errors
from placement_test.exams.forms import cuts, key, numbers
from tests.bad_input import tables
from tests.bad_input.form_pages import PAGES
from tests.bad_input.shown_page import ShownPage
from tests.bad_input.test_forms import sent

if TYPE_CHECKING:
    from collections.abc import Iterable

CATALOGUE = settings.LOCALE_PATHS[0] / "ko" / "LC_MESSAGES" / "django.po"
FORMS = {case: row for case, row in tables.rows("forms").items() if row["message"]}
translated = pytest.mark.skipif(
    not CATALOGUE.exists(), reason="locale/ko is not there yet: nothing is translated"
)


def anticipated() -> list[type[errors.PlacementError]]:
    classes = [each for _name, each in inspect.getmembers(errors, inspect.isclass)]
    return [each for each in classes if issubclass(each, errors.PlacementError)]


def is_translated(message: object) -> bool:
    with override("en"):
        english = str(message)
    with override("ko"):
        return str(message) != english


def test_each_error_has_a_code_of_its_own_and_words() -> None:
    found = anticipated()

    codes = [each.code for each in found]

    assert len(found) > 40
    assert sorted(codes) == sorted(set(codes))
    assert [each.code for each in found if not str(each.message).endswith(".")] == []


@translated
def test_every_anticipated_error_is_told_in_korean() -> None:
    assert [each.code for each in anticipated() if not is_translated(each.message)] == []


@translated
@pytest.mark.parametrize(
    "words",
    [key.PROBLEM_WORDS.values(), cuts.WORDS.values(), numbers.WORDS.values()],
    ids=["key line", "cuts", "numbers"],
)
def test_what_rules_find_wrong_is_told_in_korean(words: Iterable[object]) -> None:
    assert [str(word) for word in words if not is_translated(word)] == []


@translated
@pytest.mark.django_db
@pytest.mark.parametrize("case", FORMS)
def test_what_is_wrong_with_a_form_is_told_in_korean(case: str) -> None:
    row = FORMS[case]
    page = PAGES[row["page"]]()
    headers = {"Accept-Language": "ko"}

    reply = page.client.post(page.url, sent(page, row), headers=headers)

    assert reply.status_code == int(row["status"])
    if reply.status_code == 302:
        reply = page.client.get(reply["Location"], headers=headers)
    assert row["message"] not in ShownPage(reply.content.decode()).words
