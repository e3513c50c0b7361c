import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue } from "../../static/js/modules/answer-queue.js";
import { AnswerSaver } from "../../static/js/modules/answer-saver.js";
import { MendingApi } from "../../static/js/modules/mending-api.js";
import { OutboxDrain } from "../../static/js/modules/outbox-drain.js";
import { memoryStore } from "../../static/js/modules/outbox-stores.js";
import { Submission } from "../../static/js/modules/submission.js";
import { CLAIM, change, ids, reply, SESSION, Server, Time } from "./stand-ins.js";

const MINUTE_MS = 60_000;
const EARLIER = { writer: "v".repeat(32), epoch: 0 };

/** A browser with one session: entries of this page and of an earlier one, a ticket. */
async function browser({ random = () => 0.5, ticket = "ticket", store = memoryStore() } = {}) {
  const time = new Time();
  const server = new Server();
  const queue = new AnswerQueue({ stores: [store], now: time.now });
  await queue.open();
  await queue.remember(SESSION, { ticket, claim: CLAIM });
  await queue.begin(SESSION, EARLIER);
  await queue.begin(SESSION, CLAIM);
  const apiOf = () => new MendingApi({ session: SESSION, queue, api: server.api, now: time.now });
  const page = { queue, timers: time, random, newId: ids() };
  const saver = (events) => new AnswerSaver({ ...page, session: SESSION, api: apiOf(), events });
  const drain = () => new OutboxDrain({ ...page, apiOf, wallClock: time.now });
  return { time, server, queue, apiOf, saver, drain, page };
}

async function write(queue, ...values) {
  for (const value of values) await queue.add(change({ value }));
}

/** The runner's page: two entries of an earlier page and three of this one, all acknowledged. */
async function sitting(options) {
  const all = await browser(options);
  const { queue, server, time } = all;
  await queue.add(change({ ...EARLIER, value: 1 }));
  await queue.add(change({ ...EARLIER, value: 2 }));
  await write(queue, 3, 4);
  const saver = all.saver();
  saver.begin(CLAIM);
  await time.advance(2000);
  const backup = server.backup();
  await write(queue, 5);
  saver.wake();
  await time.advance(2000);
  assert.deepEqual(server.values(), [1, 2, 3, 4, 5]);
  assert.deepEqual(queue.waiting(), []);
  return { ...all, backup, running: saver };
}

const NOTHING = { entries: new Map(), receipts: new Map() };

for (const [what, lost] of [
  ["does not know the session", { known: false, state: "open", ...NOTHING }],
  ["has it before its start", { known: true, state: "registered", ...NOTHING }],
  ["has it without answers", { known: true, state: "open", ...NOTHING }],
]) {
  test(`an idle page gives everything to a restored server that ${what}, within a minute`, async () => {
    const { server, time } = await sitting({ random: () => 1 });

    // Down for long: the waits between the tries are at their longest.
    server.isUp = false;
    await time.advance(5 * MINUTE_MS);
    server.restore(structuredClone(lost));
    server.isUp = true;
    await time.advance(MINUTE_MS);

    assert.deepEqual(server.values(), [1, 2, 3, 4, 5]);
    assert.equal(server.state.state, "open");
  });
}

test("a backup from the middle gets what came after it", async () => {
  const { server, time, backup } = await sitting();

  server.restore(backup);
  assert.deepEqual(server.values(), [1, 2, 3, 4]);
  await time.advance(MINUTE_MS / 2);

  assert.deepEqual(server.values(), [1, 2, 3, 4, 5]);
});

test("a storage that fails when it is asked is asked again once it works", async () => {
  const store = memoryStore();
  const { server, time, backup } = await sitting({ store });
  const { requeue } = store;
  let asked = 0;
  store.requeue = async () => {
    asked += 1;
    throw new Error("UnknownError");
  };
  server.restore(backup);
  await time.advance(MINUTE_MS);
  assert.ok(asked >= 2 && asked <= 5, `${asked} times`);
  assert.deepEqual(server.values(), [1, 2, 3, 4]);

  store.requeue = requeue;
  await time.advance(MINUTE_MS / 2);

  assert.deepEqual(server.values(), [1, 2, 3, 4, 5]);
});

test("a gap that is filled hides no loss above it", async () => {
  const { server, time, queue, saver } = await browser();
  const running = saver();
  running.begin(CLAIM);
  await write(queue, 1);
  running.wake();
  await time.advance(2000);
  const backup = server.backup();
  // The second one was acknowledged by a server that has lost it since; the third one arrives.
  await write(queue, 2, 3);
  await queue.acknowledge(queue.waiting().filter(({ value }) => value === 2));
  const { post } = server.api;
  server.api.post = async (path, body) => {
    const answered = await post(path, body);
    if (body.entries?.some(({ value }) => value === 3)) {
      server.restore(backup);
      server.api.post = post;
    }
    return answered;
  };

  running.wake();
  await time.advance(MINUTE_MS);

  assert.deepEqual(server.values(), [1, 2, 3]);
});

test("an entry under way meets the restored server and takes the others with it", async () => {
  const { server, time, queue, running } = await sitting();
  server.restore({ known: false, state: "open", ...structuredClone(NOTHING) });

  await write(queue, 6);
  running.wake();
  await time.advance(2000);

  assert.deepEqual(server.values(), [1, 2, 3, 4, 5, 6]);
});

for (const [what, failures] of [
  ["is lost", []],
  ["is lost, and so is the question about it", [reply(0)]],
  ["is lost, and a hotel's page answers the question about it", [reply(200, null)]],
]) {
  test(`the first reply of a restored server ${what}: it gets the entries of earlier pages`, async () => {
    const { server, time, queue, saver } = await browser();
    await queue.add(change({ ...EARLIER, value: 1 }));
    const running = saver();
    running.begin(CLAIM);
    await time.advance(2000);
    server.restore({ known: true, state: "open", ...structuredClone(NOTHING) });
    const { get, post } = server.api;
    server.api.post = async (path, body) => {
      await post(path, body);
      server.api.post = post;
      return reply(0);
    };
    const left = [...failures];
    server.api.get = async (path) => left.shift() ?? get(path);

    await write(queue, 2);
    running.wake();
    await time.advance(MINUTE_MS);

    assert.deepEqual(server.values(), [1, 2]);
  });
}

test("what a restored server holds is told, since its first reply may have gone unread", async () => {
  const { server, time, queue, saver } = await browser();
  const stored = [];
  const running = saver({ onStored: ({ through }) => stored.push(through) });
  running.begin(CLAIM);
  await time.advance(2000);
  const { post } = server.api;
  server.api.post = async (path, body) => {
    await post(path, body);
    server.api.post = post;
    return reply(0);
  };

  await write(queue, 1);
  running.wake();
  await time.advance(MINUTE_MS);

  assert.deepEqual(stored, [{ [CLAIM.writer]: 1 }]);
});

test("a ticket that the server refuses is shown rarely, and nothing is dropped", async () => {
  const { server, time, queue, running } = await sitting();
  server.restore({ known: false, state: "open", ...structuredClone(NOTHING) });
  server.refusesTicket = true;

  await write(queue, 6);
  running.wake();
  await time.advance(10 * MINUTE_MS);

  const shown = server.calls.filter((path) => path === "restore/").length;
  assert.ok(shown >= 2 && shown <= 6, `${shown} times`);
  assert.equal(queue.waiting().length, 1);
  assert.equal((await queue.kept(SESSION)).length, 5);
});

test("a server that is still coming up is no answer: the batch is not taken apart", async () => {
  const { time, queue } = await browser();
  const answers = { "answers/": reply(404, { error: "session_unknown" }), "restore/": reply(503) };
  const api = new MendingApi({
    session: SESSION,
    queue,
    api: { post: async (path) => answers[path] },
    now: time.now,
  });

  const first = await api.post("answers/", {});
  const second = await api.post("answers/", {});

  assert.deepEqual([first.status, second.status], [503, 503]);
});

test("a page without an answer yet notices that the server is before its start", async () => {
  const { server, time, saver } = await browser();
  const running = saver();
  running.begin(CLAIM);
  await time.advance(2000);

  server.state.state = "registered";
  await time.advance(MINUTE_MS / 2);

  assert.equal(server.state.state, "open");
});

test("a ticket from before the start: the student had begun, and goes on", async () => {
  const { server, time, running, queue } = await sitting();
  server.restore({ known: false, state: "open", ...structuredClone(NOTHING) });
  server.ticketState = "registered";

  await write(queue, 6);
  running.wake();
  await time.advance(5000);

  assert.equal(server.state.state, "open");
  assert.deepEqual(server.values(), [1, 2, 3, 4, 5, 6]);
});

test("before the start nobody begins by looking", async () => {
  const { server, queue, apiOf } = await browser();
  await queue.remember(SESSION, { claim: undefined });
  server.state.state = "registered";

  const { body } = await apiOf().get("state/");

  assert.equal(body.state, "registered");
  assert.deepEqual(server.calls, ["state/"]);
});

test("without a ticket the reply stands as it is", async () => {
  const { server, apiOf } = await browser({ ticket: null });
  server.state.known = false;

  const { status } = await apiOf().post("answers/", { entries: [] });

  assert.equal(status, 404);
  assert.deepEqual(server.calls, ["answers/"]);
});

async function handedIn(options) {
  const all = await sitting(options);
  const { page, running, apiOf, time } = all;
  const submission = new Submission({
    ...page,
    session: SESSION,
    saver: running,
    api: apiOf(),
    wallClock: time.now,
    onWaiting: () => {},
  });
  const submitted = await submission.submit(CLAIM, () => [[1, 5]]);
  running.destroy();
  assert.equal(submitted.outcome, "done");
  return all;
}

test("the page after the test restores, gives back and hands in within a minute", async () => {
  const { server, drain, time, queue } = await handedIn({ random: () => 1 });
  const { submission, receipt, closedAt } = await queue.record(SESSION);
  const page = drain();
  await page.hurry();

  server.isUp = false;
  await time.advance(3 * MINUTE_MS);
  server.restore({ known: false, state: "open", ...structuredClone(NOTHING) });
  server.isUp = true;
  await time.advance(MINUTE_MS);

  assert.deepEqual(server.values(), [1, 2, 3, 4, 5]);
  assert.equal(server.state.state, "submitted");
  assert.deepEqual([...server.state.receipts.keys()], [submission.submit_id]);
  assert.deepEqual((await queue.record(SESSION)).receipt, receipt);
  assert.ok((await queue.record(SESSION)).closedAt >= closedAt);
});

test("a session that staff opened again is not handed in by the old page", async () => {
  const { server, drain, time, queue } = await handedIn();
  server.state.state = "open";

  await drain().hurry();
  await time.advance(5 * MINUTE_MS);

  assert.equal(server.state.state, "open");
  assert.equal(server.calls.filter((path) => path === "submit/").length, 2);
  assert.equal((await queue.record(SESSION)).isReopened, true);
});

test("what is handed in after staff opened the session again has a name of its own", async () => {
  const { server, page, time, queue, apiOf, running } = await sitting();
  const submission = new Submission({
    ...page,
    session: SESSION,
    saver: running,
    api: apiOf(),
    wallClock: time.now,
    onWaiting: () => {},
  });
  await submission.submit(CLAIM, () => [[1, 5]]);
  const first = (await queue.record(SESSION)).submission.submit_id;
  server.state.state = "open";

  const again = await submission.submit(CLAIM, () => [[1, 6]]);
  running.destroy();

  const second = (await queue.record(SESSION)).submission.submit_id;
  assert.notEqual(second, first);
  assert.equal(again.outcome, "done");
  assert.deepEqual([...server.state.receipts.keys()], [first, second]);
});

test("what was handed in without network is finished by any later page", async () => {
  const { server, page, time, queue, apiOf, running, drain } = await sitting();
  server.isUp = false;
  let waits = 0;
  const submission = new Submission({
    ...page,
    session: SESSION,
    saver: running,
    api: apiOf(),
    wallClock: time.now,
    onWaiting: () => waits++,
  });
  await write(queue, 6);
  void submission.submit(CLAIM, () => [[1, 6]]);
  await time.advance(MINUTE_MS);
  assert.ok(waits > 0);
  assert.deepEqual(await drain().unsent(), [SESSION]);
  submission.destroy();
  running.destroy();

  server.isUp = true;
  const later = drain();
  await later.hurry();

  assert.deepEqual(server.values(), [1, 2, 3, 4, 5, 6]);
  assert.equal(server.state.state, "submitted");
  assert.deepEqual(await later.unsent(), []);
});

test("what the clock handed in is no wish where time was given since", async () => {
  const { server, page, time, queue, apiOf, running, drain } = await sitting();
  const submission = new Submission({
    ...page,
    session: SESSION,
    saver: running,
    api: apiOf(),
    wallClock: time.now,
    onWaiting: () => {},
  });
  await submission.freeze(CLAIM, () => [[1, 5]], { atEnd: true });

  await drain().hurry();

  assert.equal(server.state.state, "open");
  assert.equal((await queue.record(SESSION)).submission.atEnd, true);
});

test("of many sessions the latest four tell; a loss has all of them asked", async () => {
  const { time, queue, page } = await browser();
  const asked = [];
  const lost = new Set();
  const sessions = Array.from({ length: 12 }, (_, i) => `session-${String(i).padStart(2, "0")}`);
  for (const session of sessions) {
    await time.advance(1000);
    await queue.begin(session, CLAIM);
    const entry = await queue.add(change({ session }));
    await queue.acknowledge([entry]);
    await queue.remember(session, { closedAt: time.now() });
  }
  const apiOf = (session) => ({
    restored: 0,
    get: async () => {
      asked.push(session);
      const through = { [CLAIM.writer]: lost.has(session) ? 0 : 99 };
      return reply(200, { state: "submitted", through });
    },
    post: async (_path, { nonce, entries }) => {
      lost.delete(session);
      const accepted = entries.map(({ seq }) => ({ seq, status: "applied" }));
      return reply(200, { nonce, session, accepted, through: 99, state: "submitted" });
    },
  });
  // Nothing was done there that could be lost.
  await queue.remember("only-loaded", { definition: {} });
  const drain = new OutboxDrain({ ...page, own: SESSION, apiOf, wallClock: time.now });
  await drain.hurry();
  assert.deepEqual(asked.sort(), sessions);

  asked.length = 0;
  await time.advance(25_000);
  assert.deepEqual(asked.sort(), sessions.slice(-4));

  for (const session of sessions) lost.add(session);
  await time.advance(MINUTE_MS);
  assert.equal(lost.size, 0);
  drain.destroy();
});

test("what the network's return is about is asked after it, whatever is under way", async () => {
  const { time, page } = await browser();
  const asked = [];
  /** @type {() => void} */
  let answerFirst = () => {};
  const first = new Promise((resolve) => {
    answerFirst = resolve;
  });
  const apiOf = () => ({
    restored: 0,
    get: async () => {
      asked.push(time.now());
      if (asked.length === 1) await first;
      return reply(200, { state: "submitted", through: {} });
    },
  });
  const drain = new OutboxDrain({ ...page, apiOf, wallClock: time.now });
  void drain.hurry();
  await time.advance(100);

  const hurried = drain.hurry();
  answerFirst();
  await hurried;

  assert.equal(asked.length, 2);
  drain.destroy();
});
