"""Where scenarios are played: a device at a time, with sessions waiting to be sat on it."""

from __future__ import annotations

import contextlib
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

from tests.proof.checker import violations
from tests.proof.chromium.desk import Desk, Stuck
from tests.proof.chromium.device import Device

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Mapping

    from playwright.async_api import Playwright

    from tests.proof.chromium.notebook import Notebook
    from tests.proof.chromium.site import Seat, Site

    Scenario = Callable[["Table"], Awaitable[None]]

# Their cookies are written to the profile at once; a new profile after them.
SEATS = 8


class Table:
    """Plays scenarios one after the other; ``faults`` and ``problems`` tell what came of them."""

    def __init__(
        self,
        playwright: Playwright,
        site: Site,
        dice: random.Random,
        *,
        modules: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.site = site
        self.dice = dice
        self.modules = modules
        self.histories = 0
        self.faults: Counter[str] = Counter()
        self.network_faults: Counter[str] = Counter()
        self.problems: list[str] = []
        self.errors: Counter[str] = Counter()
        self.figures: dict[str, list[float]] = {}
        self._playwright = playwright
        self._device: Device | None = None
        self._others: list[Device] = []
        self._seats: list[Seat] = []
        self._desks: list[Desk] = []
        self._groups: dict[str, list[Notebook]] = {}
        self._notebooks: dict[tuple[str, str], Notebook] = {}
        self._restored = False

    async def play(self, scenario: Scenario) -> None:
        """Play a scenario, finish its sessions and check them."""
        self._desks, self._groups, self._restored = [], {}, False
        try:
            await scenario(self)
            for desk in self._desks:
                await desk.finish()
        except (Stuck, PlaywrightError, TimeoutError) as error:
            self.problems.append(f"{_name(scenario)}: {type(error).__name__}: {error}")
            await self._start_afresh()
            return
        await self._check(scenario)
        await self._tidy()

    async def close(self) -> None:
        """Close every browser."""
        await self._start_afresh()

    async def desk(self, device: Device | None = None) -> Desk:
        """Return a student who has sat down to a test of his own."""
        desk = await self.arrival(device)
        await desk.sit_down()
        return desk

    async def arrival(self, device: Device | None = None) -> Desk:
        """Return a registered student who has not opened the test yet."""
        if device is None:
            device, seat = await self._place()
        else:
            (seat,) = await self.site.seats(1)
            await device.seat(seat)
        desk = Desk(self.site, seat, device, self.dice)
        self._desks.append(desk)
        self._watch(device, desk.notebook)
        return desk

    async def desk_elsewhere(self, first: Desk, device: Device) -> Desk:
        """Return the same student at another device, not sat down yet."""
        desk = Desk(self.site, first.seat, device, self.dice)
        desk.faults = first.faults
        self._watch(device, desk.notebook)
        self._groups[str(first.seat.session)] = [first.notebook, desk.notebook]
        return desk

    async def device(self, host: str = "127.0.0.1") -> Device:
        """Return another device, for this scenario only."""
        device = Device(
            self._playwright,
            self.site.port,
            seed=self.dice.random(),
            host=host,
            modules=self.modules,
        )
        device.notes = self._note_of(device)
        self._others.append(device)
        await device.open()
        return device

    def server_was_restored(self) -> None:
        """Say that the server lost what came after a backup."""
        self._restored = True

    def measure(self, name: str, figure: float) -> None:
        """Keep a measurement."""
        self.figures.setdefault(name, []).append(figure)

    async def reserve(self, seats: int) -> None:
        """Have this many sessions follow each other on one device."""
        if len(self._seats) < seats:
            await self._start_afresh()

    async def _place(self) -> tuple[Device, Seat]:
        await self.reserve(1)
        if self._device is None:
            self._seats = await self.site.seats(SEATS)
            self._device = await self.device()
            self._others.remove(self._device)
            await self._device.seat(*self._seats)
        if not self._device.is_running:
            await self._device.open()
        return self._device, self._seats.pop()

    def _watch(self, device: Device, notebook: Notebook) -> None:
        self._notebooks[device.profile.name, notebook.session] = notebook

    def _note_of(self, device: Device) -> Callable[[dict[str, Any]], None]:
        def take(note: dict[str, Any]) -> None:
            if note["kind"] == "error":
                self.errors[note["message"]] += 1
                return
            for session, part in _by_session(note):
                notebook = self._notebooks.get((device.profile.name, session))
                if notebook is not None:
                    notebook.take(part)

        return take

    async def _check(self, scenario: Scenario) -> None:
        for desk in self._desks:
            others = self._groups.get(str(desk.seat.session), [desk.notebook])[1:]
            history = await desk.history(*others, restored=self._restored)
            self.histories += 1
            self.faults.update(desk.faults)
            self.problems += [
                f"{_name(scenario)}: session {history.session}: {violation}"
                for violation in violations(history)
            ]

    async def _tidy(self) -> None:
        for device in self._others:
            await self._discard(device)
        self._others = []
        if self._device is not None and self._device.is_running:
            with contextlib.suppress(PlaywrightError):
                await self._device.leave()

    async def _start_afresh(self) -> None:
        await self._tidy()
        if self._device is not None:
            await self._discard(self._device)
        self._device, self._seats = None, []
        self._notebooks = {}

    async def _discard(self, device: Device) -> None:
        self.network_faults.update(device.proxy.counts)
        await device.discard()


def _name(scenario: Scenario) -> str:
    return str(getattr(scenario, "__name__", scenario))


def _by_session(note: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Split a note about entries by their sessions: one tablet may hold several."""
    if "entries" not in note:
        return [(note["session"], note)]
    sessions = {entry["session"] for entry in note["entries"]}
    return [
        (
            session,
            {**note, "entries": [each for each in note["entries"] if each["session"] == session]},
        )
        for session in sessions
    ]
