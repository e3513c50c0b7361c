import assert from "node:assert/strict";
import { test } from "node:test";
import { localStore } from "../../static/js/modules/outbox-stores.js";
import { CLAIM, change, SESSION, settle, Time } from "./stand-ins.js";
import { MemoryManager, makePage, makeStorage } from "./stand-ins-page.js";

const DAY_MS = 24 * 3600 * 1000;
const OTHER = SESSION.replace("3", "4");

function makeManager({ storage = makeStorage(), page = makePage(), ...browser } = {}) {
  const time = new Time();
  const cleared = [];
  const reports = [];
  const manager = new MemoryManager({
    page,
    performance: {},
    databases: undefined,
    storage,
    now: () => 10 * DAY_MS,
    setTimeout: time.setTimeout,
    clearTimeout: (timer) => void cleared.push(`timer ${timer}`),
    clearInterval: (interval) => void cleared.push(`interval ${interval}`),
    loadStores: () => import("../../static/js/modules/outbox-stores.js"),
    report: (message, context) => void reports.push([message, context]),
    ...browser,
  });
  return { manager, time, cleared, reports, page, storage };
}

function makeModule() {
  const module = { ended: 0, relieved: [], destroy: () => void module.ended++ };
  module.relieve = (pressure) => void module.relieved.push(pressure);
  return module;
}

function counts({ manager }) {
  const { modules, timers, intervals, listeners } = manager.getMemoryStats();
  return [modules, timers, intervals, listeners];
}

function heap(usedJSHeapSize) {
  return { memory: { usedJSHeapSize, jsHeapSizeLimit: 100 * 2 ** 20 } };
}

async function leaveSession(storage, session, { unsent = false, ...facts }) {
  const store = localStore(storage);
  await store.begin(CLAIM, session);
  const entry = await store.append(change({ session }), 1);
  if (!unsent) await store.acknowledge([entry]);
  await store.putSession({ session, touchedAt: 0, ...facts });
}

test("clean-up ends all that is owned, once", () => {
  const made = makeManager();
  const { manager, cleared } = made;
  const module = makeModule();
  const target = new EventTarget();
  let heard = 0;
  manager.registerModule("paper", module);
  manager.registerTimer(3);
  manager.registerInterval(4);
  manager.registerEventListener(target, "hello", () => void heard++);
  manager.registerEventListener(target, "hello", () => void heard++, true);
  target.dispatchEvent(new Event("hello"));
  assert.deepEqual(counts(made), [1, 1, 1, 2]);

  manager.cleanup();
  manager.cleanup();
  target.dispatchEvent(new Event("hello"));

  assert.deepEqual(counts(made), [0, 0, 0, 0]);
  assert.deepEqual([module.ended, cleared, heard], [1, ["timer 3", "interval 4"], 2]);
});

for (const [name, options] of [
  ["notes", { keep: true }],
  ["notes", { keep: true, expendable: true }],
  ["AnswerSaver", {}],
  ["answer-queue", {}],
  ["session-clock", { expendable: true }],
]) {
  test(`never ends what saves or counts: ${name} ${JSON.stringify(options)}`, async () => {
    const { manager } = makeManager({ performance: heap(99 * 2 ** 20) });
    const module = makeModule();
    manager.registerModule(name, module, options);

    manager.cleanup();
    await manager.checkPressure();

    assert.equal(module.ended, 0);
    assert.equal(manager.getMemoryStats().modules, 1);
  });
}

test("a module that cannot end does not keep the others from it", () => {
  const { manager, reports } = makeManager();
  const module = makeModule();
  manager.registerModule("broken", {
    destroy() {
      throw new Error("stuck");
    },
  });
  manager.registerModule("other", module);

  manager.cleanup();

  assert.equal(module.ended, 1);
  assert.deepEqual(reports, [["Error: stuck", "end of broken"]]);
});

test("a module takes the place of another one of its name", () => {
  const { manager } = makeManager();
  const [first, second] = [makeModule(), makeModule()];

  manager.registerModule("paper", first);
  manager.registerModule("paper", second);
  manager.registerModule("paper", second);

  assert.deepEqual([first.ended, second.ended], [1, 0]);
});

test("unregister gives back without ending", () => {
  const made = makeManager();
  const { manager, cleared } = made;
  const module = makeModule();
  const target = new EventTarget();
  const listener = () => {};
  manager.registerModule("paper", module);
  manager.registerTimer(3);
  manager.registerInterval(4);
  manager.registerEventListener(target, "hello", listener);

  const known = [
    manager.unregisterModule("paper"),
    manager.unregisterTimer(3),
    manager.unregisterInterval(4),
    manager.unregisterEventListener(target, "hello", listener),
    manager.unregisterEventListener(target, "hello", listener),
  ];

  assert.deepEqual(known, [true, true, true, true, false]);
  assert.deepEqual(counts(made), [0, 0, 0, 0]);
  assert.deepEqual([module.ended, cleared], [0, []]);
});

test("a listener that is registered twice is one, and once is forgotten when it was heard", () => {
  const made = makeManager();
  const target = new EventTarget();
  const listener = () => {};

  made.manager.registerEventListener(target, "hello", listener);
  made.manager.registerEventListener(target, "hello", listener);
  made.manager.registerEventListener(target, "bye", listener, { once: true });
  assert.deepEqual(counts(made), [0, 0, 0, 2]);
  target.dispatchEvent(new Event("bye"));

  assert.deepEqual(counts(made), [0, 0, 0, 1]);
});

test("timers that nobody unregisters stay bounded", () => {
  const made = makeManager();

  for (let timer = 1; timer <= 100_000; timer++) made.manager.registerTimer(timer);

  assert.deepEqual(counts(made), [0, 5000, 0, 0]);
});

test("a page that ends is cleaned up, one that may come back is not", () => {
  const { manager, page } = makeManager();
  const module = makeModule();
  manager.registerModule("paper", module);

  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
  assert.equal(module.ended, 0);
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));

  assert.equal(module.ended, 1);
});

for (const [usedPercent, pressure, ended] of [
  [60, "none", 0],
  [61, "gentle", 0],
  [80, "gentle", 0],
  [81, "aggressive", 1],
]) {
  test(`${usedPercent} percent of memory: ${pressure}`, async () => {
    const { manager, reports } = makeManager({ performance: heap(usedPercent * 2 ** 20) });
    const [plain, expendable] = [makeModule(), makeModule()];
    manager.registerModule("plain", plain);
    manager.registerModule("extra", expendable, { expendable: true });

    assert.equal(await manager.checkPressure(), pressure);

    assert.deepEqual(plain.relieved, pressure === "none" ? [] : [pressure]);
    assert.deepEqual([plain.ended, expendable.ended], [0, ended]);
    assert.equal(reports.length, ended);
  });
}

test("says once that memory runs out, and again after it was well", async () => {
  const performance = heap(90 * 2 ** 20);
  const { manager, reports } = makeManager({ performance });

  await manager.checkPressure();
  await manager.checkPressure();
  performance.memory.usedJSHeapSize = 1;
  await manager.checkPressure();
  performance.memory.usedJSHeapSize = 90 * 2 ** 20;
  await manager.checkPressure();

  const words = "memory at 90 percent (90 MB)";
  assert.deepEqual(reports, [
    [words, "pressure"],
    [words, "pressure"],
  ]);
});

test("measures the page where the browser can", async () => {
  const { manager } = makeManager({
    page: makePage({ crossOriginIsolated: true }),
    performance: { ...heap(1), measureUserAgentSpecificMemory: async () => ({ bytes: 7 }) },
  });

  await manager.checkPressure();

  assert.equal(manager.getMemoryStats().usedBytes, 7);
});

test("counts where the browser tells nothing", async () => {
  const { manager } = makeManager();
  for (let interval = 0; interval < 17_000; interval++) manager.registerInterval(interval);

  assert.equal(await manager.checkPressure(), "aggressive");
});

test("collects sessions that were closed a day ago with nothing unsent, and nothing else", async () => {
  const storage = makeStorage({
    "somebody-else": "1",
    [`foreign-${SESSION}`]: "1",
    [`primepath-track-${SESSION}-7`]: "1",
    [`primepath-drafts/${SESSION}`]: "1",
    [`primepath-track-${OTHER}-7`]: "1",
    "primepath-split": "56",
  });
  await leaveSession(storage, SESSION, { closedAt: 9 * DAY_MS - 1 });
  await leaveSession(storage, OTHER, { closedAt: 9 * DAY_MS - 1, unsent: true });
  const { manager } = makeManager({ storage });

  assert.equal(await manager.collectStorage(), 1);

  const left = Object.keys(storage);
  assert.deepEqual(
    left.filter((name) => name.includes(SESSION)),
    [`foreign-${SESSION}`],
  );
  assert.equal(left.filter((name) => name.includes(OTHER)).length, 4);
  assert.ok(left.includes("somebody-else") && left.includes("primepath-split"));
});

for (const [name, closedAt] of [
  ["closed for less than a day", 9 * DAY_MS],
  ["not closed", undefined],
]) {
  test(`keeps a session that is ${name}`, async () => {
    const { manager, storage } = makeManager();
    await leaveSession(storage, SESSION, { closedAt });
    const before = Object.keys(storage);

    assert.equal(await manager.collectStorage(), 0);

    assert.deepEqual(Object.keys(storage), before);
  });
}

test("collects a test that was loaded a day ago and never started", async () => {
  const definition = { title: "Paper" };
  const { manager, storage } = makeManager();
  await leaveSession(storage, SESSION, { definition });
  await leaveSession(storage, OTHER, { definition, ticket: "of one that was started" });

  assert.equal(await manager.collectStorage(), 1);

  const left = Object.keys(storage).join();
  assert.ok(!left.includes(SESSION) && left.includes(OTHER));
});

test("storage that is forbidden is left alone", async () => {
  const { manager } = makeManager({
    loadStores: () => Promise.reject(new Error("forbidden")),
  });

  assert.equal(await manager.collectStorage(), 0);
});

test("a hidden tab is not measured", async () => {
  let measured = 0;
  const page = makePage({ crossOriginIsolated: true, document: { hidden: true } });
  const performance = {
    measureUserAgentSpecificMemory: async () => ({ bytes: ++measured }),
  };
  const { time } = makeManager({ page, performance });

  await time.advance(600_000);
  assert.equal(measured, 0);
  page.document.hidden = false;
  await time.advance(120_000);
  await settle();

  assert.ok(measured > 0);
});
