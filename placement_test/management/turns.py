"""Whose turn the periodic work is where several hosts run it: the process that has run longest.

They know each other from the rows by which processes are watched, so a host that dies is followed
by another one half a minute later.  Every job may run twice at the same time; this only saves the
work.  A process that is not watched (PRIMEPATH_MONITOR_FLUSH_SECONDS=0) does it always.
"""

from __future__ import annotations

from django.db.models import Q

from placement_test.lib import clock
from placement_test.models import MonitoredProcess
from placement_test.monitoring import storage
from placement_test.monitoring.flushing import flusher

ROLE = "periodic"


def is_ours() -> bool:
    """Return whether no other process has done the periodic work for longer: 1 query."""
    flusher.ensure_running()
    ours = flusher.identity
    before_us = Q(started_at__lt=ours.started_at) | Q(started_at=ours.started_at, id__lt=ours.id)
    alive = MonitoredProcess.objects.filter(role=ROLE, seen_at__gte=clock.now() - storage.ALIVE)
    return not alive.filter(before_us).exclude(id=ours.id).exists()


def leave() -> None:
    """Let the next one have it at once; call it last."""
    flusher.end()
    MonitoredProcess.objects.filter(id=flusher.identity.id).delete()
