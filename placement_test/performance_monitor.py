"""[seed] Measuring operations and requests, and saying how the system is."""

from __future__ import annotations

import asyncio
import functools
import inspect
import re
import time
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from django.db import connection

from placement_test.errors import PlacementError
from placement_test.lib import monitor_access
from placement_test.monitoring import health, report, requests
from placement_test.monitoring.flushing import recorder
from placement_test.query_optimizations import OptimizedQueries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
R = TypeVar("R")

NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
CRASHED = 500


class PerformanceMonitor:
    """The seed's names; used by the product's own services, pages and commands."""

    @staticmethod
    def track_execution_time(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Decorate a function, method, coroutine or generator to count how long each call takes.

        The outcome counts too: ok, refused (an anticipated error), error, cancelled.  Over one
        second raises the slow-operation alert, once a minute for each name.

        :raises ValueError: unless ``name`` is like ``sessions.submit``
        """
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name: use a-z, 0-9, _ and . (64 at most)")

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            if inspect.iscoroutinefunction(function):
                return cast("Callable[P, R]", _tracked_async(name, function))
            if inspect.isgeneratorfunction(function):
                return cast("Callable[P, R]", _tracked_generator(name, function))
            return _tracked(name, function)

        return decorate

    @staticmethod
    def check_system_health() -> dict[str, Any]:
        """Return ``status``, ``checks`` (the seed's strings), ``details`` and ``timestamp``.

        Figures are those of the last five minutes over all workers and hosts; at most two seconds
        old, and never older than the probes' time-outs take.
        """
        return health.check().as_dict()

    @staticmethod
    def get_performance_report(seconds: int = 300) -> dict[str, Any]:
        """Return the figures of the last ``seconds`` over all workers, with recommendations."""
        return report.make(seconds)

    @staticmethod
    def cleanup_old_sessions(days: int = 30, *, dry_run: bool = False) -> int:
        """Archive sessions that ended ``days`` ago; return how many.  No answer is deleted.

        :raises ValueError: for less than a day
        """
        return OptimizedQueries.cleanup_old_sessions(days, dry_run=dry_run)


class PerformanceMiddleware:
    """Count each request by route, method and status, with its queries and database time.

    Stands first in ``MIDDLEWARE``, so that everything below it is measured.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:  # noqa: D102
        if request.path_info in requests.UNWATCHED:
            return self.respond(request)
        queries = request.META.get(requests.COUNTED) or requests.QueryCount()
        status = CRASHED
        try:
            with connection.execute_wrapper(queries):
                response = self.respond(request)
            status = response.status_code
        finally:
            seconds = time.perf_counter() - queries.began
            kind, name = requests.kind_and_name(request)
            recorder.record(
                kind,
                name,
                requests.outcome(request, status),
                seconds,
                queries=queries.count,
                database_seconds=queries.seconds,
            )
        if monitor_access.sees_timing(request):
            response["Server-Timing"] = (
                f"app;dur={seconds * 1000:.1f}, "
                f'db;dur={queries.seconds * 1000:.1f};desc="{queries.count}"'
            )
        return response


def _tracked(name: str, function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def tracked(*args: P.args, **kwargs: P.kwargs) -> R:
        outcome = "error"
        began = time.perf_counter()
        try:
            result = function(*args, **kwargs)
            outcome = "ok"
        except BaseException as error:
            outcome = _outcome_of(error)
            raise
        finally:
            recorder.record("operation", name, outcome, time.perf_counter() - began)
        return result

    return tracked


def _tracked_async(name: str, function: Callable[P, Any]) -> Callable[P, Any]:
    @functools.wraps(function)
    async def tracked(*args: P.args, **kwargs: P.kwargs) -> Any:
        outcome = "error"
        began = time.perf_counter()
        try:
            result = await function(*args, **kwargs)
            outcome = "ok"
        except BaseException as error:
            outcome = _outcome_of(error)
            raise
        finally:
            recorder.record("operation", name, outcome, time.perf_counter() - began)
        return result

    return tracked


def _tracked_generator(
    name: str, function: Callable[P, Iterator[Any]]
) -> Callable[P, Iterator[Any]]:
    """Count the time inside the generator, not that of whoever reads it."""

    @functools.wraps(function)
    def tracked(*args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        outcome, seconds = "ok", 0.0
        made = function(*args, **kwargs)
        try:
            while True:
                began = time.perf_counter()
                try:
                    piece = next(made)
                except StopIteration:
                    return
                finally:
                    seconds += time.perf_counter() - began
                yield piece
        except BaseException as error:
            outcome = _outcome_of(error)
            raise
        finally:
            recorder.record("operation", name, outcome, seconds)

    return tracked


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, PlacementError) and error.status < CRASHED:
        return "refused"
    is_cancelled = isinstance(error, asyncio.CancelledError | GeneratorExit)
    return "cancelled" if is_cancelled else "error"
