from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from django.core.management import get_commands, load_command_class

from tests.deploy.settings_of_production import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ANALYZE = "/usr/bin/systemd-analyze"
UNITS = ROOT / "deploy" / "systemd"
SLOT = "/srv/primepath/slots/%i"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the service with the folder of this code in the place of a slot."""
    if not shutil.which(ANALYZE):
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    copy = tmp_path / "primepath@.service"
    copy.write_text((UNITS / "primepath@.service").read_text().replace(SLOT, str(ROOT)))
    return copy


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ANALYZE, *words], capture_output=True, text=True, check=False, timeout=50
    )


def test_systemd_understands_every_line_of_the_service(unit: Path) -> None:
    found = analyze("verify", "--man=no", str(unit.with_name("primepath@8000.service")))

    ours = [line for line in found.stderr.splitlines() if "primepath" in line]
    assert ours == []


def test_systemd_understands_the_nightly_backup(tmp_path: Path, unit: Path) -> None:
    for name in ("primepath-backup.service", "primepath-backup.timer"):
        text = (UNITS / name).read_text().replace("/srv/primepath/current", str(ROOT))
        (tmp_path / name).write_text(text)

    found = analyze("verify", "--man=no", str(tmp_path / "primepath-backup.timer"))

    assert [line for line in found.stderr.splitlines() if "primepath" in line] == []


def test_the_service_may_do_little_beside_serving(unit: Path) -> None:
    found = analyze("security", "--offline=true", "--threshold=20", str(unit))

    assert found.returncode == 0, found.stdout[-300:]


@pytest.mark.parametrize("name", ["primepath@.service", "web-only.conf"])
def test_the_units_name_options_that_the_command_has(name: str) -> None:
    command = re.findall(r"manage\.py (\w+) (.+)", (UNITS / name).read_text())

    ((program, options),) = command
    parser = load_command_class(get_commands()[program], program).create_parser("", program)
    given = parser.parse_args(options.replace("%i", "8001").split())

    assert given.port == 8001
    assert given.web_only == (name == "web-only.conf")
