"""What breaks during a run: processes, disks, databases; only what this run started itself.

Each trouble is bounded in time and repaired by the end of its function.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil
import psycopg

from tests.proof.processes.installation import signal_if_there

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor

    from tests.proof.processes.installation import Installation
    from tests.proof.processes.outages import Outages
    from tests.proof.proxy import Proxy

T = TypeVar("T")

# Longer than a fast page waits for a reply, so that its call becomes an unknown outcome.
STOPPED_SECONDS = 3.0
FULL_SECONDS = 2.0
HELD_SECONDS = 2.0
# Longer than a reply takes to its page through the slowest network of a day.
ALONE_SECONDS = 0.5
MOST_CONNECTIONS = 60
HOLDER = (
    "import fcntl, sqlite3, sys, time;"
    "lock = open(sys.argv[1] + '.lock', 'a'); fcntl.flock(lock, fcntl.LOCK_EX);"
    "database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20);"
    "database.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(30)"
)


class Nemesis:
    """Troubles by name for one installation behind ``proxy``; ``hands`` is where it blocks.

    ``let_go`` closes this process's own connections to the database.
    """

    def __init__(
        self,
        installation: Installation,
        proxy: Proxy,
        hands: Executor,
        dice: random.Random,
        let_go: Callable[[], None],
        outages: Outages,
    ) -> None:
        self.installation = installation
        self.proxy = proxy
        self.dice = dice
        self._hands = hands
        self._let_go = let_go
        self._outages = outages
        self._backup: Path | None = None
        self.has_restored = False
        self.troubles: dict[str, Callable[[], Awaitable[None]]] = {
            "worker_killed": self.kill_worker,
            "worker_stopped": self.stop_worker,
            "web_killed": self.kill_web,
            "periodic_killed": self.kill_periodic,
            "database_killed": self.kill_database,
            "lock_held": self.hold_lock,
            "lock_holder_stopped": self.stop_lock_holder,
            "disk_full": self.fill_disk,
            "connections_taken": self.take_connections,
            "backup_taken": self.take_backup,
            "backup_restored": self.restore_backup,
            "power_cut": self.cut_power,
            **{name: partial(self._by_hand, work) for name, work in installation.own_troubles()},
        }

    async def do(self, name: str) -> bool:
        """Make one trouble; return whether it can be made here."""
        if name in self._impossible:
            return False
        await self.troubles[name]()
        return True

    @property
    def _impossible(self) -> set[str]:
        is_sqlite = self.installation.postgresql is None
        other = {"database_killed", "connections_taken"} if is_sqlite else {"lock_holder_stopped"}
        return other | (set() if self.installation.disk.is_real else {"disk_full", "power_cut"})

    async def kill_worker(self) -> None:
        """Kill -9 a process that answers requests; its parent replaces it."""
        workers = await self._by_hand(lambda: self.installation.web_workers)
        if workers:
            signal_if_there(self.dice.choice(workers), signal.SIGKILL)

    async def stop_worker(self) -> None:
        """SIGSTOP a process that answers requests, perhaps with a lock in its hands."""
        for worker in (await self._by_hand(lambda: self.installation.web_workers))[:1]:
            signal_if_there(worker, signal.SIGSTOP)
            await asyncio.sleep(STOPPED_SECONDS)
            signal_if_there(worker, signal.SIGCONT)

    async def kill_web(self) -> None:
        """Kill -9 the web server's first process; the supervisor starts another one."""
        with contextlib.suppress(LookupError):
            signal_if_there(await self._by_hand(lambda: self.installation.parent), signal.SIGKILL)

    async def kill_periodic(self) -> None:
        """Kill -9 the periodic work."""
        with contextlib.suppress(LookupError):
            signal_if_there(await self._by_hand(lambda: self.installation.periodic), signal.SIGKILL)

    async def kill_database(self) -> None:
        """Kill -9 PostgreSQL and start it again on what it left."""
        await self._by_hand(self.installation.kill_database)

    async def hold_lock(self) -> None:
        """Hold what every save has to wait for."""
        postgresql = self.installation.postgresql
        if postgresql is None:
            await self._by_hand(self._hold_lock_file)
            return
        async with await psycopg.AsyncConnection.connect(self.installation.url) as connection:
            await connection.execute(
                "SELECT id FROM placement_test_studentsession"
                " ORDER BY registered_at DESC LIMIT 100 FOR UPDATE"
            )
            await asyncio.sleep(HELD_SECONDS)

    async def stop_lock_holder(self) -> None:
        """SIGSTOP a process in the middle of a write transaction; then it is killed."""
        holder = await self._by_hand(self._start_holder)
        try:
            holder.send_signal(signal.SIGSTOP)
            await asyncio.sleep(HELD_SECONDS)
        finally:
            holder.kill()
            await self._by_hand(holder.wait)

    async def fill_disk(self) -> None:
        """Leave the database without a free byte; where PostgreSQL ends of it, start it again."""
        await self._by_hand(self.installation.disk.fill)
        try:
            await asyncio.sleep(FULL_SECONDS)
        finally:
            self.installation.disk.free()
        await self.start_database_where_it_ended()

    async def take_connections(self) -> None:
        """End the server's connections to the database and take all there are."""
        taken: list[psycopg.AsyncConnection] = []
        try:
            await self._take_all(taken)
            for connection in taken[:1]:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                    " pid <> pg_backend_pid() AND application_name <> 'nemesis'"
                    " AND backend_type = 'client backend'"
                )
            await self._take_all(taken)
            await asyncio.sleep(HELD_SECONDS)
        finally:
            for connection in taken:
                await connection.close()

    async def _take_all(self, taken: list[psycopg.AsyncConnection]) -> None:
        with contextlib.suppress(psycopg.OperationalError):
            while len(taken) < MOST_CONNECTIONS:
                connection = await psycopg.AsyncConnection.connect(
                    self.installation.url, autocommit=True, application_name="nemesis"
                )
                taken.append(connection)

    async def take_backup(self) -> None:
        """Take a backup of the running installation, to be restored later."""
        name = f"{time.monotonic_ns()}"
        self._backup = await self._by_hand(lambda: self.installation.backup(name))

    async def restore_backup(self) -> None:
        """Stop, put the older backup in place, start: browsers have to give again what is lost."""
        backup = self._backup
        if backup is None:
            raise RuntimeError("there is no backup to restore")
        self.has_restored = True

        def swap() -> None:
            self.installation.kill()
            self._let_go()
            self.installation.restore(backup)
            self.installation.start()

        await self._by_hand(swap)
        self._outages.forget()

    async def cut_power(self) -> None:
        """Cut the power: what was not synced is gone, and nothing left the machine since."""
        loop = asyncio.get_running_loop()
        try:
            await self._by_hand(lambda: self._lose_power(loop))
            await self._by_hand(self._outages.end)
        finally:
            self.proxy.mend()

    async def _go_dark(self) -> None:
        self.proxy.cut()
        self._outages.begin()

    def _lose_power(self, loop: asyncio.AbstractEventLoop) -> None:
        postgresql = self.installation.postgresql
        # This thread has the run's own sweep and clerk, who commit durably, and with it all that
        # others left in memory before: while it waits here, only the server under test commits.
        time.sleep(ALONE_SECONDS)
        # In the event loop, before anything stops: no reply reaches a client from here on.
        asyncio.run_coroutine_threadsafe(self._go_dark(), loop).result()
        with self.installation.stopped():
            self.installation.disk.copy()
            self.installation.kill()
            self._let_go()
            if postgresql is not None:
                children = psutil.Process(postgresql.pid).children()
                for child in children:
                    child.kill()
                postgresql.kill()
                psutil.wait_procs(children, timeout=10)
        self.installation.disk.swap()
        if postgresql is not None:
            postgresql.start()
        self.installation.start()

    def _hold_lock_file(self) -> None:
        with Path(f"{self.installation.sqlite_file}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            time.sleep(HELD_SECONDS)

    def _start_holder(self) -> subprocess.Popen[bytes]:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(self.installation.sqlite_file)],
            stdout=subprocess.PIPE,
        )
        assert holder.stdout is not None
        with holder.stdout as said:
            said.readline()
        return holder

    async def start_database_where_it_ended(self) -> None:
        """Start PostgreSQL again if it ended, as its service does on a real machine.

        For want of room it may do so some time after there is room again.
        """
        await self._by_hand(self._start_database)

    def _start_database(self) -> None:
        postgresql = self.installation.postgresql
        if postgresql is None:
            return
        # Either it recovers by itself, or it has ended for want of room.
        give_up_at = time.monotonic() + 2
        while time.monotonic() < give_up_at:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(postgresql.url(), connect_timeout=2).close()
                return
            time.sleep(0.1)
        if not postgresql.is_running:
            postgresql.start()

    async def _by_hand(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hands, work)
