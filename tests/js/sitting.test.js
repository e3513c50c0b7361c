import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue } from "../../static/js/modules/answer-queue.js";
import { memoryStore } from "../../static/js/modules/outbox-stores.js";
import { Sitting } from "../../static/js/modules/sitting.js";
import { ids, reply, SESSION, settle } from "./stand-ins.js";

const STATE = {
  state: "open",
  epoch: 3,
  rev: 1,
  events: 5,
  answers: {},
  flags: {},
  plays: {},
  through: {},
  remaining_ms: 9e5,
  server_ms: 0,
  ticket: "ticket",
};
const EXAM = { title: "Paper", event: null, pages: [], sections: [], tracks: [] };

/** A page that has its exam; `claimed` is what the claim says beside the epoch. */
async function page(claimed, { withStart = null } = {}) {
  const calls = [];
  const sent = [];
  const api = {
    get: async (path) => {
      calls.push(path);
      return reply(200, path === "exam/" ? EXAM : STATE);
    },
    post: async (path, body) => {
      calls.push(path);
      sent.push(body);
      const begun = { ...STATE, allotted_ms: 1, claim: withStart };
      return reply(200, path === "claim/" ? { epoch: 4, ...claimed } : begun);
    },
  };
  const queue = new AnswerQueue({ stores: [memoryStore()], now: () => 0 });
  await queue.open();
  let saving;
  const sitting = new Sitting({
    session: SESSION,
    api,
    queue,
    drafts: { left: () => [], keep: () => {} },
    makeSaver: (events) => {
      saving = events;
      return { begin: () => {}, end: () => {}, wake: () => {}, destroy: () => {} };
    },
    newId: ids(),
    wallClock: () => 0,
    events: {
      onChange: () => {},
      onMerge: () => {},
      onTime: () => {},
      onState: () => {},
      onEntry: () => {},
    },
  });
  await sitting.loadDefinition();
  const acknowledged = async (rev) => {
    saving.onReply({ state: "open", rev, accepted: [], through: 0, remaining_ms: 9e5 }, reply(200));
    await settle();
  };
  return {
    sitting,
    queue,
    calls,
    sent,
    acknowledged,
    stored: (state) => saving.onStored(state),
    conflicted: (entry) => saving.onEntry(entry, "conflict", ""),
  };
}

test("where nothing came between state and claim, nobody asks for the state again", async () => {
  const { sitting, calls, acknowledged } = await page({ rev: 1, events: 5 });

  await sitting.open(await sitting.begin());
  await acknowledged(1);

  assert.deepEqual(calls, ["exam/", "begin/", "claim/"]);
});

for (const [what, claimed] of [
  ["an entry", { rev: 1, events: 6 }],
  ["another page's answer", { rev: 2, events: 5 }],
  ["who knows what", {}],
]) {
  test(`where ${what} came between state and claim, the first reply has the state fetched`, async () => {
    const { sitting, calls, acknowledged } = await page(claimed);

    await sitting.open(await sitting.begin());
    await acknowledged(claimed.rev ?? 1);

    assert.deepEqual(calls, ["exam/", "begin/", "claim/", "state/"]);
  });
}

test("who claims with the start makes no other call", async () => {
  const withStart = { epoch: 5, rev: 1, events: 5 };
  const { sitting, queue, calls, sent, acknowledged } = await page({}, { withStart });

  await sitting.open(await sitting.begin());
  await acknowledged(1);

  assert.deepEqual(calls, ["exam/", "begin/"]);
  const [{ writer, seen_epoch: seen }] = sent;
  assert.equal(seen, 0);
  assert.deepEqual(sitting.claim, { writer, epoch: 5 });
  const { claim, seenEpoch, last } = await queue.record(SESSION);
  assert.deepEqual([claim, seenEpoch, last.claim], [{ writer, epoch: 5 }, 5, undefined]);
  await sitting.record("answer", 7, 1);
  assert.equal(queue.waiting(SESSION)[0].writer, writer);
});

test("each start names a writer of its own: one whose reply was lost may have claimed", async () => {
  const withStart = { epoch: 5, rev: 1, events: 5 };
  const { sitting, sent } = await page({}, { withStart });

  await sitting.begin();
  await sitting.open(await sitting.begin());

  assert.notEqual(sent[0].writer, sent[1].writer);
  assert.equal(sitting.claim.writer, sent[1].writer);
});

test("an exam that the page before has loaded is not asked for again", async () => {
  const { sitting, queue, calls } = await page({});

  const definition = await sitting.loadDefinition({ isLoaded: true });
  assert.deepEqual([definition, calls], [EXAM, ["exam/"]]);

  await queue.remember(SESSION, { definition: undefined });
  await sitting.loadDefinition({ isLoaded: true });
  assert.deepEqual(calls, ["exam/", "exam/"]);
});

test("the reply to the start is kept as any state is", async () => {
  const { sitting, queue } = await page({ rev: 1, events: 5 });

  await sitting.begin();

  const { last, ticket, seenEpoch } = await queue.record(SESSION);
  assert.deepEqual([last?.state, ticket, seenEpoch], ["open", "ticket", 3]);
});

test("what the saver learns of a restored server is shown, while this page may write", async () => {
  const { sitting, stored } = await page({ rev: 1, events: 5 });
  await sitting.open(await sitting.begin());
  const answerOf = (value) => ({ 7: [9, 1, value] });

  stored({ ...STATE, rev: 2, answers: answerOf("from elsewhere") });
  assert.equal(sitting.book.value("answer", 7), "from elsewhere");

  sitting.release();
  stored({ ...STATE, rev: 3, answers: answerOf("later still") });
  assert.equal(sitting.book.value("answer", 7), "from elsewhere");
});

test("a conflict heard of while another page writes is written again by who goes on here", async () => {
  const { sitting, queue, calls, acknowledged, conflicted } = await page({ rev: 1, events: 5 });
  await sitting.open(await sitting.begin());
  await sitting.record("answer", 7, "mine");
  const [entry] = queue.waiting(SESSION);

  sitting.release();
  conflicted(entry);
  assert.equal(sitting.status.unstored, 1);
  await acknowledged(1);
  assert.equal(calls.filter((call) => call === "claim/").length, 1);

  await sitting.open(STATE);
  await acknowledged(1);
  const again = queue.waiting(SESSION).at(-1);
  assert.deepEqual([again.value, again.epoch, sitting.status.unstored], ["mine", 4, 0]);
  assert.notEqual(again.writer, entry.writer);
});
