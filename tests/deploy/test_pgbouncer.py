from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import placement_test
from tests.deploy import days, pooled_day
from tests.deploy.pgbouncer import needs_pgbouncer
from tests.proof.processes.days import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDENTS = 12
# What holds for a session of PostgreSQL longer than for a transaction.
OF_A_SESSION = re.compile(
    r"\bLISTEN\s+\w|pg_advisory_lock|pg_try_advisory_lock|[\"']\s*SET\s+(?!LOCAL)"
    r"|CREATE\s+TEMP|WITH\s+HOLD|set_config\([^)]*false\)|\bPREPARE\b"
)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_students_and_staff_go_through_a_pool_of_three_connections(server_folder: Path) -> None:
    needs_pgbouncer()
    order = Order("pooled", students=STUDENTS, seconds=5, pause=0.3, deadline_share=0.2)

    outcome, besides = days.run("tests.deploy.pooled_day", server_folder, order)

    assert (outcome["violations"], outcome["sessions"]) == ([], STUDENTS)
    assert outcome["acknowledged"] > 3 * STUDENTS
    assert set(besides["pages"].values()) == {200}, besides["pages"]
    assert besides["export"] == 200
    assert 1 <= besides["connections"] <= pooled_day.POOL
    assert besides["left_behind"] == 0


def statements() -> Iterator[tuple[str, str]]:
    """Yield each file of the product that speaks SQL itself."""
    for file in Path(placement_test.__file__).parent.rglob("*.py"):
        text = file.read_text()
        if "cursor" in text or "RunSQL" in text:
            yield file.name, text


def test_no_statement_of_the_product_leaves_anything_in_a_session() -> None:
    found = {name: OF_A_SESSION.findall(text) for name, text in statements()}

    assert len(found) > 4
    assert {name: words for name, words in found.items() if words} == {}
