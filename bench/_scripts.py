"""Browsers at the moments when all of them come at once, and what staff look at meanwhile.

``python -m bench._scripts ORDER OUTCOME``, as ``bench._obeying`` says.  Each seat plays the order's
script once, at a moment of its own that does not depend on the others.  A call that fails is made
again as a page does; its latency counts from when the page wanted it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from bench import _obeying, _requests
from bench._orders import Order, Outcome, Saved, Seat
from bench._wire import OK, Pool, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# static/js/modules/end-turn.js
EARLY_SECONDS = 45.0
ENDED_SECONDS = 75.0
QUICKER = 2
# static/js/modules/answer-saver.js: quick clicks go together.
SOON_SECONDS = 0.3
# As often as the server hears of a page, whether or not there is something to save.
HEARTBEAT_SECONDS = 15.0
OVER = {"submitted", "expired"}
SAVED = {"applied", "duplicate"}
NOT_AGAIN = {400, 401, 404, 409}
# In a day: between two saves of one student, and how many of them before handing in.
BETWEEN_SAVES_SECONDS = (5.0, 15.0)
SAVES_A_DAY = 6


class Browser:
    """One browser; it makes its calls one after the other."""

    def __init__(self, stage: Stage, seat: Seat) -> None:
        self.stage = stage
        self.seat = seat
        self.epoch = 0
        self.seq = seat.last_seq
        self.answers: dict[int, object] = {}

    async def get(self, name: str, path: str, *, is_page: bool = False) -> Reply:
        """Read, until there is an answer that says something."""
        request = _requests.get(path, self.seat.cookie, is_page=is_page)
        return await self.stage.insist(name, request)

    async def post(self, name: str, content: object) -> Reply:
        """Make one of the session's calls, until there is an answer that says something."""
        path = f"/api/sessions/{self.seat.session}/{name}/"
        head = _requests.post_head(path, self.seat.cookie, self.stage.csrf)
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return await self.stage.insist(name, _requests.with_body(head, body))

    async def state(self) -> str:
        """Return the session's state, as a page asks for it."""
        reply = await self.get("state", f"/api/sessions/{self.seat.session}/state/")
        return str(msgspec.json.decode(reply.body).get("state", "")) if reply.body else ""

    async def read(self) -> None:
        """Do what a browser does while its student reads what will happen (intro.js)."""
        await self.get("intro", f"/sit/{self.seat.session}/", is_page=True)
        await self.get("exam", f"/api/sessions/{self.seat.session}/exam/")
        # For a reload without network; papers and tracks come from nginx.
        await self.get("shell", "/sit/shell/ko/", is_page=True)

    async def load(self) -> None:
        """Load the test's page again: the browser keeps its exam for a while."""
        await self.get("page", f"/sit/{self.seat.session}/test/", is_page=True)
        await self.state()

    async def start(self) -> None:
        """Do what a browser does from the intro page to the first save (runner.js)."""
        # What else it needs it has loaded while its student read what will happen.
        await self.get("page", f"/sit/{self.seat.session}/test/", is_page=True)
        claim = {"writer": self.seat.writer, "seen_epoch": 0}
        reply = await self.post("begin", claim)
        claimed = msgspec.json.decode(reply.body)["claim"] if reply.status == OK else None
        if claimed is None:
            # The reply to an earlier try is lost, with what it gave.
            reply = await self.post("claim", claim)
            claimed = msgspec.json.decode(reply.body) if reply.status == OK else {"epoch": 0}
        self.epoch = claimed["epoch"]
        await asyncio.sleep(SOON_SECONDS)
        await self.save()

    async def save(self) -> None:
        """Save one answer."""
        self.seq += 1
        part, shape = self.stage.dice.choice(self.stage.order.parts)
        self.answers[part] = self.stage.dice.randrange(5) if shape == "choice" else "blue"
        entry = {
            "seq": self.seq,
            "part": part,
            "kind": "answer",
            "value": self.answers[part],
            "at": int(time.time() * 1000),
        }
        reply = await self.post("answers", self._batch(entry))
        if reply.status == OK:
            self.stage.on_reply_to_save(self.seat, entry, reply)

    def _batch(self, *entries: object) -> dict[str, object]:
        return {
            "v": 1,
            "nonce": uuid.uuid4().hex,
            "epoch": self.epoch,
            "writer": self.seat.writer,
            "entries": entries,
            "pending": 0,
            "storage": "idb",
        }

    async def go_on(self, until: float) -> None:
        """Save now and then, as who has started does while others still start."""
        while time.monotonic() + HEARTBEAT_SECONDS < until:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.save()

    async def hand_in(self, digest: str) -> None:
        """Hand in."""
        content = {
            "submit_id": str(uuid.uuid4()),
            "writer": self.seat.writer,
            "last_seq": self.seq,
            "digest": digest,
        }
        await self.post("submit", content)

    async def end(self) -> None:
        """Do what a page does when its time is over (runner.js): take its turn, look, hand in."""
        self.epoch = 1
        spread = await self.heartbeat()
        over_at = self.stage.measured_from
        await asyncio.sleep(max(0.0, over_at - time.monotonic()))
        turn_at = over_at + _end_turn(spread, self.stage.dice.random())
        while (next_at := time.monotonic() + HEARTBEAT_SECONDS) < min(
            turn_at, over_at + EARLY_SECONDS
        ):
            await asyncio.sleep(next_at - time.monotonic())
            await self.heartbeat()
        await asyncio.sleep(max(0.0, turn_at - time.monotonic()))
        if await self.state() not in OVER:
            await self.hand_in(self.stage.order.digest)
        await self.get("done", f"/sit/{self.seat.session}/done/", is_page=True)
        self.stage.note("turn", turn_at)
        self.stage.note("whole", over_at)

    async def heartbeat(self) -> float:
        """Save nothing; return over how many seconds the server has pages spread at their end."""
        reply = await self.post("answers", self._batch())
        return msgspec.json.decode(reply.body)["end_spread_ms"] / 1000 if reply.body else 0.0

    async def day(self) -> None:
        """Read, start, work, load the page again in between, hand in."""
        await self.read()
        await self.start()
        for number in range(SAVES_A_DAY):
            await asyncio.sleep(self.stage.dice.uniform(*BETWEEN_SAVES_SECONDS))
            await self.save()
            if number == SAVES_A_DAY // 2:
                await self.load()
        await self.hand_in(digest(self.answers))

    async def look(self) -> None:
        """Look at one of the pages of staff."""
        path = self.stage.dice.choice(self.stage.order.pages)
        request = _requests.get(path, self.stage.order.staff_cookie, is_page=True)
        await self.stage.insist("staff", request)


SCRIPTS: dict[str, Callable[[Browser], Awaitable[None]]] = {
    "start": Browser.start,
    "end": Browser.end,
    "day": Browser.day,
    "look": Browser.look,
}


class Stage:
    """All browsers of one process."""

    def __init__(self, order: Order, pool: Pool) -> None:
        self.order = order
        self.pool = pool
        self.csrf = _requests.Csrf(order.csrf_cookie, order.csrf_token)
        self.dice = random.Random(order.seed)
        self.outcome = Outcome()
        self.errors: Counter[str] = Counter()
        self.measured_from = 0.0
        self._ends_at = 0.0

    async def play(self, starts_at: float) -> Outcome:
        """Have every seat play the script; return what became of it."""
        self.measured_from = starts_at + self.order.warm_up_seconds
        self._ends_at = self.measured_from + self.order.seconds
        until = self._ends_at + self.order.drain_seconds
        first, last = starts_at, self._ends_at
        # The time of all of them ends at one moment; before it each was heard of once more.
        if self.order.script == "end":
            first, last = self.measured_from - HEARTBEAT_SECONDS, self.measured_from
        playing = {
            asyncio.create_task(self._one(seat, self.dice.uniform(first, last)))
            for seat in self.order.seats
        }
        while playing and time.monotonic() < until:
            wait = max(0.0, until - time.monotonic())
            done, playing = await asyncio.wait(playing, timeout=wait)
            for task in done:
                task.result()
        for task in playing:
            task.cancel()
        self.outcome.unfinished = len(playing)
        self.outcome.errors = dict(self.errors)
        self.outcome.connections = self.pool.peak
        return self.outcome

    async def insist(self, name: str, request: bytes) -> Reply:
        """Make a call until it is answered, and note how long that took."""
        wanted_at = time.monotonic()
        tries = 0
        while True:
            reply = await self.pool.call(request)
            if reply.status == OK:
                break
            self.errors[f"{name} {reply.failure or reply.status}"] += 1
            if reply.status in NOT_AGAIN:
                return reply
            tries += 1
            await asyncio.sleep(_obeying.backoff(tries, self.dice, at_least=reply.retry_after))
        self.note(name, wanted_at)
        if self.measured_from <= time.monotonic() < self._ends_at:
            self.outcome.acknowledged += 1
        return reply

    async def _one(self, seat: Seat, at: float) -> None:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        browser = Browser(self, seat)
        await SCRIPTS[self.order.script](browser)
        self.note("whole", at)
        if self.order.script == "start":
            await browser.go_on(self._ends_at)

    def on_reply_to_save(self, seat: Seat, entry: dict[str, Any], reply: Reply) -> None:
        """Note what was acknowledged; anything else is an error."""
        accepted = msgspec.json.decode(reply.body)["accepted"]
        if [each["seq"] for each in accepted] == [entry["seq"]] and accepted[0]["status"] in SAVED:
            sent = msgspec.json.encode(entry)
            self.outcome.saved_in_scripts.append(Saved(seat.number, entry["seq"], sent))
        else:
            self.errors["answers not applied"] += 1

    def note(self, name: str, since: float) -> None:
        """Note how long something took since a moment that is measured."""
        if since < self.measured_from:
            return
        milliseconds = (time.monotonic() - since) * 1000
        self.outcome.call_ms.setdefault(name, []).append(milliseconds)


def _end_turn(spread: float, share: float) -> float:
    wait = spread * share
    return wait if wait < EARLY_SECONDS else ENDED_SECONDS + (wait - EARLY_SECONDS) / QUICKER


def digest(answers: dict[int, object]) -> str:
    """Return the digest of what a page shows, as it computes it."""
    shown = [[part, answers[part]] for part in sorted(answers) if answers[part] is not None]
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def _work(order: Order, pool: Pool, starts_at: float) -> Outcome:
    return await Stage(order, pool).play(starts_at)


if __name__ == "__main__":
    _obeying.obey(_work)
