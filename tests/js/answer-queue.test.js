import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue } from "../../static/js/modules/answer-queue.js";
import { memoryStore, NoCounter, TextStore } from "../../static/js/modules/outbox-stores.js";
import { CLAIM, change, SESSION } from "./stand-ins.js";

const HOUR_MS = 3600 * 1000;

function texts(kept = new Map()) {
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
    removeItem: (name) => void kept.delete(name),
    keys: () => [...kept.keys()],
  };
}

async function opened({ stores = [memoryStore()], now = () => 0, onLevel } = {}) {
  const queue = new AnswerQueue({ stores, now, onLevel });
  await queue.open();
  await queue.begin(SESSION, CLAIM);
  return queue;
}

test("numbers a writer's entries 1, 2, 3 in the order of the changes", async () => {
  const queue = await opened();

  await Promise.all([1, 2, 3].map((value) => queue.add(change({ value }))));

  const seen = queue.waiting(SESSION).map(({ seq, value }) => [seq, value]);
  assert.deepEqual(seen, [
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test("writes nothing under a writer without a counter", async () => {
  const queue = new AnswerQueue({ stores: [memoryStore()], now: () => 0 });
  await queue.open();

  await assert.rejects(queue.add(change()), NoCounter);
});

test("an entry leaves the outbox when it is acknowledged, and only then", async () => {
  const kept = new Map();
  const queue = await opened({ stores: [new TextStore("local", texts(kept))] });
  const first = await queue.add(change());
  const second = await queue.add(change({ part: 2 }));

  await queue.acknowledge([first]);

  assert.deepEqual(queue.waiting(SESSION), [second]);
  const again = await opened({ stores: [new TextStore("local", texts(kept))] });
  assert.deepEqual(again.waiting(SESSION), [second]);
});

test("goes on counting after a reload", async () => {
  const kept = new Map();
  const before = await opened({ stores: [new TextStore("local", texts(kept))] });
  await before.acknowledge([await before.add(change())]);

  const queue = await opened({ stores: [new TextStore("local", texts(kept))] });

  assert.equal((await queue.add(change())).seq, 2);
});

test("counts an entry whose count was lost in a crash", async () => {
  const kept = new Map();
  const before = await opened({ stores: [new TextStore("local", texts(kept))] });
  await before.add(change());
  kept.set(`primepath-answers/writers/${SESSION}/${CLAIM.writer}`, "0");

  const queue = await opened({ stores: [new TextStore("local", texts(kept))] });

  assert.equal((await queue.add(change())).seq, 2);
});

test("falls to the next store with the same seq when the first one breaks", async () => {
  const levels = [];
  const broken = texts();
  const first = new TextStore("local", broken);
  const queue = await opened({
    stores: [first, memoryStore()],
    onLevel: (level) => levels.push(level),
  });
  await queue.add(change());
  broken.setItem = () => {
    throw new Error("QuotaExceededError");
  };

  const entry = await queue.add(change({ value: 3 }));

  assert.equal(entry.seq, 2);
  assert.equal(queue.level, "memory");
  assert.deepEqual(levels, ["memory"]);
  assert.equal(queue.waiting(SESSION).length, 2);
});

test("gives back acknowledged entries that a restored server lacks", async () => {
  const queue = await opened();
  const entries = [];
  for (const value of [1, 2, 3]) entries.push(await queue.add(change({ value })));
  await queue.acknowledge(entries);

  const found = await queue.requeue(SESSION, CLAIM.writer, [[2, 3]]);

  assert.equal(found, 2);
  assert.deepEqual(queue.waiting(SESSION), entries.slice(1));
});

test("forgets a session a day after its receipt, unless something waits", async () => {
  let now = 0;
  const kept = new Map();
  const store = () => new TextStore("local", texts(kept));
  const queue = await opened({ stores: [store()], now: () => now });
  const entry = await queue.add(change());
  await queue.remember(SESSION, { closedAt: 0 });
  now = 25 * HOUR_MS;

  await new AnswerQueue({ stores: [store()], now: () => now }).open();
  assert.notEqual(kept.size, 0);

  await queue.acknowledge([entry]);
  await new AnswerQueue({ stores: [store()], now: () => now }).open();
  assert.equal(kept.size, 0);
});

/** A store like IndexedDB that can be full for a while. */
function fullStore() {
  const store = memoryStore();
  const append = store.append.bind(store);
  store.level = "idb";
  store.isFull = false;
  store.append = (...facts) => {
    if (store.isFull) throw new Error("full");
    return append(...facts);
  };
  return store;
}

test("keeps no answer in the fallback while the best store works", async () => {
  const kept = new Map();
  const queue = await opened({ stores: [fullStore(), new TextStore("local", texts(kept))] });

  await queue.acknowledge([await queue.add(change())]);

  assert.deepEqual([...kept], [[`primepath-answers/writers/${SESSION}/${CLAIM.writer}`, "1"]]);
});

test("takes no seq twice where the best store fails, works and fails again", async () => {
  const best = fullStore();
  const local = new TextStore("local", texts());
  const first = await opened({ stores: [best, local] });
  await first.add(change({ value: 0 }));
  best.isFull = true;
  await first.add(change({ value: 1 }));
  best.isFull = false;
  const second = await opened({ stores: [best, local] });
  await second.add(change({ value: 2 }));
  best.isFull = true;

  const third = await opened({ stores: [best, local] });
  const { seq } = await third.add(change({ value: 3 }));

  assert.equal(seq, 4);
});

test("falls through a store that fails as well, and writes the very change it was to write", async () => {
  const best = fullStore();
  const local = new TextStore("local", texts());
  const queue = new AnswerQueue({ stores: [best, local, memoryStore()], now: () => 0 });
  await queue.open();
  await queue.begin(SESSION, CLAIM);
  best.isFull = true;
  local.begin = async () => {
    throw new Error("forbidden");
  };

  const { seq } = await queue.add(change({ value: 1 }));

  assert.deepEqual([seq, queue.level], [1, "memory"]);
});

test("a store that had to be taken for a while hides nothing that another one knows", async () => {
  const best = fullStore();
  const local = new TextStore("local", texts());
  const before = await opened({ stores: [best, local] });
  await before.remember(SESSION, { ticket: "t", seenEpoch: 7, submission: {} });
  const meanwhile = new AnswerQueue({ stores: [local], now: () => 10 });
  await meanwhile.open();
  await meanwhile.remember(SESSION, { definition: { title: "Paper" } });

  const after = await opened({ stores: [best, local] });
  const record = await after.record(SESSION);

  assert.deepEqual([record.ticket, record.seenEpoch], ["t", 7]);
  assert.deepEqual(record.definition, { title: "Paper" });
  // What may have been taken back is only where the newest record has it.
  assert.equal(record.submission, undefined);
});

test("takes no seq twice when a page after a fallback has the best store again", async () => {
  const best = fullStore();
  const local = new TextStore("local", texts());
  const before = await opened({ stores: [best, local] });
  await before.add(change({ value: 0 }));
  best.isFull = true;
  await before.add(change({ value: 1 }));
  await before.add(change({ part: 2 }));
  best.isFull = false;

  const after = await opened({ stores: [best, local] });
  await after.add(change({ part: 3 }));

  const seen = after.waiting(SESSION).map(({ seq, part }) => [seq, part]);
  assert.deepEqual(seen, [
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 3],
  ]);
});

test("what is remembered of a session goes along when the store breaks", async () => {
  const kept = new Map();
  const breaking = new TextStore("idb", texts(kept));
  const queue = await opened({ stores: [breaking, memoryStore()] });
  await queue.remember(SESSION, { ticket: "ticket", seenEpoch: 7 });

  breaking.session = breaking.append = async () => {
    throw new Error("gone");
  };
  breaking.open = breaking.append;
  await queue.add(change());

  const { ticket, seenEpoch } = await queue.record(SESSION);
  assert.deepEqual({ ticket, seenEpoch }, { ticket: "ticket", seenEpoch: 7 });
  assert.equal(queue.level, "memory");
});

test("gives back what another page of this browser left unsent since this one was opened", async () => {
  const kept = new Map();
  const early = await opened({ stores: [new TextStore("local", texts(kept))] });
  const gone = await opened({ stores: [new TextStore("local", texts(kept))] });
  const left = await gone.add(change());

  await early.giveBack(SESSION, { [CLAIM.writer]: 0 });

  assert.deepEqual(early.waiting(SESSION), [left]);
});

test("shows without network what another page of this browser left unsent", async () => {
  const kept = new Map();
  const early = await opened({ stores: [new TextStore("local", texts(kept))] });
  const gone = await opened({ stores: [new TextStore("local", texts(kept))] });
  const left = await gone.add(change());

  await early.reread(SESSION);

  assert.deepEqual(early.waiting(SESSION), [left]);
});

test("remembers the newest record, also where a better store works again", async () => {
  const [better, worse] = [texts(), texts()];
  let now = 1;
  const first = await opened({ stores: [new TextStore("idb", better)], now: () => now });
  await first.remember(SESSION, { ticket: "old" });
  now = 2;
  const second = await opened({ stores: [new TextStore("local", worse)], now: () => now });
  await second.remember(SESSION, { ticket: "new" });

  const third = await opened({
    stores: [new TextStore("idb", better), new TextStore("local", worse)],
  });

  assert.equal((await third.record(SESSION)).ticket, "new");
});
