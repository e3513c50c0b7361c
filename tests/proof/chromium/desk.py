"""A student at a device: sits the test with mouse and keyboard, and hands in at the end."""

from __future__ import annotations

import asyncio
import contextlib
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from playwright.async_api import Error as PlaywrightError

from tests.proof.checker import text_of, violations
from tests.proof.chromium.notebook import Notebook
from tests.proof.history import History

if TYPE_CHECKING:
    import random

    from playwright.async_api import Locator, Page

    from tests.proof.chromium.device import Device
    from tests.proof.chromium.site import Seat, Site

LOOK_SECONDS = 0.04
OPEN_SECONDS = 30
# Longer than any back-off that is left over, with hurry() at every look.
DRAIN_SECONDS = 60
# Text becomes an entry after 2 s at most; what has stood for longer must be one.
RECORDED_SECONDS = 2.6
# The page shows seconds below two minutes.
SECONDS_LEFT = 100
TICK_SECONDS = 0.3
WORDS = ("blue", "because", "I went home.", "3.5", "한국", "가나다", "사과를 먹었다", "ok")
SYLLABLES = (("ㅎ", "하", "한"), ("ㄱ", "가", "각"), ("ㅅ", "서", "선"), ("ㅁ", "무", "물"))

BANNER_ACTION = ".runner-banner [data-slot=action]:not([hidden])"
LOOK = """() => {
  const cover = document.querySelector("#cover");
  const action = cover?.querySelector("[data-slot=action]");
  const label = document.querySelector("#main [data-slot=save-state]");
  const banner = document.querySelector(".runner-banner [data-slot=action]:not([hidden])");
  return {
    path: location.pathname,
    cover: cover ? !cover.hidden : false,
    action: action && !action.hidden ? action.textContent : "",
    state: label?.dataset.state ?? "",
    isOpen: document.querySelector("#main [data-slot=open-review]")?.disabled === false,
    elsewhere: banner ? banner.textContent : "",
    review: document.querySelector("#review")?.open ?? false,
    message: document.querySelector("#review [data-slot=message-text]")?.textContent ?? "",
  };
}"""
PARTS = """() => [...document.querySelectorAll("#sheet .question")].map((question, index) => {
  const [part] = question.querySelectorAll("[data-part]");
  const inputs = part.querySelectorAll("input, textarea");
  const kind = inputs[0].type === "radio" ? "choice" : "text";
  return {index, part: Number(part.dataset.part), kind, options: inputs.length};
})"""
# Never opened where it does not exist: that would make an empty one.
OUTBOX = """async (session) => {
  const local = Object.keys(localStorage)
    .filter((name) => name.startsWith(`primepath-answers/outbox/${session}/`)).length;
  const known = await indexedDB.databases();
  if (!known.some(({name}) => name === "primepath-answers")) return local;
  const database = await new Promise((resolve) => {
    setTimeout(() => resolve(null), 2000);
    try {
      const request = indexedDB.open("primepath-answers");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  // This scenario's browser has none that works.
  if (!database) return local;
  const all = await new Promise((resolve, reject) => {
    const request = database.transaction("outbox").objectStore("outbox").getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  database.close();
  return local + all.filter((entry) => entry.session === session).length;
}"""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the exam on the sheet."""

    index: int
    part: int
    kind: Literal["choice", "text"]
    options: int


class Stuck(Exception):
    """The page did not come to where a healthy one comes, with every fault over."""


class Desk:
    """One session on one device; ``faults`` counts what was done to it."""

    def __init__(self, site: Site, seat: Seat, device: Device, dice: random.Random) -> None:
        self.site = site
        self.seat = seat
        self.device = device
        self.dice = dice
        self.faults: Counter[str] = Counter()
        self.notebook = Notebook(device.profile.name, str(seat.session))
        self.places: list[Place] = []
        self.scripts: list[str] = []
        """Run in each page of this session before its own."""
        self.is_finished = False
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None, "no page is open"
        return self._page

    @property
    def address(self) -> str:
        return f"{self.device.url}/sit/{self.seat.session}/test/"

    def count(self, fault: str, times: int = 1) -> None:
        """Note that a fault was brought about."""
        self.faults[fault] += times

    # Coming and going

    async def sit_down(self) -> None:
        """Open the test and start it; the device has the cookie."""
        await self.open()
        rows = await self.page.evaluate(PARTS)
        self.places = [Place(**row) for row in rows]

    async def open(self) -> None:
        """Open the test in a tab of the device, as often as it takes."""
        self._page = await self.device.page()
        for script in self.scripts:
            await self._page.add_init_script(script)
        await self.go()
        await self.opened()

    async def come_by_code(self, *, by_keys: bool = False) -> None:
        """Come to the test at a browser that does not hold it, with the session's resume code."""
        code = await self.site.resume_code(self.seat.session)
        self._page = await self.device.page()
        await self.page.goto(f"{self.device.url}/resume/")
        if by_keys:
            for symbol in code.replace("-", ""):
                await self.page.locator(f"[data-key='{symbol}']").click()
        else:
            await self.page.locator("#id_code").fill(code)
        await self.page.locator("main form button.button--primary").click()
        await self.page.wait_for_url("**/sit/**", wait_until="commit")
        await self.opened()
        rows = await self.page.evaluate(PARTS)
        self.places = [Place(**row) for row in rows]

    async def go(self) -> None:
        """Go to the test in this tab, and do not wait until it is there."""
        # Without a network the tab shows the browser's own page; the student tries again.
        with contextlib.suppress(PlaywrightError):
            await self.page.goto(self.address, wait_until="commit")

    async def reload(self, *, wait: bool = True) -> None:
        """Reload the tab."""
        with contextlib.suppress(PlaywrightError):
            await self.page.reload(wait_until="commit")
        if wait:
            await self.opened()

    async def turn_to(self, page: Page) -> None:
        """Go on in another tab of the device."""
        self._page = page

    async def to_front(self) -> None:
        """Look at this tab: those behind it are drawn no more and cannot be clicked."""
        await self.page.bring_to_front()

    async def come_back(self) -> None:
        """The network is back: reload what the browser could not show, and go on."""
        if not (await self.look()).get("path", "").startswith("/sit/"):
            await self.go()
        await self.opened()

    async def take_back(self) -> None:
        """Press "continue here" in a page that another one has taken the test from.

        :raises Stuck: where the page does not offer it
        """
        give_up_at = time.monotonic() + OPEN_SECONDS
        while not (await self.look()).get("elsewhere"):
            if time.monotonic() > give_up_at:
                raise Stuck("the page does not notice that it was superseded")
            await asyncio.sleep(LOOK_SECONDS)
        await self._press(BANNER_ACTION)
        await self.opened()

    async def look(self) -> dict[str, Any]:
        """Return what the page shows; {} where it is on its way."""
        try:
            looked: dict[str, Any] = await self.page.evaluate(LOOK)
        except PlaywrightError:
            return {}
        return looked

    async def opened(self, *, seconds: float = OPEN_SECONDS) -> None:
        """Press what the cover offers until the fields are open, or the test is over.

        :raises Stuck: where neither happens in time
        """
        give_up_at = time.monotonic() + seconds
        seen: dict[str, Any] = {}
        while time.monotonic() < give_up_at:
            seen = await self.look()
            path = seen.get("path", "")
            if path.endswith("/done/") or (seen.get("isOpen") and seen["cover"] is False):
                return
            if seen.get("action"):
                await self._press("#cover [data-slot=action]")
            elif seen and not path.startswith("/sit/"):
                await self.go()
            await asyncio.sleep(LOOK_SECONDS)
        raise Stuck(f"not open: {seen}")

    async def _press(self, selector: str) -> None:
        with contextlib.suppress(PlaywrightError):
            await self.page.locator(selector).first.click(timeout=1000)

    # What a student does

    async def act(self, kinds: str = "choose clear type erase compose flag choose type") -> None:
        """Do one thing by chance."""
        does = {
            "choose": self.choose,
            "clear": self.clear,
            "type": self.type,
            "erase": self.erase,
            "compose": self.compose,
            "flag": self.flag,
        }
        await does[self.dice.choice(kinds.split())]()

    async def choose(self) -> None:
        """Click an option."""
        place = self._place("choice")
        option = self.dice.randrange(place.options)
        self._will_enter(place, option)
        await self._question(place).locator("label.bubble").nth(option).click()

    async def clear(self) -> None:
        """Take an answer back with the button for it; where there is none yet, give one."""
        answered = self.page.locator("#sheet .question:not([data-state=empty]) .clear-button")
        count = await answered.count()
        if count == 0:
            return await self.choose()
        # A text erased before becomes an entry only now, and the button goes.
        with contextlib.suppress(PlaywrightError):
            await answered.nth(self.dice.randrange(count)).click(timeout=1000)
        return None

    async def flag(self) -> None:
        """Flag a question, or take the flag away."""
        await self._question(self.dice.choice(self.places)).locator(".flag-button").click()

    async def type(self, text: str = "") -> None:
        """Type into a text field, after what stands there."""
        place = self._place("text")
        before = await self._focus(place)
        text = text or self.dice.choice(WORDS)
        for length in range(1, len(text) + 1):
            self._will_enter(place, before + text[:length])
        await self.page.keyboard.type(text, delay=self.dice.choice([0, 5, 20]))

    async def erase(self) -> None:
        """Empty a text field with the keyboard."""
        await self._focus(self._place("text"))
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.press("Backspace")

    async def compose(self, *, finish: bool = True) -> None:
        """Type Korean syllables through an input method; the last one may stay unfinished."""
        place = self._place("text")
        text = await self._focus(place)
        keys = await self.device.devtools(self.page)
        syllables = self.dice.sample(SYLLABLES, 2)
        for number, steps in enumerate(syllables):
            for step in steps:
                self._will_enter(place, text + step)
                await keys.send(
                    "Input.imeSetComposition",
                    {"text": step, "selectionStart": 1, "selectionEnd": 1},
                )
            if number + 1 == len(syllables) and not finish:
                return
            text += steps[-1]
            await keys.send("Input.insertText", {"text": steps[-1]})

    async def set_without_event(self) -> None:
        """Have a script change a field, as an extension or a drop does: no event tells of it."""
        place = self._place("text")
        text = self.dice.choice(WORDS)
        self._will_enter(place, text)
        field = self._question(place).locator("[data-slot=input]")
        await field.evaluate("(field, text) => { field.value = text; }", text)

    async def pause(self, most: float = 0.5) -> None:
        """Wait for a moment by chance."""
        await asyncio.sleep(self.dice.uniform(0, most))

    async def stand(self, seconds: float = RECORDED_SECONDS) -> None:
        """Leave the fields alone; what is in them must become entries by itself."""
        await asyncio.sleep(seconds)
        if not (await self.look()).get("isOpen"):
            return
        for part, value in (await self.fields()).items():
            if value is not None and (part, text_of(value)) in self.notebook.acts:
                self.notebook.must_be_recorded(part, value)

    async def fields(self) -> dict[int, Any]:
        """Return what stands in the fields."""
        values = await self.page.evaluate("() => window.proofFields()")
        return {int(part): value for part, value in values.items()}

    def _place(self, kind: str) -> Place:
        return self.dice.choice([place for place in self.places if place.kind == kind])

    def _question(self, place: Place) -> Locator:
        return self.page.locator("#sheet .question").nth(place.index)

    async def _focus(self, place: Place) -> str:
        field = self._question(place).locator("[data-slot=input]")
        await field.click()
        await self.page.keyboard.press("End")
        return await field.input_value()

    def _will_enter(self, place: Place, value: Any) -> None:
        if isinstance(value, str):
            value = unicodedata.normalize("NFC", value)
        self.notebook.acts.add((place.part, text_of(value)))

    # Handing in

    async def until(self, state: str, *, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until the save state is ``state``.

        :raises Stuck: where it does not come in time
        """
        give_up_at = time.monotonic() + seconds
        while (seen := await self.look()).get("state") != state:
            if time.monotonic() > give_up_at:
                raise Stuck(f"not {state}: {seen}")
            await asyncio.sleep(LOOK_SECONDS)

    async def until_on_device(self) -> None:
        """Wait until the page says that what it holds is on the device."""
        await self.until("device")

    # The time

    async def end_in(self, seconds: float) -> None:
        """Have the time be over soon, and the page hear of it."""
        await self.site.end_in(self.seat.session, seconds)
        await self.page.evaluate("() => { dispatchEvent(new Event('online')); }")

    async def seconds_are_shown(self) -> None:
        """Bring the end so near that the page shows seconds, not only minutes.

        :raises Stuck: where it does not
        """
        await self.end_in(SECONDS_LEFT)
        give_up_at = time.monotonic() + OPEN_SECONDS
        while await self._shown() is None:
            if time.monotonic() > give_up_at:
                raise Stuck("the page shows no seconds")
            await asyncio.sleep(LOOK_SECONDS)

    async def read_clock(self) -> None:
        """Note what the clock shows beside what the server counts.

        The best of three looks: a page that gets no processor for a moment is no wrong clock.
        """
        seen: list[tuple[int, int]] = []
        for _ in range(3):
            await asyncio.sleep(TICK_SECONDS)
            # Asked before: what is left when the page is read can only be less.
            left = await self.site.milliseconds_left(self.seat.session)
            shown = await self._shown()
            if shown is not None:
                seen.append((shown, left))
        self.notebook.clock += sorted(seen, key=lambda pair: pair[0] - pair[1])[:1]

    async def _shown(self) -> int | None:
        text = await self.page.locator("#main [data-slot=time-text]").text_content() or ""
        minutes, colon, seconds = text.partition(":")
        return (int(minutes) * 60 + int(seconds)) * 1000 if colon else None

    async def until_over(self) -> None:
        """Watch the page end the test by itself; what it showed last is what counts.

        :raises Stuck: where it does not
        """
        give_up_at = time.monotonic() + DRAIN_SECONDS
        while not (seen := await self.look()).get("path", "").endswith("/done/"):
            if time.monotonic() > give_up_at:
                raise Stuck(f"the page does not end the test: {seen}")
            with contextlib.suppress(PlaywrightError):
                self.notebook.final_view = await self.fields() or self.notebook.final_view
            await asyncio.sleep(LOOK_SECONDS)

    async def drained_by(self, other: Desk) -> None:
        """Wait until a page of ``other`` has handed in what this session left on the device.

        :raises Stuck: where it does not
        """
        give_up_at = time.monotonic() + DRAIN_SECONDS
        while await other.page.evaluate(OUTBOX, str(self.seat.session)):
            if time.monotonic() > give_up_at:
                raise Stuck("what was left on the device is not handed in")
            await other.page.evaluate("() => { dispatchEvent(new Event('online')); }")
            await asyncio.sleep(5 * LOOK_SECONDS)
        self.notebook.drained = True
        self.is_finished = True

    async def end_faults(self) -> None:
        """Mend everything that can be mended from outside the page."""
        self.device.wake()
        self.device.calm_down()
        if self.device.is_running:
            await self.device.context.set_offline(False)

    async def finish(self) -> None:
        """With every fault over: come back, drain, hand in.

        :raises Stuck: where the page does not get there
        """
        if self.is_finished:
            return
        await self.end_faults()
        if not self.device.is_running:
            await self.device.open()
        if self._page is None or self._page.is_closed():
            await self.open()
        await self.to_front()
        await self.opened()
        await self._drain()
        if not self.page.url.endswith("/done/"):
            self.notebook.final_view = await self.fields()
            await self.hand_in()
        await self.read_outbox()

    async def _drain(self) -> None:
        give_up_at = time.monotonic() + DRAIN_SECONDS
        while True:
            seen = await self.look()
            if seen.get("path", "").endswith("/done/") or (
                seen.get("state") == "saved" and seen["isOpen"]
            ):
                return
            if time.monotonic() > give_up_at:
                raise Stuck(f"not drained: {seen}")
            if seen.get("elsewhere"):
                await self._press(BANNER_ACTION)
            if seen.get("action"):
                await self._press("#cover [data-slot=action]")
            with contextlib.suppress(PlaywrightError):
                await self.page.evaluate("() => { dispatchEvent(new Event('online')); }")
            await asyncio.sleep(5 * LOOK_SECONDS)

    async def hand_in(self) -> None:
        """Hand in, and look again where the server held something else.

        :raises Stuck: where the page does not come to its end
        """
        give_up_at = time.monotonic() + DRAIN_SECONDS
        seen: dict[str, Any] = {}
        while time.monotonic() < give_up_at:
            seen = await self.look()
            if seen.get("path", "").endswith("/done/"):
                return
            if seen.get("isOpen") and not seen["review"]:
                await self._press("#main [data-slot=open-review]")
            elif seen.get("review"):
                # It may be on its way by now, from an earlier press.
                with contextlib.suppress(PlaywrightError):
                    self.notebook.final_view = await self.fields()
                    await self._press("#review [data-slot=confirm]")
                    await self.page.wait_for_url("**/done/", timeout=2000, wait_until="commit")
            await asyncio.sleep(LOOK_SECONDS)
        raise Stuck(f"not handed in: {seen}")

    async def read_outbox(self) -> None:
        """Wait until the profile holds nothing any more that was not acknowledged.

        :raises Stuck: where it does not come to that
        """
        give_up_at = time.monotonic() + DRAIN_SECONDS
        while await self._waiting() != 0:
            if time.monotonic() > give_up_at:
                raise Stuck("the outbox is not drained")
            await asyncio.sleep(5 * LOOK_SECONDS)
        self.notebook.drained = True
        self.is_finished = True

    async def _waiting(self) -> int | None:
        """Return how many entries wait in the outbox; None where the page is on its way."""
        try:
            waiting: int = await self.page.evaluate(OUTBOX, str(self.seat.session))
        except PlaywrightError:
            return None
        return waiting

    async def missing(self) -> int:
        """Return how much of what was acknowledged, and of the receipt, the server lacks."""
        history = await self.history()
        rules = {"acknowledged_is_stored", "device_arrives"}
        lacking = [found for found in violations(history) if found.rule in rules]
        given = [one.receipt for one in self.notebook.submissions.values() if one.receipt]
        return len(lacking) + (bool(given) and not history.stored.receipts)

    async def history(self, *others: Notebook, restored: bool = False) -> History:
        """Return the whole record of the session; ``others``: what was seen on other devices."""
        notebooks = [self.notebook, *others]
        return History(
            session=str(self.seat.session),
            clients=tuple(book.client(is_alone=not others) for book in notebooks),
            stored=await self.site.stored(self.seat.session),
            faults=tuple(self.faults.elements()),
            restored=restored,
        )
