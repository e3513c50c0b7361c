import assert from "node:assert/strict";
import { test } from "node:test";
import { EARLY_MS, endTurn } from "../../static/js/modules/end-turn.js";

const GRACE_MS = 60_000;

test("where few end, each has its turn within the time that the server names", () => {
  assert.equal(endTurn(0, 0.9), 0);
  assert.equal(endTurn(10_000, 0.5), 5000);
  assert.ok(endTurn(EARLY_MS, 0.999) < EARLY_MS);
});

test("where many end, no page comes while the server ends the rest", () => {
  const turns = Array.from({ length: 1000 }, (_, n) => endTurn(500_000, n / 1000));

  const early = turns.filter((ms) => ms < EARLY_MS);
  const late = turns.filter((ms) => ms >= EARLY_MS);
  assert.equal(early.length, 90);
  // Handing in takes its time, and counts until the grace period is over.
  assert.ok(Math.max(...early) <= GRACE_MS - 15_000);
  assert.ok(Math.min(...late) >= GRACE_MS + 10_000);
});

test("those who only look come twice as close together, and no two at once", () => {
  const [first, second] = [endTurn(500_000, 0.5), endTurn(500_000, 0.501)];

  assert.equal(second - first, 250);
});
