import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue } from "../../static/js/modules/answer-queue.js";
import { memoryStore } from "../../static/js/modules/outbox-stores.js";
import { isOnlyLoaded, preload } from "../../static/js/modules/test-preload.js";
import { reply, SESSION } from "./stand-ins.js";

const EXAM = {
  title: "Paper",
  pages: [
    {
      id: 3,
      images: [
        { width: 900, height: 1200 },
        { width: 1800, height: 2400 },
      ],
      has_words: true,
    },
    { id: 4, images: [{ width: 900, height: 1200 }], has_words: false },
  ],
  sections: [],
  tracks: [{ id: 7 }, { id: 8 }],
};
const FOLDER = `/sit/${SESSION}/`;
const FILES = [
  `${FOLDER}pages/3/900.webp`,
  `${FOLDER}pages/3/words.json`,
  `${FOLDER}pages/4/900.webp`,
  "/sit/shell/ko/",
  `${FOLDER}tracks/7`,
  `${FOLDER}tracks/8`,
];

function fakeCaches() {
  const kept = new Map();
  const cache = {
    match: async (address) => kept.get(address)?.clone(),
    put: async (address, response) => {
      await response.clone().arrayBuffer();
      kept.set(address, response);
    },
  };
  return { kept, caches: { open: async () => cache } };
}

async function loaded({ examReply = reply(200, EXAM), fails = "", caches } = {}) {
  const queue = new AnswerQueue({ stores: [memoryStore()], now: () => 0 });
  await queue.open();
  const asked = [];
  const fetch = async (address) => {
    asked.push(address);
    return new Response("content", { status: address === fails ? 503 : 200 });
  };
  const api = { get: async () => examReply };
  const outcome = await preload({
    ...{ session: SESSION, queue, api, fetch, caches, width: 800, language: "ko" },
  }).catch((error) => error);
  return { asked, outcome, record: await queue.record(SESSION) };
}

test("keeps the exam, the paper as it will be shown, the test page and every track", async () => {
  const { caches, kept } = fakeCaches();

  const { asked, record } = await loaded({ caches });

  assert.deepEqual(record.definition, EXAM);
  assert.deepEqual(asked, FILES);
  const names = FILES.map((name) => (name === "/sit/shell/ko/" ? `${FOLDER}test/` : name));
  assert.deepEqual([...kept.keys()].sort(), names.sort());
});

test("asks for nothing twice", async () => {
  const { caches } = fakeCaches();
  await loaded({ caches });

  const { asked } = await loaded({ caches });

  assert.deepEqual(asked, ["/sit/shell/ko/"]);
});

test("where no files can be kept, none are asked for", async () => {
  const { asked, record } = await loaded();

  assert.deepEqual([asked, record.definition], [[], EXAM]);
});

test("an exam that does not come is no exam", async () => {
  for (const examReply of [reply(0), reply(401, { error: "code_needed" }), reply(200, null)]) {
    const { asked, record } = await loaded({ examReply, caches: fakeCaches().caches });

    assert.deepEqual([asked, record.definition], [[], undefined]);
  }
});

test("a page of the paper that cannot be had ends it, with what came before it kept", async () => {
  const { caches } = fakeCaches();

  const { asked, outcome, record } = await loaded({ caches, fails: FILES[0] });

  assert.ok(outcome instanceof Error);
  assert.deepEqual([asked, record.definition], [FILES.slice(0, 3), EXAM]);
});

test("only loaded is what was neither started nor handed in", () => {
  const record = { session: SESSION, touchedAt: 0 };
  const definition = EXAM;

  assert.equal(isOnlyLoaded({ ...record, definition }), true);
  assert.equal(isOnlyLoaded(record), false);
  for (const facts of [{ last: {} }, { ticket: "t" }, { submission: {} }]) {
    assert.equal(isOnlyLoaded({ ...record, definition, ...facts }), false);
  }
});
