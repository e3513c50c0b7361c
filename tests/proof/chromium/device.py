"""A Chromium with a profile on disk, behind a network of its own that can be broken."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.proof import proxy
from tests.proof.chromium.site import PLAIN_HOST
from tests.proof.stages import ROOT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from playwright.async_api import BrowserContext, CDPSession, Page, Playwright, Route

    from tests.proof.chromium.site import Seat

OBSERVER = Path(__file__).with_name("observer.js")
# Longer than any step takes on two busy cores.
WAIT_MS = 20_000
GONE_SECONDS = 5
COOKIE_SECONDS = 48 * 3600


class Device:
    """One student's or school's device.

    ``notes`` gets every note of the observer in its pages.  ``modules`` are put in the place of the
    product's own, by the end of their address.
    """

    def __init__(
        self,
        playwright: Playwright,
        port: int,
        *,
        seed: object,
        host: str = "127.0.0.1",
        modules: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._playwright = playwright
        self.proxy = proxy.Proxy(port, seed=seed)
        self.profile = Path(tempfile.mkdtemp(prefix="profile-", dir=_parent()))
        self.host = host
        self.notes: Callable[[dict[str, Any]], None] = _forget
        self.modules = modules
        self._context: BrowserContext | None = None
        self._stopped: list[int] = []

    @property
    def context(self) -> BrowserContext:
        assert self._context is not None, "the browser is not running"
        return self._context

    @property
    def is_running(self) -> bool:
        return self._context is not None

    @property
    def url(self) -> str:
        """The origin that its pages have."""
        return f"http://{self.host}:{self.proxy.port}"

    async def open(self) -> None:
        """Start the browser on its profile, as the device's owner does after whatever happened."""
        if not self.proxy.port:
            await self.proxy.start()
        context = await self._playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"],
            base_url=self.url,
            locale="en-US",
            # A worker's copy would go past what stands in for a module.
            service_workers="block" if self.modules else "allow",
        )
        context.set_default_timeout(WAIT_MS)
        await context.expose_binding("proofNote", self._note)
        await context.add_init_script(path=OBSERVER)
        if self.modules:
            # Pages load scripts that are joined; as they are written, each module has an address.
            await context.route(re.compile(r"/js/pages/[\w-]+\.[0-9a-f]{12}\.js$"), _as_written)
        for name, source in self.modules.items():
            await context.route(re.compile(rf"/{name}\.js$"), _answer(source))
        self._context = context

    async def seat(self, *seats: Seat) -> None:
        """Give the browser the cookies of registered sessions, as their registration does.

        Chromium writes cookies to disk half a minute later, or when it is closed; the longest test
        begins that long after registration, so it is closed here.
        """
        if not self.is_running:
            await self.open()
        for seat in seats:
            await self.context.add_cookies(
                [
                    {
                        "name": seat.cookie,
                        "value": seat.token,
                        "domain": self.host,
                        "path": "/",
                        "httpOnly": True,
                        "sameSite": "Lax",
                        "expires": time.time() + COOKIE_SECONDS,
                    }
                ]
            )
        await self.quit()
        await self.open()

    async def page(self) -> Page:
        """Open a tab; the empty one that a browser starts with is taken first."""
        for page in self.context.pages:
            if page.url == "about:blank":
                return page
        return await self.context.new_page()

    async def leave(self) -> None:
        """Close every tab; an empty one is left."""
        blank = await self.context.new_page()
        for page in self.context.pages:
            if page is not blank:
                await page.close()

    async def kill(self) -> None:
        """End every process of the browser with -9, all in the same moment."""
        for process in self.processes():
            _send(process, signal.SIGKILL)
        context, self._context = self._context, None
        if context is not None:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(context.close(), GONE_SECONDS)
        await self._until_gone()

    async def quit(self) -> None:
        """Close the browser in order; the profile stays."""
        context, self._context = self._context, None
        if context is not None:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(context.close(), GONE_SECONDS)
        for process in self.processes():
            _send(process, signal.SIGKILL)
        await self._until_gone()

    async def discard(self) -> None:
        """Close everything and forget the profile."""
        await self.quit()
        await self.proxy.close()
        await asyncio.to_thread(shutil.rmtree, self.profile, ignore_errors=True)

    def calm_down(self) -> None:
        """Have the network be as it should; what hangs in it is ended."""
        self.proxy.weather = proxy.CALM
        self.proxy.mend()
        self.proxy.reset_all()

    def sleep(self) -> None:
        """Stop the processes that run pages, as a closed lid does."""
        self._stopped = [
            process for process in self.processes() if "--type=renderer" in _command(process)
        ]
        for process in self._stopped:
            _send(process, signal.SIGSTOP)

    def wake(self) -> None:
        """Let them go on."""
        for process in self._stopped:
            _send(process, signal.SIGCONT)
        self._stopped = []

    def processes(self) -> list[int]:
        """Return the ids of this browser's processes: no other's command names the profile."""
        wanted = f"--user-data-dir={self.profile}"
        roots = {
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and wanted in _command(int(entry.name))
        }
        return sorted(roots)

    async def devtools(self, page: Page) -> CDPSession:
        """Return a line to Chromium's own controls of a page."""
        return await self.context.new_cdp_session(page)

    async def _until_gone(self) -> None:
        give_up_at = time.monotonic() + GONE_SECONDS
        while self.processes() and time.monotonic() < give_up_at:
            await asyncio.sleep(0.02)

    async def _note(self, _source: object, text: str) -> None:
        self.notes(json.loads(text))


def _forget(_note: dict[str, Any]) -> None:
    """Take a note that nobody asked for."""


def _answer(source: str) -> Callable[[Route], Awaitable[None]]:
    async def answer(route: Route) -> None:
        await route.fulfill(content_type="text/javascript", body=source)

    return answer


async def _as_written(route: Route) -> None:
    name = route.request.url.rpartition("/")[2].partition(".")[0]
    script = ROOT / "static" / "js" / "pages" / f"{name}.js"
    await route.fulfill(content_type="text/javascript", body=script.read_text())


def _parent() -> str:
    return os.environ["PRIMEPATH_TEST_FOLDER"]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _send(process: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, sign)
