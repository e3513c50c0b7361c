from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from placement_test.sessions.access import cookie_name
from tests import sitting
from tests.browser.exam_papers import give_paper, give_track
from tests.browser.test_runner import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer

    from placement_test.models import Track

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

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


def test_a_reload_without_network_brings_paper_answers_and_clock_back(
    browser: Browser, live_server: LiveServer
) -> None:
    version = sitting.published(choices=3, shorts=1)
    give_paper(version)
    track = give_track(version)
    context = browser.new_context(base_url=live_server.url, locale="en-US")
    context.set_default_timeout(15_000)
    student = Desk(context, live_server, version)
    student.page.goto("/")
    student.page.evaluate("navigator.serviceWorker.register('/sw.js')")
    student.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
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
    context.close()


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
