"""Browsers that sit a test, many in one light process: an open-model load of saves.

``python -m bench._load ORDER OUTCOME``, as ``bench._obeying`` says.

Each seat has a change to save every ``interval_seconds``, at a moment of its own that does not
depend on how the server is doing; its latency counts from that moment.  Between changes it sends
heartbeats, and after a failure it tries again, as a page does (``static/js/modules``).
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import random
import time
from collections import Counter
from typing import NamedTuple

import msgspec

from bench import _obeying, _requests
from bench._orders import Order, Outcome, Saved, Seat
from bench._wire import OK, Pool, Reply

# static/js/modules/answer-saver.js
MOST_HEARTBEAT_SECONDS = 30.0
MOST_ENTRIES = 64
ENTRIES_A_CHANGE = (1, 2, 3, 4, 5)
# Made once and used in turn: making a random entry costs more than sending one.
ENTRIES_MADE = 8191
WORDS = ("blue", "파란색", "twenty-one", "a\\nb", "")
ACKNOWLEDGED = frozenset({"applied", "duplicate"})
# uvloop's timers count whole milliseconds; a shorter wait would be none, and burn the processor.
TIMER_SECONDS = 0.001


class Change(NamedTuple):
    """What a student changed at one moment, ready to send."""

    intended: float
    first_seq: int
    number: int
    """Of entries."""
    entries: bytes


class Accepted(msgspec.Struct, gc=False):
    """What became of an entry."""

    seq: int
    status: str


class Acknowledgement(msgspec.Struct, gc=False):
    """What a page reads of a reply."""

    nonce: str
    session: str
    accepted: list[Accepted]
    state: str
    next_flush_ms: int = 15_000


_acknowledgement = msgspec.json.Decoder(Acknowledgement)


class Page:
    """A page under its claim: one batch in flight, in order, for as long as it takes."""

    __slots__ = (
        "_asked_at", "_body", "_flying", "_head", "_nonce", "_waiting",
        "is_flying", "load", "next_change_at", "seat", "seq", "tries", "turn",
    )  # fmt: skip

    def __init__(self, load: Load, seat: Seat, first_change_at: float) -> None:
        self.load = load
        self.seat = seat
        self.seq = seat.last_seq
        self.next_change_at = first_change_at
        self.tries = 0
        self.turn = 0
        """Rises with each call, so that what was planned before it is off."""
        self.is_flying = False
        path = f"/api/sessions/{seat.session}/answers/"
        self._head = _requests.post_head(path, seat.cookie, load.csrf)
        self._body = b'","epoch":1,"writer":"%b","entries":[' % seat.writer.encode()
        self._waiting: list[Change] = []
        self._flying: list[Change] = []
        self._nonce = ""
        self._asked_at = 0.0

    def change(self, intended: float) -> None:
        """Record what the student did, and send it unless something is on its way or has failed."""
        first = self.seq + 1
        entries = self.load.entries(first)
        self.seq += len(entries)
        self._waiting.append(Change(intended, first, len(entries), b",".join(entries)))
        if not self.is_flying and not self.tries:
            self.call(intended)

    def call(self, intended: float) -> None:
        """Send what waits, or a heartbeat."""
        self.turn += 1
        self._asked_at = intended
        self.is_flying = True
        self._flying, self._waiting = _batch(self._waiting)
        self._nonce = self.load.nonce()
        content = b'{"v":1,"nonce":"%b%b%b],"pending":%d,"storage":"idb"}' % (
            self._nonce.encode(),
            self._body,
            b",".join([change.entries for change in self._flying]),
            sum(change.number for change in self._waiting),
        )
        self.load.pool.send(_requests.with_body(self._head, content), self._take)

    def unsaved(self) -> list[Change]:
        """Return what was not acknowledged."""
        return self._flying + self._waiting

    def _take(self, reply: Reply) -> None:
        now = time.monotonic()
        self.is_flying = False
        said = self._believed(reply)
        if isinstance(said, str):
            self._on_failure(said, now, reply.retry_after)
            return
        self.tries = 0
        load = self.load
        load.on_acknowledgement(self, self._flying, self._asked_at, now)
        self._flying = []
        if self._waiting:
            self.call(now)
            return
        heartbeat_at = now + min(said.next_flush_ms / 1000, MOST_HEARTBEAT_SECONDS)
        if heartbeat_at < min(self.next_change_at, load.ends_at):
            load.later(heartbeat_at, self)

    def _believed(self, reply: Reply) -> Acknowledgement | str:
        """Return the acknowledgement, or why it is none."""
        if reply.status != OK:
            return reply.failure or str(reply.status)
        try:
            said = _acknowledgement.decode(reply.body)
        except msgspec.MsgspecError:
            return "no acknowledgement"
        if said.nonce != self._nonce or said.session != self.seat.session:
            return "of another call"
        first = self._flying[0].first_seq if self._flying else 0
        count = sum(change.number for change in self._flying)
        if [each.seq for each in said.accepted] != list(range(first, first + count)):
            return "other entries"
        if said.state != "open" or any(each.status not in ACKNOWLEDGED for each in said.accepted):
            return "not applied"
        return said

    def _on_failure(self, reason: str, now: float, retry_after: float) -> None:
        self._waiting = self._flying + self._waiting
        self._flying = []
        self.tries += 1
        wait = _obeying.backoff(self.tries, self.load.dice, at_least=retry_after)
        self.load.on_error(reason)
        self.load.later(now + wait, self)


class Load:
    """All pages of one process, and what became of their saves."""

    def __init__(self, order: Order, pool: Pool) -> None:
        self.order = order
        self.pool = pool
        self.csrf = _requests.Csrf(order.csrf_cookie, order.csrf_token)
        self.dice = random.Random(order.seed)
        self.outcome = Outcome()
        self.errors: Counter[str] = Counter()
        self.ends_at = 0.0
        self._measured_from = 0.0
        self._unsaved: dict[Page, int] = {}
        self._schedule: list[Page] = []
        self._next = 0
        self._later: list[tuple[float, int, Page, int]] = []
        self._numbers = itertools.count()
        self._nonces = itertools.count(self.dice.getrandbits(100) << 24)
        self._made = _made_entries(order, self.dice)
        self._counts = itertools.cycle(self.dice.choices(ENTRIES_A_CHANGE, k=997))
        self._place = 0
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0

    async def run(self, starts_at: float) -> Outcome:
        """Let the pages work, and return what became of it."""
        order = self.order
        self._measured_from = starts_at + order.warm_up_seconds
        self.ends_at = self._measured_from + order.seconds
        phases = sorted(
            (starts_at + self.dice.random() * order.interval_seconds, seat.number, seat)
            for seat in order.seats
        )
        self._schedule = [Page(self, seat, at) for at, _number, seat in phases]
        self._work()
        await asyncio.sleep(self.ends_at - time.monotonic())
        gives_up_at = self.ends_at + order.drain_seconds
        while self._unsaved and time.monotonic() < gives_up_at:
            await asyncio.sleep(0.05)
        return self._settled()

    def entries(self, first_seq: int) -> list[bytes]:
        """Return the next entries that a student makes."""
        count = next(self._counts)
        at = int(time.time() * 1000)
        place = self._place = (self._place + count) % (ENTRIES_MADE - ENTRIES_A_CHANGE[-1])
        return [
            b'{"seq":%d,%b%d}' % (first_seq + n, self._made[place + n], at) for n in range(count)
        ]

    def nonce(self) -> str:
        """Return a name that no other call has."""
        return f"{next(self._nonces):032x}"

    def later(self, at: float, page: Page) -> None:
        """Have the page call then, unless it calls before."""
        heapq.heappush(self._later, (at, next(self._numbers), page, page.turn))
        if at < self._wakes_at:
            self._wake_at(at)

    def on_error(self, reason: str) -> None:
        """Count a request that did not end in an acknowledgement."""
        self.errors[reason] += 1

    def on_acknowledgement(
        self, page: Page, changes: list[Change], asked_at: float, now: float
    ) -> None:
        """Note what was acknowledged, and how long it took."""
        outcome = self.outcome
        if self._measured_from <= now < self.ends_at:
            outcome.acknowledged += 1
        if not changes:
            if self._is_measured(asked_at):
                outcome.heartbeat_ms.append((now - asked_at) * 1000)
            return
        self._unsaved[page] -= len(changes)
        if not self._unsaved[page]:
            del self._unsaved[page]
        for change in changes:
            outcome.saved.append(_as_sent(page, change))
            if self._is_measured(change.intended):
                outcome.save_ms.append((now - change.intended) * 1000)

    def _is_measured(self, intended: float) -> bool:
        return self._measured_from <= intended < self.ends_at

    def _work(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        while self._schedule[self._next].next_change_at <= now:
            page = self._schedule[self._next]
            intended = page.next_change_at
            if intended >= self.ends_at:
                break
            page.next_change_at = intended + self.order.interval_seconds
            self._unsaved[page] = self._unsaved.get(page, 0) + 1
            if intended >= self._measured_from:
                self.outcome.late_ms.append((time.monotonic() - intended) * 1000)
            page.change(intended)
            self._next = (self._next + 1) % len(self._schedule)
        while self._later and self._later[0][0] <= now:
            at, _number, page, turn = heapq.heappop(self._later)
            if page.turn == turn and not page.is_flying:
                page.call(at)
        wakes_at = self._schedule[self._next].next_change_at
        if wakes_at >= self.ends_at:
            wakes_at = now + 1.0
        self._wake_at(min(wakes_at, self._later[0][0]) if self._later else wakes_at)

    def _wake_at(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = at
        wait = max(TIMER_SECONDS, at - time.monotonic())
        self._timer = asyncio.get_running_loop().call_later(wait, self._work)

    def _settled(self) -> Outcome:
        if self._timer is not None:
            self._timer.cancel()
        now = time.monotonic()
        outcome = self.outcome
        for page in self._unsaved:
            for change in page.unsaved():
                outcome.unsaved.append(_as_sent(page, change))
                if self._is_measured(change.intended):
                    outcome.save_ms.append((now - change.intended) * 1000)
        outcome.errors = dict(self.errors)
        outcome.connections = self.pool.peak
        return outcome


def _as_sent(page: Page, change: Change) -> Saved:
    return Saved(page.seat.number, change.first_seq, change.entries)


def _batch(waiting: list[Change]) -> tuple[list[Change], list[Change]]:
    """Return what is sent together, and what has to wait for the next call."""
    total = 0
    for place, change in enumerate(waiting):
        total += change.number
        if total > MOST_ENTRIES:
            return waiting[:place], waiting[place:]
    return waiting, []


def _made_entries(order: Order, dice: random.Random) -> list[bytes]:
    """Return what students enter, between the seq and the moment."""
    made = []
    for _ in range(ENTRIES_MADE):
        if order.questions and dice.random() < 1 / 16:
            part, kind, value = dice.choice(order.questions), "flag", dice.choice(["true", "null"])
        else:
            part, shape = dice.choice(order.parts)
            kind = "answer"
            value = str(dice.randrange(5)) if shape == "choice" else f'"{dice.choice(WORDS)}"'
            if dice.random() < 1 / 10:  # cleared again
                value = "null"
        made.append(f'"part":{part},"kind":"{kind}","value":{value},"at":'.encode())
    return made


async def _work(order: Order, pool: Pool, starts_at: float) -> Outcome:
    return await Load(order, pool).run(starts_at)


if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles, and to look through all pages is a long pause
    _obeying.obey(_work)
