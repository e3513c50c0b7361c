"""The runner's calls go a shorter way through the server, and are answered the same."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection

from placement_test.monitoring.flushing import recorder
from placement_test.sessions.access import cookie_name
from placement_test.sessions.direct import DirectSaves
from tests import sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from primepath.wsgi import Application
    from tests.sitting import Browser

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a" * 32
Reply = tuple[str, dict[str, str], dict[str, Any]]


@pytest.fixture
def application(transactional_db: None) -> Application:
    """Return what the HTTP server loads; it looks at the database when it is loaded."""
    from primepath.wsgi import application

    return application


@pytest.fixture
def browser() -> Browser:
    return sitting.sitting(sitting.published())


def request(browser: Browser, body: bytes, **changes: str) -> dict[str, Any]:
    """Return a save as the server hands it over."""
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/api/sessions/{browser.session.id}/answers/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": f"{cookie_name(browser.session.id)}={browser.token}; pp-csrf={SECRET}",
        "HTTP_X_CSRFTOKEN": SECRET,
        "HTTP_X_REQUEST_ID": "0123456789",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        **changes,
    }


def ways(application: Application) -> list[Callable[..., Any]]:
    """Return the ways that a save may take, the shortest first."""
    return [application.saves, application.calls, application.whole]


def to_django(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> list[bytes]:
    raise AssertionError("handed to Django")


def answer(respond: Callable[..., Any], environ: dict[str, Any]) -> Reply:
    told: list[Any] = []
    chunks = respond(environ, lambda status, headers: told.append((status, dict(headers))))
    content = b"".join(chunks)
    status, headers = told[0]
    headers.pop("Server-Timing", None)
    return status, headers, json.loads(content) if content else {}


def batch(browser: Browser, *values: object) -> bytes:
    part = parts_of(browser.session.version)[0].id
    content = browser.batch(*[browser.entry(part, value) for value in values])
    return json.dumps({**content, "nonce": "n" * 16}).encode()


def without_moments(reply: Reply) -> Reply:
    status, headers, content = reply
    # A ticket has a number of its own each time.
    moments = {"server_ms", "remaining_ms", "elsewhere_ms", "ticket"}
    kept = {name: value for name, value in content.items() if name not in moments}
    # What a page is protected by, and a JSON reply is not.
    protects_pages = {
        "Content-Security-Policy",
        "X-Frame-Options",
        "Vary",
        "Expires",
        "Content-Length",
    }
    named = {name: value for name, value in headers.items() if name not in protects_pages}
    return status, named, kept


@pytest.mark.parametrize(
    ("path", "is_short"),
    [
        ("/api/sessions/11111111-2222-4333-8444-555555555555/answers/", True),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/answers", False),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/state/", True),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/claim/", True),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/begin/", True),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/submit/", True),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/exam/", True),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/restore/", False),
        ("/api/sessions/11111111-2222-4333-8444-555555555555/nothing/", False),
        ("/x/api/sessions/11111111-2222-4333-8444-555555555555/answers/", False),
        ("/api/sessions/none/answers/", False),
        ("/", False),
    ],
)
def test_a_call_takes_the_short_way_and_everything_else_the_whole_one(
    path: str, is_short: bool
) -> None:
    from primepath.wsgi import CALL

    assert bool(CALL.fullmatch(path)) == is_short


def test_the_test_page_takes_its_own_way_and_is_protected_like_any_page(
    application: Application, browser: Browser
) -> None:
    from primepath.wsgi import TEST_PAGE

    address = f"/sit/{browser.session.id}/test/"
    assert TEST_PAGE.fullmatch(address)
    assert not TEST_PAGE.fullmatch(address.replace("/test/", "/done/"))
    pages = []
    for respond in (application.test_page, application.whole):
        told: list[Any] = []
        changes = {"REQUEST_METHOD": "GET", "PATH_INFO": address}
        reply = respond(
            request(browser, b"", **changes),
            lambda status, headers, told=told: told.append((status, dict(headers))),
        )
        content = re.sub(rb'csrf-token" content="\w+', b"", b"".join(reply))
        status, headers = told[0]
        pages.append((status, headers.keys(), headers["Content-Security-Policy"], content))

    assert pages[0] == pages[1]
    assert pages[0][0] == "200 OK"
    assert pages[0][1] >= {"X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"}


def test_each_short_path_has_its_view() -> None:
    from placement_test.urls import SHORT, calls

    assert [getattr(pattern, "name", "") for pattern in calls] == [f"api-{call}" for call in SHORT]


@pytest.mark.parametrize("call", ["state", "exam", "claim", "begin", "submit"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_call_is_answered_the_same_both_ways(
    application: Application, browser: Browser, call: str, method: str
) -> None:
    body = b"{}" if method == "POST" else b""
    changes = {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/api/sessions/{browser.session.id}/{call}/",
    }
    short, whole = (
        without_moments(answer(respond, request(browser, body, **changes)))
        for respond in (application.calls, application.whole)
    )

    assert short == whole
    assert short[0] != "404 Not Found"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_all_ways_acknowledge_the_same(
    application: Application, browser: Browser, scheme: str
) -> None:
    changes = {
        "wsgi.url_scheme": scheme,
        "HTTP_ORIGIN": f"{scheme}://localhost",
        "SERVER_PORT": {"http": "80", "https": "443"}[scheme],
    }
    direct, short, whole = (
        answer(respond, request(browser, batch(browser, number), **changes))
        for number, respond in enumerate(ways(application))
    )

    for reply in (direct, short, whole):
        assert reply[0] == "200 OK"
        assert [each["status"] for each in reply[2]["accepted"]] == ["applied"]
        assert reply[1].keys() >= {"X-Request-ID", "X-Content-Type-Options", "Cache-Control"}
        # Only where there are words.
        reply[1].pop("Content-Language", None)
    assert without_moments(direct)[1] == without_moments(short)[1] == without_moments(whole)[1]
    assert direct[1]["Content-Length"] == short[1]["Content-Length"]


def test_what_the_product_serves_answers_usual_saves_without_django(
    application: Application, browser: Browser
) -> None:
    assert application.short is application.saves

    status, _headers, content = answer(
        DirectSaves(to_django, "saves"), request(browser, batch(browser, 1))
    )

    assert status == "200 OK"
    assert [each["status"] for each in content["accepted"]] == ["applied"]


UNUSUAL = {
    "another method": {"REQUEST_METHOD": "PUT"},
    "a form": {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
    "JSON with a charset": {"CONTENT_TYPE": "application/json; charset=utf-8"},
    "no length": {"CONTENT_LENGTH": ""},
    "a length that is none": {"CONTENT_LENGTH": "-1"},
    "who may see what it cost": {"HTTP_AUTHORIZATION": "Bearer token"},
    "another host": {"HTTP_HOST": "other.example"},
    "another origin": {"HTTP_ORIGIN": "http://other.example"},
    "HTTPS without origin and referrer": {"wsgi.url_scheme": "https"},
    "another token": {"HTTP_X_CSRFTOKEN": "b" * 32},
    "no token": {"HTTP_X_CSRFTOKEN": ""},
    "no cookies": {"HTTP_COOKIE": ""},
    "a cookie that is no token": {"HTTP_COOKIE": "pp-csrf=x"},
    "another address": {"PATH_INFO": "/api/sessions/none/answers/"},
}


@pytest.mark.parametrize("changes", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_what_is_not_usual_goes_to_django_unread(browser: Browser, changes: dict[str, str]) -> None:
    wanted = request(browser, batch(browser, 1), **changes)

    with pytest.raises(AssertionError, match="handed to Django"):
        DirectSaves(to_django, "saves")(wanted, lambda *_reply: None)
    assert wanted["wsgi.input"].tell() == 0


def test_where_pages_come_by_https_only_a_save_by_http_is_sent_there(
    application: Application, browser: Browser, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    wanted = request(browser, batch(browser, 1))

    with pytest.raises(AssertionError, match="handed to Django"):
        DirectSaves(to_django, "saves")(wanted, lambda *_reply: None)


@pytest.mark.parametrize(
    ("status", "changes"),
    [(200, {}), (413, {"CONTENT_LENGTH": "70000"}), (403, {"HTTP_X_CSRFTOKEN": "b" * 32})],
)
def test_a_save_is_counted_once_and_with_the_same_queries_on_all_ways(
    application: Application, browser: Browser, status: int, changes: dict[str, str]
) -> None:
    counted = []
    for value, respond in enumerate(ways(application)):
        # What only the first one asks for.
        answer(respond, request(browser, batch(browser, value)))
        recorder.take()
        answer(respond, request(browser, batch(browser, value), **changes))
        cells = recorder.take().cells
        counted.append(
            [
                (key.name, key.outcome, cell[0], cell[3])
                for key, cell in cells.items()
                if key.kind == "request"
            ]
        )

    assert counted[0] == counted[1] == counted[2]
    [(name, outcome, times, _queries)] = counted[0]
    route = "api/sessions/<uuid:session_id>/answers/"
    assert (name, outcome, times) == (route, f"POST {status}", 1)


def test_a_save_that_the_database_refuses_may_be_sent_again(
    application: Application, browser: Browser
) -> None:
    def away(*_statement: object) -> None:
        raise OperationalError

    body = batch(browser, 1)
    replies = []
    for respond in ways(application):
        with connection.execute_wrapper(away):
            replies.append(answer(respond, request(browser, body)))

    for status, headers, content in replies:
        assert status == "503 Service Unavailable"
        assert headers["Retry-After"]
        assert content == replies[0][2]


def test_what_stands_before_the_calls_sees_every_save(settings: Any) -> None:
    from primepath.wsgi import Application

    settings.CALL_MIDDLEWARE = [settings.CALL_MIDDLEWARE[0], *settings.CALL_MIDDLEWARE]

    application = Application()

    assert application.short is application.calls


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ("405", {"REQUEST_METHOD": "GET"}),
        ("403", {"HTTP_X_CSRFTOKEN": "b" * 32}),
        ("403", {"HTTP_X_CSRFTOKEN": ""}),
        ("401", {"HTTP_COOKIE": f"pp-csrf={SECRET}"}),
        ("413", {"CONTENT_LENGTH": "70000"}),
        ("400", {"HTTP_HOST": "other.example"}),
        ("404", {"PATH_INFO": "/api/sessions/00000000-0000-4000-8000-000000000000/answers/"}),
    ],
)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_all_ways_refuse_the_same_in_the_same_words(
    application: Application,
    browser: Browser,
    status: str,
    changes: dict[str, str],
    language: str,
) -> None:
    body = batch(browser, 1)
    changes = {"HTTP_ACCEPT_LANGUAGE": language, **changes}
    replies = []
    for respond in ways(application):
        try:
            replies.append(without_moments(answer(respond, request(browser, body, **changes))))
        except json.JSONDecodeError:
            replies.append((status, {}, {}))

    assert replies[0][0].startswith(status)
    assert replies[0] == replies[1] == replies[2]


def test_handing_in_names_the_page_to_go_to(application: Application, browser: Browser) -> None:
    body = json.dumps(
        {
            "submit_id": "11111111-2222-4333-8444-555555555555",
            "writer": browser.writer,
            "last_seq": 0,
            "digest": browser.digest(),
        }
    ).encode()
    changes = {"PATH_INFO": f"/api/sessions/{browser.session.id}/submit/"}

    status, _headers, content = answer(application.calls, request(browser, body, **changes))

    assert status == "200 OK"
    assert content["next"] == f"/sit/{browser.session.id}/done/"


def test_a_body_that_is_no_batch_is_refused_the_same(
    application: Application, browser: Browser
) -> None:
    replies = [
        without_moments(answer(respond, request(browser, b"{"))) for respond in ways(application)
    ]

    assert replies[0][0] == "400 Bad Request"
    assert replies[0] == replies[1] == replies[2]
