from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.test import override_settings

from placement_test.models import StaffUser
from placement_test.monitoring import health
from placement_test.monitoring.flushing import flusher, recorder
from placement_test.monitoring.window import SAVE_ROUTE
from placement_test.performance_monitor import PerformanceMonitor
from tests import builders

if TYPE_CHECKING:
    from django.test import Client

Role = StaffUser.Role
TOKEN = "a token of a monitor"  # noqa: S105

pytestmark = pytest.mark.django_db(transaction=True)


def requests(count: int, seconds: float, *, status: int = 200, route: str = "staff/") -> None:
    for _ in range(count):
        recorder.record("request", route, f"GET {status}", seconds)


def found() -> dict[str, Any]:
    flusher.flush()
    health.forget()
    return PerformanceMonitor.check_system_health()


def line(name: str) -> tuple[str, str]:
    health_found = found()
    return health_found["checks"][name], health_found["status"]


def test_says_that_all_is_well_and_that_nobody_came(client: Client) -> None:
    reply = client.get("/api/health/")

    content = reply.json()
    memory = content["checks"].pop("memory")
    assert reply.status_code == 200
    assert reply["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert content == {
        "status": "healthy",
        "checks": {
            "database": "ok",
            "cache": "ok: no traffic",
            "performance": "ok: no traffic",
            "errors": "ok: no traffic",
        },
    }
    assert memory.startswith("ok: ")


@pytest.mark.parametrize(
    ("count", "seconds", "expected", "status"),
    [
        (20, 0.150, "ok: 150ms avg", "healthy"),
        (20, 0.450, "warn: 450ms avg", "degraded"),
        (20, 1.500, "error: 1500ms avg", "unhealthy"),
        (1, 1.500, "ok: 1500ms avg", "healthy"),
    ],
)
def test_a_slow_system_changes_its_line(
    count: int, seconds: float, expected: str, status: str
) -> None:
    requests(count, seconds)

    assert line("performance") == (expected, status)


def test_slow_saves_are_seen_among_many_quick_pages() -> None:
    requests(95, 0.010)
    requests(5, 0.400, route=SAVE_ROUTE)

    assert line("performance") == ("warn: 30ms avg, saves 400ms", "degraded")


@pytest.mark.parametrize(
    ("failures", "expected", "status"),
    [
        (0, "ok: 0.0%", "healthy"),
        (1, "ok: 0.5%", "healthy"),
        (4, "warn: 2.0%", "degraded"),
        (40, "error: 20.0%", "unhealthy"),
    ],
)
def test_a_burst_of_errors_changes_its_line(failures: int, expected: str, status: str) -> None:
    requests(200 - failures, 0.010)
    requests(failures, 0.010, status=500)

    assert line("errors") == (expected, status)


@pytest.mark.parametrize(
    ("hits", "misses", "expected", "status"),
    [
        (75, 25, "ok: 75% hit rate", "healthy"),
        (25, 75, "warn: 25% hit rate", "degraded"),
        (1, 3, "ok: 25% hit rate", "healthy"),
    ],
)
def test_a_cache_that_finds_little_changes_its_line(
    hits: int, misses: int, expected: str, status: str
) -> None:
    recorder.count("cache", "exam", "hit", hits)
    recorder.count("cache", "exam", "miss", misses)

    assert line("cache") == (expected, status)


def test_memory_over_the_limit_of_a_worker_changes_its_line() -> None:
    with override_settings(WORKER_MEMORY_MB=1):
        text, status = line("memory")

    assert text.startswith("error: ")
    assert status == "unhealthy"


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.INVIGILATOR, False), (Role.TEACHER, False), (Role.DIRECTOR, True)],
)
def test_shows_details_to_those_who_run_the_academy(role: str, sees: bool, client: Client) -> None:
    client.force_login(builders.staff(role=role))

    assert ("details" in client.get("/api/health/").json()) is sees


@override_settings(MONITOR_TOKEN=TOKEN)
@pytest.mark.parametrize(
    ("header", "sees"), [(f"Bearer {TOKEN}", True), ("Bearer wrong", False), ("", False)]
)
def test_shows_details_for_the_token(header: str, sees: bool, client: Client) -> None:
    requests(4, 0.150)
    flusher.flush()

    content = client.get("/api/health/", headers={"Authorization": header}).json()

    assert ("details" in content) is sees
    if sees:
        assert content["details"]["requests"]["average_ms"] == 150.0
        assert content["details"]["requests"]["count"] == 4


def test_speaks_the_draft_of_the_ietf_when_asked(client: Client) -> None:
    requests(20, 1.5)
    flusher.flush()

    reply = client.get("/api/health/", headers={"Accept": "application/health+json"})

    content = json.loads(reply.content)
    assert (reply.status_code, reply["Content-Type"], content["status"]) == (
        503,
        "application/health+json",
        "fail",
    )
    check = content["checks"]["performance:responseTime"][0]
    check.pop("time")
    assert check == {
        "componentType": "system",
        "status": "fail",
        "observedValue": 1500.0,
        "observedUnit": "ms",
        "output": "1500ms avg",
    }
    assert sorted(content["checks"]) == [
        "cache:hitRate",
        "database:responseTime",
        "errors:rate",
        "memory:utilization",
        "performance:responseTime",
    ]


def test_unhealthy_is_a_503(client: Client) -> None:
    requests(20, 1.5)
    flusher.flush()

    assert client.get("/api/health/").status_code == 503


def test_is_ready_once_it_can_write(client: Client) -> None:
    replies = [client.get(address) for address in ("/readyz", "/livez")]

    assert [(reply.status_code, reply.content) for reply in replies] == [
        (200, b"ready\n"),
        (200, b"ok\n"),
    ]


def test_looks_again_only_after_two_seconds() -> None:
    first = found()

    assert PerformanceMonitor.check_system_health()["timestamp"] == first["timestamp"]


def test_can_be_asked_inside_a_transaction() -> None:
    with transaction.atomic():
        status = found()["checks"]["database"]

    assert status == "ok"
