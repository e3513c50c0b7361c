"""What each page costs, and each call of a student who starts."""

from __future__ import annotations

import statistics
import uuid
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

from bench.cost.browser import Browser, load
from bench.cost.meter import Cost, Meter
from placement_test.sessions.access import cookie_name
from tests import sitting
from tests.test_queries_of_pages import PAGES, Academy

if TYPE_CHECKING:
    from bench._rows import Row
    from placement_test.models import ExamVersion

QUESTIONS = 40
STARTS = "a start, all calls"
# Loaded while the student reads what will happen.
BEFORE = "exam, before the start"


def measure(*, rounds: int, rows: int) -> list[Row]:
    """Visit each page ``rounds`` times in an academy with so many ``rows`` of everything."""
    load()
    meter = Meter()
    academy = Academy(rows)
    visitors = {
        True: Browser(meter, academy.director.cookies),
        False: Browser(meter),
    }
    found = [_page(academy, visitors, name, rounds) for name in PAGES]
    # Another exam for the same levels comes now.
    academy.version.exam.levels.clear()
    return found + _starts(meter, rounds)


def _page(academy: Academy, visitors: dict[bool, Browser], name: str, rounds: int) -> Row:
    browser, url = visitors[name != "staff-login"], academy.url(name)
    # What a process learns once, and what it keeps for minutes.
    size = browser.get(url, Cost()).body
    cost = Cost()
    for _ in range(rounds):
        browser.get(url, cost)
    return _row("page", name, cost, rounds, size)


def _starts(meter: Meter, rounds: int) -> list[Row]:
    """Have students start, from the page of the test to the first answer saved."""
    version = sitting.published(choices=QUESTIONS, title="An exam of forty questions")
    costs: dict[str, Cost] = defaultdict(Cost)
    sizes: dict[str, bytes] = {}
    _start(meter, version, defaultdict(Cost), {})
    for _ in range(rounds):
        _start(meter, version, costs, sizes)
    rows = [_row("call", name, cost, rounds, sizes[name]) for name, cost in costs.items()]
    del costs[BEFORE]
    # A start at a time: the calls of each belong together.
    every = zip(*(cost.wall_ms for cost in costs.values()), strict=True)
    whole = Cost(
        statements=sum(cost.statements for cost in costs.values()),
        app_ms=sum(cost.app_ms for cost in costs.values()),
        db_ms=sum(cost.db_ms or 0.0 for cost in costs.values()) if _has_db(costs) else None,
        wall_ms=[sum(calls) for calls in every],
    )
    started = b"".join(sizes[name] for name in costs)
    return [*rows, _row("call", STARTS, whole, rounds, started)]


def _start(
    meter: Meter, version: ExamVersion, costs: dict[str, Cost], sizes: dict[str, bytes]
) -> None:
    """Make the calls of static/js/pages/intro.js and runner.js."""
    made = sitting.registered(version)
    browser = Browser(meter)
    browser.hold(cookie_name(made.session.id), made.token)
    api, writer = f"/api/sessions/{made.session.id}/", uuid.uuid4().hex

    sizes[BEFORE] = browser.get(f"{api}exam/", costs[BEFORE]).body
    page = f"/sit/{made.session.id}/test/"
    sizes["page of the test"] = browser.get(page, costs["page of the test"]).body
    begun = browser.post(f"{api}begin/", {"writer": writer, "seen_epoch": 0}, costs["begin"])
    sizes["begin"] = begun.body
    part = sitting.parts_of(version)[0].pk
    entry = {"seq": 1, "part": part, "kind": "answer", "value": 1, "at": 1_773_000_000_000}
    batch = {
        "v": 1,
        "nonce": uuid.uuid4().hex,
        "epoch": begun.json()["epoch"],
        "writer": writer,
        "entries": [entry],
    }
    saved = browser.post(f"{api}answers/", batch, costs["first save"])
    if saved.json()["accepted"][0]["status"] != "applied":
        raise ValueError("the first answer was not applied")
    sizes["first save"] = saved.body


def _has_db(costs: dict[str, Cost]) -> bool:
    return any(cost.db_ms is not None for cost in costs.values())


def _row(kind: str, name: str, cost: Cost, rounds: int, body: bytes) -> Row:
    return {
        "kind": kind,
        "name": name,
        "queries": cost.statements // rounds,
        "ms_median": round(statistics.median(cost.wall_ms), 1),
        "ms_most": round(max(cost.wall_ms), 1),
        "app_cpu_ms": round(cost.app_ms / rounds, 2),
        "db_cpu_ms": None if cost.db_ms is None else round(cost.db_ms / rounds, 2),
        "bytes": len(body),
        "bytes_gzip": len(zlib.compress(body, 6)),
    }
