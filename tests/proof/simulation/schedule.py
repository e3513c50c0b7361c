"""One schedule: what the student, the staff, the machines and the network do, decision by decision.

It ends with all faults off and every surviving browser handing in what it holds; then its history
goes to the checker.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from placement_test.saving import rules
from tests.proof.checker import violations
from tests.proof.history import Client, History
from tests.proof.simulation.outbox import Queue, Store
from tests.proof.simulation.page import Page, Profile
from tests.proof.simulation.server import Exam, Server
from tests.proof.simulation.world import World

if TYPE_CHECKING:
    from typing import Any

    from tests.proof.checker import Violation
    from tests.proof.simulation.choices import Choices
    from tests.proof.simulation.outbox import Name

CHOICE, CHOICES, SHORT, LONG, OTHER = 1, 2, 3, 4, 5
QUESTION, TRACK = 11, 21
EXAM = Exam(
    rules.Shapes(
        parts={
            CHOICE: ("choice", 5),
            CHOICES: ("choices", 4),
            SHORT: ("short", 0),
            LONG: ("long", 0),
            OTHER: ("choice", 5),
        },
        questions=frozenset({QUESTION}),
        tracks=frozenset({TRACK}),
    ),
    key={CHOICE: "1", CHOICES: "[0,2]", SHORT: '"blue"', OTHER: "3"},
)
PARTS = (CHOICE, OTHER, CHOICES, SHORT, LONG)
VALUES: dict[int, tuple[Any, ...]] = {
    CHOICE: (0, 1, 2, 3, 4),
    OTHER: (0, 1, 2, 3, 4),
    CHOICES: ((0,), (0, 2), (1, 2, 3)),
    SHORT: ("blue", "red", "파랑"),
    LONG: ("Once upon a time", "Once", "옛날 옛적에"),
}
ALLOTTED_MS = (300_000, 90_000, 40_000)
TROUBLE = (0, 40, 150, 400)
GAPS_MS = (150, 400, 900, 1500, 2500, 150, 400, 900, 4000, 9000, 16_000, 35_000)
MOST_PROFILES = 3
MOST_PAGES = 8
DRAIN_MS = 75_000
DRAIN_MORE_MS = 30_000
DRAIN_ROUNDS = 12

# 0 stands for the plainest thing: one more answer.
STEPS = tuple(
    name
    for name, weight in (
        ("answer", 26), ("clear", 3), ("type", 5), ("flag", 2), ("play", 1), ("burst", 3),
        ("impossible", 1), ("hide", 2), ("reload", 3), ("crash_page", 2), ("crash_browser", 1),
        ("close", 1), ("open", 3), ("go_on_here", 4), ("other_device", 2), ("freeze", 2),
        ("network", 4), ("break_storage", 1), ("tear_storage", 1), ("wipe_storage", 1),
        ("lose_device", 1), ("backup", 3), ("restore", 2), ("sweep", 1), ("give_time", 1),
        ("reopen", 1), ("count_late", 1), ("submit", 3), ("server_down", 1), ("poison", 1),
        ("copy_profile", 1), ("pass", 1),
    )
    for _ in range(weight)
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What one schedule came to."""

    history: History
    violations: list[Violation]
    faults: Counter[str] = field(default_factory=Counter)
    coverage: set[str] = field(default_factory=set)


def run(
    choices: Choices,
    *,
    server_class: type[Server] = Server,
    page_class: type[Page] = Page,
    trace: list[str] | None = None,
) -> Outcome:
    """Run one schedule to its end and check its history."""
    return Schedule(choices, server_class, page_class, trace).outcome()


class Schedule:
    """A session, its browsers and what befalls them."""

    profile_class = Profile

    def __init__(
        self,
        choices: Choices,
        server_class: type[Server],
        page_class: type[Page],
        trace: list[str] | None,
    ) -> None:
        self.below = below = choices.below
        self.page_class = page_class
        self.faults: Counter[str] = Counter()
        allotted = ALLOTTED_MS[below(len(ALLOTTED_MS))]
        self.server = server_class(EXAM, allotted_ms=allotted)
        trouble = TROUBLE[below(len(TROUBLE))]
        self.world = World(choices, self.server, self.faults, trouble=trouble, trace=trace)
        self.profiles: list[Profile] = []
        self.backups: list[dict[str, Any] | None] = [None]
        self.restored = False
        self.is_copied = False
        self.coverage: set[str] = set()
        self.pages_made = 0

    def outcome(self) -> Outcome:
        """Live through it and check what is left."""
        self._begin()
        for _ in range(6 + self.below(24)):
            self.world.run_until(self.world.now + GAPS_MS[self.below(len(GAPS_MS))])
            for profile in self.profiles:
                for page in profile.pages[-2:]:
                    page.look_at_clock()
            step = STEPS[self.below(len(STEPS))]
            getattr(self, "_" + step)()
        self._drain()
        history = self._history()
        return Outcome(history, violations(history), self.faults, self.coverage | self._covered())

    def _begin(self) -> None:
        first = self._add_profile()
        self.server.register(first.token, 0)
        self._open_page(first)
        self.world.run_until(400)

    def _add_profile(self) -> Profile:
        name = "ABC"[len(self.profiles)]
        profile = self.profile_class(self.world, name, f"token of {name}")
        profile.skew_ms = (0, 0, -86_400_000, 86_400_000)[self.below(4)]
        if profile.skew_ms:
            self.faults["device clock wrong by a day"] += 1
        self.profiles.append(profile)
        return profile

    def _open_page(self, profile: Profile, *, take_over: bool = False) -> Page:
        self.pages_made += 1
        page = self.page_class(profile, len(profile.pages) + 1)
        self.world.tell(page.label, "is opened")
        page.start(take_over=take_over)
        return page

    # Whom a step is about

    def _pick(self, *phases: str) -> Page | None:
        found = [
            page
            for profile in self.profiles
            for page in profile.pages
            if page.is_alive
            and (not phases or page.phase in phases)
            and page.frozen_until <= self.world.now
        ]
        return found[self.below(len(found))] if found else None

    def _living(self) -> Profile | None:
        found = [profile for profile in self.profiles if not profile.is_lost]
        return found[self.below(len(found))] if found else None

    def _fault(self, name: str, *facts: object) -> None:
        self.faults[name] += 1
        self.world.tell("**", name, *facts)

    # What the student does

    def _change(self, page: Page, part: int, value: Any) -> None:
        page.record(("answer", part), value)

    def _answer(self) -> None:
        page = self._pick("open")
        if page is not None and page.claim is not None:
            part = PARTS[self.below(3)]
            self._change(page, part, VALUES[part][self.below(len(VALUES[part]))])

    def _clear(self) -> None:
        page = self._pick("open")
        if page is not None and page.claim is not None:
            self._change(page, PARTS[self.below(3)], None)

    def _burst(self) -> None:
        for _ in range(3 + self.below(4)):
            self._answer()

    def _type(self) -> None:
        page = self._pick("open")
        if page is not None:
            part = (SHORT, LONG)[self.below(2)]
            page.type(part, VALUES[part][self.below(3)])

    def _flag(self) -> None:
        page = self._pick("open")
        if page is not None and page.claim is not None:
            name: Name = ("flag", QUESTION)
            page.record(name, None if page.book.value(name) else True)

    def _play(self) -> None:
        page = self._pick("open")
        if page is not None and page.claim is not None:
            page.record(("play", TRACK), (page.book.value(("play", TRACK)) or 0) + 1)

    def _impossible(self) -> None:
        page = self._pick("open")
        if page is not None and page.claim is not None:
            self._change(page, CHOICE, 9)

    def _submit(self) -> None:
        page = self._pick("open")
        if page is not None:
            self.world.tell(page.label, "hands in")
            page.submit()

    def _go_on_here(self) -> None:
        page = self._pick("claimed", "elsewhere", "device", "refused", "code")
        if page is None:
            return
        self.world.tell(page.label, "goes on here, from", page.phase)
        if page.phase == "code":
            self._enter_code(page.profile)
            page.saver.hurry()
            page.start()
        else:
            page.start(take_over=page.phase != "refused")

    def _enter_code(self, profile: Profile) -> None:
        if self.server.exists and self.world.now >= self.world.down_until:
            self.coverage.add("code entered again")
            profile.token = f"token {len(self.server.tokens)} of {profile.name}"
            while profile.token in self.server.tokens:
                profile.token += "'"
            profile.comes_by_code = True
            profile.lacks_ticket = all(store.is_broken for store in profile.stores)
            ticket = self.server.resume(profile.token, self.world.now)
            alive = [page.queue for page in profile.pages if page.is_alive]
            for queue in alive or [Queue([*profile.stores, Store("memory")])]:
                queue.remember(ticket=ticket)

    def _other_device(self) -> None:
        is_up = self.server.exists and self.world.now >= self.world.down_until
        if len(self.profiles) == MOST_PROFILES or not is_up:
            return
        profile = self._add_profile()
        self._fault("goes on at another device", profile.name)
        self._enter_code(profile)
        self._open_page(profile)

    # What happens to browsers

    def _hide(self) -> None:
        page = self._pick()
        if page is not None:
            self.world.tell(page.label, "is hidden")
            page.hide()

    def _end_page(self, page: Page) -> None:
        # What was on its way to the disk may have come there, unheard.
        for draft in page.writing:
            if self.below(2):
                try:
                    page.note_formed(page.queue.add(draft.change()))
                    page.profile.shown.discard(page.profile.entries[-1].key)
                except Exception:  # noqa: BLE001 - it did not
                    break
        page.end()

    def _reload(self) -> None:
        page = self._pick()
        if page is not None:
            self._fault("reload", page.label)
            page.hide()
            self._end_page(page)
            self._open_page(page.profile)

    def _crash_page(self) -> None:
        page = self._pick()
        if page is not None:
            self._fault("page killed", page.label)
            self._end_page(page)
            if self.below(3):
                self._open_page(page.profile)

    def _crash_browser(self) -> None:
        profile = self._living()
        if profile is None:
            return
        self._fault("browser killed", profile.name)
        for page in profile.pages:
            if page.is_alive:
                self._end_page(page)
        if self.below(3):
            self._open_page(profile)

    def _close(self) -> None:
        page = self._pick()
        if page is not None:
            self._fault("page closed", page.label)
            page.hide()
            self._end_page(page)

    def _open(self) -> None:
        profile = self._living()
        if profile is not None and len(profile.pages) < MOST_PAGES:
            if any(page.is_alive for page in profile.pages):
                self.faults["second tab"] += 1
            self._open_page(profile)

    def _freeze(self) -> None:
        page = self._pick()
        if page is not None:
            page.freeze(self.world.now + 1000 + self.below(60_000))
            self._fault("page frozen", page.label, "until", page.frozen_until)

    def _network(self) -> None:
        profile = self._living()
        if profile is None:
            return
        profile.is_offline = not profile.is_offline
        if profile.is_offline:
            self._fault("network gone", profile.name)
            return
        self.world.tell(profile.name, "has network again")
        for page in profile.pages:
            if page.is_alive and page.phase in {"open", "claimed", "over", "handing in"}:
                page.saver.hurry()

    def _break_storage(self) -> None:
        profile = self._living()
        if profile is not None:
            level = self.below(2)
            profile.stores[level].is_broken = True
            self._fault("storage breaks", profile.name, profile.stores[level].level)

    def _tear_storage(self) -> None:
        profile = self._living()
        if profile is not None:
            profile.stores[0].tears = True
            self._fault("storage stores and says it did not", profile.name)

    def _wipe_storage(self) -> None:
        profile = self._living()
        if profile is None or self.below(3) != 1:
            return
        self._fault("storage wiped", profile.name)
        for store in profile.stores:
            profile.volatile |= {*store.outbox, *store.kept}
            store.wipe()
        profile.drafts = []
        profile.is_wiped = True

    def _lose_device(self) -> None:
        profile = self._living()
        if profile is None or self.below(3) != 1:
            return
        self._fault("device gone", profile.name)
        profile.is_lost = True
        for page in profile.pages:
            if page.is_alive:
                self._end_page(page)

    def _copy_profile(self) -> None:
        """Go on without network in the browser and in a copy of it: both as the same writer."""
        original = self._living()
        # A server that lost one of two entries of one name cannot know which one to ask for.
        if original is None or len(self.profiles) == MOST_PROFILES or self.restored:
            return
        self.is_copied = True
        copy = self._add_profile()
        copy.token = original.token
        copy.copy_storage(original)
        copy.is_offline = original.is_offline = True
        self._fault("profile copied", original.name, "to", copy.name)
        self._open_page(copy)

    # What happens to the server, and what staff do

    def _backup(self) -> None:
        self.backups.append(self.server.backup() if self.server.exists else None)
        self.world.tell("backup", len(self.backups) - 1)

    def _restore(self) -> None:
        number = self.below(len(self.backups))
        if self.is_copied:
            return
        # Of several the latest is the usual one.
        kept = self.backups[-1 - number]
        self._fault("server restored from backup", len(self.backups) - 1 - number)
        self.server.restore_backup(kept)
        self.restored = True

    def _sweep(self) -> None:
        self.server.sweep(self.world.now)

    def _give_time(self) -> None:
        self.world.tell("staff give time")
        self.server.give_time(60_000)

    def _reopen(self) -> None:
        if self.server.ended_at is not None:
            self.coverage.add("re-opened")
            self.world.tell("staff open the session again")
            self.server.reopen(120_000, self.world.now)

    def _count_late(self) -> None:
        if self.server.ended_at is not None:
            self.server.count_late()

    def _server_down(self) -> None:
        self.world.crash(500 + self.below(30_000))
        self._fault("server down", "until", self.world.down_until)

    def _poison(self) -> None:
        page = self._pick("open")
        if page is not None and page.queue.waiting:
            self.world.poisoned = next(iter(page.queue.waiting.values()))

    def _pass(self) -> None:
        self.world.run_until(self.world.now + 20_000 + self.below(80_000))

    # The end

    def _drain(self) -> None:
        world = self.world
        world.tell("== faults are off, every browser hands in what it holds")
        world.trouble = world.down_until = 0
        world.poisoned = None
        for profile in self.profiles:
            if not profile.is_lost:
                self._drain_profile(profile)
        world.run_until(world.now + DRAIN_MS)
        for _ in range(DRAIN_ROUNDS):
            if self._is_quiet():
                break
            world.run_until(world.now + DRAIN_MORE_MS)
        self.server.sweep(world.now)

    def _drain_profile(self, profile: Profile) -> None:
        profile.is_offline = False
        for store in profile.stores:
            store.is_broken = store.tears = False
        alive = [page for page in profile.pages if page.is_alive]
        for page in alive:
            self.world.wake(page)
        # A page that is the only one and works may simply stay.
        is_only = len(alive) == 1 and alive[0] is profile.pages[-1] and not self.below(2)
        if is_only and alive[0].phase in {"open", "done"} and alive[0].queue.level == "idb":
            return
        for page in alive:
            page.hide()
            self._end_page(page)
        self._open_page(profile)

    def _is_quiet(self) -> bool:
        for profile in self.profiles:
            for page in profile.pages:
                if not page.is_alive:
                    continue
                if page.queue.waiting or page.writing or page.saver.is_flying:
                    return False
                if page.phase in {"opening", "handing in", "over"}:
                    return False
                if page.phase == "open" and page.rev != self.server.rev:
                    return False
        return True

    def _history(self) -> History:
        last = self._last_page()
        clients = tuple(self._client(profile, last) for profile in self.profiles)
        return History(
            "simulated", clients, self.server.stored(), tuple(sorted(self.faults)), self.restored
        )

    def _client(self, profile: Profile, last: Page | None) -> Client:
        view = None
        # Of two browsers under one writer neither hears what the other one saves.
        if last is not None and last.profile is profile and not self.is_copied:
            view = self._view(last)
        return Client(
            profile.name,
            tuple(profile.entries),
            frozenset() if profile.is_wiped else frozenset(profile.shown),
            tuple(profile.acknowledged),
            tuple(profile.submissions),
            # Its ticket is gone too: to a restored server it can give nothing.
            drained=not profile.is_lost and not profile.is_wiped and not profile.lacks_ticket,
            final_view=view,
            claims=tuple(profile.claims),
            volatile=frozenset(profile.volatile),
            due=tuple(profile.due),
            clock=tuple(profile.clock),
        )

    def _last_page(self) -> Page | None:
        """Return the page whose claim is the newest, where that is clear.

        Without network a page goes on as the writer that an earlier one was: it has the last word
        where that one is gone.
        """
        claims = [claim for profile in self.profiles for claim in profile.claims]
        newest = max((claim.epoch for claim in claims), default=0)
        writers = {claim.writer for claim in claims if claim.epoch == newest}
        pages = [
            page
            for profile in self.profiles
            for page in profile.pages
            if page.wrote_as is not None and page.wrote_as[0] in writers
        ]
        is_clear = len(writers) == 1 and not any(page.is_alive for page in pages[:-1])
        return pages[-1] if pages and is_clear else None

    def _view(self, page: Page) -> dict[int, Any] | None:
        if page.is_alive and page.phase == "open" and not page.fields:
            return page.book.given()
        submissions = page.profile.submissions
        receipts = [each for each in submissions if each.receipt is not None]
        claim = page.wrote_as
        assert claim is not None
        if not receipts or receipts[-1].writer != claim[0]:
            return None
        # An earlier page of the same writer may have been asked last.
        name = receipts[-1].submit_id
        asked = [each for each in page.profile.pages if each.view_of == name]
        if asked and asked[-1].view is not None:
            page = asked[-1]
            own = {"submit_id": receipts[-1].submit_id, "digest": receipts[-1].digest}
            is_final = receipts[-1].receipt == own and self.server.receipts[-1:] == (own,)
            return page.view if is_final and self.server.state == "submitted" else None
        return None

    def _covered(self) -> set[str]:
        """Return what this schedule had that is worth counting."""
        server = self.server
        pages = {page.claim for profile in self.profiles for page in profile.pages}
        facts = {
            f"ended as {server.state}" if server.exists else "session gone at the end": True,
            "two writers or more": len(server.writers) > 1,
            "two devices or more": len(self.profiles) > 1,
            "two pages that wrote": len(pages) > 2,
            "receipt": server.receipts,
            "conflict": server.conflicts,
            "server restored": self.restored,
            "late entries counted by staff": server.decisions,
            "entries in memory only": any(profile.volatile for profile in self.profiles),
            "typed text was due": any(profile.due for profile in self.profiles),
            "some fault": self.faults,
        }
        statuses = {f"entry {event.status}" for event in server.events.values()}
        for profile in self.profiles:
            statuses |= {f"told {each.status}" for each in profile.acknowledged}
        return statuses | {name for name, is_so in facts.items() if is_so}
