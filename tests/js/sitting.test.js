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
async function page(claimed) {
  const calls = [];
  const api = {
    get: async (path) => {
      calls.push(path);
      return reply(200, path === "exam/" ? EXAM : STATE);
    },
    post: async (path) => {
      calls.push(path);
      return reply(
        200,
        path === "claim/" ? { epoch: 4, ...claimed } : { ...STATE, allotted_ms: 1 },
      );
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
