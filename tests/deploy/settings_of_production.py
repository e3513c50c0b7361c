"""``deploy/primepath.env.example`` with the folders of a test, as systemd and sh read it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "primepath.env.example"
HOME = "/srv/primepath"


def variables(folder: Path, **changes: str) -> dict[str, str]:
    """Return the whole environment of a process that runs with the example in ``folder``."""
    return {**_elsewhere(), **_said(EXAMPLE.read_text().replace(HOME, str(folder))), **changes}


def write(file: Path, folder: Path, **changes: str) -> None:
    """Write the example for ``folder`` where a unit or a script reads it."""
    said = _said(EXAMPLE.read_text().replace(HOME, str(folder))) | changes
    file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in said.items()))
    file.chmod(0o640)


def _said(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


def _elsewhere() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "PRIMEPATH" not in name}
