"""Virtual time, and a network between pages and the server that loses, doubles and delays."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from tests.proof.simulation.choices import Choices
    from tests.proof.simulation.server import Reply, Server

    Answered = Callable[["Heard"], None]
    Request = tuple[Any, str, Any, str, Answered | None, int]
    """page, call, body, token, who hears the reply, when it was sent."""

NOTHING: Reply = (0, None)
# session-api.js: 8 s a request.
TIMEOUT_MS = 8000
FATES = (
    "request lost",
    "response lost",
    "request doubled",
    "request delayed",
    "response delayed",
    "captive portal",
    "error before commit",
    "error after commit",
    "crash before commit",
    "crash after commit",
    "told to wait",
)


class Heard:
    """A reply as the page's API module hands it over; status 0: none came."""

    __slots__ = ("body", "deadline_moves", "floor_ms", "received_at", "sent_at", "status")

    def __init__(
        self,
        status: int,
        body: dict[str, Any] | None,
        sent_at: int,
        received_at: int,
        *,
        deadline_moves: int = -1,
    ) -> None:
        self.deadline_moves = deadline_moves
        """Of the moment when the server answered, which may be long ago."""
        self.status = status
        self.body = body
        self.sent_at = sent_at
        self.received_at = received_at
        self.floor_ms = 2000 if status == 429 else 0

    @property
    def error(self) -> str:
        return str(self.body.get("error", "")) if self.body and self.status >= 400 else ""


class Owner:
    """Whose timers and replies these are: a page that may be gone or frozen."""

    __slots__ = ("frozen_until", "is_alive", "put_off")

    def __init__(self) -> None:
        self.is_alive = True
        self.frozen_until = 0
        self.put_off: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        """What was due while it stood still, in that order."""


class World:
    """Time, network and server of one schedule."""

    def __init__(
        self,
        choices: Choices,
        server: Server,
        faults: Counter[str],
        *,
        trouble: int,
        trace: list[str] | None = None,
    ) -> None:
        self.below = choices.below
        self.server = server
        self.now = 0
        self.faults = faults
        self.trouble = trouble
        """Of a thousand requests, how many meet a fault."""
        self.trace = trace
        self.down_until = 0
        self.poisoned: Any = None
        """An entry on which the server breaks down."""
        self._heap: list[tuple[int, int, Owner | None, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0
        self._names = 0

    def later(self, owner: Owner | None, ms: int, run: Callable[..., None], *args: Any) -> None:
        """Run something in that many milliseconds, unless its page is gone by then."""
        self._count = count = self._count + 1
        heapq.heappush(self._heap, (self.now + ms, count, owner, run, args))

    def run_until(self, end: int) -> None:
        """Let the time pass."""
        heap = self._heap
        while heap and heap[0][0] <= end:
            at, _count, owner, run, args = heapq.heappop(heap)
            if owner is not None:
                if not owner.is_alive:
                    continue
                if owner.frozen_until > at:
                    owner.put_off.append((run, args))
                    continue
            self.now = at
            run(*args)
        self.now = end

    def freeze(self, owner: Owner, until: int) -> None:
        """Let a page stand still until then, or until it is woken."""
        owner.frozen_until = until
        self.later(None, until - self.now, self.wake, owner)

    def wake(self, owner: Owner) -> None:
        """Let a page go on: first with what was due meanwhile."""
        owner.frozen_until = min(owner.frozen_until, self.now)
        put_off, owner.put_off = owner.put_off, []
        for run, args in put_off:
            self.later(owner, 0, run, *args)

    def name(self) -> str:
        """Return 32 hexadecimal digits that no other name of this schedule has; not in order."""
        self._names += 1
        return f"{(self._names * 0x9E3779B97F4A7C15) % 2**64:016x}{self._names:016x}"

    def tell(self, *facts: object) -> None:
        """Note a step, where somebody wants to read it."""
        if self.trace is not None:
            self.trace.append(f"{self.now / 1000:9.3f}  " + " ".join(str(fact) for fact in facts))

    def call(self, page: Any, call: str, body: Any, answered: Answered | None = None) -> None:
        """Send a request of a page; ``answered`` hears the reply; None: nobody listens."""
        if page.profile.is_offline:
            if answered is not None:
                self.later(page, 10, self._nothing, answered, self.now)
            return
        delays = self.below(64)
        there, back = 2 + delays % 8 * 6, 2 + delays // 8 * 6
        request = (page, call, body, page.profile.token, answered, self.now)
        if self.trouble and self.below(1000) < self.trouble:
            fate = FATES[self.below(len(FATES))]
            self.faults[fate] += 1
            self.tell(page.label, "->", call, f"[{fate}]")
            getattr(self, "_" + fate.replace(" ", "_"))(request, there, back)
        else:
            self.later(None, there, self._arrive, request, back)

    def _request_lost(self, request: Request, _there: int, _back: int) -> None:
        self._give_up(request)

    def _response_lost(self, request: Request, there: int, back: int) -> None:
        self.later(None, there, self._arrive, unheard(request), back)
        self._give_up(request)

    def _request_doubled(self, request: Request, there: int, back: int) -> None:
        self.later(None, there, self._arrive, request, back)
        self.later(None, there + 1 + self.below(30_000), self._arrive, unheard(request), 0)

    def _request_delayed(self, request: Request, there: int, back: int) -> None:
        self._send_slowly(request, there + self.below(40_000), back)

    def _response_delayed(self, request: Request, there: int, back: int) -> None:
        self._send_slowly(request, there, back + self.below(20_000))

    def _captive_portal(self, request: Request, there: int, back: int) -> None:
        self._reply(request, (200, None), there + back)

    def _error_before_commit(self, request: Request, there: int, back: int) -> None:
        self._reply(request, (500, None), there + back)

    def _error_after_commit(self, request: Request, there: int, back: int) -> None:
        self.later(None, there, self._arrive, unheard(request), back)
        self._reply(request, (503, None), there + back)

    def _crash_before_commit(self, request: Request, there: int, back: int) -> None:
        self.later(None, there + 1, self.crash, self.below(10_000))
        self._reply(request, NOTHING, there + back)

    def _crash_after_commit(self, request: Request, there: int, back: int) -> None:
        self.later(None, there, self._arrive, unheard(request), back)
        self._crash_before_commit(request, there, back)

    def _told_to_wait(self, request: Request, there: int, back: int) -> None:
        self._reply(request, (429, {"error": "too_many_saves"}), there + back)

    def crash(self, ms: int) -> None:
        """Kill the server; it is back after that time."""
        self.server.crash(self.now)
        self.down_until = max(self.down_until, self.now + ms)

    def _send_slowly(self, request: Request, there: int, back: int) -> None:
        if there + back < TIMEOUT_MS:
            self.later(None, there, self._arrive, request, back)
        else:
            self.later(None, there, self._arrive, unheard(request), back)
            self._give_up(request)

    def _arrive(self, request: Request, back: int) -> None:
        page, call, body, token, _answered, _sent = request
        if self.now < self.down_until:
            self._reply(request, NOTHING, back)
            return
        if self.poisoned is not None and call == "answers" and self.poisoned in body[3]:
            self.faults["entry that the server breaks on"] += 1
            self._reply(request, (500, None), back)
            return
        reply = self.server.handle(call, body, token, self.now)
        if self.trace is not None:
            self.tell(page.label, "->", call, told(call, body), "=", *told_reply(reply))
        self._reply(request, reply, back)

    def _reply(self, request: Request, reply: Reply, back: int) -> None:
        page, _call, _body, _token, answered, sent = request
        if answered is not None:
            moves = self.server.deadline_moves
            self.later(page, back, self._hear, answered, reply, sent, moves)

    def _hear(self, answered: Answered, reply: Reply, sent: int, moves: int) -> None:
        answered(Heard(reply[0], reply[1], sent, self.now, deadline_moves=moves))

    def _give_up(self, request: Request) -> None:
        page, _call, _body, _token, answered, sent = request
        if answered is not None:
            self.later(page, TIMEOUT_MS, self._nothing, answered, sent)

    def _nothing(self, answered: Answered, sent: int) -> None:
        answered(Heard(0, None, sent, self.now))


def unheard(request: Request) -> Request:
    """Return the request without anybody who hears its reply."""
    page, call, body, token, _answered, sent = request
    return page, call, body, token, None, sent


def told(call: str, body: Any) -> str:
    """Return a request in words."""
    if call == "answers":
        _nonce, epoch, writer, entries = body
        said = ", ".join(f"{e.seq}: {e.kind} {e.part} = {e.value!r}" for e in entries)
        return f"epoch {epoch} writer {writer[:6]} [{said}]"
    if call == "claim" or (call == "begin" and body is not None):
        return f"writer {body[0][:6]} seen {body[1]}"
    if call == "submit":
        return f"writer {body[1][:6]} last {body[2]} digest {body[3][:6]}"
    return ""


def told_reply(reply: Reply) -> list[str]:
    """Return a reply in words."""
    status, body = reply
    wanted = ("error", "epoch", "state", "accepted", "through", "missing", "rev", "answers")
    return [str(status), *(f"{key}={body[key]}" for key in wanted if body and key in body)]
