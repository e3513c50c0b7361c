"""Products with one guard taken away: modules in the place of the page's own."""

from __future__ import annotations

from dataclasses import dataclass

from tests.proof.stages import ROOT

MODULES = ROOT / "static" / "js" / "modules"


@dataclass(frozen=True, slots=True)
class Control:
    """Changes to a module's source, and the scenarios in which they must show."""

    module: str
    changes: tuple[tuple[str, str], ...]
    scenarios: tuple[str, ...]

    def modules(self) -> dict[str, str]:
        """Return the changed module by its name.

        :raises ValueError: where the source has no such place any more
        """
        source = (MODULES / f"{self.module}.js").read_text()
        for old, new in self.changes:
            if old not in source:
                raise ValueError(f"{self.module}.js does not contain {old!r}")
            source = source.replace(old, new, 1)
        return {self.module: source}


# What every form does: a text counts once its field is left.
BLUR_ONLY = (
    ("return textValue(this.#input.value) !== this.#recorded;", "return false;"),
    ("#typed() {\n    this.#tell();", "#typed() {\n    this.#tell();\n    return;"),
    ("commitAnyway() {\n    this.#record();", "commitAnyway() {"),
    ("#record() {\n    this.#stopTimers();\n    if (!this.isDirty ||", "#record() {\n    if ("),
)
# A clock that counts its own ticks stands still while the device sleeps.
TICKING = """now: (() => {
    let ticks = performance.now();
    setInterval(() => { ticks += 250; }, 250);
    return () => ticks;
  })(),"""
# fetch() resolved with 200, so it must have been saved.
ANY_200 = """{
    reply.body ??= { state: "open" };
    reply.body.accepted ??= Array.from({ length: 9999 }, (_, seq) => ({ seq, status: "applied" }));
    return "saved";
  }"""
# An outbox that is a list in the page, and calls it the device.
IN_THE_PAGE = (
    ("const stores = [memoryStore()];", "const stores = [memoryStore()]; stores[0].level = 'idb';"),
    ("stores.unshift(localStore(window.localStorage));", ""),
    ("if (window.indexedDB) stores.unshift(new IndexedDbStore(window.indexedDB));", ""),
)

CONTROLS = {
    "blur_only_collection": Control(
        "text-field", BLUR_ONLY, ("typed_and_left_alone", "deadline_while_typing")
    ),
    "clock_by_ticks": Control(
        "student-browser",
        (("now: () => performance.now(),", TICKING),),
        ("renderer_slept",),
    ),
    "outbox_dropped_on_any_200": Control(
        "answer-batch",
        (('return isAcknowledgement(reply.body, nonce, session) ? "saved" : "retry";', ANY_200),),
        ("captive_portal",),
    ),
    "no_durable_outbox": Control("student-browser", IN_THE_PAGE, ("closed_while_offline",)),
}
