"""A measurement in a process of its own, as ``scripts/bench`` starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import environment

ROOT = Path(__file__).resolve().parent.parent.parent


def measured(name: str, folder: Path, *options: str) -> dict[str, Any]:
    """Return what the measurement has kept, on this test's kind of database."""
    command = [sys.executable, "-m", f"bench.{name}", *options]
    where = [f"--database={environment.database()}", f"--disk={folder}", f"--write={folder}"]
    done = subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found
