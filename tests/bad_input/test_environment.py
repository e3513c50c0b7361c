from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.bad_input import tables

ROOT = Path(__file__).parents[2]
CASES = tables.rows("environment")


@pytest.mark.parametrize("case", CASES)
def test_a_variable_that_makes_no_sense_is_named_at_the_start(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = CASES[case]
    monkeypatch.setenv("PRIMEPATH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(row["variable"], row["value"])

    with pytest.raises(ImproperlyConfigured) as raised:
        runpy.run_path(str(ROOT / "primepath" / "settings.py"))

    assert row["variable"] in str(raised.value)
    assert row["message"] in str(raised.value)


@pytest.mark.parametrize("case", ["an unknown database", "a short secret"])
def test_a_command_says_it_on_its_last_line(case: str, tmp_path: Path) -> None:
    row = CASES[case]
    here = {name: value for name, value in os.environ.items() if "PRIMEPATH" not in name}

    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=here | {"PRIMEPATH_DATA_DIR": str(tmp_path), row["variable"]: row["value"]},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    last = run.stderr.strip().splitlines()[-1]
    assert run.returncode != 0
    assert row["variable"] in last
    assert row["message"] in last
