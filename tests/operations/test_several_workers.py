from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.servers import PostgreSQL, Valkey, WebServer, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a token of a monitor"  # noqa: S105
HAND_IN_SECONDS = 1
# Hand-in, and two seconds of the health check's own memory, on a busy machine.
SEEN_SECONDS = 20
# Requests that may have come in between: none of a test's own traffic.
MOST_OF_ITS_OWN = 10

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(300)]


class Reply(NamedTuple):
    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Installation:
    """PostgreSQL, Valkey and two workers, as a large academy runs them."""

    def __init__(self, folder: Path) -> None:
        self.postgresql = PostgreSQL(folder)
        self.valkey = Valkey(folder)
        self.web = WebServer(folder, database_url=self.postgresql.url(), workers=2)

    def get(self, path: str) -> Reply:
        request = urllib.request.Request(
            self.web.url + path, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return Reply(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read())

    def health(self) -> dict[str, Any]:
        return self.get("/api/health/").json()

    def of_each_worker(self) -> dict[int, dict[str, Any]]:
        """Ask until both workers have answered."""
        found: dict[int, dict[str, Any]] = {}
        give_up_at = time.monotonic() + 30
        while len(found) < 2 and time.monotonic() < give_up_at:
            health = self.health()
            found[health["details"]["process"]["pid"]] = health
        return found

    def requests(self) -> Counter[tuple[str, str]]:
        """Return what /metrics counts, by route and status."""
        text = self.get("/metrics").body.decode()
        return Counter(
            {
                (sample.labels["route"], sample.labels["status"]): int(sample.value)
                for family in text_string_to_metric_families(text)
                for sample in family.samples
                if sample.name == "primepath_request_seconds_count"
            }
        )

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.postgresql.url(), autocommit=True) as connection:
            connection.execute(sql)


def until(true: Callable[[], bool], seconds: float = SEEN_SECONDS) -> None:
    give_up_at = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up_at, "it did not come true in time"
        time.sleep(0.2)


@pytest.fixture
def installation(installed: Installation) -> Installation:
    """Return the installation with no figures: tests come in any order, and some count errors."""
    time.sleep(2 * HAND_IN_SECONDS)  # what an earlier test made has been handed in by then
    installed.execute("TRUNCATE placement_test_figure, placement_test_slowoperation")
    until(lambda: installed.health()["details"]["requests"]["count"] < MOST_OF_ITS_OWN)
    return installed


@pytest.fixture(scope="module")
def installed() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(dir=os.environ["PRIMEPATH_TEST_FOLDER"]) as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's own account passes through
        yield from serving(Installation(folder))


def serving(installed: Installation) -> Iterator[Installation]:
    with (
        pytest.MonkeyPatch.context() as patch,
        running(installed.postgresql),
        running(installed.valkey),
    ):
        patch.setenv("PRIMEPATH_REDIS_URL", installed.valkey.url())
        patch.setenv("PRIMEPATH_MONITOR_TOKEN", TOKEN)
        patch.setenv("PRIMEPATH_MONITOR_FLUSH_SECONDS", str(HAND_IN_SECONDS))
        manage(installed, "migrate", "--verbosity", "0")
        with running(installed.web):
            yield installed


def manage(installed: Installation, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={**os.environ, "PRIMEPATH_DATABASE_URL": installed.postgresql.url()},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


TRAFFIC = {"/": ("/", 200), "/staff/login/": ("staff/login/", 200), "/no/12/": ("<unmatched>", 404)}


def known_traffic(installed: Installation, times: int) -> Counter[tuple[str, str]]:
    """Send requests and return the generator's own log of them."""
    log: Counter[tuple[str, str]] = Counter()
    for path, (route, _status) in TRAFFIC.items():
        for _ in range(times):
            log[route, str(installed.get(path).status)] += 1
    return log


def test_every_worker_gives_the_figures_of_the_generators_own_log(
    installation: Installation,
) -> None:
    time.sleep(2 * HAND_IN_SECONDS)
    before = installation.requests()

    log = known_traffic(installation, 40)

    until(lambda: installation.requests() - before == log)
    time.sleep(2.5)
    workers = installation.of_each_worker()
    report = json.loads(manage(installation, "performance_report", "--json"))
    told = [worker["details"]["requests"] for worker in workers.values()]
    assert len(workers) == 2
    assert told[0] == told[1]
    assert told[0]["count"] == (before + log).total() == report["requests"]["count"]
    assert told[0]["failures"] == 0
    assert told[0]["p95_ms"] == report["requests"]["p95_ms"]
    checks = [
        {name: line for name, line in worker["checks"].items() if name != "memory"}
        for worker in workers.values()
    ]
    assert checks[0] == checks[1]


def test_totals_do_not_go_backwards_when_a_worker_is_killed(installation: Installation) -> None:
    known_traffic(installation, 3)
    time.sleep(3 * HAND_IN_SECONDS)
    before = installation.requests()
    victim = next(iter(installation.of_each_worker()))

    os.kill(victim, signal.SIGKILL)
    time.sleep(1)
    ensure_running(installation)
    log = known_traffic(installation, 3)

    until(lambda: not (before + log) - installation.requests())


def test_hands_in_what_is_left_when_it_is_told_to_end(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    time.sleep(2 * HAND_IN_SECONDS)
    before = installation.requests()
    installation.web.stop()
    monkeypatch.setenv("PRIMEPATH_MONITOR_FLUSH_SECONDS", "60")
    installation.web.start()
    log = known_traffic(installation, 5)

    installation.web.stop()

    monkeypatch.setenv("PRIMEPATH_MONITOR_FLUSH_SECONDS", str(HAND_IN_SECONDS))
    installation.web.start()
    assert not (before + log) - installation.requests()


def test_a_cache_that_is_killed_degrades_and_comes_back(installation: Installation) -> None:
    def told() -> tuple[str, str]:
        health = installation.health()
        return health["checks"]["cache"], health["status"]

    installation.valkey.kill()
    until(lambda: told() == ("warn: not reachable", "degraded"))
    page = installation.get("/").status

    installation.valkey.start()

    until(lambda: told()[0].startswith("ok"))
    assert page == 200


def test_real_errors_make_it_unhealthy(installation: Installation) -> None:
    installation.execute("ALTER TABLE placement_test_testevent RENAME TO away")
    try:
        for _ in range(60):
            assert installation.get("/").status == 500
    finally:
        installation.execute("ALTER TABLE away RENAME TO placement_test_testevent")

    until(lambda: installation.get("/api/health/").status == 503)
    time.sleep(2.5)
    for health in installation.of_each_worker().values():
        assert health["status"] == "unhealthy"
        assert health["checks"]["errors"].startswith("error: ")


def test_a_write_path_that_hangs_is_found_within_the_probes_time(
    installation: Installation,
) -> None:
    with psycopg.connect(installation.postgresql.url()) as connection:
        connection.execute("LOCK TABLE placement_test_probe IN EXCLUSIVE MODE")
        time.sleep(2.5)
        began = time.monotonic()
        line = installation.health()["checks"]["database"]
        took = time.monotonic() - began
        ready = installation.get("/readyz")

    assert line == "error: cannot be written to"
    assert took < 6
    assert (ready.status, ready.body) == (503, b"not ready: time-out\n")
    until(lambda: installation.health()["checks"]["database"] == "ok")


def test_a_database_that_is_away_is_said_and_survived(installation: Installation) -> None:
    time.sleep(2 * HAND_IN_SECONDS)
    before = installation.requests()
    installation.postgresql.stop()
    time.sleep(2.5)
    health = installation.get("/api/health/")
    statuses = [installation.get(path).status for path in ("/readyz", "/livez", "/metrics")]

    installation.postgresql.start()

    assert (health.status, health.json()["status"]) == (503, "unhealthy")
    assert health.json()["checks"]["database"] == "error: cannot be written to"
    assert statuses == [503, 200, 503]
    until(lambda: installation.get("/readyz").status == 200)
    log = known_traffic(installation, 2)
    until(lambda: not (before + log) - installation.requests())


def ensure_running(installation: Installation) -> None:
    """Start the server again where it ended with its worker."""
    try:
        installation.get("/livez")
    except OSError:
        installation.web.stop()
        installation.web.start()
