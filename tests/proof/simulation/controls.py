"""The product with one guard taken away, for each control that a simulation can express."""

# ruff: noqa: ARG002 - a guard that is taken away looks at nothing

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from tests.proof.simulation.page import Page, Saver
from tests.proof.simulation.server import Server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.proof.history import Entry, Key, Standing, Stored, StoredEvent
    from tests.proof.simulation.outbox import Name
    from tests.proof.simulation.world import Heard

# Between the reply and the commit behind it.
BEHIND_MS = 300
CACHE_MS = 60_000
NEAR_END_MS = 30_000


class AcknowledgeBeforeCommit(Server):
    """Replies at once and commits a little later."""

    _before: tuple[int, dict[str, Any]] | None = None

    def on_answers(self, body: Any, token: str, now: int) -> dict[str, Any]:
        before = self.backup()
        reply = super().on_answers(body, token, now)
        self._before = (now + BEHIND_MS, before)
        return reply

    def crash(self, now: int) -> None:
        if self._before is not None and now < self._before[0]:
            self.restore_backup(self._before[1])


class LastWriterByClientClock(Server):
    """The device's clock decides which of two answers is newer."""

    def _is_newer(self, new: Standing, held: Standing | None, at: int) -> bool:
        return held is None or at >= self.at[held[2], held[1]]


class NoEpochFence(Server):
    """What comes last counts."""

    def _is_newer(self, new: Standing, held: Standing | None, at: int) -> bool:
        return True


class NoDeduplication(Server):
    """An entry that comes twice is written twice."""

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self._doubles: list[StoredEvent] = []

    def _is_known(self, key: Key) -> bool:
        if key in self.events:
            self._doubles.append(self.events[key])
        return False

    def stored(self) -> Stored:
        told = super().stored()
        return dataclasses.replace(told, events=(*told.events, *self._doubles))


class SameKeyOtherContentDuplicate(Server):
    """The key alone decides whether an entry is known."""

    def _is_same(self, event: StoredEvent, entry: Entry, text: str) -> bool:
        return True


class EpochReusedAfterRestore(Server):
    """A claim takes the next epoch, whatever the browser has seen and however late it is."""

    def _next_epoch(self, _seen: int, _now: int) -> int:
        return self.epoch + 1


class LateEntriesDropped(Server):
    """What comes too late is acknowledged and thrown away."""

    def _keeps(self, status: str) -> bool:
        return status != "late"


class CachedState(Server):
    """A state is answered from a cache for a minute."""

    _cached: tuple[int, dict[str, Any]] | None = None

    def on_state(self, _body: None, token: str, now: int) -> dict[str, Any]:
        if self._cached is None or now > self._cached[0] + CACHE_MS:
            self._cached = (now, super().on_state(None, token, now))
        return self._cached[1]


class _AnyReplyIsGood(Saver):
    def _answered(self, heard: Heard, batch: list[Entry], nonce: str) -> None:
        if heard.status == 200 and not self._is_acknowledgement(heard, nonce):
            queue = self.page.queue
            for entry in batch:
                queue.waiting.pop(entry.key, None)
                for store in queue.stores:
                    store.outbox.pop(entry.key, None)
        super()._answered(heard, batch, nonce)


class OutboxDroppedOnAny200(Page):
    """Whatever answers 200 has taken the entries."""

    saver_class = _AnyReplyIsGood


class SavingStoppedNearEnd(Page):
    """Nothing is recorded in the last half minute."""

    def record(self, name: Name, value: Any) -> None:
        if self.deadline is not None and self.deadline - self.world.now < NEAR_END_MS:
            epoch, seq, writer, _value = self.book.placed.get(name, (0, 0, "", None))
            self.book.placed[name] = (epoch, seq, writer, value)
        else:
            super().record(name, value)


class ClockByTicks(Page):
    """The clock counts ticks, and there are none while the page sleeps."""

    def freeze(self, until: int) -> None:
        super().freeze(until)
        if self.deadline is not None:
            self.deadline += until - self.world.now


class BlurOnlyCollection(Page):
    """A text is recorded only when its field is left."""

    def _quiet(self, part: int, text: str) -> None:
        pass


SERVERS: dict[str, type[Server]] = {
    "acknowledge_before_commit": AcknowledgeBeforeCommit,
    "last_writer_by_client_clock": LastWriterByClientClock,
    "no_epoch_fence": NoEpochFence,
    "no_deduplication": NoDeduplication,
    "same_key_other_content_duplicate": SameKeyOtherContentDuplicate,
    "epoch_reused_after_restore": EpochReusedAfterRestore,
    "late_entries_dropped": LateEntriesDropped,
    "cached_state": CachedState,
}
PAGES: dict[str, type[Page]] = {
    "outbox_dropped_on_any_200": OutboxDroppedOnAny200,
    "saving_stopped_near_end": SavingStoppedNearEnd,
    "clock_by_ticks": ClockByTicks,
    "blur_only_collection": BlurOnlyCollection,
}
NAMES: Sequence[str] = (*SERVERS, *PAGES)
