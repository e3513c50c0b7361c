"""The part of the stage that is played on one database: ``share SECONDS ...`` in a process."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from tests import environment
from tests.proof.chromium.controls import CONTROLS
from tests.proof.chromium.scenarios import SCENARIOS
from tests.proof.chromium.site import Site
from tests.proof.chromium.table import Table
from tests.proof.stages import ROOT, StageResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.async_api import Playwright


# The last part of a share; a restored server has a minute to be given everything again.
SERVER_SECONDS = 60
# Of a control that is not caught by then nothing is proved.
CONTROL_HISTORIES = 6


@dataclass(frozen=True, slots=True)
class Share:
    """What to do.  ``tables`` play at once, ``scenarios`` over and over until the time ends."""

    scenarios: tuple[str, ...]
    seconds: float
    seed: int
    tables: int = 2
    rounds: int | None = None
    """Each scenario that often at most."""
    controls: bool = False
    """Whether to run the negative controls as well."""
    server: bool = False
    """Whether to end with what happens to the server."""


def main() -> None:
    """Play a share and write what was seen: ``share FILE SHARE``."""
    file, share = sys.argv[1:]
    environment.prepare()
    import django

    django.setup()
    collect_static()
    result = asyncio.run(play(Share(**json.loads(share))))
    Path(file).write_text(json.dumps(result.as_json()))


def collect_static() -> None:
    """Make the static files as a production server has them."""
    folder = Path(os.environ["PRIMEPATH_TEST_FOLDER"]) / "static"
    os.environ["PRIMEPATH_STATIC_DIR"] = str(folder)
    settings = {key: text for key, text in os.environ.items() if key != "PRIMEPATH_TEST"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"],
        cwd=ROOT,
        env=settings,
        check=True,
    )


async def play(share: Share) -> StageResult:
    """Play a share on the database of this process."""

    result = StageResult(seeds=[f"chromium/{environment.database()}/{share.seed}"])
    ends = time.monotonic() + share.seconds
    site = Site(Path(os.environ["PRIMEPATH_TEST_FOLDER"]))
    await site.open()
    try:
        async with async_playwright() as playwright:
            stage = _Stage(playwright, site, share, result)
            left = SERVER_SECONDS if share.server else 0
            await stage.scenarios(ends - left)
            if share.server:
                await stage.server()
    finally:
        await site.close()
    return result


class _Stage:
    """The tables of one share and what they play."""

    def __init__(
        self, playwright: Playwright, site: Site, share: Share, result: StageResult
    ) -> None:
        self.playwright = playwright
        self.site = site
        self.share = share
        self.result = result

    async def scenarios(self, ends: float) -> None:
        """Play scenarios at all tables until the time is over."""
        turns = _turns(self.share)
        tables = [self.table(number) for number in range(self.share.tables)]

        async def serve(table: Table) -> None:
            for name in turns:
                # A round that is asked for is played, however long the server took to start.
                if self.share.rounds is None and time.monotonic() > ends:
                    return
                await table.play(SCENARIOS[name])

        controls = [self.controls()] if self.share.controls else []
        await asyncio.gather(*controls, *(serve(table) for table in tables))
        for table in tables:
            await self.take(table)

    async def server(self) -> None:
        """Play what happens to the server: nobody else is there meanwhile."""
        table = self.table("server")
        await table.play(SCENARIOS["server_killed"])
        if self.site.is_sqlite:
            await table.play(SCENARIOS["backup_restored"])
            await table.play(SCENARIOS["version_deployed"])
        await self.take(table)

    async def controls(self) -> None:
        """Play with a guard taken away until the checker says so."""
        for name, control in CONTROLS.items():
            table = self.table(name, modules=control.modules())
            played, is_caught = itertools.cycle(control.scenarios), False
            for _ in range(CONTROL_HISTORIES):
                await table.play(SCENARIOS[next(played)])
                # What stops a scenario is no finding of the checker.
                is_caught = any(": session " in problem for problem in table.problems)
                if is_caught:
                    break
            self.result.controls[name] = table.histories if is_caught else None
            await table.close()

    def table(self, name: object, *, modules: Mapping[str, str] = MappingProxyType({})) -> Table:
        """Return a table with dice of its own."""
        dice = random.Random(f"{self.share.seed}/{name}")  # noqa: S311 - the same day each time
        return Table(self.playwright, self.site, dice, modules=modules)

    async def take(self, table: Table) -> None:
        """Close a table and add what it saw."""
        await table.close()
        add(self.result, table)


def add(result: StageResult, table: Table) -> None:
    """Add what a table saw."""
    result.histories += table.histories
    for counts, own in (
        (result.browser_faults, table.faults),
        (result.faults, table.network_faults),
    ):
        for name, count in own.items():
            counts[name] = counts.get(name, 0) + count
    result.violations += table.problems
    for name, figures in table.figures.items():
        result.figures[name] = max(figures)


def _turns(share: Share) -> Iterator[str]:
    number = 0
    while share.rounds is None or number < share.rounds:
        yield from share.scenarios
        number += 1


if __name__ == "__main__":
    main()
