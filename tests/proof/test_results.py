"""What is kept of runs of the proof, and when it is no proof."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.proof import results, stages
from tests.proof.results import CONTROLS, Proof
from tests.proof.stages import StageResult

if TYPE_CHECKING:
    from pathlib import Path

EVERY_CONTROL: dict[str, int | None] = dict.fromkeys(CONTROLS, 3)


def proof_of(**runs: StageResult) -> Proof:
    proof = Proof("quick", "0123456789abcdef", "707277e")
    for name, run in runs.items():
        proof.add(name, run)
    return proof


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    return tmp_path


def test_runs_add_up_and_are_kept(folder: Path) -> None:
    proof = results.begin("long", append=True)
    proof.add("simulation", StageResult(schedules=10, faults={"loss": 2}, seeds=["1-10"]))
    results.write(proof)

    again = results.begin("long", append=True)
    again.add("simulation", StageResult(schedules=5, faults={"loss": 1, "crash": 4}))
    facts = json.loads(results.write(again).read_text())

    assert (facts["schedules"], facts["faults"]) == (15, {"crash": 4, "loss": 3})
    assert (facts["seeds"], facts["violations"], facts["problems"]) == (["1-10"], 0, [])
    assert set(facts) >= {"histories", "runs", "browser_faults", "controls", "commit", "date"}
    assert "15" in (folder / "prove-long.md").read_text()


def test_a_stage_has_reached_its_goal_when_all_stages_together_have() -> None:
    proof = proof_of(
        simulation=StageResult(schedules=results.GOAL_SCHEDULES),
        processes=StageResult(histories=results.GOAL_HISTORIES - 5),
        chromium=StageResult(
            histories=5, browser_faults={"browser_killed": 400, "reloaded": 599, "offline": 9}
        ),
    )
    assert [proof.has_reached(name) for name in stages.STAGES] == [True, True, False]

    proof.add("chromium", StageResult(browser_faults={"reloaded_while_it_loads": 1}))

    assert proof.has_reached("chromium")
    assert proof.as_json()["browser_restarts"] == results.GOAL_BROWSER_RESTARTS


def test_figures_of_another_state_of_the_product_are_not_added(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = results.begin("long", append=True)
    proof.add("simulation", StageResult(schedules=10))
    results.write(proof)
    monkeypatch.setattr(results, "product_state", lambda: "another")

    assert results.begin("long", append=True).stages == {}
    assert results.begin("long", append=False).stages == {}


def test_a_run_without_append_begins_anew(folder: Path) -> None:
    proof = results.begin("quick", append=False)
    proof.add("simulation", StageResult(schedules=10))
    results.write(proof)

    assert results.begin("quick", append=False).stages == {}
    assert results.begin("quick", append=True).stages["simulation"].schedules == 10


def test_a_violation_is_a_problem_and_stands_in_the_report() -> None:
    proof = proof_of(simulation=StageResult(violations=["no_gaps: seed 7\nstep 1\nstep 2"]))

    assert proof.problems == ["violation: simulation: no_gaps: seed 7\nstep 1\nstep 2"]
    assert "step 2" in results.report(proof)


def test_a_control_that_a_stage_did_not_catch_is_a_problem() -> None:
    proof = proof_of(simulation=StageResult(controls={"no_epoch_fence": None}))

    assert proof.problems == ["control not caught by simulation: no_epoch_fence"]


def test_a_whole_proof_needs_every_control_caught_by_somebody() -> None:
    runs = {name: StageResult() for name in stages.STAGES}
    runs["simulation"].controls = {**EVERY_CONTROL}
    del runs["simulation"].controls["durability_off"]

    assert proof_of(**runs).problems == ["control caught by nobody: durability_off"]
    runs["processes"].controls = {"durability_off": 12}
    assert proof_of(**runs).problems == []
    assert proof_of(**runs).controls == {**EVERY_CONTROL, "durability_off": 12}


def test_the_state_of_the_product_is_that_of_the_save_path() -> None:
    assert len(results.product_state()) == 16
    assert results.product_state() == results.product_state()


def test_a_stage_that_breaks_down_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stages.STAGES, "chromium", "tests.proof.history")  # has no run()

    result = stages.run("chromium", stages.Budget("tiny", 20))

    assert result.violations == ["the stage chromium ended with 1"]
