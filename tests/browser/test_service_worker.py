from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as product
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from placement_test.sessions import offline
from placement_test.sessions.access import cookie_name
from tests import sitting
from tests.browser.conftest import ARGUMENTS, CHROMIUM, WAIT_MS
from tests.browser.exam_papers import give_paper, give_track
from tests.browser.test_runner import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Request

    from placement_test.models import Track

pytestmark = pytest.mark.django_db(transaction=True)

ALL_CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      const text = await (await cache.match(url)).text();
      found.push([name, new URL(url).pathname, text]);
    }
  }
  return found;
}"""
KEPT = """async (session) => {
  const cache = await caches.open(`primepath-session-${session}`);
  return (await cache.keys()).map(({ url }) => new URL(url).pathname);
}"""

LATER = "js/modules/code-dialog.js"
WORKERS = """async () => {
  const all = await navigator.serviceWorker.getRegistrations();
  return all.map(({ installing, waiting, active }) =>
    [installing, waiting, active].map((worker) => Boolean(worker)));
}"""
SHELLS = """async () =>
  (await caches.keys()).filter((name) => name.startsWith("primepath-shell-"))"""


class Released:
    """A server with collected files, which can be given a new release."""

    url = ""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.collect()

    def collect(self) -> None:
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
        offline._released_worker.cache_clear()
        offline._released_shell.cache_clear()

    def deploy(self) -> None:
        """Release another text of what pages load later, and so of all that can load it."""
        with (self._source / LATER).open("a") as file:
            file.write("export const release = 2;\n")
        self.collect()


@pytest.fixture
def released(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Released]:
    source = shutil.copytree(product.ROOT / "static", tmp_path / "source")
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.RELEASED = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "placement_test.lib.static_files.ReleaseStorage"},
    }
    # WhiteNoise serves what was collected, also after the server was started.
    settings.WHITENOISE_AUTOREFRESH = True
    monkeypatch.setattr(
        "django.contrib.staticfiles.handlers.StaticFilesHandler", lambda application: application
    )
    release = Released(source)
    server = LiveServer("localhost")
    release.url = server.url
    yield release
    server.stop()


@pytest.fixture
def context(browser: Browser, released: Released) -> Iterator[BrowserContext]:
    """Open an English window that may have a service worker."""
    context = browser.new_context(base_url=released.url, locale="en-US")
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


def with_worker(page: Page) -> Page:
    """Open the welcome page, as every student does first."""
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def test_a_reload_without_network_brings_paper_answers_and_clock_back(
    context: BrowserContext, released: Released
) -> None:
    version = sitting.published(choices=3, shorts=1)
    give_paper(version)
    track = give_track(version)
    student = Desk(context, released.url, version)
    with_worker(student.page)
    student.start()
    student.option(1, 1).check(force=True)
    student.all_saved()

    minutes = minutes_left(student)

    context.set_offline(True)
    student.reload()

    expect(student.option(1, 1)).to_be_checked()
    expect(student.slot("exam-title")).to_have_text(version.exam.title)
    assert minutes - 1 <= minutes_left(student) <= minutes
    images = student.page.locator(".paper-page img")
    expect(images).to_have_count(2)
    assert images.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    student.option(2, 3).check(force=True)
    track_answers_a_range(student, track)

    context.set_offline(False)
    student.all_saved()
    assert student.stored() == [1, 3]

    nothing_secret_is_kept(student)

    ended = student.page.evaluate(
        """async () => {
          const day = 25 * 3600 * 1000;
          const open = indexedDB.open("primepath-answers");
          await new Promise((resolve) => { open.onsuccess = resolve; });
          const sessions = open.result.transaction("sessions", "readwrite").objectStore("sessions");
          const all = sessions.getAll();
          await new Promise((resolve) => { all.onsuccess = resolve; });
          for (const record of all.result) sessions.put({ ...record, closedAt: Date.now() });
          await new Promise((resolve) => { sessions.transaction.oncomplete = resolve; });
          open.result.close();
          const { memoryManager } = window.PrimePath;
          const count = async () =>
            (await caches.keys()).filter((name) => name.startsWith("primepath-session-")).length;
          await memoryManager.collectStorage();
          const before = await count();
          const now = Date.now;
          Date.now = () => now() + day;
          await memoryManager.collectStorage();
          return [before, await count()];
        }"""
    )
    assert ended == [1, 0]


def test_who_reads_what_will_happen_starts_with_three_calls(
    context: BrowserContext, released: Released
) -> None:
    version = sitting.published(choices=3)
    give_paper(version)
    give_track(version)
    student = Desk(context, released.url, version)
    page = with_worker(student.page)
    page.goto(f"/sit/{student.session.id}/")
    # Two pages with their words, the test page, the track.
    until(lambda: len(page.evaluate(KEPT, str(student.session.id))) == 6)
    asked: list[Request] = []
    # Playwright cannot mark a list's own method as a listener.
    context.on("request", lambda each: asked.append(each))  # noqa: PLW0108

    page.locator("[data-start]").click()
    student.opened().option(1, 1).check(force=True)
    student.all_saved()

    addresses = [
        each.url.removeprefix(released.url)
        for each in asked
        if each.url.startswith(released.url) and is_answered_there(each)
    ]
    folder, calls = f"/sit/{student.session.id}", f"/api/sessions/{student.session.id}"
    made = [each for each in addresses if not each.startswith("/static/")]
    wanted = [f"{folder}/test/", f"{calls}/begin/", f"{calls}/answers/"]
    assert made[:3] == wanted
    # On a slow machine the first heartbeat comes before the page says that all is saved.
    assert set(made) == set(wanted)


def test_a_test_goes_on_with_its_release_and_the_next_one_waits_for_its_end(
    context: BrowserContext, released: Released
) -> None:
    student = Desk(context, released.url, sitting.published(choices=3))
    elsewhere = with_worker(context.new_page())
    student.start()
    student.option(1, 1).check(force=True)
    old = staticfiles_storage.url(LATER)
    before = student.page.evaluate(SHELLS)

    released.deploy()
    assert staticfiles_storage.url(LATER) != old
    student.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update())")
    until(lambda: student.page.evaluate(WORKERS) == [[False, True, True]])
    # Another page of this browser knows of the test, and lets the old version serve it.
    elsewhere.goto("/")
    elsewhere.reload()
    assert student.page.evaluate(WORKERS) == [[False, True, True]]
    assert set(before) < set(student.page.evaluate(SHELLS))
    assert "askCode" in student.page.evaluate(f"import('{old}').then(Object.keys)")
    context.set_offline(True)
    student.reload()
    student.option(2, 2).check(force=True)
    context.set_offline(False)
    student.all_saved()
    student.hand_in()

    assert student.stored() == [1, 2]
    until(lambda: student.page.evaluate(WORKERS) == [[False, False, True]])
    until(lambda: len(student.page.evaluate(SHELLS)) == 1)
    assert student.page.evaluate(SHELLS) != before


def test_the_server_ends_the_workers_that_browsers_have(
    context: BrowserContext, released: Released, settings: Any
) -> None:
    page = with_worker(context.new_page())
    assert page.evaluate("caches.keys().then((names) => names.length)") == 1

    settings.SERVICE_WORKER = False
    page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update())")

    until(lambda: page.evaluate(WORKERS) == [])
    assert page.evaluate("caches.keys()") == []
    student = Desk(context, released.url, sitting.published(choices=1)).start()
    student.option(1, 1).check(force=True)
    student.hand_in()
    assert student.stored() == [1]


def test_without_encryption_there_is_no_worker_and_the_test_is_saved(
    browser: Browser, released: Released, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    chromium = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=[*ARGUMENTS, "--host-resolver-rules=MAP school.example 127.0.0.1"],
    )
    address = released.url.replace("localhost", "school.example")
    context = chromium.new_context(base_url=address, locale="en-US")
    student = Desk(context, address, sitting.published(choices=2)).start()
    student.option(1, 1).check(force=True)
    student.all_saved()

    assert student.page.evaluate("[isSecureContext, 'serviceWorker' in navigator]") == [False] * 2
    # No worker has kept what this page has not loaded yet: the server still has it.
    old = staticfiles_storage.url(LATER)
    released.deploy()
    assert staticfiles_storage.url(LATER) != old
    assert "askCode" in student.page.evaluate(f"import('{old}').then(Object.keys)")
    student.hand_in()
    assert student.stored() == [1]
    chromium.close()


def is_answered_there(asked: Request) -> bool:
    """Return whether the server answered: a page, or the worker that asked for it."""
    reply = asked.response()
    return reply is not None and not reply.from_service_worker


def until(holds: Callable[[], bool]) -> None:
    """Wait for what no page shows."""
    end = time.monotonic() + WAIT_MS / 1000
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def minutes_left(student: Desk) -> int:
    time = student.slot("time-text")
    expect(time).to_have_text(re.compile(r"\d"))
    return int(re.sub(r"\D", "", time.inner_text()))


def nothing_secret_is_kept(student: Desk) -> None:
    """Expect no answer, state, token or name in any cache of the browser."""
    name = cookie_name(student.session.id)
    cookies = {cookie["name"]: cookie["value"] for cookie in student.context.cookies()}
    person = student.session.student
    assert person
    secrets = (cookies[name], cookies["pp-csrf"], person.name, "csrf-token")
    cached = [
        (path, text)
        for _, path, text in student.page.evaluate(ALL_CACHED)
        if not path.startswith("/static/")
    ]
    assert cached
    assert [path for path, _ in cached if path.startswith("/api/")] == []
    assert [path for path, text in cached for secret in secrets if secret in text] == []


def track_answers_a_range(student: Desk, track: Track) -> None:
    part = student.page.evaluate(
        """async (address) => {
          const reply = await fetch(address, { headers: { Range: "bytes=4-11" } });
          const { headers } = reply;
          return [reply.status, headers.get("Content-Range"), (await reply.blob()).size];
        }""",
        f"/sit/{student.session.id}/tracks/{track.id}",
    )
    assert part == [206, f"bytes 4-11/{track.size}", 8]
