from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TAGS = """<script src="{% static 'js/modules/memory-manager.js' %}"></script>
<script src="{% static 'js/modules/error-handler.js' %}"></script>"""

# The seed's samples, as they stand there, around which a page would have its own names.
SAMPLES = """
const timerOf = [];
const setTimeout = (...given) => { timerOf.push(given); return 17; };
const moduleInstance = {destroy() { this.ended = true; }};
const url = "/api/thing/", options = {method: "GET"};

// In your module initialization
window.PrimePath.memoryManager.registerModule('MyModule', moduleInstance);

// Register timers
const timerId = setTimeout(() => {});
window.PrimePath.memoryManager.registerTimer(timerId);

// Instead of: fetch(url, options)
const response = await window.PrimePath.errorHandler.retryAjax(url, options);

const {memoryManager, errorHandler} = window.PrimePath;
const name = "Other", module = {destroy() {}};
const error = new Error("odd"), context = "seed", retryable = true;
const message = "Saved.", type = "success";
memoryManager.registerModule(name, module)
memoryManager.registerTimer(timerId)
const stats = memoryManager.getMemoryStats()  // Monitor usage
memoryManager.cleanup()  // Full cleanup
errorHandler.retryAjax(url, options)  // Auto-retry AJAX
errorHandler.handleError(error, context, retryable);
errorHandler.showNotification(message, type);
"""
HARNESS = """
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import vm from "node:vm";

const [how, root] = process.argv.slice(2);
globalThis.window = Object.assign(new EventTarget(), {
  setTimeout: () => 0, clearTimeout() {}, clearInterval() {},
  location: { origin: "https://test", href: "https://test/", pathname: "/" },
  performance, fetch: async () => new Response("{}"),
});
for (const name of ["memory-manager", "error-handler"]) {
  const file = `${root}/static/js/modules/${name}.js`;
  // A classic script is no module: an export in it would be a syntax error here.
  if (how !== "import") vm.runInThisContext(readFileSync(file, "utf8"), { filename: file });
  if (how !== "script") await import(file);
}
assert.ok(window.PrimePath.errorHandler instanceof window.PrimePath.ErrorHandler);
%s
assert.equal(response.status, 200);
assert.equal(moduleInstance.ended, true);
assert.deepEqual([stats.modules, stats.timers], [2, 1]);
assert.equal(errorHandler.stats().queued, 1);
"""


def test_the_tags_stand_in_the_base_template_before_every_other_script() -> None:
    base = (ROOT / "templates/base.html").read_text(encoding="utf-8")

    scripts = re.findall(r"<script.*?</script>|{% block scripts %}|{% block head %}", base)

    assert scripts[:2] == TAGS.splitlines()


@pytest.mark.parametrize("name", ["memory-manager", "error-handler"])
def test_a_plain_script_exports_and_imports_nothing_at_its_top(name: str) -> None:
    text = (ROOT / f"static/js/modules/{name}.js").read_text(encoding="utf-8")

    assert not re.search(r"^(export|import)\b", text, re.MULTILINE)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
@pytest.mark.parametrize("how", ["script", "import", "both"])
def test_the_samples_work_however_the_scripts_are_loaded(how: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.mjs"
    file.write_text(HARNESS % SAMPLES, encoding="utf-8")

    ran = subprocess.run(
        ["node", str(file), how, str(ROOT)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
