from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from placement_test.sessions.access import cookie_name
from tests import builders
from tests.security.academy_with_two_campuses import World, world
from tests.security.addresses import addresses

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

pytestmark = pytest.mark.django_db

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SELF = "'self'"
NONE = "'none'"
POLICY = {
    "default-src": {NONE},
    "script-src": {SELF},
    "style-src": {SELF},
    "img-src": {SELF, "data:", "blob:"},
    "media-src": {SELF, "blob:"},
    "font-src": {SELF},
    "connect-src": {SELF},
    "worker-src": {SELF},
    "manifest-src": {SELF},
    "form-action": {SELF},
    "frame-ancestors": {NONE},
    "base-uri": {NONE},
    "object-src": {NONE},
}
# What a page would need an exception of the policy for.
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(?:src=|type=\"application/json\"))"
)
ELSEWHERE = re.compile(r'(?:src|href|action)="(?:https?:)?//')


def policy_of(reply: Reply) -> dict[str, set[str]]:
    pieces = [piece.split() for piece in reply["Content-Security-Policy"].split(";")]
    return {name: set(values) for name, *values in pieces}


def all_replies(ground: World) -> dict[str, Reply]:
    replies = {}
    for address in addresses():
        for actor in ("anonymous", "student", "director"):
            if not address.name.startswith("readyz"):
                reply = ground.clients[actor].get(ground.url(address))
                replies[f"{actor} {address.name}"] = reply
                if reply.streaming:
                    reply.getvalue()  # to the end, where the file is closed
    replies["anonymous 404"] = ground.clients["anonymous"].get("/no-such-page/")
    wrong = ground.clients["anonymous"].post(reverse("staff-login"), {"username": "x"})
    replies["anonymous 422"] = wrong
    strict = Client(enforce_csrf_checks=True)
    replies["csrf page"] = strict.post("/", {"code": "x"})
    replies["csrf call"] = strict.post(f"/api/sessions/{ground.browser.session.pk}/begin/", {})
    return replies


def test_every_reply_has_the_strict_policy_and_the_headers() -> None:
    replies = all_replies(world())

    policies = {where: policy_of(reply) for where, reply in replies.items()}
    headers = {
        where: {name: reply.headers.get(name) for name in HEADERS}
        for where, reply in replies.items()
    }

    assert {where: policy for where, policy in policies.items() if policy != POLICY} == {}
    assert {where: found for where, found in headers.items() if found != HEADERS} == {}


def test_no_page_needs_an_exception_of_the_policy() -> None:
    replies = all_replies(world())

    pages = {
        where: reply.content.decode()
        for where, reply in replies.items()
        if reply.headers["Content-Type"].startswith("text/html")
    }

    assert len(pages) > 100
    found = {where: INLINE.findall(page) + ELSEWHERE.findall(page) for where, page in pages.items()}
    assert {where: pieces for where, pieces in found.items() if pieces} == {}


def test_no_cache_keeps_a_call_or_a_page_of_staff() -> None:
    replies = all_replies(world())

    kept = {
        where: reply.headers.get("Cache-Control", "")
        for where, reply in replies.items()
        if is_personal(where, reply) and "no-store" not in reply.headers.get("Cache-Control", "")
    }

    assert kept == {}


def is_personal(where: str, reply: Reply) -> bool:
    """Files never change and are private; the exam may stay five minutes in the own browser."""
    name = where.split(" ")[1]
    if name in {"api-exam", "staff-page-image", "staff-track-file"} or reply.status_code != 200:
        return False
    return name.startswith(("api-", "staff-", "sit-")) and name not in {
        "sit-shell",
        "sit-page",
        "sit-words",
        "sit-track",
    }


def test_what_may_be_kept_is_kept_by_the_own_browser_alone() -> None:
    replies = all_replies(world())

    told = {
        name: replies[f"student {name}"]["Cache-Control"]
        for name in ("api-exam", "sit-page", "sit-words", "sit-track")
    }

    assert {name for name, value in told.items() if "private" not in value} == set()


def cookies_of(client: Client) -> dict[str, tuple[bool, str, bool]]:
    return {
        name: (bool(cookie["httponly"]), cookie["samesite"], bool(cookie["secure"]))
        for name, cookie in client.cookies.items()
        if cookie.value
    }


def visited() -> tuple[Client, Client, str]:
    """Return the browsers of a student who registered and of a teacher who logged in."""
    from placement_test.models import StudentSession
    from tests import sitting

    builders.academy()
    builders.rule_set()
    sitting.published().exam.levels.set(builders.curriculum())
    builders.staff()
    student, teacher = Client(), Client()
    url = f"/test/{builders.event().pk}/"
    student.get(url)
    student.post(url, {"name": "Min-ji", "grade": "5", "rank": "10"})
    student.post("/language/", {"language": "en", "next": "/"})
    teacher.get(reverse("staff-login"))
    sent = {"username": "teacher", "password": builders.PASSWORD}
    assert teacher.post(reverse("staff-login"), sent).status_code == 302
    return student, teacher, cookie_name(StudentSession.objects.get().pk)


def test_scripts_read_no_cookie_and_other_sites_send_none() -> None:
    student, teacher, session = visited()

    assert cookies_of(student) == {
        "pp-csrf": (True, "Lax", False),
        session: (True, "Lax", False),
        "pp-language": (False, "Lax", False),
    }
    assert cookies_of(teacher) == {
        "pp-csrf": (True, "Lax", False),
        "pp-staff": (True, "Lax", False),
    }


def test_under_https_every_cookie_is_secure_and_the_students_is_pinned(settings: Any) -> None:
    settings.HTTPS = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LANGUAGE_COOKIE_SECURE = True

    student, teacher, session = visited()

    assert session.startswith("__Host-pp-")
    assert student.cookies[session]["path"] == "/"
    assert student.cookies[session]["domain"] == ""
    assert {name: facts[2] for name, facts in cookies_of(student).items()} == {
        "pp-csrf": True,
        session: True,
        "pp-language": True,
    }
    assert {facts[2] for facts in cookies_of(teacher).values()} == {True}


def test_the_settings_of_https_follow_one_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    import runpy
    from pathlib import Path

    monkeypatch.setenv("PRIMEPATH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRIMEPATH_HTTPS", "1")

    made = runpy.run_path(str(Path(__file__).parents[2] / "primepath" / "settings.py"))

    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE", "HTTPS")
    assert [made[name] for name in names] == [True] * 4
    assert made["SECURE_HSTS_SECONDS"] >= 31_536_000
