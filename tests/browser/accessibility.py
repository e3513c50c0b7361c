"""Check a page with axe-core against WCAG 2.2 AA and axe's own best practices."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """axe.run(document, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""
# A colour in the middle of a transition is nobody's contrast; what never ends is not waited for.
SETTLED = """Promise.race([
  Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(() => true),
  new Promise((resolve) => setTimeout(resolve, 1000)),
])"""


def check(page: Page) -> None:
    """Fail with one paragraph for each rule that ``page`` breaks, as it stands now.

    axe runs in a JavaScript world of its own: the page's content security policy does not block
    it, and it leaves nothing behind.
    """
    violations = _violations(page)
    assert not violations, f"{page.url}\n" + "\n".join(map(_paragraph, violations))


def _violations(page: Page) -> list[dict[str, Any]]:
    session = page.context.new_cdp_session(page)
    try:
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})

        def run(expression: str) -> Any:
            reply = session.send(
                "Runtime.evaluate",
                {
                    "expression": expression,
                    "contextId": world["executionContextId"],
                    "awaitPromise": True,
                    "returnByValue": True,
                },
            )
            assert "exceptionDetails" not in reply, reply["exceptionDetails"]
            return reply["result"].get("value")

        run(SETTLED)
        run(f"{_source()}; undefined")
        violations: list[dict[str, Any]] = run(RUN)["violations"]
    finally:
        session.detach()
    return violations


@functools.cache
def _source() -> str:
    if not AXE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is missing: scripts/setup dev, with npm installed")
        pytest.skip("axe-core is missing: scripts/setup dev, with npm installed")
    return AXE.read_text()


def _paragraph(violation: dict[str, Any]) -> str:
    lines = [f"- {violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        target = " ".join(map(str, node["target"]))
        lines += [f"    {target}", f"      {node['html'][:200]}"]
        lines += [
            f"      {reason['message']}" for reason in (*node["any"], *node["all"], *node["none"])
        ]
    return "\n".join(lines)
