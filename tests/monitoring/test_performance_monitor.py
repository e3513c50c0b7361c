from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from placement_test.errors import SessionEnded
from placement_test.lib import cache
from placement_test.models import StaffUser
from placement_test.monitoring.flushing import recorder
from placement_test.performance_monitor import PerformanceMonitor
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest
    from django.test import Client

track = PerformanceMonitor.track_execution_time


def counted(kind: str = "operation") -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for key, cell in recorder.take().cells.items():
        if key.kind == kind:
            found[key.name, key.outcome] = found.get((key.name, key.outcome), 0) + cell[0]
    return found


class Exam:
    @track("exam.save")
    def save(self, title: str) -> str:
        """Save it."""
        return f"{title} saved"

    @track("exam.render")
    async def render(self, page: int) -> int:
        await asyncio.sleep(0)
        return page


def test_counts_methods_and_coroutines_and_leaves_them_as_they_were() -> None:
    exam = Exam()

    assert (exam.save("Spring"), asyncio.run(exam.render(3))) == ("Spring saved", 3)

    assert (Exam.save.__name__, Exam.save.__doc__) == ("save", "Save it.")
    assert counted() == {("exam.save", "ok"): 1, ("exam.render", "ok"): 1}


def fail(error: BaseException) -> Callable[[], None]:
    @track("failing")
    def failing() -> None:
        raise error

    return failing


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ZeroDivisionError(), "error"),
        (SessionEnded(), "refused"),
        (KeyboardInterrupt(), "error"),
    ],
)
def test_counts_failures_by_what_they_mean(error: BaseException, outcome: str) -> None:
    with pytest.raises(type(error)):
        fail(error)()

    assert counted() == {("failing", outcome): 1}


def test_counts_a_cancelled_coroutine() -> None:
    @track("waiting")
    async def waiting() -> None:
        await asyncio.sleep(10)

    async def cancel() -> None:
        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())

    assert counted() == {("waiting", "cancelled"): 1}


def test_counts_the_time_inside_a_generator_only() -> None:
    @track("export")
    def lines() -> Iterator[int]:
        yield 1
        yield 2

    for _line in lines():
        time.sleep(0.05)

    taken = recorder.take().cells
    assert [(key.name, key.outcome, cell[0]) for key, cell in taken.items()] == [
        ("export", "ok", 1)
    ]
    assert next(iter(taken.values()))[1] < 50_000


@pytest.mark.parametrize("name", ["", "Save", "save exam", "sessions/7", "9", "a" * 65])
def test_refuses_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        track(name)


# Requests


def two_queries(_request: HttpRequest, number: int) -> HttpResponse:
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute("SELECT 1")
    return HttpResponse(str(number))


def crash(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("things/<int:number>/", two_queries),
    path("crash/", crash),
    path("livez", two_queries, {"number": 1}),
]


@pytest.fixture
def _urls() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.mark.usefixtures("_urls")
@pytest.mark.django_db
def test_counts_requests_by_route_method_and_status_with_their_queries(client: Client) -> None:
    builders.academy()
    client.raise_request_exception = False
    for number in (7, 8):
        client.get(f"/things/{number}/")
    client.post("/things/9/")
    client.get("/crash/")
    client.get("/nowhere/12345/")
    client.generic("BREW", "/things/9/")
    client.get("/livez")

    taken = recorder.take().cells
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for key, cell in taken.items():
        if key.kind == "request":
            count, queries = found.get((key.name, key.outcome), (0, 0))
            found[key.name, key.outcome] = (count + cell[0], queries + cell[3])

    academy = 1  # of the first request: its zone; the error pages have it cached
    assert found == {
        ("things/<int:number>/", "GET 200"): (2, 4 + academy),
        ("things/<int:number>/", "POST 200"): (1, 2),
        ("things/<int:number>/", "OTHER 200"): (1, 2),
        ("crash/", "GET 500"): (1, 0),
        ("<unmatched>", "GET 404"): (1, 0),
    }


@pytest.mark.django_db
def test_says_what_a_reply_cost_to_staff_and_to_the_token_only(client: Client) -> None:
    builders.academy()
    teacher = builders.staff(role=StaffUser.Role.TEACHER)

    anonymous = client.get("/staff/login/").headers
    with override_settings(MONITOR_TOKEN="secret"):  # noqa: S106
        token = client.get("/staff/login/", headers={"Authorization": "Bearer secret"}).headers
        wrong = client.get("/staff/login/", headers={"Authorization": "Bearer"}).headers
    client.force_login(teacher)
    staff = client.get("/staff/").headers

    assert [("Server-Timing" in headers) for headers in (anonymous, wrong, token, staff)] == [
        False,
        False,
        True,
        True,
    ]
    assert staff["Server-Timing"].startswith("app;dur=")


def test_counts_look_ups_in_the_cache() -> None:
    for _ in range(3):
        cache.remember(cache.key("exam", 7), 60, lambda: "made")

    assert counted("cache") == {("exam", "miss"): 1, ("exam", "hit"): 2}
