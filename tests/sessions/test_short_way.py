"""The runner's calls go a shorter way through the server, and are answered the same."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from placement_test.sessions.access import cookie_name
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


def test_both_ways_acknowledge_the_same(application: Application, browser: Browser) -> None:
    short = answer(application.calls, request(browser, batch(browser, 1)))
    whole = answer(application.whole, request(browser, batch(browser, 2)))

    assert short[0] == "200 OK"
    assert [each["status"] for each in short[2]["accepted"]] == ["applied"]
    assert short[1].keys() >= {"X-Request-ID", "X-Content-Type-Options", "Cache-Control"}
    assert without_moments(short)[1] == without_moments(whole)[1]


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
def test_both_ways_refuse_the_same_in_the_same_words(
    application: Application,
    browser: Browser,
    status: str,
    changes: dict[str, str],
    language: str,
) -> None:
    body = batch(browser, 1)
    changes = {"HTTP_ACCEPT_LANGUAGE": language, **changes}
    replies = []
    for respond in (application.calls, application.whole):
        try:
            replies.append(without_moments(answer(respond, request(browser, body, **changes))))
        except json.JSONDecodeError:
            replies.append((status, {}, {}))

    assert replies[0][0].startswith(status)
    assert replies[0] == replies[1]


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
        without_moments(answer(respond, request(browser, b"{")))
        for respond in (application.calls, application.whole)
    ]

    assert replies[0][0] == "400 Bad Request"
    assert replies[0] == replies[1]
