"""A student with one or two devices who sits a test while everything breaks."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.proof.processes.page import OVER, Page
from tests.proof.processes.profile import Profile

if TYPE_CHECKING:
    from tests.proof.processes.page import Pace, Seat

# Shares of the sessions, and chances at each change.
LOST_DEVICE = 0.1
EARLY_SUBMISSION = 0.15
SUBMISSION = 0.7
RELOAD = 0.03
OFFLINE = 0.02
CONTINUE_HERE = 0.4
COMES_BACK_SECONDS = 0.4
NO_SERVER = 1
"""A port on which nothing listens: the device is offline."""


@dataclass(slots=True, eq=False)
class Device:
    """A profile with the page that is open on it."""

    profile: Profile
    page: Page
    saving: asyncio.Task[None]
    is_offline: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What all students of a run have in common."""

    pace: Pace
    seconds: float
    pause: float
    """Between two changes of one student, on average."""
    over: asyncio.Event
    """Set when the time is over and nothing breaks any more."""
    second_share: float = 0.25
    copied_share: float = 0.0
    """Of the second devices: those with a copy of the first one's profile, which go on as the same
    writer.  Two browsers that are one writer can tell the server apart by what it answered, not
    after it was restored: then the seqs are given to whoever comes first."""
    drain_seconds: float = 60.0


@dataclass
class Sitter:
    """One student's session from the first page to the last acknowledgement."""

    seat: Seat
    day: Day
    dice: random.Random
    faults: Counter[str] = field(default_factory=Counter)
    devices: list[Device] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    """All that the session had, also a lost one."""
    problems: list[str] = field(default_factory=list)
    is_finished: bool = False
    is_short_of_time: bool = False
    """Deadline and grace end in the middle of the day."""

    async def sit(self) -> None:
        """Work until the day is over; pages stay open."""
        clock = asyncio.get_running_loop().time
        end = clock() + self.day.seconds
        await asyncio.sleep(self.dice.uniform(0, self.day.seconds / 8))
        second_at = submit_at = math.inf
        if self.dice.random() < self.day.second_share:
            second_at = self.dice.uniform(clock(), end)
        if self.dice.random() < EARLY_SUBMISSION:
            submit_at = self.dice.uniform((clock() + end) / 2, end)
        device = await self._open(self._profile("first"))
        while not self.day.over.is_set() and not self.is_finished:
            await asyncio.sleep(self.dice.uniform(0, 2 * self.day.pause))
            if clock() >= second_at:
                second_at = math.inf
                device = await self._take_second(device)
            elif clock() >= submit_at and device.page.may_write:
                self.is_finished = await self._within(device.page.submit())
            else:
                device = await self._change(device)

    async def _change(self, device: Device) -> Device:
        number = self.dice.random()
        if number < RELOAD:
            self.faults["reload"] += 1
            return await self._reload(device)
        if number < RELOAD + OFFLINE and not device.is_offline:
            self.faults["offline"] += 1
            device.is_offline = True
            asyncio.get_running_loop().call_later(
                self.dice.uniform(0.5, 4), setattr, device, "is_offline", False
            )
            device.page.line.close()
        if device.page.may_write:
            device.page.enter()
        elif device.page.state not in OVER and self.dice.random() < CONTINUE_HERE:
            # "Continue here": the other device has it, or the page could not claim at first.
            await self._within(device.page.open())
        return device

    async def _take_second(self, device: Device) -> Device:
        """Go on with another device; the first one stays open, or is gone with what it held."""
        if self.dice.random() < LOST_DEVICE:
            self.faults["device_lost"] += 1
            device.profile.is_lost = True
            await self._leave(device)
        self.faults["second_device"] += 1
        if self.dice.random() < self.day.copied_share and device.page.may_write:
            self.faults["profile_copied"] += 1
            return self._copy(device)
        return await self._open(self._profile("second"))

    def _copy(self, device: Device) -> Device:
        """Restore the whole profile on another machine; offline it goes on without a claim."""
        profile = device.profile.copy("second")
        self.profiles.append(profile)
        made = self._device(profile)
        made.page.go_on_as(device.page)
        # Somebody goes on with the original: the same seqs get other content.
        for _ in range(2):
            device.page.enter()
        return made

    def _profile(self, name: str) -> Profile:
        self.profiles.append(Profile(name))
        return self.profiles[-1]

    async def _open(self, profile: Profile) -> Device:
        device = self._device(profile)
        await self._within(device.page.open())
        return device

    def _device(self, profile: Profile) -> Device:
        seat = replace(self.seat, port=lambda: NO_SERVER if device.is_offline else self.seat.port())
        page = Page(seat, profile, random.Random(self.dice.random()), self.day.pace)  # noqa: S311
        device = Device(profile, page, asyncio.create_task(page.save_for_ever()))
        self.devices.append(device)
        return device

    async def _reload(self, device: Device) -> Device:
        await self._leave(device)
        return await self._open(device.profile)

    async def _leave(self, device: Device) -> None:
        """Kill a page in the middle of whatever it does."""
        device.page.close()
        device.saving.cancel()
        self.devices.remove(device)
        ended = await asyncio.gather(device.saving, return_exceptions=True)
        # A page that broke proves nothing.
        self.problems += [f"page: {error!r}" for error in ended if isinstance(error, Exception)]

    async def _within(self, work: object) -> bool:
        """Do something that a student waits for, but not for ever."""
        try:
            async with asyncio.timeout(self.day.drain_seconds):
                return bool(await work)  # type: ignore[misc]
        except TimeoutError:
            return False

    async def finish(self) -> None:
        """With the network back: let everything arrive, hand in, look once more, and leave."""
        try:
            async with asyncio.timeout(self.day.drain_seconds):
                await self._drain()
                await self._hand_in()
                # What a restored server lost shows with the next contact; then it is given again.
                await self._drain()
                self._note_views()
        except TimeoutError:
            waiting = {device.profile.name: len(device.profile.unsent) for device in self.devices}
            self.problems.append(f"not drained after {self.day.drain_seconds} s: {waiting}")
        for device in list(self.devices):
            await self._leave(device)

    async def _drain(self) -> None:
        for device in self.devices:
            device.is_offline = False
            while not (await device.page.refresh() and device.page.is_drained):
                await asyncio.sleep(self.day.pace.heartbeat / 2)

    async def _hand_in(self) -> None:
        writer = self._writer()
        if writer is None or writer.page.state in OVER:
            return
        had_submitted = any(device.profile.receipt is not None for device in self.devices)
        if had_submitted or self.dice.random() < SUBMISSION:
            others = [each for each in self.devices if each is not writer and each.page.writer]
            await asyncio.gather(writer.page.submit(), *map(self._come_back, others))

    async def _come_back(self, device: Device) -> None:
        """Send what was entered offline on the other device, in the moment of the submission."""
        self.faults["entry_during_submission"] += 1
        part, kind = self.dice.choice(self.seat.parts)
        device.page.record_offline(part, 1 if kind == "choice" else "at the last moment")
        await asyncio.sleep(self.dice.uniform(0, COMES_BACK_SECONDS))
        await device.page.send()

    def _writer(self) -> Device | None:
        """Return the device whose page holds the newest claim; it is nobody's after a reload."""
        writing = [device for device in self.devices if device.page.may_write]
        return max(writing, key=lambda device: device.page.epoch, default=None)

    def _note_views(self) -> None:
        """Keep what the page shows that had the last word."""
        if any(device.profile.final_view is not None for device in self.devices):
            return
        last = max(
            (device for device in self.devices if device.page.epoch),
            key=lambda device: device.page.epoch,
            default=None,
        )
        if last is not None and last.page.epoch == last.profile.seen_epoch:
            last.profile.final_view = dict(last.page.view)
