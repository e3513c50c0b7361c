import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerDrafts } from "../../static/js/modules/answer-drafts.js";
import { backoff } from "../../static/js/modules/backoff.js";
import { PlayMeter } from "../../static/js/modules/play-meter.js";
import { display, SessionClock, warning } from "../../static/js/modules/session-clock.js";
import { shortcut } from "../../static/js/modules/shortcuts.js";
import { TextField } from "../../static/js/modules/text-field.js";
import { Time } from "./stand-ins.js";

const MINUTE_MS = 60_000;

class Input extends EventTarget {
  value = "";

  type(text) {
    this.value = text;
    this.dispatchEvent(new Event("input"));
  }

  say(name) {
    this.dispatchEvent(new Event(name));
  }
}

function field() {
  const time = new Time();
  const input = new Input();
  const recorded = [];
  const text = new TextField(input, {
    timers: time,
    events: { onValue: (value) => recorded.push(value) },
  });
  return { time, input, recorded, text };
}

test("a text becomes an entry after 400 ms of quiet", async () => {
  const { time, input, recorded } = field();

  input.type("a");
  await time.advance(399);
  assert.deepEqual(recorded, []);

  await time.advance(1);
  assert.deepEqual(recorded, ["a"]);
});

test("while somebody types without a pause, every two seconds", async () => {
  const { time, input, recorded } = field();

  for (let i = 1; i <= 15; i++) {
    input.type("x".repeat(i));
    await time.advance(300);
  }

  assert.deepEqual(
    recorded.map((text) => text.length),
    [7, 14],
  );
});

test("at once on blur", () => {
  const { input, recorded } = field();
  input.type("a");

  input.say("blur");

  assert.deepEqual(recorded, ["a"]);
});

test("not while a syllable is being composed, at once when it is done", async () => {
  const { time, input, recorded } = field();

  input.say("compositionstart");
  input.type("하");
  await time.advance(5000);
  assert.deepEqual(recorded, []);

  input.type("한");
  input.say("compositionend");
  assert.deepEqual(recorded, ["한"]);
});

test("a page that goes away records even that syllable", () => {
  const { input, recorded, text } = field();
  input.say("compositionstart");
  input.type("한");

  text.commitAnyway();

  assert.deepEqual(recorded, ["한"]);
});

test("emptying a text is a change", () => {
  const { input, recorded } = field();
  input.type("a");
  input.say("blur");

  input.type("");
  input.say("blur");

  assert.deepEqual(recorded, ["a", null]);
});

test("the sweep finds a text that came without an event", async () => {
  const { time, input, recorded, text } = field();
  input.value = "dropped";

  text.sweep();
  await time.advance(400);

  assert.deepEqual(recorded, ["dropped"]);
});

test("what is being typed is not replaced by what was saved before", () => {
  const { input, text } = field();
  input.type("newer");

  text.show("older");

  assert.equal(input.value, "newer");
});

test("more than 20 kB is not recorded, and says so", () => {
  const { input, recorded, text } = field();

  input.type("한".repeat(6700));
  input.say("blur");

  assert.deepEqual(recorded, []);
  assert.equal(text.isTooLong, true);
  assert.equal(text.isDirty, true);
});

function clock() {
  const time = new Time();
  const said = [];
  const events = {
    onTick: () => {},
    onWarning: (minutes) => said.push(minutes),
    onEnd: () => said.push("end"),
    onAsk: () => said.push("ask"),
  };
  const device = { ahead: 1.7e12 };
  const wallClock = () => time.now() + device.ahead;
  return { time, said, device, clock: new SessionClock({ now: time.now, wallClock, events }) };
}

test("the clock never shows more than the server", async () => {
  const { time, clock: shown } = clock();
  await time.advance(1000);

  // Asked at 200, answered at 1000: the server said ten minutes somewhere between.
  shown.hear({ remaining: 600_000, sentAt: 200, receivedAt: 1000 });
  assert.equal(shown.left, 599_200);

  // A quicker round trip is a better bound.
  shown.hear({ remaining: 599_700, sentAt: 950, receivedAt: 1000 });
  assert.equal(shown.left, 599_650);
});

test("a slow reply does not move the clock, time taken away does", async () => {
  const { time, clock: shown } = clock();
  shown.hear({ remaining: 60_000, sentAt: 0, receivedAt: 10 });
  await time.advance(5000);

  shown.hear({ remaining: 57_000, sentAt: 1000, receivedAt: 5000 });
  // Half a millisecond of drift in five seconds is allowed for.
  assert.equal(Math.round(shown.left), 55_000);

  shown.hear({ remaining: 30_000, sentAt: 4990, receivedAt: 5000 });
  assert.equal(shown.left, 29_990);
});

test("a reply that was overtaken gives no time back", async () => {
  const { time, clock: shown } = clock();
  shown.hear({ remaining: 300_000, sentAt: 0, receivedAt: 10 });
  shown.hear({ remaining: 120_000, sentAt: 2000, receivedAt: 2010 });

  shown.hear({ remaining: 298_500, sentAt: 1500, receivedAt: 4000 });
  await time.advance(10);

  assert.equal(Math.round(shown.left), 121_990);
});

test("extra time is shown with the next reply", async () => {
  const { time, clock: shown } = clock();
  shown.hear({ remaining: 60_000, sentAt: 0, receivedAt: 10 });
  await time.advance(1000);

  shown.hear({ remaining: 359_000, sentAt: 1000, receivedAt: 1010 });

  assert.equal(shown.left, 359_000);
});

test("warns at 10, 5 and 1 minute, and ends once", async () => {
  const { time, said, clock: shown } = clock();
  shown.hear({ remaining: 11 * MINUTE_MS, sentAt: 0, receivedAt: 0 });

  for (let i = 0; i < 12 * 60; i++) {
    await time.advance(1000);
    shown.tick();
  }

  assert.deepEqual(said, [10, 5, 1, "end"]);
});

test("a reload at four minutes is no warning; a sleep over two of them is one", () => {
  assert.equal(warning(4.5 * MINUTE_MS, 4 * MINUTE_MS), null);
  assert.equal(warning(11 * MINUTE_MS, 0.5 * MINUTE_MS), 1);
  const { said, clock: shown } = clock();

  shown.hear({ remaining: 4 * MINUTE_MS, sentAt: 0, receivedAt: 0 });

  assert.deepEqual(said, []);
});

test("seconds are shown in the last two minutes only", () => {
  assert.deepEqual(display(43.9 * MINUTE_MS), { minutes: 43, seconds: null, state: "plenty" });
  assert.deepEqual(display(119_999), { minutes: 1, seconds: 59, state: "soon" });
  assert.deepEqual(display(-5), { minutes: 0, seconds: 0, state: "last" });
});

test("a play counts after a second of sound, once a run", () => {
  let plays = 0;
  const meter = new PlayMeter({ onCount: () => plays++ });

  for (const at of [0, 0.3, 0.6, 0.9]) meter.heard(at);
  assert.equal(plays, 0);

  for (const at of [1.2, 1.5, 1.5, 1.8]) meter.heard(at);
  assert.equal(plays, 1);

  meter.ended();
  for (const at of [0.5, 1, 1.5]) meter.heard(at);
  assert.equal(plays, 2);
});

test("a jump is no listening, an interrupted play goes on without counting again", () => {
  let plays = 0;
  const count = () => plays++;
  const jumping = new PlayMeter({ onCount: count });
  jumping.heard(30);
  const resumed = new PlayMeter({ onCount: count, position: 12 });
  for (const at of [12.5, 13, 13.5, 14]) resumed.heard(at);

  assert.equal(plays, 0);
});

test("waits are random up to a ceiling of 30 s, never below what the server asks", () => {
  const wait = (tries, options) => backoff(tries, { random: () => 1, ...options });

  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 99].map((n) => wait(n)),
    [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
  );
  assert.equal(wait(1, { random: () => 0 }), 0);
  assert.equal(wait(1, { random: () => 0, floorMs: 7000 }), 7000);
});

test("keys act by their place, also on a Korean keyboard", () => {
  assert.deepEqual(shortcut({ code: "Digit3", key: "3" }), { act: "choose", index: 2 });
  assert.deepEqual(shortcut({ code: "Digit0", key: "0" }), { act: "choose", index: 9 });
  assert.deepEqual(shortcut({ code: "KeyB", key: "ㅠ" }), { act: "choose", index: 1 });
  assert.deepEqual(shortcut({ code: "KeyF", key: "ㄹ" }), { act: "flag" });
  assert.deepEqual(shortcut({ code: "ArrowDown", key: "ArrowDown" }), { act: "move", step: 1 });
  assert.deepEqual(shortcut({ code: "Slash", key: "?" }), { act: "help" });
  assert.equal(shortcut({ code: "KeyZ", key: "z" }), null);
});

test("drafts of a page that went away are there for the next one, until they are stored", () => {
  const kept = new Map();
  const storage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
    removeItem: (name) => void kept.delete(name),
  };
  const draft = { kind: "answer", subject: 4, value: "한", epoch: 2 };
  new AnswerDrafts(storage, "a").keep([draft]);

  const next = new AnswerDrafts(storage, "a");
  assert.deepEqual(next.left(), [draft]);

  next.keep([]);
  assert.equal(kept.size, 0);
});
