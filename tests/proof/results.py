"""The results of the proof: what is kept between runs, and the report for people."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.proof import stages
from tests.proof.stages import ROOT, StageResult

if TYPE_CHECKING:
    from pathlib import Path

RESULTS = ROOT / "bench" / "results"
# What the proof is about.  Figures of two states of it say nothing together.
PRODUCT = (
    "placement_test/saving",
    "placement_test/sessions",
    "static/js",
    # What the save path passes on its way to the disk.
    "placement_test/lib/sqlite",
    "placement_test/lib/together.py",
    "placement_test/lib/transactions.py",
    "placement_test/migrations",
    "placement_test/query_optimizations.py",
    "primepath/wsgi.py",
)
# What the long form is to show, all stages together.
GOAL_SCHEDULES = 1_000_000
GOAL_HISTORIES = 10_000
GOAL_BROWSER_RESTARTS = 1_000
CONTROLS = (
    "acknowledge_before_commit",
    "last_writer_by_client_clock",
    "no_epoch_fence",
    "outbox_dropped_on_any_200",
    "no_deduplication",
    "same_key_other_content_duplicate",
    "epoch_reused_after_restore",
    "saving_stopped_near_end",
    "cached_state",
    "late_entries_dropped",
    "submit_without_lock",
    "clock_by_ticks",
    "blur_only_collection",
    "durability_off",
)


def product_state() -> str:
    """Return the digest of the save path's sources: server, calls and browser modules."""
    digest = hashlib.sha256()
    for name in PRODUCT:
        place = ROOT / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.suffix in {".py", ".js", ".ts"}:
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def commit() -> str:
    """Return the commit that is checked out, with ``+`` where files differ from it."""
    return _git("rev-parse", "--short=12", "HEAD") + (
        "+" if _git("status", "--porcelain", "--untracked-files=no", "--", *PRODUCT) else ""
    )


@dataclass(slots=True)
class Proof:
    """All that is known at one state of the product."""

    mode: str
    state: str
    commit: str
    stages: dict[str, StageResult] = field(default_factory=dict)
    date: str = ""

    def add(self, name: str, result: StageResult) -> None:
        self.stages.setdefault(name, StageResult()).add(result)
        self.date = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")  # noqa: TID251 - a report

    @property
    def violations(self) -> list[str]:
        return [f"{name}: {each}" for name, run in self.stages.items() for each in run.violations]

    @property
    def controls(self) -> dict[str, int | None]:
        """Histories until each control was caught, by the stage that was quickest."""
        caught: dict[str, int | None] = {}
        for name in CONTROLS:
            tried = [run.controls[name] for run in self.stages.values() if name in run.controls]
            caught[name] = min((each for each in tried if each is not None), default=None)
        return caught

    @property
    def problems(self) -> list[str]:
        """Why this is no proof; empty: it is one."""
        found = [f"violation: {each}" for each in self.violations]
        for name, run in self.stages.items():
            found += [f"control not caught by {name}: {control}" for control in run.uncaught]
        if set(self.stages) == set(stages.STAGES):
            found += [
                f"control caught by nobody: {name}"
                for name, caught in self.controls.items()
                if caught is None
            ]
        return found

    @property
    def browser_restarts(self) -> int:
        """How often a browser or a page was killed, or a page loaded anew."""
        faults = [run.browser_faults for run in self.stages.values()]
        return sum(
            count
            for counts in faults
            for name, count in counts.items()
            if name in {"browser_killed", "page_crashed"} or name.startswith("reloaded")
        )

    def has_reached(self, name: str) -> bool:
        """Return whether a stage has done what the long form is to show."""
        runs = self.stages.values()
        reached = {
            "simulation": sum(run.schedules for run in runs) >= GOAL_SCHEDULES,
            "processes": sum(run.histories for run in runs) >= GOAL_HISTORIES,
            "chromium": self.browser_restarts >= GOAL_BROWSER_RESTARTS,
        }
        return reached[name]

    def as_json(self) -> dict[str, Any]:
        runs = self.stages.values()
        total = StageResult()
        for run in runs:
            total.add(run)
        return {
            "mode": self.mode,
            "schedules": total.schedules,
            "histories": total.histories,
            "runs": total.runs,
            "faults": dict(sorted(total.faults.items())),
            "browser_faults": dict(sorted(total.browser_faults.items())),
            "browser_restarts": self.browser_restarts,
            "violations": len(self.violations),
            "controls": self.controls,
            "seeds": total.seeds,
            "commit": self.commit,
            "date": self.date,
            "product_state": self.state,
            "problems": self.problems,
            "stages": {name: run.as_json() for name, run in self.stages.items()},
        }


def file_of(mode: str) -> Path:
    """Return where the results of ``--quick`` or ``--long`` are kept."""
    return RESULTS / f"prove-{mode}.json"


def begin(mode: str, *, append: bool) -> Proof:
    """Return an empty proof, or what is known already where it is about this very product."""
    fresh = Proof(mode, product_state(), commit())
    file = file_of(mode)
    if not append or not file.exists():
        return fresh
    kept = json.loads(file.read_text())
    if kept["product_state"] != fresh.state:
        return fresh
    fresh.date = kept["date"]
    fresh.stages = {name: stages.from_json(run) for name, run in kept["stages"].items()}
    return fresh


def write(proof: Proof, file: Path | None = None) -> Path:
    """Write the results and the report beside them; whole or not at all."""
    file = file or file_of(proof.mode)
    file.parent.mkdir(parents=True, exist_ok=True)
    for target, text in (
        (file, json.dumps(proof.as_json(), indent=2, ensure_ascii=False) + "\n"),
        (file.with_suffix(".md"), report(proof)),
    ):
        unfinished = target.with_suffix(target.suffix + ".part")
        unfinished.write_text(text)
        unfinished.replace(target)
    return file


def report(proof: Proof) -> str:
    """Return the report for people, as Markdown."""
    facts = proof.as_json()
    verdict = "every promise was kept, every control was caught"
    if proof.problems:
        verdict = f"**{len(proof.problems)} problems**"
    lines = [
        f"# Proof that no answer is lost ({proof.mode})",
        "",
        f"{proof.date}, commit `{proof.commit}`, product state `{proof.state}`: {verdict}.",
        "",
        "| stage | schedules | histories | runs | violations | seconds |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, run in proof.stages.items():
        lines.append(
            f"| {name} | {run.schedules:,} | {run.histories:,} | {run.runs:,}"
            f" | {len(run.violations)} | {run.seconds:,.0f} |"
        )
    lines += [f"| not there yet: {name} |||||" for name in stages.STAGES if not stages.exists(name)]
    lines += _problems(proof)
    lines += _controls(proof)
    for title, counts in (("Faults", facts["faults"]), ("Browser faults", facts["browser_faults"])):
        lines += _table(title, counts)
    for name, run in proof.stages.items():
        lines += _table(f"Covered by {name}", run.coverage)
        lines += _table(f"Measured by {name}", run.figures)
        if run.seeds:
            lines += ["", f"Seeds of {name}: {', '.join(run.seeds)}."]
    return "\n".join(lines) + "\n"


def _problems(proof: Proof) -> list[str]:
    lines = []
    for problem in proof.problems:
        first, _newline, rest = problem.partition("\n")
        lines += ["", f"## {first}", *(["", "```", rest, "```"] if rest else [])]
    return lines


def _controls(proof: Proof) -> list[str]:
    lines = [
        "",
        "## Controls",
        "",
        (
            "Each is the product with one guard taken away; the figure says how many schedules or"
            " histories it took until the checker caught it."
        ),
        "",
        f"| control | {' | '.join(proof.stages)} |",
        f"|---|{'--:|' * len(proof.stages)}",
    ]
    for name in CONTROLS:
        cells = [
            "" if name not in run.controls else str(run.controls[name] or "**not caught**")
            for run in proof.stages.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _table(title: str, counts: dict[str, Any]) -> list[str]:
    if not counts:
        return []
    rows = [
        f"| {name} | {count:,.2f} |" if isinstance(count, float) else f"| {name} | {count:,} |"
        for name, count in counts.items()
    ]
    return ["", f"## {title}", "", "| | |", "|---|--:|", *rows]


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],  # noqa: S607 - the git of whoever runs this
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
