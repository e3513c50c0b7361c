"""Load processes, started and watched by the process that measures."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench import _cpu
from bench._orders import Order, Outcome
from tests.servers import stop_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench._site import Site

# Time for all of them to read the moment of the start.
NOTICE_SECONDS = 0.5
# Within this they are ready, also with fifty thousand seats on a busy machine.
READY_SECONDS = 15.0
# A load process writes down what became of millions of entries.
ENDING_SECONDS = 60.0


@dataclass(slots=True)
class Measured:
    """What a load brought, and what it cost between the end of the warm-up and its end."""

    outcome: Outcome
    seconds: float
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    """Of app, db, cache and load."""
    connections: int = 0
    """TCP connections to the web server that stood open."""

    def cost(self) -> dict[str, float | None]:
        """Return the connections, and the processor time of an acknowledged request, for a row.

        None where nobody has counted.
        """
        requests = self.outcome.acknowledged
        return {"connections": self.connections} | {
            f"{name}_cpu_ms": None
            if not requests or name not in self.cpu_seconds
            else round(self.cpu_seconds[name] * 1000 / requests, 3)
            for name in ("app", "db", "cache", "load")
        }


def shares(order: Order, processes: int) -> list[Order]:
    """Return the order cut into shares for so many load processes."""
    return [
        msgspec.structs.replace(
            order,
            seats=order.seats[place::processes],
            connections=max(1, order.connections // processes),
            seed=order.seed + place,
        )
        for place in range(processes)
    ]


def run(
    site: Site,
    orders: Sequence[Order],
    *,
    blows: Sequence[Callable[[], None]] = (),
    starts_at: float | None = None,
) -> Measured:
    """Put the load on the site, at once or when it ``starts_at`` (monotonic).

    What is measured, in the time of the first order, is cut into equal parts by the ``blows``: each
    is called at its moment.

    :raises RuntimeError: where load processes fail, or are not ready in time
    """
    with tempfile.TemporaryDirectory(prefix="primepath-load-") as name:
        with _running(orders, Path(name)) as processes:
            ready_at = time.monotonic() + NOTICE_SECONDS
            starts_at = ready_at if starts_at is None else starts_at
            if starts_at < ready_at:
                raise RuntimeError(f"the load was ready {ready_at - starts_at:.1f} s too late")
            for process in processes:
                assert process.stdin is not None  # noqa: S101
                process.stdin.write(f"{starts_at}\n".encode())
                process.stdin.flush()
            measured = _watch(site, orders[0], processes, starts_at, blows)
            most = max(order.drain_seconds for order in orders)
            for process in processes:
                if process.wait(most + ENDING_SECONDS) != 0:
                    raise RuntimeError("a load process failed; the lines above say why")
        measured.outcome = _merged(Path(name), len(orders))
    return measured


def _watch(
    site: Site,
    order: Order,
    processes: Sequence[subprocess.Popen[bytes]],
    starts_at: float,
    blows: Sequence[Callable[[], None]],
) -> Measured:
    begins_at = starts_at + order.warm_up_seconds
    part = order.seconds / (len(blows) + 1)
    loads = [process.pid for process in processes]
    _sleep_until(begins_at)
    before = {**site.cpu_seconds(), "load": _cpu.seconds(*loads)}
    _sleep_until(begins_at + part / 2)
    connections = site.connections()
    for number, blow in enumerate(blows, start=1):
        _sleep_until(begins_at + number * part)
        blow()
    _sleep_until(begins_at + order.seconds)
    after = {**site.cpu_seconds(), "load": _cpu.seconds(*loads)}
    # Who is killed takes with it what it has used.
    cost = {} if blows else {name: after[name] - before[name] for name in after}
    return Measured(Outcome(), order.seconds, cost, connections)


@contextlib.contextmanager
def _running(orders: Sequence[Order], folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start a process for each order; yield once all of them are ready."""
    processes = []
    try:
        for number, order in enumerate(orders):
            file = folder / f"order-{number}"
            file.write_bytes(msgspec.msgpack.encode(order))
            program = "bench._scripts" if order.script else "bench._load"
            processes.append(
                subprocess.Popen(  # noqa: S603 - this program
                    [sys.executable, "-m", program, file, _outcome_file(folder, number)],
                    cwd=Path(__file__).resolve().parent.parent,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    preexec_fn=stop_with_parent,  # noqa: PLW1509 - as tests.servers does it
                )
            )
        for process in processes:
            assert process.stdout is not None  # noqa: S101
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("a load process did not start; the lines above say why")
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _merged(folder: Path, count: int) -> Outcome:
    whole = Outcome()
    for number in range(count):
        content = _outcome_file(folder, number).read_bytes()
        part = msgspec.msgpack.decode(content, type=Outcome)
        whole.save_ms += part.save_ms
        whole.late_ms += part.late_ms
        whole.heartbeat_ms += part.heartbeat_ms
        whole.saved += part.saved
        whole.saved_in_scripts += part.saved_in_scripts
        whole.acknowledged += part.acknowledged
        whole.unsaved += part.unsaved
        whole.connections += part.connections
        whole.unfinished += part.unfinished
        for name, milliseconds in part.call_ms.items():
            whole.call_ms.setdefault(name, []).extend(milliseconds)
        for reason, times in part.errors.items():
            whole.errors[reason] = whole.errors.get(reason, 0) + times
    return whole


def _outcome_file(folder: Path, number: int) -> Path:
    return folder / f"outcome-{number}"


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
