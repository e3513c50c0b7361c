import assert from "node:assert/strict";
import { test } from "node:test";
import { PageLock } from "../../static/js/modules/page-lock.js";

test("a page whose browser refuses locks is not kept waiting", async () => {
  const locks = { request: () => Promise.reject(new DOMException("forbidden", "SecurityError")) };
  const lock = new PageLock({ name: "session", locks, onLost() {} });

  assert.equal(await lock.acquire(), true);
});

test("a page is told when another one steals its lock", async () => {
  let steal = (/** @type {Error} */ _reason) => {};
  let lost = 0;
  const locks = {
    request: (_name, _how, granted) => {
      void granted({});
      return new Promise((_resolve, reject) => {
        steal = reject;
      });
    },
  };
  const lock = new PageLock({ name: "session", locks, onLost: () => (lost += 1) });
  await lock.acquire();

  steal(new DOMException("stolen", "AbortError"));
  await new Promise((resolve) => setImmediate(resolve));

  assert.deepEqual([lost, lock.isHeld], [1, false]);
});
