"""Machines of a test: network namespaces on a bridge, with addresses that the run makes itself.

The first namespace (where the test runs) is on the bridge too, as a machine among the others.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import environment
from tests.servers import stop_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IP = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin")
PREFIX = "pp"
# Of the addresses that are for private networks; a real one here is passed over.
NETWORKS = tuple(f"10.203.{number}" for number in range(1, 250))


def needs_namespaces() -> None:
    """Skip where this machine or account cannot have them."""
    if IP is None:
        pytest.skip("ip is missing: apt-get install iproute2")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if environment.database() == "sqlite":
        # Browsers of tests beside this one give up what they load when an interface comes or goes
        # (ERR_NETWORK_CHANGED); scripts/test has none in its part on PostgreSQL.
        pytest.skip("runs with --db postgresql, where no browser is beside it")
    probe = f"{PREFIX}{os.getpid()}p"
    try:
        _ip("link", "add", probe, "type", "bridge")
        _ip("link", "delete", probe)
        _ip("netns", "add", probe)
        _ip("netns", "delete", probe)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace with a bridge can be made here: {error.stderr.strip()}")


class Machine:
    """One namespace; everything in it can be killed at once or cut off."""

    def __init__(self, name: str, bridge: str, address: str) -> None:
        self.name = name
        self.address = address
        self.outside = f"{name}o"
        inside = f"{name}i"
        _ip("netns", "add", name)
        _ip("link", "add", self.outside, "type", "veth", "peer", "name", inside)
        _ip("link", "set", inside, "netns", name)
        _ip("link", "set", self.outside, "master", bridge)
        _ip("link", "set", self.outside, "up")
        _ip("-n", name, "addr", "add", f"{address}/24", "dev", inside)
        _ip("-n", name, "link", "set", inside, "up")
        _ip("-n", name, "link", "set", "lo", "up")

    def run(
        self, command: Sequence[str], *, log: Path, environment: Mapping[str, str], folder: Path
    ) -> subprocess.Popen[bytes]:
        """Start a program on this machine."""
        assert IP is not None
        with log.open("ab") as said:
            return subprocess.Popen(
                [IP, "netns", "exec", self.name, *command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=stop_with_parent,  # noqa: PLW1509 - as tests.servers does it
            )

    def kill(self) -> None:
        """End everything on it at once; a supervisor gets no chance to start anything again."""
        _kill_all(self.name)

    def cut_off(self) -> None:
        """Pull its cable: nothing is refused, nothing is answered."""
        _ip("link", "set", self.outside, "down")

    def connect(self) -> None:
        """Put the cable back."""
        _ip("link", "set", self.outside, "up")

    def close(self) -> None:
        """End everything and remove it."""
        self.kill()
        # It would go with the namespace, a moment later: its name is wanted again.
        _ip("link", "delete", self.outside)
        _ip("netns", "delete", self.name)


class Network:
    """A bridge with machines."""

    def __init__(self) -> None:
        _remove_left_overs()
        self._id = f"{PREFIX}{os.getpid()}"
        self.bridge = f"{self._id}b"
        used = _ip("-4", "-o", "addr")
        self.network = next(each for each in NETWORKS if f" {each}." not in used)
        self.address = f"{self.network}.1"
        self.machines: list[Machine] = []
        _ip("link", "add", self.bridge, "type", "bridge")
        _ip("addr", "add", f"{self.address}/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")

    def machine(self) -> Machine:
        """Make one more machine."""
        number = len(self.machines) + 2
        made = Machine(f"{self._id}h{number}", self.bridge, f"{self.network}.{number}")
        self.machines.append(made)
        return made

    def close(self) -> None:
        """Remove all of it."""
        for machine in self.machines:
            machine.close()
        _ip("link", "delete", self.bridge)


def _ip(*words: str) -> str:
    assert IP is not None
    return subprocess.run([IP, *words], check=True, capture_output=True, text=True).stdout


def _kill_all(name: str) -> None:
    while pids := _ip("netns", "pids", name).split():
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.02)


def _remove_left_overs() -> None:
    """Remove what runs of this module that were killed have left."""
    for name in [line.split()[0] for line in _ip("netns", "list").splitlines()]:
        owner = name.removeprefix(PREFIX).partition("h")[0]
        if name.startswith(PREFIX) and owner.isdigit() and not Path("/proc", owner).exists():
            _kill_all(name)
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("link", "delete", f"{PREFIX}{owner}b")
            _ip("netns", "delete", name)
