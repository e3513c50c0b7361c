import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue } from "../../static/js/modules/answer-queue.js";
import { AnswerSaver } from "../../static/js/modules/answer-saver.js";
import { memoryStore } from "../../static/js/modules/outbox-stores.js";
import { CLAIM, change, ids, reply, SESSION, settle, Time } from "./stand-ins.js";

const LONG_MS = 120_000;

/** How far each writer's entries came: a server that says less has lost some. */
const furthest = new Map();

function acknowledged(body, facts = {}) {
  const seqs = body.entries.map(({ seq }) => seq);
  furthest.set(body.writer, Math.max(furthest.get(body.writer) ?? 0, ...seqs));
  return reply(200, {
    v: 1,
    nonce: body.nonce,
    session: SESSION,
    accepted: body.entries.map(({ seq }) => ({ seq, status: "applied" })),
    through: furthest.get(body.writer),
    missing: [],
    state: "open",
    rev: 0,
    remaining_ms: 1000,
    next_flush_ms: 15_000,
    ...facts,
  });
}

async function started(answer, { values = [1], random = () => 0.5, events = {} } = {}) {
  const time = new Time();
  const queue = new AnswerQueue({ stores: [memoryStore()], now: time.now });
  await queue.open();
  await queue.begin(SESSION, CLAIM);
  for (const value of values) await queue.add(change({ value }));
  const sent = [];
  const api = {
    post: async (_path, body, how) => {
      sent.push({ ...body, at: time.now(), keepalive: how?.keepalive ?? false });
      return answer(body, sent.length);
    },
  };
  const saver = new AnswerSaver({
    session: SESSION,
    queue,
    api,
    timers: time,
    random,
    newId: ids(),
    events,
  });
  saver.begin(CLAIM);
  return { saver, queue, sent, time };
}

const seqs = (sent) => sent.map(({ entries }) => entries.map(({ seq }) => seq));

test("sends soon, in order, and is quiet until the heartbeat", async () => {
  const { sent, queue, time } = await started(acknowledged, { values: [1, 2] });

  await time.advance(14_000);
  assert.deepEqual(seqs(sent), [[1, 2]]);
  assert.deepEqual(queue.waiting(SESSION), []);

  await time.advance(2000);
  assert.deepEqual(seqs(sent), [[1, 2], []]);
});

test("who never pauses is saved all the same", async () => {
  const { saver, sent, queue, time } = await started(acknowledged);

  for (let n = 0; n < 40; n += 1) {
    await queue.add(change({ value: n }));
    saver.wake();
    await time.advance(100);
  }

  // Four seconds: the first ones went out after the first 300 ms, and so on.
  assert.ok(sent.length >= 8, `sent ${sent.length} times`);
  assert.ok(queue.waiting(SESSION).length <= 4);
});

for (const [what, answer] of [
  ["a captive portal's page", () => reply(200)],
  ["another request's reply", (body) => acknowledged({ ...body, nonce: "other" })],
  ["another session's reply", (body) => acknowledged(body, { session: "other" })],
  ["no reply at all", () => reply(0)],
]) {
  test(`keeps and repeats what was answered by ${what}`, async () => {
    const { sent, queue, time, saver } = await started((body, tries) =>
      tries === 1 ? answer(body) : acknowledged(body),
    );

    await time.advance(350);
    assert.equal(queue.waiting(SESSION).length, 1);
    assert.equal(saver.status.failing, true);

    await time.advance(LONG_MS / 10);
    assert.deepEqual(queue.waiting(SESSION), []);
    assert.deepEqual(seqs(sent).slice(0, 2), [[1], [1]]);
  });
}

test("waits at least as long as the server asks", async () => {
  const { sent, time } = await started(
    (body, tries) => (tries === 1 ? reply(503, null, 9000) : acknowledged(body)),
    { random: () => 0 },
  );

  await time.advance(9000);
  assert.equal(sent.length, 1);

  await time.advance(1000);
  assert.ok(sent.length >= 2);
});

test("never waits longer than half a minute", async () => {
  const { sent, time } = await started(() => reply(0), { random: () => 1 });

  await time.advance(10 * 60_000);

  const waits = sent.slice(1).map(({ at }, i) => at - sent[i].at);
  assert.equal(Math.max(...waits), 30_000);
});

test("finds the one entry that the server cannot take; the others are saved", async () => {
  const { queue, saver, time } = await started(
    (body) => (body.entries.some(({ value }) => value === 3) ? reply(422) : acknowledged(body)),
    { values: [1, 2, 3, 4, 5] },
  );

  await time.advance(10_000);

  const waiting = queue.waiting(SESSION).map(({ value }) => value);
  assert.deepEqual(waiting, [3]);
  assert.equal(saver.status.aside, 1);
});

test("five server errors count as a batch that cannot be taken", async () => {
  const { queue, time } = await started(
    (body) => (body.entries.some(({ value }) => value === 2) ? reply(500) : acknowledged(body)),
    { values: [1, 2, 3] },
  );

  await time.advance(10 * LONG_MS);

  const waiting = queue.waiting(SESSION).map(({ value }) => value);
  assert.deepEqual(waiting, [2]);
});

test("an entry that was set aside is tried again", async () => {
  let isWell = false;
  const { queue, time } = await started((body) =>
    isWell || !body.entries.length ? acknowledged(body) : reply(404),
  );
  await time.advance(10_000);
  assert.equal(queue.waiting(SESSION).length, 1);

  isWell = true;
  await time.advance(LONG_MS);

  assert.deepEqual(queue.waiting(SESSION), []);
});

test("says that the right to the session is missing, and keeps everything", async () => {
  const { queue, saver, time } = await started(() => reply(401));

  await time.advance(1000);

  assert.equal(saver.status.tokenMissing, true);
  assert.equal(queue.waiting(SESSION).length, 1);
});

test("a request at the end of the page removes nothing from the outbox", async () => {
  const { saver, queue, sent } = await started(acknowledged);

  saver.flushOnHide();
  await settle();

  assert.deepEqual(seqs(sent), [[1]]);
  assert.equal(sent[0].keepalive, true);
  assert.equal(queue.waiting(SESSION).length, 1);
});

test("has one batch in flight", async () => {
  let inFlight = 0;
  let most = 0;
  const { saver, queue, time } = await started(async (body) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await Promise.resolve();
    inFlight -= 1;
    return acknowledged(body);
  });

  for (let i = 0; i < 5; i++) {
    await queue.add(change({ value: i }));
    saver.wake();
    saver.hurry();
  }
  await time.advance(LONG_MS / 10);

  assert.equal(most, 1);
  assert.deepEqual(queue.waiting(SESSION), []);
});

test("flush ends with the last acknowledgement, or says that it failed", async () => {
  const well = await started(acknowledged, { values: Array.from({ length: 130 }, (_, i) => i) });
  const ill = await started(() => reply(0));

  assert.equal(await well.saver.flush(), true);
  assert.deepEqual(well.queue.waiting(SESSION), []);
  assert.deepEqual(
    well.sent.map(({ entries }) => entries.length),
    [64, 64, 2],
  );
  assert.equal(await ill.saver.flush(), false);
});

test("what an earlier page left is sent under its own claim, and is no take-over of this page", async () => {
  const states = [];
  const { saver, queue, sent, time } = await started(
    (body) => acknowledged(body, { state: body.epoch < 2 ? "claimed" : "open" }),
    { events: { onReply: ({ state }) => states.push(state) } },
  );
  const claim = { writer: "x".repeat(32), epoch: 2 };
  await queue.begin(SESSION, claim);
  await queue.add(change({ ...claim, value: 2 }));
  saver.begin(claim);

  await time.advance(2000);

  assert.deepEqual(
    sent.map(({ epoch }) => epoch),
    [1, 2],
  );
  assert.deepEqual(states, ["open", "open"]);
});

test("a heartbeat under the claim before is no take-over of this page", async () => {
  const states = [];
  let answerLate = () => {};
  const { saver, queue, time } = await started(
    (body, tries) =>
      tries === 1
        ? new Promise((resolve) => {
            answerLate = () => resolve(acknowledged(body, { state: "claimed" }));
          })
        : acknowledged(body),
    { values: [], events: { onReply: ({ state }) => states.push(state) } },
  );
  await time.advance(1000);

  const claim = { writer: "x".repeat(32), epoch: 2 };
  await queue.begin(SESSION, claim);
  saver.begin(claim);
  answerLate();
  await time.advance(1000);

  assert.equal(states[0], "open");
});

test("destroy ends all sending", async () => {
  const { saver, sent, time } = await started(acknowledged);

  saver.destroy();
  await time.advance(LONG_MS);

  assert.deepEqual(sent, []);
});
