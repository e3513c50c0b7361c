"""Processor time of processes with all that they start."""

from __future__ import annotations

import psutil


def seconds(*roots: int) -> float:
    """Return what these processes and everything below them have used, also what has ended there.

    A process that ends hands its time to its parent; what is lost is only that of a root.
    """
    total = 0.0
    for root in roots:
        try:
            first = psutil.Process(root)
            processes = [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        total += sum(map(_own, processes))
    return total


def _own(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    # Those of children that have ended; a living one counts for itself.
    ended: float = times.children_user + times.children_system
    return times.user + times.system + ended
