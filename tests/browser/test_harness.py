from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from tests.browser.watching import Watch

POLICY = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'"


def serve(page: Page, body: str, *, status: int = 200) -> None:
    def fulfil(route: Route) -> None:
        html = f"<!doctype html><html lang='en'><title>Harness</title><main>{body}</main>"
        headers = {"Content-Type": "text/html", "Content-Security-Policy": POLICY}
        route.fulfill(status=status, body=html, headers=headers)

    page.route("**/harness", fulfil)
    page.goto("/harness")


@pytest.mark.provokes("boom")
def test_notices_an_uncaught_error(page: Page, watch: Watch) -> None:
    serve(page, "<h1>Harness</h1>")

    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('boom') }) }")

    assert watch.problems == ["uncaught: boom"]


@pytest.mark.provokes("Content Security Policy")
def test_notices_what_the_content_security_policy_blocks(page: Page, watch: Watch) -> None:
    serve(page, "<h1>Harness</h1><script>document.title = 'changed'</script>")

    assert page.title() == "Harness"
    assert len(watch.problems) == 1
    assert watch.problems[0].startswith("console: Executing inline script violates")


@pytest.mark.provokes("127.0.0.2", "ERR_CONNECTION_REFUSED")
def test_notices_a_request_to_another_host(page: Page, watch: Watch) -> None:
    page.route("**/empty", lambda route: route.fulfill(body="<title>Empty</title>"))
    page.goto("/empty")

    page.evaluate("() => fetch('http://127.0.0.2:9/pixel', {mode: 'no-cors'}).catch(() => {})")

    assert "third party: GET http://127.0.0.2:9/pixel" in watch.problems


@pytest.mark.provokes("500")
def test_notices_a_server_error(page: Page, watch: Watch) -> None:
    serve(page, "<h1>Harness</h1>", status=500)

    assert any(problem.startswith("server: 500 http://") for problem in watch.problems)


def test_axe_finds_a_field_without_a_label(page: Page, axe: Callable[[Page], None]) -> None:
    serve(page, "<h1>Harness</h1><input>")

    with pytest.raises(AssertionError, match=r"label \(critical\)"):
        axe(page)


def test_axe_accepts_a_plain_page(page: Page, axe: Callable[[Page], None]) -> None:
    serve(page, "<h1>Harness</h1><label>Name <input></label>")

    axe(page)
