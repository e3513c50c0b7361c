"""Storage, clocks, input methods, origins and people that are not as one would like."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.proof.chromium.site import PLAIN_HOST

if TYPE_CHECKING:
    from tests.proof.chromium.desk import Desk
    from tests.proof.chromium.table import Table

DAY_MS = 24 * 3600 * 1000
NO_INDEXEDDB = (
    "IDBFactory.prototype.open = () => { throw new DOMException('no', 'InvalidStateError'); };"
)
SILENT_INDEXEDDB = "IDBFactory.prototype.open = () => new EventTarget();"
NO_LOCAL_STORAGE = """Storage.prototype.setItem = () => {
  throw new DOMException('no', 'QuotaExceededError');
};"""
WRONG_CLOCK = """(() => {
  const real = Date;
  window.Date = class extends real {
    constructor(...given) { given.length ? super(...given) : super(real.now() + (%d)); }
    static now() { return real.now() + (%d); }
  };
})()"""
THROW = """() => {
  for (let n = 0; n < 5; n++) setTimeout(() => { throw new Error("provoked"); }, 40 * n);
  Promise.reject(new Error("provoked"));
  const sheet = document.querySelector("#sheet");
  sheet.addEventListener("input", () => { throw new Error("provoked"); });
}"""
# Rules of the page's own say when a text becomes an entry; the deadline comes in between.
DEADLINE_SECONDS = 1.6


async def _sit(table: Table, *scripts: str) -> Desk:
    desk = await table.arrival()
    desk.scripts += scripts
    await desk.sit_down()
    return desk


async def quota_exceeded(table: Table) -> None:
    """The device has no room left in the middle of the test."""
    desk = await table.desk()
    await desk.act()
    keys = await desk.device.devtools(desk.page)
    await keys.send("Storage.overrideQuotaForOrigin", {"origin": desk.device.url, "quotaSize": 1})
    desk.count("quota_exceeded")
    for _ in range(4):
        await desk.act()
        await desk.pause(0.3)
    await desk.until("saved")
    await keys.send("Storage.overrideQuotaForOrigin", {"origin": desk.device.url})
    await desk.act()


async def indexeddb_missing(table: Table) -> None:
    """The browser refuses IndexedDB, as in some private windows; the page is reloaded."""
    desk = await _sit(table, NO_INDEXEDDB)
    desk.count("indexeddb_missing")
    for _ in range(3):
        await desk.act()
    await desk.pause()
    desk.count("reloaded")
    await desk.reload()
    await desk.act()


async def indexeddb_silent(table: Table) -> None:
    """IndexedDB never answers."""
    desk = await _sit(table, SILENT_INDEXEDDB)
    desk.count("indexeddb_silent")
    for _ in range(3):
        await desk.act()
    await desk.until("saved")


async def no_storage_at_all(table: Table) -> None:
    """Neither IndexedDB nor localStorage: the page must say so, and send at once."""
    desk = await _sit(table, NO_INDEXEDDB, NO_LOCAL_STORAGE)
    desk.count("no_storage_at_all")
    for _ in range(3):
        await desk.act()
    await desk.until("saved")


async def indexeddb_deleted(table: Table) -> None:
    """Another tab deletes the database in the middle of the test."""
    desk = await table.desk()
    await desk.act()
    await desk.until("saved")
    other = await desk.device.context.new_page()
    await other.goto(f"{desk.device.url}/livez")
    await other.evaluate("() => { indexedDB.deleteDatabase('primepath-answers'); }")
    desk.count("indexeddb_deleted")
    await asyncio.sleep(0.2)
    await other.close()
    for _ in range(3):
        await desk.act()
    await desk.until("saved")


async def clock_wrong_from_the_start(table: Table) -> None:
    """The device's clock is wrong by a day."""
    off = table.dice.choice([-DAY_MS, DAY_MS])
    desk = await _sit(table, WRONG_CLOCK % (off, off))
    desk.count("clock_wrong_from_the_start")
    await desk.seconds_are_shown()
    await desk.act()
    await desk.read_clock()
    await desk.act()


async def clock_jumped(table: Table) -> None:
    """The device's clock is set by a day in the middle of the test."""
    desk = await table.desk()
    await desk.seconds_are_shown()
    await desk.act()
    off = table.dice.choice([-DAY_MS, DAY_MS])
    await desk.page.evaluate(WRONG_CLOCK % (off, off))
    desk.count("clock_jumped")
    await desk.act()
    await desk.read_clock()
    await desk.act()


async def composition_interrupted(table: Table) -> None:
    """A reload in the middle of a Korean syllable."""
    desk = await table.desk()
    await desk.act("compose")
    await desk.compose(finish=False)
    await desk.pause(0.3)
    desk.count("composition_interrupted")
    await desk.reload()
    await desk.act("compose")


async def deadline_while_typing(table: Table) -> None:
    """The time is over in the middle of a word, which nobody has left the field of."""
    desk = await table.desk()
    await desk.act()
    await desk.end_in(DEADLINE_SECONDS)
    desk.count("deadline_while_typing")
    await desk.type("half a sentence that")
    await desk.until_over()


async def deadline_while_composing(table: Table) -> None:
    """The time is over in the middle of a syllable."""
    desk = await table.desk()
    await desk.act()
    await desk.end_in(DEADLINE_SECONDS)
    desk.count("deadline_while_composing")
    await desk.compose(finish=False)
    await desk.until_over()


async def typed_and_left_alone(table: Table) -> None:
    """A text is typed and its field never left."""
    desk = await table.desk()
    await desk.type()
    await desk.stand()
    desk.count("typed_and_left_alone")
    await desk.device.kill()
    desk.count("browser_killed")
    await desk.device.open()
    await desk.open()


async def changed_without_event(table: Table) -> None:
    """A script, an extension or a drop changes a field, and no event tells of it."""
    desk = await table.desk()
    await desk.set_without_event()
    desk.count("changed_without_event")
    await desk.stand()
    await desk.act()


async def exceptions_elsewhere(table: Table) -> None:
    """Other code of the page throws, again and again, also in the middle of its events."""
    desk = await table.desk()
    await desk.page.evaluate(THROW)
    desk.count("exceptions_elsewhere")
    for _ in range(4):
        await desk.act()
        await desk.pause(0.2)


async def plain_http(table: Table) -> None:
    """The school has no certificate: no secure context, so no locks, no worker, no subtle."""
    desk = await table.desk(await table.device(host=PLAIN_HOST))
    assert not await desk.page.evaluate("() => window.isSecureContext")
    desk.count("plain_http")
    await desk.act()
    await desk.act()
    if table.dice.random() < 0.5:
        await desk.pause()
        await desk.device.kill()
        desk.count("browser_killed")
        await desk.device.open()
        await desk.open()
    else:
        await desk.reload()
    await desk.act()


async def shared_tablet(table: Table) -> None:
    """Two students one after the other: the second's page hands in what the first left."""
    await table.reserve(2)
    first = await table.desk()
    await first.device.context.set_offline(True)
    first.count("offline")
    for _ in range(3):
        await first.act()
    await first.until_on_device()
    await first.device.leave()
    await first.device.context.set_offline(False)
    second = await table.desk()
    second.count("shared_tablet")
    await second.act()
    await first.drained_by(second)
    await second.finish()


async def two_devices(table: Table) -> None:
    """The same student at a second device by the code, while the first one holds unsent entries."""
    first = await table.desk()
    await first.act()
    elsewhere = await table.device()
    second = await table.desk_elsewhere(first, elsewhere)
    await first.device.context.set_offline(True)
    first.count("offline")
    await first.act()
    await first.act()
    first.count("two_devices")
    await second.come_by_code()
    await second.act()
    await first.device.context.set_offline(False)
    await second.act()
    await first.drained_by(first)
    await second.finish()


async def cookie_lost(table: Table) -> None:
    """The browser has lost its right, as a crash soon after registration does; the code is there.

    What the browser holds is handed in all the same.
    """
    desk = await table.desk()
    await desk.act()
    await desk.device.context.set_offline(True)
    desk.count("offline")
    await desk.act()
    await desk.act("choose")
    await desk.until_on_device()
    await desk.device.context.clear_cookies(name=desk.seat.cookie)
    desk.count("cookie_lost")
    await desk.device.leave()
    await desk.device.context.set_offline(False)
    await desk.come_by_code()
    await desk.act()


SCENARIOS = (
    quota_exceeded,
    plain_http,
    shared_tablet,
    deadline_while_typing,
    indexeddb_missing,
    composition_interrupted,
    two_devices,
    clock_wrong_from_the_start,
    clock_jumped,
    typed_and_left_alone,
    changed_without_event,
    no_storage_at_all,
    exceptions_elsewhere,
    deadline_while_composing,
    indexeddb_deleted,
    indexeddb_silent,
    cookie_lost,
)
