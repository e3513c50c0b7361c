from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from placement_test.models import StaffUser
from placement_test.monitoring.flushing import flusher, recorder
from placement_test.operations import charts
from placement_test.performance_monitor import PerformanceMonitor
from tests import builders

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

Role = StaffUser.Role

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(client: Client, role: str) -> None:
    builders.academy()
    client.force_login(builders.staff(role=role))


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.INVIGILATOR, 403), (Role.TEACHER, 403), (Role.DIRECTOR, 200), (Role.ADMINISTRATOR, 200)],
)
def test_is_for_those_who_run_the_academy(role: str, status: int, client: Client) -> None:
    log_in(client, role)

    addresses = ("/staff/performance/", "/staff/performance/figures.json")
    assert [client.get(address).status_code for address in addresses] == [status, status]


def test_shows_the_entry_in_the_navigation_to_them_only(client: Client) -> None:
    log_in(client, Role.TEACHER)
    teacher = client.get("/staff/").content.decode()
    log_in(client, Role.DIRECTOR)
    director = client.get("/staff/").content.decode()

    assert ["/staff/performance/" in page for page in (teacher, director)] == [False, True]


@pytest.mark.parametrize("span", ["hour", "day", "week", "nonsense"])
def test_page_and_refresh_show_the_same(span: str, client: Client) -> None:
    log_in(client, Role.DIRECTOR)
    for _ in range(30):
        recorder.record("request", "staff/exams/", "GET 200", 0.123, queries=14)
    flusher.flush()

    page = client.get(f"/staff/performance/?span={span}", headers={"Accept-Language": "en"})
    figures = client.get(
        f"/staff/performance/figures.json?span={span}", headers={"Accept-Language": "en"}
    ).json()

    html = page.content.decode()
    assert figures["texts"]["average-response-ms-value"] == "123\N{NO-BREAK SPACE}ms"
    assert "123\N{NO-BREAK SPACE}ms" in html
    assert figures["states"]["average-response-ms"] == "ok"
    assert figures["rows"]["routes"][0][:4] == ["/staff/exams/", "30", "123", "123"]
    assert figures["rows"]["advice"][0][1] == "many-queries"
    assert all(f'data-line="{line}" d="{path}"' in html for line, path in figures["lines"].items())


@pytest.mark.parametrize("routes", [1, 100])
def test_costs_the_same_for_many_routes(
    routes: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    log_in(client, Role.DIRECTOR)
    for number in range(routes):
        recorder.record("request", f"page{number}/", "GET 200", 0.05)
    flusher.flush()
    client.get("/staff/login/")  # the academy is cached from here on

    # login; figures with those of an hour and a week before, slow operations, lines
    with django_assert_num_queries(4):
        client.get("/staff/performance/")


def test_prints_the_report_with_recommendations_that_name_their_rule() -> None:
    for _ in range(30):
        recorder.record("request", "staff/exams/", "GET 200", 0.3, queries=14)
    recorder.record("operation", "results.export_xlsx", "ok", 3.0)
    flusher.flush()
    text, data = StringIO(), StringIO()

    call_command("performance_report", stdout=text)
    call_command("performance_report", json=True, stdout=data)

    report = json.loads(data.getvalue())
    assert [advice["rule"] for advice in report["recommendations"]] == [
        "slow-operation",
        "slow-page",
        "many-queries",
    ]
    assert report["recommendations"][2]["figures"] == {
        "route": "staff/exams/",
        "queries_per_request": 14.0,
        "requests": 30,
        "target": "<= 10",
    }
    assert report["metrics"]["average_response_ms"] == {
        "value": 300.0,
        "target": "< 200",
        "met": False,
    }
    for advice in report["recommendations"]:
        assert f"[{advice['rule']}]" in text.getvalue()


def test_reports_that_there_was_no_traffic() -> None:
    report = PerformanceMonitor.get_performance_report()

    assert report["requests"]["average_ms"] is None
    assert report["metrics"]["average_response_ms"]["met"] is None
    assert report["recommendations"] == []


def test_refuses_a_time_that_is_not_kept() -> None:
    with pytest.raises(CommandError, match="--seconds must be"):
        call_command("performance_report", seconds=0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([None, None], ""),
        ([0.0, 10.0], "M0.0 160.0L480.0 0.0"),
        ([5.0, None, 5.0], "M0.0 80.0h4M478.0 80.0h4"),
        ([None, 10.0, 10.0], "M240.0 0.0L480.0 0.0"),
    ],
)
def test_a_line_has_a_gap_where_nothing_was_measured(
    values: list[float | None], expected: str
) -> None:
    assert charts.path(values, 10.0) == expected


@pytest.mark.parametrize(
    ("highest", "top"), [(None, 1), (0.2, 1), (1, 1), (1.5, 2), (3, 5), (99, 100), (101, 200)]
)
def test_axes_end_at_round_figures(highest: float | None, top: float) -> None:
    assert charts.top_of([[highest], [None]]) == top
