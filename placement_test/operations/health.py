"""Whether the system is well: for load balancers, monitors and people."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from placement_test.lib import monitor_access, transactions
from placement_test.monitoring import health
from placement_test.monitoring.probing import Probe

if TYPE_CHECKING:
    from django.http import HttpRequest

    from placement_test.monitoring.health import Check, Health

UNAVAILABLE = 503
HEALTH_JSON = "application/health+json"
# Of the draft "Health Check Response Format for HTTP APIs", version 06.
DRAFT_WORDS = {
    health.Level.HEALTHY: "pass",
    health.Level.DEGRADED: "warn",
    health.Level.UNHEALTHY: "fail",
}
COMPONENTS = {"database": "datastore", "cache": "datastore"}


@never_cache
@require_safe
def system_health(request: HttpRequest) -> HttpResponse:
    """Reply with the seed's JSON; 503 only where the system is unhealthy.

    Details only for directors, administrators and the monitor's token.
    """
    found = health.check()
    status = UNAVAILABLE if found.level is health.Level.UNHEALTHY else 200
    if request.get_preferred_type(["application/json", HEALTH_JSON]) == HEALTH_JSON:
        return JsonResponse(_draft(found), status=status, content_type=HEALTH_JSON)
    reply = found.as_dict()
    if not monitor_access.sees_details(request):
        reply = {name: reply[name] for name in ("status", "checks")}
    return JsonResponse(reply, status=status)


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether this process can take saves: it writes a row and looks at the tables."""
    _readiness.start()
    answer = _readiness.answer(time.perf_counter() + health.PROBE_SECONDS)
    problem = answer.problem or answer.value
    if problem:
        return HttpResponse(
            f"not ready: {problem}\n", status=UNAVAILABLE, content_type="text/plain"
        )
    return HttpResponse("ready\n", content_type="text/plain")


class _Migrations:
    """Whether the tables are as this code wants them; once they are, they stay so."""

    def __init__(self) -> None:
        self._are_applied = False

    def are_applied(self) -> bool:
        if not self._are_applied:
            executor = MigrationExecutor(connection)
            self._are_applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self._are_applied


_migrations = _Migrations()


def _readiness_problem() -> str:
    """Return in a word why this process cannot take saves, or ""."""
    if not _migrations.are_applied():
        return "migrations"
    if transactions.durability_problem():
        return "durability"
    health.write_probe_row()
    return ""


_readiness = Probe("readiness probe", _readiness_problem)


def _draft(found: Health) -> dict[str, Any]:
    return {
        "status": DRAFT_WORDS[found.level],
        "version": "1",
        "serviceId": "primepath",
        "description": "PrimePath placement tests",
        "checks": {
            f"{check.name}:{check.measure}": [_draft_check(check, found.timestamp)]
            for check in found.checks
        },
    }


def _draft_check(check: Check, timestamp: str) -> dict[str, Any]:
    reply: dict[str, Any] = {
        "componentType": COMPONENTS.get(check.name, "system"),
        "status": DRAFT_WORDS[check.level],
        "time": timestamp,
    }
    if check.observed is not None:
        reply |= {"observedValue": check.observed, "observedUnit": check.unit}
    if check.level is not health.Level.HEALTHY:
        reply["output"] = check.text
    return reply
