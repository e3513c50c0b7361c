from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from placement_test.exams import services
from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
from tests import builders
from tests.bad_input import tables
from tests.bad_input.form_pages import staff
from tests.bad_input.kept import kept
from tests.bad_input.shown_page import ShownPage
from tests.exams import authoring

if TYPE_CHECKING:
    from placement_test.models import ExamVersion

pytestmark = pytest.mark.django_db

CASES = tables.rows("key_lines")
LINES = {"LONG": "1: A; " * 4000, "1: A NUL": "1: A\x00"}
ENGLISH = {"Accept-Language": "en"}


def draft() -> ExamVersion:
    made = builders.draft_exam(numbers="1-5", keyed=False)
    choice = (PartPlan("choice", Decimal(1), 5),)
    short, written = PartPlan("short", Decimal(1), 0), PartPlan("long", Decimal(1), 0)
    questions = [QuestionPlan(str(number), choice) for number in range(1, 6)]
    questions.append(QuestionPlan("6", (short, short)))
    questions.append(QuestionPlan("7", (short,)))
    questions.append(QuestionPlan("8", (written,)))
    services.set_outline(made, [SectionPlan("Reading", "reading", tuple(questions))], None)
    return made


@pytest.mark.parametrize("case", CASES)
def test_a_key_line_says_what_cannot_be_read_and_nothing_is_saved(case: str) -> None:
    row = CASES[case]
    line = LINES.get(row["line"], row["line"])
    client = staff(builders.Role.TEACHER)
    url = authoring.url("key", draft())
    before = kept()

    reply = client.post(url, {"action": "fill", "line-line": line}, headers=ENGLISH)

    shown = ShownPage(reply.content.decode())
    assert reply.status_code == int(row["status"])
    assert row["message"] in shown.words
    assert shown.values("line-line") == [line]
    assert not row["read"] or reply.context["filled"] == int(row["read"])
    assert "<script>alert" not in reply.content.decode()
    assert kept() == before
