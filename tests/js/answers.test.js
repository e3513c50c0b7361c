import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { nextBatch } from "../../static/js/modules/answer-batch.js";
import { AnswerBook } from "../../static/js/modules/answer-book.js";
import { bareLabel } from "../../static/js/modules/answer-controls.js";
import { choicesValue, textValue } from "../../static/js/modules/answer-value.js";
import { answersDigest, sha256 } from "../../static/js/modules/digest.js";
import { saveState } from "../../static/js/modules/save-state.js";
import { CLAIM, change, SESSION } from "./stand-ins.js";

const part = (id, kind = "choice") => ({ id, kind, label: "", options: [] });
const question = (id, ...parts) => ({ id, number: String(id), parts, tracks: [] });
const definition = {
  sections: [{ questions: [question(1, part(1)), question(2, part(2), part(3), part(4))] }],
};
const entry = (facts) => ({ ...change(), seq: 1, ...facts });

test("the greatest (epoch, seq) of a part wins, whatever comes first", () => {
  const newest = entry({ epoch: 2, seq: 1, value: 9 });
  const older = entry({ epoch: 1, seq: 7, value: 5 });
  for (const order of [
    [newest, older],
    [older, newest],
  ]) {
    const book = new AnswerBook(definition);

    book.mergeEntries(order);
    book.mergeState({ answers: { 1: [1, 6, 4] }, flags: {}, plays: {} });

    assert.equal(book.answer(1), 9);
  }
});

test("a cleared answer stays cleared after a merge", () => {
  const book = new AnswerBook(definition);
  book.mergeState({ answers: { 1: [1, 1, 3] }, flags: {}, plays: {} });

  book.mergeEntries([entry({ seq: 2, value: null })]);

  assert.equal(book.answer(1), null);
  assert.deepEqual(book.given(), []);
});

test("what is being written is not overridden by an older state of the server", () => {
  const book = new AnswerBook(definition);
  book.write("answer", 1, 4);

  const changed = book.mergeState({ answers: { 1: [1, 1, 2] }, flags: {}, plays: {} });

  assert.equal(changed, false);
  assert.equal(book.answer(1), 4);
});

test("an entry that settles late does not bring an older value back", () => {
  const book = new AnswerBook(definition);
  book.write("answer", 1, 1);
  book.write("answer", 1, 2);

  book.settle(entry({ seq: 1, value: 1 }));

  assert.equal(book.answer(1), 2);
});

test("leaving out the middle blank keeps the others where they are", () => {
  const book = new AnswerBook(definition);
  book.write("answer", 2, "a");
  book.write("answer", 4, "c");

  assert.deepEqual(book.given(), [
    [2, "a"],
    [4, "c"],
  ]);
  assert.equal(book.stateOf(book.questions[1]), "partly");
});

for (const [typed, stored] of [
  ["", null],
  ["a\r\nb\rc", "a\nb\nc"],
  ["\u1112\u1161\u11ab", "한"],
  ["x\ud800y", "x\ufffdy"],
  ["😀", "😀"],
  [" ", " "],
]) {
  test(`stores ${JSON.stringify(typed)} as ${JSON.stringify(stored)}`, () => {
    assert.equal(textValue(typed), stored);
  });
}

test("several choices are stored sorted, none as null", () => {
  assert.deepEqual(choicesValue([3, 0, 3]), [0, 3]);
  assert.equal(choicesValue([]), null);
});

test("bubbles show the bare label", () => {
  assert.deepEqual(["①", "(A)", "B", "10"].map(bareLabel), ["1", "A", "B", "10"]);
});

for (const text of [
  "",
  "abc",
  "a".repeat(55),
  "a".repeat(56),
  "a".repeat(64),
  "한글".repeat(500),
]) {
  test(`the own SHA-256 agrees with Node's for ${text.length} characters`, async () => {
    const expected = createHash("sha256").update(text).digest("hex");

    assert.equal(await sha256(text), expected);
    assert.equal(await sha256(text, crypto.subtle), expected);
  });
}

test("the digest is of the answers sorted by part, without blanks", async () => {
  const digest = await answersDigest([
    [10, "한"],
    [9, null],
    [2, [0, 3]],
  ]);

  assert.equal(digest, createHash("sha256").update('[[2,[0,3]],[10,"한"]]').digest("hex"));
});

test("a batch holds one writer's entries, the oldest epoch first", () => {
  const other = "a".repeat(32);
  const waiting = [
    entry({ epoch: 2, writer: other, seq: 1 }),
    entry({ seq: 2 }),
    entry({ seq: 1 }),
  ];

  const batch = nextBatch(waiting);

  assert.deepEqual(
    batch.map(({ writer, seq }) => [writer, seq]),
    [
      [CLAIM.writer, 1],
      [CLAIM.writer, 2],
    ],
  );
});

test("a batch stays below 48 KB, but is never empty", () => {
  const long = "x".repeat(20_000);
  const waiting = [1, 2, 3].map((seq) => entry({ seq, value: long }));

  assert.deepEqual(
    nextBatch(waiting).map(({ seq }) => seq),
    [1, 2],
  );
  assert.equal(nextBatch(waiting, { mostBytes: 100 }).length, 1);
  assert.equal(waiting[0].session, SESSION);
});

const QUIET = {
  isReadOnly: false,
  isDirty: false,
  writing: 0,
  unstored: 0,
  inMemory: false,
  waiting: 0,
  aside: 0,
  failing: false,
  tokenMissing: false,
  isOnline: true,
};

test("says saved when nothing waits, and in no other case", () => {
  const busy = { isDirty: true, writing: 1, unstored: 1, waiting: 1 };

  assert.equal(saveState(QUIET).state, "saved");
  for (const [name, value] of Object.entries(busy)) {
    assert.notEqual(saveState({ ...QUIET, [name]: value }).state, "saved", name);
  }
});

test("names what holds an answer back", () => {
  const waiting = { ...QUIET, waiting: 1 };

  assert.equal(saveState(waiting).word, "save-sending");
  assert.equal(saveState({ ...waiting, isOnline: false }).word, "save-offline");
  assert.equal(saveState({ ...waiting, failing: true }).word, "save-failing");
  assert.equal(saveState({ ...waiting, inMemory: true }).state, "unsaved");
  assert.equal(saveState({ ...QUIET, isReadOnly: true }).state, "readonly");
});
