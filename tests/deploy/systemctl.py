"""``systemctl`` for machines without systemd: does with the unit's own lines what it would do.

It knows is-active, start, stop, enable, disable and reset-failed for ``primepath@PORT``.  STAND_IN
is the folder where it notes what it started; PRIMEPATH_HOME and PRIMEPATH_ENV are where the paths
of the unit lie.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "primepath@.service"


def main() -> int:
    """Do one thing to one unit; return its status."""
    verb, name = [word for word in sys.argv[1:] if not word.startswith("-")]
    note = Path(os.environ["STAND_IN"]) / name
    pid = int(note.read_text()) if note.exists() else 0
    if verb == "is-active":
        return 0 if is_alive(pid) else 3
    if verb == "start" and not is_alive(pid):
        note.write_text(str(start(name.partition("@")[2])))
    if verb == "stop" and is_alive(pid):
        os.kill(pid, signal.SIGTERM)
        while is_alive(pid):
            time.sleep(0.05)
    return 0


def is_alive(pid: int) -> bool:
    """Return whether the process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def start(instance: str) -> int:
    """Start the unit's command; return its process."""
    lines = dict(re.findall(r"^(\w+)=(.+)$", UNIT.read_text(), re.MULTILINE))
    moved = {
        name: line.replace("%i", instance)
        .replace("/srv/primepath", os.environ["PRIMEPATH_HOME"])
        .replace("/etc/primepath/primepath.env", os.environ["PRIMEPATH_ENV"])
        for name, line in lines.items()
    }
    said = Path(moved["EnvironmentFile"]).read_text().splitlines()
    given = dict(shlex.split(line)[0].split("=", 1) for line in said if line)
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with (Path(os.environ["STAND_IN"]) / f"{instance}.log").open("ab") as log:
        process = subprocess.Popen(
            shlex.split(moved["ExecStart"]),
            cwd=moved["WorkingDirectory"],
            env=plain | given,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            umask=int(moved["UMask"], 8),
            start_new_session=True,
        )
    return process.pid


if __name__ == "__main__":
    sys.exit(main())
