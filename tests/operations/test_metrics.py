from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client, override_settings
from prometheus_client.parser import text_string_to_metric_families

from placement_test.models import StaffUser
from placement_test.monitoring.flushing import flusher, recorder
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.django_db(transaction=True)

AWAY = "192.0.2.7"
TOKEN = "a token of a monitor"  # noqa: S105


def samples(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_gives_what_was_counted_in_the_format_of_prometheus(client: Client) -> None:
    recorder.record("request", "staff/", "GET 200", 0.15, queries=4, database_seconds=0.02)
    recorder.record("request", "staff/", "GET 200", 0.40, queries=6, database_seconds=0.02)
    recorder.record("operation", "sessions.submit", "error", 0.01)
    recorder.count("entries", "save", "late", 3)
    recorder.count("cache", "exam", "hit", 7)
    flusher.flush()

    found = samples(client)

    page = (("method", "GET"), ("route", "staff/"), ("status", "200"))
    assert found["primepath_request_seconds_count", page] == 2
    assert found["primepath_request_seconds_sum", page] == pytest.approx(0.55)
    assert found["primepath_request_seconds_bucket", (("le", "0.15"), *page)] == 1
    assert found["primepath_request_seconds_bucket", (("le", "+Inf"), *page)] == 2
    assert found["primepath_request_queries_total", (("route", "staff/"),)] == 10
    assert found["primepath_entries_total", (("status", "late"),)] == 3
    assert found["primepath_cache_lookups_total", (("kind", "exam"), ("result", "hit"))] == 7
    assert found["primepath_processes", ()] == 1
    operation = (("operation", "sessions.submit"), ("outcome", "error"))
    assert found["primepath_operation_seconds_count", operation] == 1


@override_settings(MONITOR_TOKEN=TOKEN)
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": AWAY}, 403),
        (AWAY, {}, 403),
        (AWAY, {"Authorization": f"Bearer {TOKEN}"}, 200),
        (AWAY, {"Authorization": "Bearer wrong"}, 403),
    ],
)
def test_is_for_this_machine_and_the_token(
    address: str, headers: Mapping[str, str], status: int
) -> None:
    client = Client(REMOTE_ADDR=address)

    assert client.get("/metrics", headers=headers).status_code == status


def test_is_for_directors_wherever_they_are() -> None:
    client = Client(REMOTE_ADDR=AWAY)
    client.force_login(builders.staff(role=StaffUser.Role.DIRECTOR))

    assert client.get("/metrics").status_code == 200
