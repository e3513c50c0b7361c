"""A site, a Chromium and a place for figures, for measurements in a real browser."""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import math
import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.servers import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from playwright.async_api import Playwright

    from tests.proof.chromium.site import Site

    Measure = Callable[[Playwright, Site], Awaitable[dict[str, Any]]]

RESULTS = Path(__file__).parent / "results"


def percentile(figures: Sequence[float], percent: float) -> float:
    """Return the smallest figure that ``percent`` of all do not exceed."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def run(  # noqa: PLR0913 - each has its default
    name: str,
    words: str,
    measure: Callable[..., Awaitable[dict[str, Any]]],
    *,
    on_disk: bool = False,
    has_sample: bool = False,
    application: str = PRODUCT,
    sessions: int | None = None,
) -> None:
    """Measure, print, and keep with ``--write``.

    ``on_disk``: profiles and database lie on a disk, not in memory.  ``has_sample``: the site is
    the sample academy, ``application`` what its server serves.  ``sessions``: how many to measure,
    if ``--sessions`` does not say it; ``measure`` takes them by that name.
    """
    parser = argparse.ArgumentParser(prog=f"scripts/bench {name}", description=words)
    parser.add_argument("--write", action="store_true", help=f"keep bench/results/{name}.json")
    if sessions is not None:
        parser.add_argument("--sessions", type=int, default=sessions, help="how many to measure")
    options = parser.parse_args()
    if sessions is not None:
        measure = functools.partial(measure, sessions=options.sessions)
    if on_disk:
        os.environ["PRIMEPATH_TEST_PARENT"] = "/var/tmp"  # noqa: S108 - a folder of its own in it
    from tests import environment

    environment.prepare()
    import django

    django.setup()
    from tests.proof.chromium import share

    share.collect_static()
    found = json.dumps(
        {**asyncio.run(_measured(measure, has_sample, application)), **circumstances()}, indent=2
    )
    print(found)
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(found + "\n")


def circumstances() -> dict[str, Any]:
    """Return on what and when this was measured."""
    from placement_test.lib import clock

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    version = subprocess.run(
        ["/usr/bin/chromium", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": clock.now().date().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "browser": version.stdout.split(" built")[0].strip(),
    }


async def _measured(measure: Measure, has_sample: bool, application: str) -> dict[str, Any]:
    from playwright.async_api import async_playwright

    from tests.proof.chromium.site import Site

    folder = Path(os.environ["PRIMEPATH_TEST_FOLDER"])
    site = Site(folder, has_sample=has_sample, application=application)
    await site.open()
    try:
        async with async_playwright() as playwright:
            return await measure(playwright, site)
    finally:
        await site.close()
