"""How the system is: five checks, the worst of which is the whole."""

from __future__ import annotations

import os
import secrets
import threading
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from placement_test.lib import clock
from placement_test.models import MonitoredProcess
from placement_test.models import Probe as ProbeRow
from placement_test.monitoring import memory, storage, window
from placement_test.monitoring.probing import Answer, Probe

# Longer than the worst wait for SQLite's write lock, shorter than a load balancer's patience.
PROBE_SECONDS = 2.0
# Probes write; a monitor that asks every second must not become the load.
KEPT_SECONDS = 2.0
# What others get while one looks: the time of one look more.
OLDEST_SECONDS = KEPT_SECONDS + PROBE_SECONDS
# A write that takes this long is felt in every save.
SLOW_WRITE_MS = 500
CACHE_PROBE = "health:probe"

# The seed's targets, and where a person would call it broken.
MEAN_MS = (200, 1000)
ERROR_PERCENT = (1, 5)
MEMORY_PERCENT = (85, 95)
LOWEST_HIT_PERCENT = 60
# Below these a percentage says nothing.
FEWEST_REQUESTS = 10
FEWEST_FAILURES = 10
FEWEST_LOOKUPS = 100


class Level(IntEnum):
    """How bad; the worst check decides, and nothing softens it."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2

    @property
    def word(self) -> str:
        """The seed's word for the whole."""
        return self.name.lower()

    @property
    def prefix(self) -> str:
        """The word that a check's line begins with."""
        return ("ok", "warn", "error")[self]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; ``observed`` is its figure, for programs."""

    name: str
    level: Level
    text: str
    measure: str
    observed: float | None
    unit: str

    @property
    def line(self) -> str:
        """The seed's string: ``ok``, ``ok: 75% hit rate``, ``error: not reachable``."""
        return f"{self.level.prefix}: {self.text}" if self.text else self.level.prefix


@dataclass(frozen=True, slots=True)
class Health:
    """All checks at one moment."""

    checks: tuple[Check, ...]
    details: dict[str, Any]
    timestamp: str
    figures: Figures | None

    @property
    def level(self) -> Level:
        """The worst of all checks."""
        return max(check.level for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return it in the seed's words, with details."""
        return {
            "status": self.level.word,
            "checks": {check.name: check.line for check in self.checks},
            "details": self.details,
            "timestamp": self.timestamp,
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database knows of all workers."""

    recent: window.Window
    workers: list[MonitoredProcess]
    database_bytes: int


class Watch:
    """Health, at most two seconds old; many who ask at once ask the system once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Health | None = None
        self._found_at = 0.0
        self._write = Probe("database probe", write_probe_row)
        self._cache = Probe("cache probe", _cache_round_trip)
        self._figures = Probe("figures probe", read_figures)

    def check(self) -> Health:
        """Return the last finding while it is fresh, else look.

        While somebody looks, the others get the last finding, unless that is old by now.
        """
        found, age = self._found, time.monotonic() - self._found_at
        if found is not None and age < KEPT_SECONDS:
            return found
        may_be_old = found is not None and age < OLDEST_SECONDS
        if not self._lock.acquire(blocking=not may_be_old):
            return cast("Health", found)
        try:
            if self._found is found or self._found is None:
                self._found = self._look()
                self._found_at = time.monotonic()
            return self._found
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Look again at the next call."""
        self._found = None

    def _look(self) -> Health:
        probes = (self._write, self._cache, self._figures)
        for probe in probes:
            probe.start()
        until = time.perf_counter() + PROBE_SECONDS
        write, reply = self._write.answer(until), self._cache.answer(until)
        figures = self._figures.answer(until)
        used = memory.measure()
        recent = figures.value.recent if figures.value else None
        return Health(
            (
                _database(write),
                _cache(reply, recent),
                _performance(recent),
                _memory(used),
                _errors(recent),
            ),
            _details(figures.value, used, write),
            clock.now().isoformat(),
            figures.value,
        )


def write_probe_row() -> None:
    """Write a row and commit it: what a save needs of the database; 1 statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        table = ProbeRow._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} (id, at) VALUES (1, %s)"  # noqa: S608 - a table of ours
            " ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            [connection.ops.adapt_datetimefield_value(clock.now())],
        )


def _cache_round_trip() -> bool:
    word = secrets.token_hex(8)
    cache.set(f"{CACHE_PROBE}:{word}", word, 10)
    return bool(
        cache.get(f"{CACHE_PROBE}:{word}") == word and cache.delete(f"{CACHE_PROBE}:{word}")
    )


def read_figures() -> Figures:
    """Read what the database knows of all workers: 3 queries."""
    return Figures(window.recent(), storage.alive(clock.now()), storage.database_bytes())


def _database(write: Answer[None]) -> Check:
    milliseconds = write.seconds * 1000
    if write.problem:
        level, text = Level.UNHEALTHY, "cannot be written to"
    elif milliseconds > SLOW_WRITE_MS:
        level, text = Level.DEGRADED, f"{milliseconds:.0f}ms to write"
    else:
        level, text = Level.HEALTHY, ""
    return Check("database", level, text, "responseTime", round(milliseconds, 1), "ms")


def _cache(reply: Answer[bool], recent: window.Window | None) -> Check:
    percent = recent.hit_percent() if recent else None
    looked = sum(recent.outcomes("cache").values()) if recent else 0
    if not reply.value:
        # Slow, never wrong: the product works without its cache.
        level, text = Level.DEGRADED, "not reachable"
    elif percent is None:
        level, text = Level.HEALTHY, "no traffic"
    else:
        is_low = percent < LOWEST_HIT_PERCENT and looked >= FEWEST_LOOKUPS
        level = Level.DEGRADED if is_low else Level.HEALTHY
        text = f"{percent:.0f}% hit rate"
    return Check("cache", level, text, "hitRate", _rounded(percent), "percent")


def _performance(recent: window.Window | None) -> Check:
    if recent is None:
        return _unknown("performance", "responseTime", "ms")
    mean = recent.total("request").mean_ms
    if mean is None:
        return Check("performance", Level.HEALTHY, "no traffic", "responseTime", None, "ms")
    save = recent.total("request", window.SAVE_ROUTE).mean_ms or 0.0
    # The first request after a start loads templates: one alone is no finding.
    is_judged = recent.total("request").count >= FEWEST_REQUESTS
    level = _over(max(mean, save), MEAN_MS) if is_judged else Level.HEALTHY
    text = f"{mean:.0f}ms avg"
    if level > _over(mean, MEAN_MS):
        text += f", saves {save:.0f}ms"
    return Check("performance", level, text, "responseTime", _rounded(mean), "ms")


def _memory(used: memory.Memory) -> Check:
    percent = used.percent
    if settings.WORKER_MEMORY_MB:
        percent = max(percent, 100 * used.process_bytes / (settings.WORKER_MEMORY_MB * 2**20))
    level = _over(percent, MEMORY_PERCENT)
    return Check("memory", level, f"{percent:.0f}%", "utilization", _rounded(percent), "percent")


def _errors(recent: window.Window | None) -> Check:
    if recent is None:
        return _unknown("errors", "rate", "percent")
    percent = recent.error_percent()
    if percent is None:
        return Check("errors", Level.HEALTHY, "no traffic", "rate", None, "percent")
    level = _over(percent, ERROR_PERCENT)
    if recent.failures("request") < FEWEST_FAILURES:
        level = min(level, Level.DEGRADED)
    return Check("errors", level, f"{percent:.1f}%", "rate", _rounded(percent), "percent")


def _unknown(name: str, measure: str, unit: str) -> Check:
    """Not knowing is bad news: the line of the database says how bad."""
    return Check(name, Level.DEGRADED, "figures not available", measure, None, unit)


def _over(value: float, limits: tuple[float, float]) -> Level:
    """Return the level of a figure that should stay below both limits."""
    return Level(sum(value >= limit for limit in limits))


def _details(figures: Figures | None, used: memory.Memory, write: Answer[None]) -> dict[str, Any]:
    details: dict[str, Any] = {
        "window_seconds": window.RECENT_SECONDS,
        "process": {
            "pid": os.getpid(),
            "memory_mb": round(used.process_bytes / 2**20, 1),
            "write_ms": round(write.seconds * 1000, 1),
            "problem": write.problem,
        },
    }
    if figures is None:
        return details
    recent = figures.recent
    requests = recent.total("request")
    return {
        **details,
        "requests": {
            "count": requests.count,
            "failures": recent.failures("request"),
            "slow": requests.slow,
            "average_ms": _rounded(requests.mean_ms),
            "p50_ms": _rounded(requests.percentile_ms(50)),
            "p95_ms": _rounded(requests.percentile_ms(95)),
            "p99_ms": _rounded(requests.percentile_ms(99)),
        },
        "cache": recent.outcomes("cache"),
        "workers": [
            {
                "host": process.host,
                "role": process.role,
                "pid": process.pid,
                "memory_mb": round(process.memory_bytes / 2**20, 1),
                "started_at": process.started_at.isoformat(),
            }
            for process in figures.workers
        ],
        "database_mb": round(figures.database_bytes / 2**20, 1),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


_watch = Watch()


def check() -> Health:
    """Return how the system is, at most two seconds old."""
    return _watch.check()


def forget() -> None:
    """Have the next ``check`` look again."""
    _watch.forget()
