"""A page of a student, as the browser modules are: runner and, after the end, the done page.

``answer-saver.js``, ``sitting.js``, ``submission.js``, ``mending-api.js``, ``outbox-drain.js`` and
``runner.js`` are the originals; what they await is a callback here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.proof.checker import digest_of, text_of
from tests.proof.history import Acknowledged, Claimed, Entry, SubmitAttempt
from tests.proof.simulation.outbox import Book, NoCounter, Queue, Store, StoreFailed
from tests.proof.simulation.world import Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proof.history import Key
    from tests.proof.simulation.outbox import Name
    from tests.proof.simulation.world import Heard, World

    Then = Callable[[], None]
    Answered = Callable[[Heard], None]

SOON_MS = 300
HEARTBEAT_MS = 15_000
TOKEN_RETRY_MS = 30_000
ASIDE_MS = 20_000
FIRST_BACKOFF_MS = 1000
LONGEST_MS = 30_000
QUIET_MS = 400
AT_MOST_MS = 2000
OVER_POLL_MS = 5000
MORE_TIME_MS = 2000
ELSEWHERE_MS = 40_000
MISSING_ROUNDS = 5
SERVER_ERRORS_BEFORE_SPLIT = 5
MOST_ENTRIES = 64
DRAIN_ROUND_MS = 20_000
DRAIN_JITTER_MS = 10_000
SPLITS = {400, 404, 410, 413, 422}
REFUSALS = {400, 409, 413, 422}
LOST = {"session_unknown", "token_missing", "not_started"}
OVER = {"submitted", "expired"}


class Draft(NamedTuple):
    """A change on its way to storage, with the right that the page had when it was made."""

    name: Name
    value: Any
    claim: tuple[str, int] | None
    at: int

    @property
    def epoch(self) -> int:
        return self.claim[1] if self.claim else 0

    def change(self) -> Entry:
        if self.claim is None:
            raise NoCounter
        writer, epoch = self.claim
        return Entry(epoch, writer, 0, self.name[0], self.name[1], self.value, self.at)


class Profile:
    """A browser: what it stores, its cookie, its pages, and what happened there."""

    def __init__(self, world: World, name: str, token: str) -> None:
        self.world = world
        self.name = name
        self.token = token
        self.stores = [Store("idb"), Store("local")]
        self.drafts: list[Draft] = []
        self.pages: list[Page] = []
        self.lock: Page | None = None
        self.is_offline = False
        self.comes_by_code = False
        # It came by the code while all its storage failed: the ticket of its new right was in that
        # page's memory alone, and what it still has is of a right that it holds no more.
        self.lacks_ticket = False
        self.skew_ms = 0
        self.is_lost = False
        self.is_wiped = False
        # What the checker is told.
        self.entries: list[Entry] = []
        self.shown: set[Key] = set()
        self.acknowledged: list[Acknowledged] = []
        self.submissions: list[SubmitAttempt] = []
        self.claims: list[Claimed] = []
        self.volatile: set[Key] = set()
        self.due: list[tuple[int, Any]] = []
        self.clock: list[tuple[int, int]] = []

    def copy_storage(self, original: Profile) -> None:
        """Hold what another browser holds, from before anything was handed in."""
        for store, other in zip(self.stores, original.stores, strict=True):
            store.outbox, store.kept = dict(other.outbox), dict(other.kept)
            store.writers, store.record = dict(other.writers), other.record
            if store.record is not None:
                store.record = {**store.record, "submission": None}


class Saver:
    """Sends what waits: one batch in flight, in order, for as long as it takes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.claim: tuple[str, int] | None = None
        self.tries = 0
        self.token_missing = False
        self._flight: list[Callable[[bool], None]] | None = None
        self._timer = 0
        self._floor_ms = 0
        self._server_errors = 0
        self._given_again_at = -ASIDE_MS
        self._owed_at = -ASIDE_MS
        self._through: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        self._doubted_at = -ASIDE_MS
        self._is_uncertain = False
        self._aside: dict[Key, int] = {}
        self._single: set[Key] = set()

    @property
    def is_flying(self) -> bool:
        return self._flight is not None

    def begin(self, claim: tuple[str, int]) -> None:
        self.claim = claim
        self.wake()

    def wake(self) -> None:
        if self._flight is None and self.tries == 0:
            self._schedule(SOON_MS)

    def hurry(self) -> None:
        self.tries = 0
        self._schedule(0)

    def flush_on_hide(self) -> None:
        batch = self._batch_of(self._sendable())
        if batch:
            self.page.call("answers", self._body(batch, self.page.world.name()), None)

    def flush(self, then: Then) -> None:
        """Send everything that waits, now."""
        page = self.page
        if self._flight is not None:
            self._flight.append(lambda _ok: self.flush(then))
        elif page.queue.turn_at > page.world.now:
            page.later(page.queue.turn_at - page.world.now, self.flush, then)
        elif not self._sendable():
            then()
        else:
            self._fly(lambda ok: self.flush(then) if ok else then())

    def _sendable(self) -> list[Entry]:
        waiting = self.page.queue.waiting
        if not self._aside:
            return list(waiting.values())
        now = self.page.world.now
        return [entry for key, entry in waiting.items() if self._aside.get(key, 0) <= now]

    def _schedule(self, ms: int) -> None:
        self._timer += 1
        self.page.later(ms, self._due, self._timer)

    def _due(self, timer: int) -> None:
        if timer == self._timer:
            self._fly(None)

    def _fly(self, then: Callable[[bool], None] | None) -> None:
        if self._flight is not None:
            if then is not None:
                self._flight.append(then)
            return
        self._flight = [] if then is None else [then]
        now = self.page.world.now
        if now >= self._owed_at + ASIDE_MS:
            self._owed_at = now
            self.page.queue.give_back_owed()
        batch = self._next_batch()
        if not batch and self.claim is None:
            self._landed(ok=True)
            return
        nonce = self.page.world.name()
        self.page.mended(
            "answers", self._body(batch, nonce), lambda heard: self._answered(heard, batch, nonce)
        )

    def _landed(self, *, ok: bool) -> None:
        waiting, self._flight = self._flight or [], None
        self._schedule(self._pause())
        for then in waiting:
            then(ok)

    def _pause(self) -> int:
        if self.token_missing:
            return TOKEN_RETRY_MS
        if self.tries:
            return self.page.backoff(self.tries, self._floor_ms)
        return 0 if self._sendable() else HEARTBEAT_MS

    def _answered(self, heard: Heard, batch: list[Entry], nonce: str) -> None:
        self._floor_ms = heard.floor_ms
        said = self._verdict(heard, nonce)
        self._server_errors = self._server_errors + 1 if heard.status >= 500 else 0
        self.token_missing = said == "token"
        if said == "saved":
            assert heard.body is not None
            self._take(batch, heard.body, heard)
            return
        if said == "split" and batch:
            self._split(batch)
            self._landed(ok=True)
            return
        self.tries += 1
        self._landed(ok=False)

    def _verdict(self, heard: Heard, nonce: str) -> str:
        if heard.status == 200:
            return "saved" if self._is_acknowledgement(heard, nonce) else "retry"
        if heard.status == 401:
            return "token"
        if heard.status in SPLITS:
            return "split"
        if heard.status >= 500 and self._server_errors + 1 >= SERVER_ERRORS_BEFORE_SPLIT:
            return "split"
        return "retry"

    def _is_acknowledgement(self, heard: Heard, nonce: str) -> bool:
        return heard.body is not None and heard.body.get("nonce") == nonce

    def _next_batch(self) -> list[Entry]:
        batch = self._batch_of(self._sendable())
        for number, entry in enumerate(batch):
            if entry.key in self._single or entry.key in self._aside:
                return batch[: number or 1]
        return batch

    def _batch_of(self, entries: list[Entry]) -> list[Entry]:
        if len(entries) > 1:
            entries.sort(key=_sending_order)
            first = entries[0].writer
            entries = [entry for entry in entries[:MOST_ENTRIES] if entry.writer == first]
        return entries

    def _split(self, batch: list[Entry]) -> None:
        self._server_errors = 0
        if len(batch) > 1:
            self._single.update(entry.key for entry in batch)
        else:
            self._single.discard(batch[0].key)
            self._aside[batch[0].key] = self.page.world.now + ASIDE_MS

    def _take(self, batch: list[Entry], body: dict[str, Any], heard: Heard) -> None:
        self.tries = 0
        page = self.page
        statuses = {seq: (status, reason) for seq, status, reason in body["accepted"]}
        taken = [entry for entry in batch if entry.seq in statuses]
        if taken:
            page.queue.acknowledge(taken)
        for entry in taken:
            self._aside.pop(entry.key, None)
            self._single.discard(entry.key)
            status = statuses[entry.seq][0]
            page.profile.acknowledged.append(Acknowledged(entry, status))
            page.acknowledged(entry, status)
        if batch and not taken:
            self._split(batch)
        self._compare(batch, body, heard)

    def _compare(self, batch: list[Entry], body: dict[str, Any], heard: Heard) -> None:
        """Give a restored server again what it has lost."""
        writer = batch[0].writer if batch else self.claim[0] if self.claim else None
        if writer is None or not self._has_gone_back(writer, batch, body):
            self._end_of_take(writer, batch, body, heard)
            return

        def answered(state: Heard) -> None:
            if state.status == 200 and state.body is not None and "through" in state.body:
                self._is_uncertain = False
                self._through.clear()
                self._taken.clear()
                self.page.queue.give_back(state.body["through"])
                if self.page.claim is not None:
                    self.page.take(state.body)
                self._end_of_take(writer, batch, body, heard)
            else:
                self._end_of_take(None, batch, body, heard)

        self.page.mended("state", None, answered)

    def _has_gone_back(self, writer: str, batch: list[Entry], body: dict[str, Any]) -> bool:
        """Return whether the server lacks what it said it had."""
        accepted = {seq for seq, *_ in body["accepted"]}
        # The reply that nobody read may have been that of a server which did not know this writer.
        if not self._through.get(writer) and "duplicate" in {
            status for seq, status, _ in body["accepted"]
        }:
            self._is_uncertain = True
        taken = [entry.seq for entry in batch if entry.seq in accepted]
        self._taken[writer] = max([self._taken.get(writer, 0), *taken])
        # Where nothing below is missing, it has all up to ``through``, and nothing above.
        is_less = not body["missing"] and body["through"] < self._taken[writer]
        is_doubted = is_less and self.page.world.now >= self._doubted_at + ASIDE_MS
        if is_doubted:
            self._doubted_at = self.page.world.now
        is_behind = body["through"] < self._through.get(writer, 0)
        return self._is_uncertain or is_doubted or is_behind

    def _end_of_take(
        self, writer: str | None, batch: list[Entry], body: dict[str, Any], heard: Heard
    ) -> None:
        if writer is not None:
            self._through[writer] = body["through"]
            now = self.page.world.now
            if body["missing"] and now >= self._given_again_at + ASIDE_MS:
                self._given_again_at = now
                self.page.queue.requeue(writer, body["missing"])
        is_earlier = bool(batch) and (self.claim is None or batch[0].writer != self.claim[0])
        state = "open" if is_earlier and body["state"] == "claimed" else body["state"]
        self.page.heard(state, body, heard)
        self._landed(ok=True)

    def _body(self, batch: list[Entry], nonce: str) -> tuple[str, int, str, list[Entry]]:
        if batch:
            return nonce, batch[0].epoch, batch[0].writer, batch
        assert self.claim is not None
        return nonce, self.claim[1], self.claim[0], batch


def _sending_order(entry: Entry) -> tuple[int, str, int]:
    return entry.epoch, entry.writer, entry.seq


class Page(Owner):
    """A page of a profile; ``phase`` says what the student sees of it.

    ``opening``; ``open``: may write; ``claimed``: another page writes; ``elsewhere``, ``device``,
    ``code``, ``refused``: a cover that waits for the student; ``handing in``; ``over``; ``done``.
    """

    saver_class = Saver
    has_lock = False
    """As far as the page knows: it hears a little later that another one took over."""
    heard_at = -1
    """When the latest question about time was asked that has an answer."""
    wrote_as: tuple[str, int] | None = None
    """Its last claim, kept where it lost the right."""
    _wanted = ("", 0)
    """Who is to write, once the session is started, and the highest epoch seen by then."""
    view_of = ""
    """The name of the submission that declared its ``view``."""

    def __init__(self, profile: Profile, number: int) -> None:
        super().__init__()
        self.profile = profile
        self.world = profile.world
        self.label = f"{profile.name}#{number}"
        self.phase = "opening"
        self.memory = Store("memory")
        self.queue = Queue([*profile.stores, self.memory])
        self.saver = self.saver_class(self)
        self.book = Book()
        self.claim: tuple[str, int] | None = None
        self.rev = 0
        self.writing: list[Draft] = []
        self.fields: dict[int, tuple[Any, int]] = {}
        """Text that is no entry yet: part -> (text, since when)."""
        self.deadline: int | None = None
        self.deadline_known = -1
        self.view: dict[int, Any] | None = None
        """What was shown when this page's submission was received."""
        self.pressed = 0
        self._has_hidden = False
        self._unstored: dict[Name, None] = {}
        self._is_reclaiming = False
        self._is_mending = False
        self._mend_waiters: list[Callable[[Heard | None], None]] = []
        self._mend_not_before = -(10**9)
        self._mend_last: Heard | None = None
        self._is_ending = False
        self._clock_timer = self._round = 0
        profile.pages.append(self)
        self._next_round()

    def later(self, ms: int, run: Callable[..., None], *args: Any) -> None:
        self.world.later(self, ms, run, *args)

    def backoff(self, tries: int, floor_ms: int) -> int:
        ceiling = min(LONGEST_MS, FIRST_BACKOFF_MS * 2 ** min(tries, 10))
        # The plainest wait is the longest one.
        wait: int = ceiling - self.world.below(1024) * ceiling // 1024
        return max(min(floor_ms, LONGEST_MS), wait)

    def call(self, call: str, body: Any, answered: Answered | None) -> None:
        self.world.call(self, call, body, answered)

    # mending-api.js

    def mended(self, call: str, body: Any, answered: Answered) -> None:
        """Call; a server that lost the session is given its ticket, and called again."""

        def heard(reply: Heard) -> None:
            is_before = reply.status == 200 and (reply.body or {}).get("state") == "registered"
            error = "not_started" if is_before else reply.error
            if error not in LOST:
                answered(reply)
                return

            def mended(said: Heard | None) -> None:
                if said is not None and said.status == 200:
                    self.world.call(self, call, body, answered)
                else:
                    is_passing = said is not None and _is_passing(said) and not is_before
                    answered(said if is_passing and said is not None else reply)

            self._mend(error, mended)

        self.world.call(self, call, body, heard)

    def _mend(self, error: str, then: Callable[[Heard | None], None]) -> None:
        if self._is_mending:
            self._mend_waiters.append(then)
            return
        if self.world.now < self._mend_not_before:
            then(self._mend_last)
            return
        record = self.queue.record
        ticket, claim = record.get("ticket"), record.get("claim")
        if not claim if error == "not_started" else not ticket:
            then(None)
            return
        self._is_mending = True
        self._mend_waiters = [then]

        def restored(heard: Heard) -> None:
            # Whoever has claimed here had also begun; with no ticket of the start, time is anew.
            if claim and (heard.body or {}).get("state") == "registered":
                self.call("begin", None, self._restored)
            else:
                self._restored(heard)

        if ticket:
            self.call("restore", ticket, restored)
        elif claim:
            self.call("begin", None, self._restored)
        else:
            self._is_mending = False
            then(None)

    def _restored(self, heard: Heard) -> None:
        passing = 3000 if _is_passing(heard) else 120_000 if heard.status in {400, 409} else 20_000
        self._mend_not_before = self.world.now + passing
        self._mend_last = heard
        if heard.status != 200:
            self._end_of_mending(heard)
            return
        again = self._mend_last = _copy_with(heard, 503)
        assert again is not heard

        def answered(state: Heard) -> None:
            through = (state.body or {}).get("through", {}) if state.status == 200 else {}
            self.queue.give_back(through)
            self._end_of_mending(heard)

        self.call("state", None, answered)

    def _end_of_mending(self, heard: Heard) -> None:
        waiters, self._mend_waiters, self._is_mending = self._mend_waiters, [], False
        for then in waiters:
            then(heard)

    # How ``runner.js`` opens

    def start(self, *, take_over: bool = False) -> None:
        """Take the lock, load, open the inputs."""
        self.phase = "opening"
        profile = self.profile
        holder = profile.lock
        if holder is not None and holder is not self and holder.is_alive:
            if not take_over:
                self.phase = "elsewhere"
                self._send_what_waits()
                return
            holder.later(self.world.below(64), holder.lose_lock)
        profile.lock = self
        self.has_lock = True
        self._load_state(lambda heard: self._loaded(heard, take_over=take_over))

    def lose_lock(self) -> None:
        if self.profile.lock is self:
            return
        self.has_lock = False
        # One that is loading looks at it before it opens.
        if self.phase != "opening":
            self._claimed()

    def _may_open(self) -> bool:
        """Return whether the page still has the lock; where another took it, begin anew."""
        if self.has_lock:
            return True
        self.claim = self.saver.claim = None
        self.start()
        return False

    def _send_what_waits(self) -> None:
        """A page that may not write sends what its browser holds all the same."""
        if self.queue.waiting:
            self.saver.hurry()

    def _loaded(self, heard: Heard, *, take_over: bool) -> None:
        if heard.status == 0:
            self._open_offline(take_over=take_over)
            return
        if not _is_state(heard):
            self._call_failed(heard, take_over=take_over)
            return
        state = heard.body
        assert state is not None
        if state["state"] in OVER:
            self.leave()
        elif state["state"] == "registered":
            self._wanted = self._wish()
            self.mended(
                "begin", self._wanted, lambda reply: self._begun(reply, take_over=take_over)
            )
        else:
            self._loaded_open(state, take_over=take_over)

    def _begun(self, heard: Heard, *, take_over: bool) -> None:
        if not _is_state(heard):
            self._call_failed(heard, take_over=take_over)
            return
        self._note_state(heard)
        self._loaded(heard, take_over=take_over)

    def _loaded_open(self, state: dict[str, Any], *, take_over: bool) -> None:
        heard = state["elsewhere_ms"]
        is_used = heard is not None and heard < ELSEWHERE_MS and not self.profile.comes_by_code
        if is_used and not take_over:
            self.phase = "device"
            self._send_what_waits()
            return

        def claimed(told: dict[str, Any]) -> None:
            # What came between the state and the claim raised no rev.
            stood = told["rev"], told["events"]
            self.rev = stood[0] if stood == (state["rev"], state["events"]) else -1
            if self._may_open():
                self._go_on(state)

        if not self._may_open():
            return
        if state.get("claim") is not None:
            self._use(self._wanted, state["claim"])
            claimed(state["claim"])
            return
        self._claim_anew(claimed, lambda reply: self._call_failed(reply, take_over=take_over))

    def _open_offline(self, *, take_over: bool) -> None:
        if not self._may_open():
            return
        record = self.queue.record
        claim, last = record.get("claim"), record.get("last")
        if not claim or not last or last["state"] != "open" or self.queue.counter(claim[0]) is None:
            self.later(OVER_POLL_MS, self._start_again, take_over)
            return
        self.queue.begin(claim[0])
        self.claim = self.wrote_as = claim
        self.saver.begin(claim)
        self.queue.reread()
        self.book.merge_entries(self.queue.kept())
        self.rev = -1
        self.world.tell(self.label, "goes on without network as", claim[0][:6], "epoch", claim[1])
        self._go_on(last, is_online=False)

    def _go_on(self, state: dict[str, Any], *, is_online: bool = True) -> None:
        self._merge(state)
        self._take_drafts()
        self.profile.comes_by_code = False
        record = self.queue.record
        submission = record.get("submission")
        left = state["remaining_ms"] if is_online else 0
        was_given_time = submission and submission["at_end"] and left > MORE_TIME_MS
        if submission and not record.get("is_reopened") and not was_given_time:
            self.phase = "handing in"
            self._send_submission(had_receipt=bool(record.get("receipt")))
            return
        if submission or record.get("closed"):
            self._forget_submission()
        self._open()

    def _open(self) -> None:
        # Another page may have taken over while this one waited.
        self.phase = "open" if self.claim is not None else "claimed"
        if self.deadline is not None and self.deadline <= self.world.now:
            self._time_over()

    def _start_again(self, take_over: bool) -> None:
        if self.phase == "opening":
            self.start(take_over=take_over and self.has_lock)

    def _call_failed(self, heard: Heard, *, take_over: bool) -> None:
        if heard.error == "ended":
            self.leave()
        elif heard.status in {401, 404}:
            self.phase = "code" if heard.status == 401 else "refused"
            self._send_what_waits()
        else:
            self.later(max(OVER_POLL_MS, heard.floor_ms), self._start_again, take_over)

    def _wish(self) -> tuple[str, int]:
        """Return a new writer, and the highest epoch that this browser has seen."""
        return self.world.name(), self.queue.record.get("seen_epoch", 0)

    def _claim_anew(self, then: Callable[[dict[str, Any]], None], failed: Answered) -> None:
        wish = self._wish()

        def answered(heard: Heard) -> None:
            if heard.status != 200 or heard.body is None or "epoch" not in heard.body:
                failed(heard)
                return
            self._use(wish, heard.body)
            then(heard.body)

        self.mended("claim", wish, answered)

    def _use(self, wish: tuple[str, int], told: dict[str, Any]) -> None:
        writer, seen = wish
        claim = (writer, told["epoch"])
        self.profile.claims.append(Claimed(writer, claim[1], seen))
        self.queue.begin(writer)
        self.queue.remember(claim=claim, seen_epoch=claim[1])
        self.claim = self.wrote_as = claim
        self.saver.begin(claim)

    def _load_state(self, answered: Answered) -> None:
        def heard(reply: Heard) -> None:
            if _is_state(reply):
                self._note_state(reply)
            answered(reply)

        self.mended("state", None, heard)

    def _note_state(self, heard: Heard) -> None:
        state = heard.body
        assert state is not None
        record = self.queue.record
        self.queue.remember(
            last=state,
            seen_epoch=max(record.get("seen_epoch", 0), state["epoch"]),
            ticket=state["ticket"] or record.get("ticket"),
        )
        if state["state"] != "registered":
            self._hear_time(state["remaining_ms"], heard)
        self.queue.give_back(state["through"])
        if self.queue.waiting:
            self.saver.wake()

    def take(self, state: dict[str, Any]) -> None:
        # Not where it is only looked at: what nobody merged has to be fetched again.
        self.rev = state["rev"]
        self._merge(state)

    def _merge(self, state: dict[str, Any]) -> None:
        self.book.merge_state(state)
        self.book.merge_entries(self.queue.waiting.values())

    def _take_drafts(self) -> None:
        drafts, self.profile.drafts = self.profile.drafts, []
        for draft in drafts:
            if self.book.epoch_of(draft.name) > draft.epoch:
                continue
            if text_of(self.book.value(draft.name)) != text_of(draft.value):
                self.record(draft.name, draft.value)

    # What ``sitting.js`` does with a change

    def record(self, name: Name, value: Any) -> None:
        """Show a change at once, store it on the device, then send it."""
        self.book.write(name, value)
        world, queue = self.world, self.queue
        draft = Draft(name, value, self.claim, world.now + self.profile.skew_ms)
        self.writing.append(draft)
        ready = max(world.now, queue.turn_at)
        if world.trouble and world.below(12) == 1:
            ready += world.below(2000)
        queue.turn_at = ready
        if ready <= world.now:
            self._store(draft)
        else:
            self.later(ready - world.now, self._store, draft)

    def _store(self, draft: Draft) -> None:
        name = draft.name
        try:
            entry = self.queue.add(draft.change())
        except (NoCounter, StoreFailed):
            self.book.fail(name)
            self._note_torn()
            self._unstored[name] = None
            self._write_again()
        else:
            self.book.settle(entry)
            self._unstored.pop(name, None)
            self.note_formed(entry)
        self.writing.remove(draft)
        if self._has_hidden:
            self.profile.drafts = list(self.writing)
        self.saver.wake()

    def _note_torn(self) -> None:
        """An entry that storage holds although it said it does not."""
        for store in self.profile.stores:
            if store.torn is not None:
                self.profile.entries.append(store.torn)
                store.torn = None

    def note_formed(self, entry: Entry) -> None:
        profile = self.profile
        profile.entries.append(entry)
        if self.queue.level == "memory":
            profile.volatile.add(entry.key)
        else:
            profile.shown.add(entry.key)
        if self.world.trace is not None:
            self.world.tell(
                self.label, f"entry {entry.writer[:6]}/{entry.seq} epoch {entry.epoch}:",
                entry.kind, entry.part, "=", repr(entry.value), f"({self.queue.level})",
            )  # fmt: skip

    def type(self, part: int, text: str) -> None:
        """Type a text: it becomes an entry after a pause, and at once when the page is left."""
        world = self.world
        _old, since = self.fields.get(part, ("", world.now))
        self.fields[part] = (text, since)
        self.later(QUIET_MS, self._quiet, part, text)
        self.later(AT_MOST_MS, self._quiet, part, text)
        self.later(AT_MOST_MS + 600, self._note_due, part, text, self.frozen_until)

    def _quiet(self, part: int, text: str) -> None:
        if self.fields.get(part, ("", 0))[0] == text:
            self.commit(part)

    def _note_due(self, part: int, text: str, frozen_until: int) -> None:
        # The page was there and awake all the time, and the text is still what it shows.
        shown = self.fields.get(part, (self.book.value(("answer", part)), 0))[0]
        if (
            self.phase == "open"
            and shown == text
            and self.frozen_until == frozen_until
            and (self.queue.turn_at <= self.world.now and not self._unstored)
        ):
            self.profile.due.append((part, text))

    def commit(self, part: int | None = None) -> None:
        """Record texts that are no entry yet."""
        for each in list(self.fields) if part is None else [part]:
            text, _since = self.fields.pop(each)
            if self.phase in {"open", "handing in", "over"} and self.claim is not None:
                self.record(("answer", each), text)

    def hide(self) -> None:
        """Keep and send what there is: the page may be going away."""
        if self.phase == "open":
            self.commit()
        self._has_hidden = True
        self.profile.drafts = list(self.writing)
        if self.queue.turn_at <= self.world.now:
            self.saver.flush_on_hide()

    def _write_again(self) -> None:
        if self.claim is None or self._is_reclaiming:
            return
        self._is_reclaiming = True

        def claimed(_told: dict[str, Any]) -> None:
            self._is_reclaiming = False
            for name in list(self._unstored):
                self.record(name, self.book.value(name))

        def failed(_heard: Heard) -> None:
            self._is_reclaiming = False

        self._claim_anew(claimed, failed)

    # sitting.js and runner.js: what the server says

    def heard(self, state: str, body: dict[str, Any], heard: Heard) -> None:
        """Take what every acknowledgement says beside its entries."""
        if self.phase == "done":
            return
        if state != "registered":
            self._hear_time(body["remaining_ms"], heard)
        if self._unstored:
            self._write_again()
        if state == "claimed" and self.claim is not None:
            self._claimed()
        elif state in OVER:
            self._ended()
        elif body["rev"] != self.rev and self.claim is not None:
            self.rev = body["rev"]
            self.refresh()

    def acknowledged(self, entry: Entry, status: str) -> None:
        if status == "conflict":
            self._unstored[entry.kind, entry.part] = None
            self._write_again()

    def refresh(self) -> None:
        def loaded(heard: Heard) -> None:
            if _is_state(heard):
                assert heard.body is not None
                self.take(heard.body)
            else:
                self.rev = -1

        self._load_state(loaded)

    def _claimed(self) -> None:
        """Another page writes now: send what waits, and take no more."""
        if self.phase in {"done", "over"}:
            return
        self.commit()
        self.phase = "claimed"

        def release() -> None:
            self.claim = None
            self.saver.claim = None
            self.saver.hurry()

        if self.queue.turn_at > self.world.now:
            self.later(self.queue.turn_at - self.world.now, release)
        else:
            release()

    def _ended(self) -> None:
        if self._is_ending:
            return
        self._is_ending = True
        self.commit()
        self.phase = "over"
        self.saver.flush(self.leave)

    def leave(self) -> None:
        """Go to the page after the test, which hands in what is left."""
        if not self.queue.record.get("closed"):
            self.queue.remember(closed=True)
        self.end()
        done = type(self)(self.profile, len(self.profile.pages) + 1)
        done.phase = "done"
        done.drain_round()

    def end(self) -> None:
        """Be gone: closed, crashed or left."""
        self.is_alive = False
        profile = self.profile
        if profile.lock is self:
            profile.lock = None
        held = {*profile.stores[0].outbox, *profile.stores[0].kept}
        held |= {*profile.stores[1].outbox, *profile.stores[1].kept}
        profile.volatile.update(
            key for key in (*self.memory.outbox, *self.memory.kept) if key not in held
        )

    def freeze(self, until: int) -> None:
        """Stand still until then: a tab put to sleep, a lid closed."""
        self.world.freeze(self, until)

    # session-clock.js

    def _hear_time(self, remaining: int | None, heard: Heard) -> None:
        if remaining is None:
            return
        least, most = heard.sent_at + remaining, heard.received_at + remaining
        if self.deadline is not None and least > self.deadline and heard.sent_at < self.heard_at:
            return  # It was overtaken: it gives no time.
        self.heard_at = max(self.heard_at, heard.sent_at)
        if self.deadline is None or least > self.deadline or most < self.deadline:
            self.deadline = least
            self._clock_timer += 1
            if self.phase != "done":
                self.later(max(0, least - self.world.now), self._zero, self._clock_timer)
        # A reply that was long on its way tells of no later move.
        self.deadline_known = max(self.deadline_known, heard.deadline_moves)

    def _zero(self, timer: int) -> None:
        if timer == self._clock_timer and self.phase in {"open", "claimed"}:
            self._time_over()

    def look_at_clock(self) -> None:
        """Note what the page shows and what is true, where it can know."""
        server = self.world.server
        if self.deadline is None or server.deadline is None or server.state != "open":
            return
        if self.phase == "open" and self.deadline_known == server.deadline_moves:
            now = self.world.now
            self.profile.clock.append((max(0, self.deadline - now), max(0, server.deadline - now)))

    def _time_over(self) -> None:
        if self._is_ending:
            return
        self._is_ending = True
        self.commit()
        self.phase = "over"
        if self.claim is not None:
            self._freeze(at_end=True)
        self._until_heard()

    def _until_heard(self) -> None:
        self._load_state(self._heard_at_end)

    def _heard_at_end(self, heard: Heard) -> None:
        if not _is_state(heard):
            self.later(OVER_POLL_MS, self._until_heard)
            return
        assert heard.body is not None
        if heard.body["state"] in OVER:
            self.leave()
        elif heard.body["remaining_ms"] > MORE_TIME_MS:
            self._is_ending = False
            self._forget_submission()
            self._open()
        elif self.claim is not None:
            self._send_submission(then=self._until_over)
        else:
            self._until_over()

    def _until_over(self) -> None:
        def heard(reply: Heard) -> None:
            if _is_state(reply) and reply.body is not None and reply.body["state"] in OVER:
                self.leave()
            else:
                self.later(OVER_POLL_MS, self._until_over)

        self._load_state(heard)

    # submission.js

    def submit(self) -> None:
        """Hand in, as the student confirms."""
        if self.phase != "open":
            return
        self.commit()
        if self.claim is None:
            self._claimed()
            return
        self.phase = "handing in"
        if self.queue.turn_at > self.world.now:
            self.later(self.queue.turn_at - self.world.now, self._submit)
        else:
            self._submit()

    def _submit(self) -> None:
        if self.claim is None:
            return
        self._freeze(at_end=False)
        self._send_submission()

    def _freeze(self, *, at_end: bool) -> None:
        assert self.claim is not None
        given = self.book.given()
        self.view, self.view_of = given, self.world.name()
        self.queue.remember(
            submission={
                "submit_id": self.view_of,
                "writer": self.claim[0],
                "last_seq": self.queue.last_seq(self.claim[0]),
                "digest": digest_of(given),
                "at_end": at_end,
            },
        )

    def _forget_submission(self) -> None:
        self.queue.remember(submission=None, receipt=None, is_reopened=None, closed=None)

    def _send_submission(self, *, had_receipt: bool = False, then: Then | None = None) -> None:
        self._hand_in(
            lambda heard: self._handed_in(heard, 0, 0, had_receipt=had_receipt, then=then)
        )

    def _hand_in(self, answered: Answered) -> None:
        def flushed() -> None:
            facts = self.queue.record.get("submission")
            if facts is None:
                return
            body = (facts["submit_id"], facts["writer"], facts["last_seq"], facts["digest"])
            self.mended("submit", body, lambda heard: self._noted(heard, body, answered))

        self.saver.flush(flushed)

    def _noted(self, heard: Heard, body: tuple[str, str, int, str], answered: Answered) -> None:
        submit_id, writer, last_seq, digest = body
        receipt = heard.body.get("receipt") if heard.body and heard.status == 200 else None
        self.profile.submissions.append(SubmitAttempt(submit_id, writer, last_seq, digest, receipt))
        if receipt is not None:
            self.queue.remember(closed=True, receipt=receipt)
        elif heard.error == "missing":
            assert heard.body is not None
            self.queue.requeue(writer, heard.body["missing"])
        answered(heard)

    def _handed_in(
        self, heard: Heard, tries: int, rounds: int, *, had_receipt: bool, then: Then | None
    ) -> None:
        error = heard.error if heard.status == 409 else ""

        def again(more: int, round_: int, wait: int) -> None:
            self.later(
                wait,
                self._hand_in,
                lambda reply: self._handed_in(
                    reply, more, round_, had_receipt=had_receipt, then=then
                ),
            )

        if heard.status == 200 and heard.body is not None and "check_code" in heard.body:
            self._submitted(had_receipt=had_receipt, then=then)
        elif heard.status == 401:
            self.phase = "code"
        elif error == "ended":
            self.leave()
        elif error == "missing" and rounds + 1 < MISSING_ROUNDS:
            again(tries, rounds + 1, self.backoff(rounds + 1, 0))
        elif heard.status in REFUSALS and heard.body is not None and error != "not_started":
            self.queue.remember(submission=None)
            self._refused(heard, then)
        else:
            again(tries + 1, rounds, self.backoff(tries + 1, heard.floor_ms))

    def _submitted(self, *, had_receipt: bool, then: Then | None) -> None:
        if then is not None:
            then()
        elif not had_receipt:
            self.leave()
        else:
            self._load_state(self._after_second_receipt)

    def _after_second_receipt(self, heard: Heard) -> None:
        if not _is_state(heard) or heard.body is None or heard.body["state"] in OVER:
            self.leave()
            return
        # Staff gave the session back.
        self._forget_submission()
        self._open()

    def _refused(self, heard: Heard, then: Then | None) -> None:
        """The student decides anew; where answers differ, the page merges and writes its own."""
        if then is not None:
            then()
            return
        self.view = None
        self._open()
        if self.claim is None:
            return
        if heard.error != "digest" or heard.body is None:
            return
        state = heard.body
        mine = self.book.given()
        theirs = {part: text for part, (_epoch, _seq, text) in state["answers"].items()}
        differing = [
            part
            for part in sorted({*mine, *theirs})
            if text_of(mine.get(part)) != theirs.get(part, "null")
        ]
        before = {part: self.book.value(("answer", part)) for part in differing}
        self.take(state)
        for part in differing:
            value = self.book.value(("answer", part))
            if text_of(before[part]) == text_of(value):
                self.record(("answer", part), value)

    # outbox-drain.js, on the page after the test

    def drain_round(self) -> None:
        """Hand in what is left, ask what the server has, give it what it lacks."""
        if self.claim is not None and self.phase != "done":
            self._next_round()  # The page looks after its session itself.
            return

        def flushed() -> None:
            self.mended("state", None, self._compared)

        if self.queue.waiting:
            self.saver.flush(flushed)
        else:
            flushed()

    def _compared(self, heard: Heard) -> None:
        if not _is_state(heard) or heard.body is None:
            self._next_round()
            return
        state = heard.body
        lost = self.queue.give_back(state["through"])

        def flushed() -> None:
            record = self.queue.record
            if state["state"] in OVER:
                self._next_round()
                return
            submission = record.get("submission")
            was_given_time = (
                submission and submission["at_end"] and state["remaining_ms"] > MORE_TIME_MS
            )
            if not submission or record.get("is_reopened") or was_given_time:
                self._next_round()
            else:
                had = bool(record.get("receipt"))
                self._hand_in(lambda reply: self._drained(reply, had_receipt=had))

        if lost or self.queue.waiting:
            self.saver.flush(flushed)
        else:
            flushed()

    def _drained(self, heard: Heard, *, had_receipt: bool) -> None:
        if heard.status == 200 and had_receipt:

            def answered(state: Heard) -> None:
                if _is_state(state) and state.body is not None and state.body["state"] == "open":
                    self.queue.remember(is_reopened=True)
                self._next_round()

            self.mended("state", None, answered)
            return
        self._next_round()

    def _next_round(self) -> None:
        self._round += 1
        wait = DRAIN_ROUND_MS + self.world.below(1024) * DRAIN_JITTER_MS // 1024
        self.later(wait, self._due_round, self._round)

    def _due_round(self, number: int) -> None:
        if number == self._round:
            self.drain_round()


def _is_state(heard: Heard) -> bool:
    return (
        heard.status == 200
        and heard.body is not None
        and "through" in heard.body
        and ("answers" in heard.body)
    )


def _is_passing(heard: Heard) -> bool:
    return heard.status in {0, 429} or heard.status >= 500


def _copy_with(heard: Heard, status: int) -> Heard:
    from tests.proof.simulation.world import Heard as Reply

    return Reply(status, heard.body, heard.sent_at, heard.received_at)
