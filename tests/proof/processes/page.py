"""One page of the runner as a script: claims, records, saves, retries and hands in as it does.

It follows ``docs/api.md`` and DESIGN.md, section 3.  Every change is stored on the device before it
is sent, an entry leaves the outbox only when a believed reply names it, and a call without a
believed reply has an unknown outcome: it is made again.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.proof.checker import digest_of
from tests.proof.history import Claimed, Entry, Key, SubmitAttempt
from tests.proof.processes.wire import UNKNOWN, Line, Reply

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from tests.proof.processes.profile import Profile

SPLITS = {400, 404, 410, 413, 422}
SERVER_ERRORS_BEFORE_SPLIT = 5
OVER = {"submitted", "expired"}
MISSING_ROUNDS = 8
# What an answer may be beside an option's index; 77 is no option of any question.
WORDS = ("blue", "파란색", "a\nb", "", '"<&>"', "한글 입력 중")
NO_OPTION = 77


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a page is, in seconds; the defaults are those of the product's modules."""

    timeout: float = 8.0
    first_wait: float = 1.0
    longest_wait: float = 30.0
    heartbeat: float = 15.0
    restore_every: float = 20.0
    aside: float = 60.0
    soon: float = 0.3


REAL = Pace()
# Ten to twenty times as fast, so that a run of half a minute holds a test day's worth of retries.
FAST = Pace(
    timeout=2.0,
    first_wait=0.1,
    longest_wait=1.0,
    heartbeat=0.6,
    restore_every=1.0,
    aside=2.0,
    soon=0.03,
)

# What one web process, its clients and the proxy manage together on one core that others use, in
# calls a second; above that pages give up before they are answered, and ask again.
CALLS_A_SECOND = 40


def fast(students: int) -> Pace:
    """Return a fast pace at which so many pages leave each other room, also after an outage."""
    share = students / CALLS_A_SECOND
    return replace(
        FAST,
        timeout=min(REAL.timeout, max(FAST.timeout, share)),
        longest_wait=max(FAST.longest_wait, share),
        heartbeat=max(FAST.heartbeat, share),
    )


@dataclass(frozen=True, slots=True)
class Seat:
    """What a browser was given at registration, and the exam as far as entries name it."""

    session: str
    """32 hexadecimal digits."""
    cookie: str
    parts: tuple[tuple[int, str], ...]
    """(part id, kind)"""
    questions: tuple[int, ...]
    port: Callable[[], int]

    @property
    def root(self) -> str:
        """Where the calls of the session are."""
        return f"/api/sessions/{uuid.UUID(self.session)}"


class Page:
    """A page over one profile; ``close`` is what a kill of the browser does to it."""

    def __init__(self, seat: Seat, profile: Profile, dice: random.Random, pace: Pace) -> None:
        self.seat = seat
        self.profile = profile
        self.dice = dice
        self.pace = pace
        self.line = Line(seat.port, seat.cookie, pace.timeout)
        self.writer = ""
        self.epoch = 0
        """0: this page does not hold the claim."""
        self._last_epoch = 0
        self.state = ""
        self.rev = 0
        self.needs_code = False
        self.last_believed = 0.0
        """When the last acknowledgement came, by the loop's clock."""
        self.book: dict[int, tuple[int, int, Any]] = {}
        self._tries = 0
        self._server_errors = 0
        self._floor = 0.0
        self._restored_at = -1e9
        self._single: set[Key] = set()
        self._aside: dict[Key, float] = {}
        self._conflicted: dict[tuple[str, int], Entry] = {}
        """What the server holds otherwise, until it was written again."""
        self._awake = asyncio.Event()
        self._flight = asyncio.Lock()
        self._closed = asyncio.Event()
        self._is_stale = False
        self._is_taking = False

    @property
    def may_write(self) -> bool:
        """Whether this page holds the claim, as far as it knows."""
        return bool(self.epoch) and self.state not in OVER

    @property
    def is_drained(self) -> bool:
        """Whether nothing waits or is on its way: an entry waits until its reply is believed."""
        return not self.profile.unsent and not self._is_taking and not self._is_stale

    def close(self) -> None:
        """End at once, in the middle of whatever it does."""
        self._closed.set()
        self.line.close()
        self._awake.set()

    # Opening

    async def open(self) -> bool:
        """Begin, claim and merge; return whether the page may write now."""
        while not self._closed.is_set():
            state = await self._insist("GET", "state")
            if state.status == 200:
                self._take_state(state.body or {})
                if self.state in OVER:
                    return False
                if self.state != "registered":
                    return await self._claim()
                if await self._start():
                    return bool(self.epoch) or await self._claim()
            elif state.status == 401 and not self.profile.ticket:
                return False
        return False

    async def _start(self) -> bool:
        """Start the clock; where nobody has claimed, this page may write then."""
        writer, seen = self._new_writer(), self.profile.seen_epoch
        body = await self._begin({"writer": writer, "seen_epoch": seen})
        if body is None:
            return False
        if body["claim"] is not None:
            self._write_as(writer, body["claim"], seen)
        return True

    async def _begin(self, wish: dict[str, Any]) -> dict[str, Any] | None:
        reply = await self._insist("POST", "begin", wish)
        if reply.status != 200 or reply.body is None:
            return None
        self.profile.ticket = str(reply.body.get("ticket") or self.profile.ticket)
        self.profile.has_begun = True
        self.state = str(reply.body["state"])
        return reply.body

    def _new_writer(self) -> str:
        return uuid.UUID(int=self.dice.getrandbits(128)).hex

    async def _claim(self) -> bool:
        writer, seen = self._new_writer(), self.profile.seen_epoch
        reply = await self._insist("POST", "claim", {"writer": writer, "seen_epoch": seen})
        if reply.status == 200 and reply.body is not None:
            self._write_as(writer, reply.body, seen)
            return True
        self.needs_code = reply.code == "code_needed"
        if reply.code == "ended":
            await self.refresh()
        return False

    def _write_as(self, writer: str, told: dict[str, Any], seen: int) -> None:
        self.writer, self.epoch = writer, int(told["epoch"])
        self._last_epoch = self.epoch
        self.profile.claims.append(Claimed(writer, self.epoch, seen))
        self.profile.seen_epoch = max(seen, self.epoch)
        self._awake.set()

    def go_on_as(self, other: Page) -> None:
        """Go on as the writer that the (copied) profile already is, without asking the server."""
        self.writer, self.epoch, self.state, self.rev = (
            other.writer,
            other.epoch,
            other.state,
            other.rev,
        )
        self._last_epoch = other.epoch
        self.book = dict(other.book)

    # Recording

    def record(self, kind: str, part: int, value: Any) -> Entry:
        """Store a change on the device and have it sent soon."""
        seq = self.profile.next_seq(self.writer)
        # Device clocks are evidence, never a judge: this one is wrong by up to a day.
        at = self.dice.randrange(-86_400_000, 86_400_000) + 1_800_000_000_000
        entry = Entry(self.epoch, self.writer, seq, kind, part, value, at)
        self.profile.add(entry)
        self._show([entry])
        self._awake.set()
        return entry

    def record_offline(self, part: int, value: Any) -> None:
        """Store an answer under the last claim, which this page does not know to be over."""
        held = self.epoch
        self.epoch = self._last_epoch
        self.record("answer", part, value)
        self.epoch = held

    def enter(self) -> None:
        """Do what a student does: an answer, rarely a flag, rarely something that is no answer."""
        if self.dice.random() < 1 / 16:
            self.record("flag", self.dice.choice(self.seat.questions), self.dice.random() < 0.5)
            return
        part, kind = self.dice.choice(self.seat.parts)
        if self.dice.random() < 1 / 10:  # cleared again
            self.record("answer", part, None)
        elif kind == "choice":
            wrong = self.dice.random() < 1 / 100
            self.record("answer", part, NO_OPTION if wrong else self.dice.randrange(5))
        else:
            self.record("answer", part, self.dice.choice(WORDS) * self.dice.choice([1, 1, 9]))

    # Saving

    async def save_for_ever(self) -> None:
        """Send what waits, else heartbeats, until the page is closed."""
        while not self._closed.is_set():
            self._awake.clear()
            if self._is_stale:
                await self.refresh()
            await self.send()
            if self.profile.receipt is not None and self.may_write and self.is_drained:
                # The server was restored to before the submission: it is made again.
                await self._hand_in()
                self._is_stale = True
            pause = self._pause()
            # A page that waits after a failure is not woken by a new entry.
            if self._tries or self._has_sendable():
                await asyncio.sleep(pause)
                continue
            try:
                async with asyncio.timeout(pause):
                    await self._awake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self.pace.soon)

    async def send(self) -> bool:
        """Send one batch or a heartbeat; return whether its reply was believed."""
        async with self._flight:
            batch = self._next_batch()
            if not batch and not self.may_write:
                # No claim, so no heartbeat; but a restored server must be given what it lost.
                return await self._look()
            epoch, writer = (
                (batch[0].epoch, batch[0].writer) if batch else (self.epoch, self.writer)
            )
            nonce = uuid.UUID(int=self.dice.getrandbits(128)).hex
            reply = await self._call("POST", "answers", self._body(batch, nonce, epoch, writer))
            return await self._judge(reply, batch, nonce, writer)

    def _body(self, batch: list[Entry], nonce: str, epoch: int, writer: str) -> dict[str, Any]:
        return {
            "v": 1,
            "nonce": nonce,
            "epoch": epoch,
            "writer": writer,
            "entries": [
                {
                    "seq": entry.seq,
                    "part": entry.part,
                    "kind": entry.kind,
                    "value": entry.value,
                    "at": entry.at,
                }
                for entry in batch
            ],
            "pending": len(self.profile.unsent) - len(batch),
            "storage": "idb",
        }

    async def _judge(self, reply: Reply, batch: list[Entry], nonce: str, writer: str) -> bool:
        body = reply.body
        self._floor = reply.retry_after
        self._server_errors = self._server_errors + 1 if reply.status >= 500 else 0
        if reply.status == 200 and body is not None and self._is_mine(body, nonce):
            self._tries = 0
            self._is_taking = True
            await self._take(body, batch, writer)
            self._is_taking = False
            return True
        if await self._repair(reply):
            return False
        if self._splits(reply.status) and batch:
            self._split(batch)
            return False
        self._tries += 1
        return False

    def _is_mine(self, body: dict[str, Any], nonce: str) -> bool:
        """Return whether a reply repeats this request's nonce and names this session."""
        session = str(body.get("session", "")).replace("-", "")
        return (
            body.get("nonce") == nonce
            and session == self.seat.session
            and isinstance(body.get("accepted"), list)
        )

    async def _take(self, body: dict[str, Any], batch: list[Entry], writer: str) -> None:
        self.last_believed = asyncio.get_running_loop().time()
        statuses = {each["seq"]: each["status"] for each in body["accepted"]}
        for entry in batch:
            if entry.seq in statuses:
                self._single.discard(entry.key)
                self._aside.pop(entry.key, None)
                self.profile.acknowledge(entry, statuses[entry.seq])
        if batch and not statuses:
            self._split(batch)
        for entry in batch:
            if statuses.get(entry.seq) == "conflict":
                self._conflicted[entry.kind, entry.part] = entry
        await self._write_again()
        for first, last in body.get("missing", []):
            self.profile.requeue(writer, first, last)
        # The reply that nobody read may have been that of a server which did not know this writer.
        if "duplicate" in statuses.values() and not self.profile.best_through.get(writer):
            self._is_stale = True
        self._hear(body, writer)

    def _hear(self, body: dict[str, Any], writer: str) -> None:
        """Learn from a believed reply: the session's state, a new rev, a restored server."""
        best = self.profile.best_through
        through = int(body.get("through", 0))
        if through < best.get(writer, 0) or body.get("rev", self.rev) != self.rev:
            self._is_stale = True
        best[writer] = max(through, best.get(writer, 0))
        state = str(body.get("state", self.state))
        if state == "claimed":
            # Entries of an earlier page are under a claim that this page took over itself.
            if writer == self.writer:
                self.epoch = 0
            return
        if self.state in OVER and state not in OVER and self.profile.receipt is not None:
            self._is_stale = True
        self.state = state

    async def _write_again(self) -> None:
        """Write values that the server holds otherwise once more, under a claim of their own.

        A page that may not write when it hears of them does so once it may.
        """
        if not self._conflicted or not self.may_write or not await self._claim():
            return
        conflicted, self._conflicted = self._conflicted, {}
        for entry in conflicted.values():
            self.record(entry.kind, entry.part, entry.value)

    async def _repair(self, reply: Reply) -> bool:
        """Do what a refusal asks for; return whether the same may be sent again at once."""
        if reply.code in {"session_unknown", "token_missing"} and self.profile.ticket:
            return await self._restore()
        if reply.code == "not_started":
            if self.profile.ticket:
                return await self._restore()
            return self.profile.has_begun and await self._begin({}) is not None
        return False

    async def _restore(self) -> bool:
        """Give the ticket to a server that does not know the session, not too often."""
        now = asyncio.get_running_loop().time()
        if now < self._restored_at + self.pace.restore_every:
            return False
        self._restored_at = now
        reply = await self._call("POST", "restore", {"ticket": self.profile.ticket})
        self._is_stale = self._is_stale or reply.status == 200
        return reply.status == 200

    def _splits(self, status: int) -> bool:
        return status in SPLITS or (
            status >= 500 and self._server_errors >= SERVER_ERRORS_BEFORE_SPLIT
        )

    def _split(self, batch: list[Entry]) -> None:
        """Find the entry that the server cannot take: first one by one, then that one aside."""
        self._server_errors = 0
        if len(batch) > 1:
            self._single.update(entry.key for entry in batch)
            return
        self._single.discard(batch[0].key)
        self._aside[batch[0].key] = asyncio.get_running_loop().time() + self.pace.aside

    def _next_batch(self) -> list[Entry]:
        batch = self.profile.batch(self._put_aside())
        alone = [n for n, entry in enumerate(batch) if entry.key in self._single | set(self._aside)]
        if not alone:
            return batch
        return batch[:1] if alone[0] == 0 else batch[: alone[0]]

    def _put_aside(self) -> list[Key]:
        now = asyncio.get_running_loop().time()
        return [key for key, until in self._aside.items() if until > now]

    def _has_sendable(self) -> bool:
        return bool(self.profile.batch(self._put_aside()))

    def _pause(self) -> float:
        """Return how long to wait: full jitter after a failure, with Retry-After as the floor."""
        if self._tries:
            most = min(self.pace.longest_wait, self.pace.first_wait * 2 ** min(self._tries, 10))
            return max(min(self._floor, self.pace.longest_wait), self.dice.uniform(0, most))
        return 0.0 if self._has_sendable() else self.pace.heartbeat

    # The server's view

    async def _look(self) -> bool:
        """Read the state once, without a claim."""
        reply = await self._call("GET", "state")
        if reply.status == 200 and reply.body is not None and "through" in reply.body:
            self._tries = 0
            self._take_state(reply.body)
            return True
        if not await self._repair(reply):
            self._tries += 1
        return False

    async def refresh(self) -> bool:
        """Read the state and merge it; requeue what a restored server lacks."""
        reply = await self._call("GET", "state")
        if reply.status != 200 or reply.body is None or "through" not in reply.body:
            self._floor = reply.retry_after
            self._tries += 1
            await self._repair(reply)
            return False
        self._is_stale = False
        self._take_state(reply.body)
        return True

    def _take_state(self, state: dict[str, Any]) -> None:
        self.state = str(state["state"])
        self.rev = int(state["rev"])
        # What a restored server gives before the start does not know that the clock ran.
        if self.state != "registered" or not self.profile.ticket:
            self.profile.ticket = str(state.get("ticket") or self.profile.ticket)
        self.profile.has_begun = self.profile.has_begun or self.state != "registered"
        self.profile.seen_epoch = max(self.profile.seen_epoch, int(state["epoch"]))
        for part, (epoch, seq, value) in state["answers"].items():
            if (epoch, seq) >= self.book.get(int(part), (0, 0, None))[:2]:
                self.book[int(part)] = (epoch, seq, value)
        through: dict[str, int] = state["through"]
        best = self.profile.best_through
        if any(through.get(writer, 0) < seq for writer, seq in best.items()):
            for writer in self.profile.writers():
                self.profile.requeue(writer, through.get(writer, 0) + 1)
            self._awake.set()
        self._show(self.profile.unsent.values())

    def _show(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            shown = self.book.get(entry.part, (0, 0, None))
            if entry.kind == "answer" and (entry.epoch, entry.seq) > shown[:2]:
                self.book[entry.part] = (entry.epoch, entry.seq, entry.value)

    @property
    def view(self) -> dict[int, Any]:
        """The answers that the page shows."""
        return {part: value for part, (_epoch, _seq, value) in self.book.items()}

    # Handing in

    async def submit(self) -> bool:
        """Hand in once everything arrived; return whether a receipt came or the time is over."""
        profile = self.profile
        profile.submit_id = profile.submit_id or str(uuid.UUID(int=self.dice.getrandbits(128)))
        rounds = 0
        while not self._closed.is_set() and rounds < MISSING_ROUNDS:
            if not self.is_drained:
                await asyncio.sleep(self.pace.soon)
                continue
            reply = await self._hand_in()
            if reply.status == 200 and "receipt" in (reply.body or {}):
                self.state = "submitted"
                return True
            rounds += reply.status in {401, 409}
            if not await self._may_try_again(reply):
                return self.state in OVER
            await asyncio.sleep(self._pause())
        return False

    async def _hand_in(self) -> Reply:
        """Hand in, sometimes with several clicks in one instant."""
        view = dict(self.view)
        digest, last = digest_of(view), self.profile.counters.get(self.writer, 0)
        submit_id = self.profile.submit_id
        content = {
            "submit_id": submit_id,
            "writer": self.writer,
            "last_seq": last,
            "digest": digest,
        }
        clicks = self.dice.choice([1, 1, 3])
        replies = await asyncio.gather(
            *[self._call("POST", "submit", content) for _ in range(clicks)]
        )
        for reply in replies:
            receipt = None
            if reply.status == 200 and reply.body is not None and "receipt" in reply.body:
                receipt = json.loads(reply.body["receipt"]["body"])
                self.profile.receipt = receipt
                # Again after a restore: what was seen at the last time is what was handed in.
                self.profile.final_view = view
            self.profile.submissions.append(
                SubmitAttempt(submit_id, self.writer, last, digest, receipt)
            )
        return min(replies, key=lambda reply: reply.status != 200)

    async def _may_try_again(self, reply: Reply) -> bool:
        body = reply.body or {}
        self._floor = reply.retry_after
        if reply.status == 409 and reply.code == "missing":
            for first, last in body["missing"]:
                self.profile.requeue(self.writer, first, last)
        elif reply.status == 409 and reply.code == "digest":
            # The student looks at what differs and confirms the server's.
            self.book = {}
            self._take_state(body)
        elif reply.code in {"ended", "code_needed"}:
            await self.refresh()
            return False
        elif not await self._repair(reply):
            self._tries += 1
        return True

    # Calls

    async def _call(self, method: str, name: str, body: object = None) -> Reply:
        if self._closed.is_set():
            return UNKNOWN
        reply = await self.line.call(method, f"{self.seat.root}/{name}/", body)
        # A page that was killed meanwhile reads no reply.
        return UNKNOWN if self._closed.is_set() else reply

    async def _insist(self, method: str, name: str, body: object = None) -> Reply:
        """Call until there is a reply that says something; unknown outcomes are tried again."""
        while not self._closed.is_set():
            reply = await self._call(method, name, body)
            if reply.body is not None and reply.status in {200, 409}:
                self._tries = 0
                return reply
            if reply.status == 401 and (reply.code == "code_needed" or not self.profile.ticket):
                return reply
            self._floor = reply.retry_after
            if not await self._repair(reply):
                self._tries += 1
                await asyncio.sleep(self._pause())
        return UNKNOWN
