"""What watching does once a minute, in one process of the installation."""

from __future__ import annotations

from placement_test.lib import clock
from placement_test.monitoring import storage
from placement_test.monitoring.flushing import recorder


def run() -> None:
    """Thin out old figures; note the size of the database and the memory of all processes."""
    storage.thin_out()
    recorder.gauge("database_bytes", storage.database_bytes())
    processes = storage.alive(clock.now())
    if processes:
        recorder.gauge("memory_bytes", sum(process.memory_bytes for process in processes))
