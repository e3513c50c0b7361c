from __future__ import annotations

import pytest

from bench.cost import pages
from tests.test_queries_of_pages import PAGES, listed


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(120)
def test_each_page_and_each_call_of_a_start_says_what_it_costs() -> None:
    rows = {row["name"]: row for row in pages.measure(rounds=1, rows=10)}

    assert {row["name"] for row in rows.values() if row["kind"] == "page"} == set(PAGES)
    # What the product's tests allow at the first visit, through the application that serves.
    assert [name for name in PAGES if rows[name]["queries"] > len(listed(name))] == []
    calls = [row for row in rows.values() if row["kind"] == "call"]
    before, *calls, whole = calls
    assert (before["name"], whole["name"]) == (pages.BEFORE, pages.STARTS)
    assert whole["queries"] == sum(row["queries"] for row in calls)
    assert min(row["bytes"] for row in rows.values()) > 0
