import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionClock } from "../../static/js/modules/session-clock.js";

const HOUR_MS = 3_600_000;
const TEST_MS = 40 * 60_000;
const HEARTBEAT_MS = 15_000;

/** Random numbers that are the same in every run (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Sit one test behind a network that takes `delay()` each way; return how far the shown time was
 * from the server's, four times a second.
 */
function shownOffBy({
  random,
  delay,
  sleepAt = Number.POSITIVE_INFINITY,
  sleepMs = 0,
  from = 0,
  left = TEST_MS,
  until = left - 1000,
}) {
  const drift = 1 + (random() - 0.5) * 1e-4;
  const zone = (random() - 0.5) * 48 * HOUR_MS;
  const isAwakeAt = (real) => real < sleepAt || real >= sleepAt + sleepMs;
  const slept = (real) => Math.min(sleepMs, Math.max(0, real - sleepAt));
  let real = 0;
  const now = () => (real - slept(real)) * drift;
  const arriving = [];
  const ask = () => {
    const there = real + delay();
    arriving.push({ at: there + delay(), remaining: left - there, sentAt: now() });
  };
  let asks = 0;
  const events = {
    onTick: () => {},
    onWarning: () => {},
    onEnd: () => {},
    onAsk: () => {
      asks += 1;
      ask();
    },
  };
  const clock = new SessionClock({ now, wallClock: () => real + zone, events });
  // Every page: begin or state, then a heartbeat soon, and each 15 s.
  ask();
  let heartbeatAt = 800;
  const off = [];
  for (; real < until; real += 50) {
    if (!isAwakeAt(real)) continue;
    if (real >= heartbeatAt) {
      ask();
      heartbeatAt = real + HEARTBEAT_MS;
    }
    for (const reply of arriving.filter(({ at }) => at <= real)) {
      arriving.splice(arriving.indexOf(reply), 1);
      clock.hear({ remaining: reply.remaining, sentAt: reply.sentAt, receivedAt: now() });
    }
    if (real % 250) continue;
    clock.tick();
    if (clock.left !== null && real >= from) off.push(left - real - clock.left);
  }
  return { off, asks };
}

const jittered = (random) => () => 100 + random() * 400;

/** Expect shown times that are never above the server's, and in 99 of 100 moments 250 ms below at most. */
function isWithin250Ms(off) {
  off.sort((a, b) => a - b);
  assert.ok(off[0] >= 0, `showed ${-off[0]} ms too much`);
  const p99 = off[Math.floor(off.length * 0.99)];
  assert.ok(p99 <= 250, `p99 ${p99} ms`);
}

test("within 250 ms of the server's time (p99), never above it, for 300 ± 200 ms each way", () => {
  const random = seeded(20_261_125);

  const off = [];
  for (let i = 0; i < 60; i++) {
    // Half of the devices sleep in the middle; their page's time may stand meanwhile.
    const sleep = i % 2 ? { sleepAt: 600_000 + random() * 60_000, sleepMs: 900_000 } : {};
    off.push(...shownOffBy({ random, delay: jittered(random), ...sleep }).off);
  }

  assert.ok(off.length > 100_000);
  isWithin250Ms(off);
});

test("the first half minute after a sleep is no worse, and costs at most eighteen questions", () => {
  const random = seeded(2);

  const off = [];
  const asks = [];
  for (let i = 0; i < 300; i++) {
    const sleep = { sleepAt: 600, sleepMs: 5000, from: 5600, until: 35_600 };
    const shown = shownOffBy({ random, delay: jittered(random), ...sleep });
    // It shows nothing for as long as it gathers, and no longer.
    assert.ok(shown.off.length >= (30_000 - 2750) / 250);
    off.push(...shown.off);
    asks.push(shown.asks);
  }

  isWithin250Ms(off);
  assert.ok(Math.max(...asks) <= 18 + 1, `asked ${Math.max(...asks)} times`);
});

test("a page opened while seconds are shown is right from the first figure on", () => {
  const random = seeded(3);

  const off = [];
  const asks = [];
  for (let i = 0; i < 300; i++) {
    const shown = shownOffBy({ random, delay: jittered(random), left: 100_000, until: 30_000 });
    assert.ok(shown.off.length >= (30_000 - 3750) / 250);
    off.push(...shown.off);
    asks.push(shown.asks);
  }

  isWithin250Ms(off);
  assert.ok(Math.max(...asks) <= 18 + 1, `asked ${Math.max(...asks)} times`);
});

test("a good network is asked nothing more, a slow one at most six times", () => {
  const random = seeded(1);

  assert.equal(shownOffBy({ random, delay: () => 5 }).asks, 0);
  assert.equal(shownOffBy({ random, delay: () => 900 }).asks, 6);
});

function stopped() {
  const page = { now: 1000, ahead: 1.7e12 };
  const said = [];
  const clock = new SessionClock({
    now: () => page.now,
    wallClock: () => page.now + page.ahead,
    events: {
      onTick: (ms) => said.push(ms),
      onWarning: () => {},
      onEnd: () => said.push("end"),
      onAsk: () => said.push("ask"),
    },
  });
  clock.hear({ remaining: 60_000, sentAt: 1000, receivedAt: 1010 });
  said.length = 0;
  return { page, said, clock };
}

test("a device that slept shows no time until the server was asked anew", () => {
  const { page, said, clock } = stopped();

  page.ahead += 20_000;
  clock.tick();
  assert.deepEqual(said, ["ask", null]);

  // What was asked before is older than the sleep.
  clock.hear({ remaining: 59_000, sentAt: 990, receivedAt: 1005 });
  assert.equal(clock.left, null);

  clock.hear({ remaining: 40_000, sentAt: 1000, receivedAt: 1010 });
  assert.equal(clock.left, 40_000);
});

test("without a reply it asks again, and the test does not end by a clock that was set", () => {
  const { page, said, clock } = stopped();
  page.ahead += 24 * HOUR_MS;
  clock.tick();

  page.now += 4000;
  clock.tick();

  assert.deepEqual(said, ["ask", null, "ask", null]);
});

test("a device clock that is set back changes nothing", () => {
  const { page, said, clock } = stopped();

  page.ahead -= 24 * HOUR_MS;
  clock.tick();

  assert.deepEqual(said, [60_000]);
});

test("a pause lets the time stand, and its end goes on from there", () => {
  const { page, clock } = stopped();
  clock.hear({ remaining: 50_000, paused: true, sentAt: 1000, receivedAt: 1010 });
  page.now += 600_000;
  clock.tick();
  assert.equal(clock.left, 50_000);
  assert.equal(clock.isPaused, true);

  clock.hear({ remaining: 50_000, sentAt: page.now, receivedAt: page.now + 10 });

  assert.equal(clock.left, 50_000);
  page.now += 1000;
  assert.equal(Math.round(clock.left), 49_000);
});

test("a reply that was overtaken ends no pause: the server is asked", () => {
  const { page, said, clock } = stopped();
  clock.hear({ remaining: 50_000, paused: true, sentAt: page.now, receivedAt: page.now + 10 });
  page.now += 500;

  clock.hear({ remaining: 60_000, sentAt: page.now - 600, receivedAt: page.now + 20 });
  clock.tick();

  assert.equal(clock.isPaused, true);
  assert.equal(clock.left, 50_000);
  assert.ok(said.includes("ask"));
});

test("a figure heard long ago is believed a little less: the page's clock may be slow", () => {
  const { page, clock } = stopped();
  clock.hear({ remaining: HOUR_MS, sentAt: 1000, receivedAt: 1000 });

  page.now += 1_000_000;

  assert.equal(clock.left, HOUR_MS - 1_000_000 - 100);
});

/** A page that was loaded again without network, `ms` after the server had said ten minutes. */
function recalling(ms) {
  const page = { now: 50, wall: 1.7e12 };
  const said = [];
  const clock = new SessionClock({
    now: () => page.now,
    wallClock: () => page.wall,
    events: {
      onTick: (left) => said.push(left),
      onWarning: () => said.push("warning"),
      onEnd: () => said.push("end"),
      onAsk: () => said.push("ask"),
    },
  });
  clock.recall({ remaining: 600_000, at: page.wall - ms });
  const pass = (real, wall = real) => {
    page.now += real;
    page.wall += wall;
    said.length = 0;
    clock.tick();
    return said[said.length - 1];
  };
  return { page, clock, pass };
}

test("loaded again without network, it goes on from what was heard last", () => {
  const { clock, page, pass } = recalling(60_000);
  assert.equal(pass(0), 540_000);
  assert.equal(pass(10_000), 530_000);
  // The figure of a device is no reason to end a test.
  assert.equal(pass(900_000), 0);
  assert.equal(clock.left, null);

  clock.hear({ remaining: 300_000, sentAt: page.now, receivedAt: page.now });

  assert.equal(pass(0), 300_000);
});

test("a device clock that is set shows never more than was heard, and what has passed here", () => {
  const back = recalling(-24 * HOUR_MS);
  assert.equal(back.pass(0), 600_000);
  assert.equal(back.pass(10_000), 590_000);
  assert.equal(back.pass(10_000, -HOUR_MS), 580_000);

  const asleep = recalling(60_000);
  assert.equal(asleep.pass(0), 540_000);
  assert.equal(asleep.pass(0, 240_000), 300_000);
});
