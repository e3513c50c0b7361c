"""How much memory this process, its container and the machine use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use; ``percent`` is of the tighter of container and machine."""

    process_bytes: int
    used_bytes: int
    limit_bytes: int

    @property
    def percent(self) -> float:
        """How much of the limit is in use."""
        return 100 * self.used_bytes / self.limit_bytes


def process_bytes() -> int:
    """Return the resident memory of this process."""
    return int(psutil.Process().memory_info().rss)


def measure() -> Memory:
    """Measure now: the container's figures where it has a limit below the machine's."""
    machine = psutil.virtual_memory()
    limit = _number("memory.max")
    used = _number("memory.current")
    if limit is not None and used is not None and limit < machine.total:
        # Files that were read count as used there, but go when the room is needed.
        return Memory(process_bytes(), max(0, used - _reclaimable()), limit)
    return Memory(process_bytes(), int(machine.total - machine.available), int(machine.total))


def _number(name: str) -> int | None:
    try:
        return int((CGROUP / name).read_text())
    except (OSError, ValueError):
        return None


def _reclaimable() -> int:
    try:
        lines = (CGROUP / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
