from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import RequestFactory

from placement_test.lib import clock
from placement_test.models import AuditEntry, StudentAnswer, StudentSession
from placement_test.monitoring import health
from placement_test.monitoring.flushing import flusher, recorder
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from tests import environment, sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

ROOT = Path(__file__).resolve().parents[2]

SAMPLE = """
from placement_test.performance_monitor import PerformanceMonitor

@PerformanceMonitor.track_execution_time('save_exam')
def save_exam(request, exam_id):
    # Your code here
    return exam_id
"""

CRON = (
    'python manage.py shell -c "from placement_test.performance_monitor import PerformanceMonitor;'
    ' PerformanceMonitor.cleanup_old_sessions()"'
)

HEALTHY = {
    "status": "healthy",
    "checks": {
        "database": "ok",
        "cache": "ok: 75% hit rate",
        "performance": "ok: 150ms avg",
        "memory": "ok: 45%",
        "errors": "ok: 0.5%",
    },
}


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    recorder.take()
    flusher.reset()
    health.forget()
    yield
    recorder.take()
    flusher.reset()
    health.forget()


def test_the_middleware_stands_in_the_settings_and_first_of_all() -> None:
    assert settings.MIDDLEWARE[0] == "placement_test.performance_monitor.PerformanceMiddleware"


def test_the_decorator_runs_as_it_is_printed() -> None:
    place: dict[str, Any] = {}
    exec(SAMPLE, place)  # noqa: S102 - the seed's own lines

    result = place["save_exam"](RequestFactory().get("/"), 7)

    assert result == 7
    counted = recorder.take().cells
    assert [(key.kind, key.name, key.outcome) for key in counted] == [
        ("operation", "save_exam", "ok")
    ]


def test_the_methods_are_there() -> None:
    for name in (
        "track_execution_time",
        "check_system_health",
        "get_performance_report",
        "cleanup_old_sessions",
    ):
        assert callable(getattr(PerformanceMonitor, name))


@pytest.mark.django_db(transaction=True)
def test_health_has_the_seeds_keys_and_strings(client: Client) -> None:
    for count, outcome in ((199, "GET 200"), (1, "GET 500")):
        for _ in range(count):
            recorder.record("request", "staff/", outcome, 0.150)
    recorder.count("cache", "exam", "hit", 75)
    recorder.count("cache", "exam", "miss", 25)
    flusher.flush()

    reply = client.get("/api/health/")

    found = reply.json()
    memory = found["checks"]["memory"]
    assert re.fullmatch(r"ok: \d+%", memory)
    assert found == {**HEALTHY, "checks": {**HEALTHY["checks"], "memory": memory}}  # type: ignore[dict-item]
    assert list(found["checks"]) == list(HEALTHY["checks"])


# Clean-up


def ended(days_ago: float) -> StudentSession:
    browser = sitting.sitting()
    browser.save(browser.entry(parts_of(browser.session.version)[0].id, 1))
    session = browser.session
    session.state = StudentSession.State.SUBMITTED
    session.ended_at = clock.now() - dt.timedelta(days=days_ago)
    session.save()
    return session


@pytest.fixture
def database_url(transactional_db: None) -> str:
    name = settings.DATABASES["default"]["NAME"]
    if environment.database() == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['PRIMEPATH_DATABASE_URL'].rpartition('/')[0]}/{name}"


def test_the_line_for_cron_archives_and_deletes_no_answer(database_url: str) -> None:
    old, recent = ended(31), ended(29)
    answers = StudentAnswer.objects.count()

    done = subprocess.run(  # noqa: S602 - the seed's own line
        CRON,
        shell=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PRIMEPATH_DATABASE_URL": database_url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, textwrap.shorten(done.stderr, 2000)
    old.refresh_from_db()
    recent.refresh_from_db()
    assert (old.archived_at is not None, recent.archived_at) == (True, None)
    assert StudentAnswer.objects.count() == answers == 2
    entry = AuditEntry.objects.get(action="sessions archived")
    assert entry.after == {"sessions": 1, "days": 30}


@pytest.mark.django_db
def test_both_names_are_one_implementation_with_a_dry_run() -> None:
    for days in (31, 60, 5):
        ended(days)

    counts = [
        PerformanceMonitor.cleanup_old_sessions(dry_run=True),
        OptimizedQueries.cleanup_old_sessions(days=30, dry_run=True),
        OptimizedQueries.cleanup_old_sessions(days=45),
        PerformanceMonitor.cleanup_old_sessions(),
        PerformanceMonitor.cleanup_old_sessions(),
    ]

    assert counts == [2, 2, 1, 1, 0]
    assert AuditEntry.objects.filter(action="sessions archived").count() == 2
    with pytest.raises(ValueError, match="at least 1"):
        PerformanceMonitor.cleanup_old_sessions(0)
