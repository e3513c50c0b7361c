"""Products with one guard taken away: modules in the place of the page's own."""

from __future__ import annotations

from dataclasses import dataclass

from tests.proof.stages import ROOT

MODULES = ROOT / "static" / "js" / "modules"


Changes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Control:
    """Changes to the sources of modules, and the scenarios in which they must show."""

    changes: dict[str, Changes]
    scenarios: tuple[str, ...]

    def modules(self) -> dict[str, str]:
        """Return the changed modules by their names.

        :raises ValueError: where a source has no such place any more
        """
        return {name: _changed(name, changes) for name, changes in self.changes.items()}


def _changed(name: str, changes: Changes) -> str:
    source = (MODULES / f"{name}.js").read_text()
    for old, new in changes:
        if old not in source:
            raise ValueError(f"{name}.js does not contain {old!r}")
        source = source.replace(old, new, 1)
    return source


# What every form does: a text counts once its field is left.
BLUR_ONLY = (
    ("#typed() {\n    this.#tell();", "#typed() {\n    this.#tell();\n    return;"),
    ("commitAnyway() {\n    this.#record();", "commitAnyway() {"),
)
# A clock that counts its own ticks stands still while the device sleeps.
TICKING = """now: (() => {
    let ticks = performance.now();
    setInterval(() => { ticks += 250; }, 250);
    return () => ticks;
  })(),"""
# fetch() resolved with 200, so it must have been saved.
ANY_200 = (
    (
        'return isAcknowledgement(reply.body, nonce, session) ? "saved" : "retry";',
        """{
    reply.body ??= { state: "open" };
    reply.body.accepted ??= Array.from({ length: 9999 }, (_, seq) => ({ seq, status: "applied" }));
    return "saved";
  }""",
    ),
)
# An outbox that is a list in the page, and calls it the device.
IN_THE_PAGE = (
    ("const stores = [memoryStore()];", "const stores = [memoryStore()]; stores[0].level = 'idb';"),
    ("stores.unshift(localStore(window.localStorage));", ""),
    ("if (window.indexedDB) stores.unshift(new IndexedDbStore(window.indexedDB));", ""),
)

# What is dropped is gone; else a page gives it again as soon as the server counts less.
NOT_KEPT = ('tx.objectStore("kept").put(entry);', "")

CONTROLS = {
    "blur_only_collection": Control(
        {"text-field": BLUR_ONLY}, ("typed_and_left_alone", "deadline_while_typing")
    ),
    "clock_by_ticks": Control(
        {"student-browser": (("now: () => performance.now(),", TICKING),)}, ("renderer_slept",)
    ),
    "outbox_dropped_on_any_200": Control(
        {"answer-batch": ANY_200, "outbox-stores": (NOT_KEPT,)}, ("captive_portal",)
    ),
    "no_durable_outbox": Control({"student-browser": IN_THE_PAGE}, ("closed_while_offline",)),
}
