from __future__ import annotations

import json

import pytest

from placement_test.browser_errors import rules
from tests.browser_errors.reports import batch, report


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at run (http://host/a.js?v=1&name=Kim:3:5)", "at run (http://host/a.js:3:5)"),
        ("GET /staff/students/?q=Kim failed", "GET /staff/students/ failed"),
        ("ends /staff/?q=Kim", "ends /staff/"),
        ("call 010-1234-5678 now", "call # now"),
        ("call 01012345678 now", "call # now"),
        ("call +82 10 1234 5678 now", "call # now"),
        ("at run (http://host/a.js:123456:12345)", "at run (http://host/a.js:123456:12345)"),
        ("no student 김민지 here", "no student … here"),
        ('value "Kim Min-ji" is odd', 'value "…" is odd'),
        ("reading 'length'", "reading 'length'"),
        ("mail min.ji@example.com", "mail …"),
        ("/sit/3f2a0c1e-8f0b-4a7e-9d52-0123456789ab/test/", "/sit/…/test/"),
        ("null\x00byte", "nullbyte"),
    ],
)
def test_takes_out_of_a_text_what_may_name_a_person(text: str, expected: str) -> None:
    assert rules.scrubbed(text) == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 Chrome/142.0.0.0 Safari/537.36", "Chrome"),
        ("Mozilla/5.0 Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge"),
        ("Mozilla/5.0 Chrome/142.0.0.0 Whale/4.30 Safari/537.36", "Whale"),
        ("Mozilla/5.0 (Linux) SamsungBrowser/28.0 Chrome/130.0 Safari/537.36", "Samsung Internet"),
        ("Mozilla/5.0 (iPad) AppleWebKit/605.1 Version/18.0 Safari/604.1", "Safari"),
        ("Mozilla/5.0 (X11; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox"),
        ("curl/8.0", "Other"),
    ],
)
def test_names_the_family_of_a_browser(agent: str, expected: str) -> None:
    assert rules.browser_family(agent) == expected


def test_cuts_what_is_long_and_keeps_what_tells_errors_apart() -> None:
    sent = report(message="m" * 9000, stack="s" * 9000, context="w" * 900, page="/staff/?q=Kim")

    read = rules.batch(batch(sent).encode()).reports[0]

    assert (len(read.message), len(read.stack), len(read.context)) == (300, 2000, 80)
    assert read.path == "/staff/"


def test_numbers_and_releases_do_not_tell_errors_apart() -> None:
    one = report(message="item 17", stack="at a (/static/js/a.0123456789ab.js:3:5)")
    other = report(message="item 4", stack="at a (/static/js/a.ba9876543210.js:12:1)")

    first, second = rules.batch(batch(one, other).encode()).reports

    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize("facts", [{"message": "else"}, {"kind": "handled"}, {"context": "import"}])
def test_message_kind_and_context_tell_errors_apart(facts: dict[str, object]) -> None:
    first, second = rules.batch(batch(report(), report(**facts)).encode()).reports

    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "[" * 9000,
        json.dumps({"batch": "a" * 32}),
        json.dumps({"batch": 7, "reports": [report()]}),
        json.dumps({"batch": "Kim Min-ji", "reports": [report()]}),
        batch(),
        batch(*[report()] * 21),
        batch("text"),
        batch(report(kind="other")),
        batch(report(kind=["uncaught"])),
        batch(report(count=0)),
        batch(report(count=True)),
        batch(report(count=10**9)),
        batch(report(message=None)),
    ],
    # The bodies hold random ids: names of their own would differ between test processes.
    ids=range(16),
)
def test_refuses_what_no_page_sends(body: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        rules.batch(body.encode())
