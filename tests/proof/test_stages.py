"""A tiny version of every stage of the proof keeps every promise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import environment
from tests.browser.conftest import CHROMIUM
from tests.proof import stages
from tests.proof.stages import Budget

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(environment.database() != "sqlite", reason="a stage picks its databases"),
]


@pytest.mark.parametrize("name", [name for name in stages.STAGES if stages.exists(name)])
def test_a_tiny_version_of_the_stage_finds_nothing(name: str) -> None:
    if name == "chromium" and not Path(CHROMIUM).exists() and os.environ.get("CI") != "true":
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")

    result = stages.run(name, Budget("tiny", seconds=5, controls=False))

    assert result.violations == []
    assert result.schedules + result.histories > 0
