// What every student page takes from the browser: outbox, calls, timers, random names,
// the service worker.

/** @import {Level, Store} from "./outbox-stores.js" */
/** @import {RescueKey, SessionRecord, Timers} from "../types/protocol.d.ts" */
import { AnswerQueue } from "./answer-queue.js";
import { randomId } from "./identity.js";
import { MendingApi } from "./mending-api.js";
import { OutboxDrain } from "./outbox-drain.js";
import { IndexedDbStore, localStore, memoryStore } from "./outbox-stores.js";
import { SessionApi } from "./session-api.js";
import { paperWidth } from "./session-files.js";
import { isOver } from "./session-states.js";
import { preload } from "./test-preload.js";

/** @type {Timers} */
export const timers = {
  setTimeout: (run, ms) => window.setTimeout(run, ms),
  clearTimeout: (timer) => window.clearTimeout(/** @type {number} */ (timer)),
  now: () => performance.now(),
};

export const wallClock = () => Date.now();
export const newId = () => randomId(crypto);

/** Settings of this device; what a forbidden or full storage does not take is kept in the page. */
export const settings = (() => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  /**
   * @template T
   * @param {(storage: Storage) => T} use
   */
  const tried = (use) => {
    try {
      // Where it is forbidden, reading the property throws.
      return use(window.localStorage);
    } catch {
      return null;
    }
  };
  return {
    getItem: (/** @type {string} */ name) =>
      kept.get(name) ?? tried((storage) => storage.getItem(name)),
    setItem: (/** @type {string} */ name, /** @type {string} */ text) => {
      kept.set(name, text);
      tried((storage) => {
        storage.setItem(name, text);
        kept.delete(name);
      });
    },
    removeItem: (/** @type {string} */ name) => {
      kept.delete(name);
      tried((storage) => storage.removeItem(name));
    },
  };
})();

/**
 * Return the outbox of this browser, not yet open.
 * @param {(level: Level) => void} [onLevel]
 */
export function makeQueue(onLevel) {
  /** @type {Store[]} */
  const stores = [memoryStore()];
  try {
    stores.unshift(localStore(window.localStorage));
  } catch {
    // Forbidden: reading the property throws.
  }
  if (window.indexedDB) stores.unshift(new IndexedDbStore(window.indexedDB));
  return new AnswerQueue({ stores, now: wallClock, onLevel });
}

/**
 * Return the calls of a session; of none: those that need no session.
 * @param {string} [session]
 */
export function makeApi(session) {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return new SessionApi({
    root: session ? `/api/sessions/${session}/` : "/api/",
    csrfAddress: "/api/csrf/",
    csrfToken: meta?.getAttribute("content") ?? "",
    fetch: window.fetch.bind(window),
    now: timers.now,
  });
}

/**
 * Return the calls of a session to a server that may have been restored.
 * @param {string} session
 * @param {AnswerQueue} queue
 */
export function makeMendingApi(session, queue) {
  return new MendingApi({ session, queue, api: makeApi(session), now: timers.now });
}

/**
 * Return what sends for the other sessions of this browser.
 * @param {AnswerQueue} queue open
 * @param {{own?: string, leads?: () => boolean, onChange?: () => void}} [options]
 */
export function makeDrain(queue, options) {
  const apiOf = (/** @type {string} */ session) => makeMendingApi(session, queue);
  return new OutboxDrain({
    queue,
    apiOf,
    timers,
    random: Math.random,
    newId,
    wallClock,
    ...options,
  });
}

/**
 * Load a test before it is started; what cannot be had now, its page loads.
 * @param {string} session
 */
export async function preloadTest(session) {
  const queue = makeQueue();
  try {
    await queue.open();
    await preload({
      session,
      queue,
      api: makeApi(session),
      fetch: window.fetch.bind(window),
      caches: window.caches,
      width: paperWidth(window),
      language: document.documentElement.lang,
    });
  } catch {
    // Nothing depends on it.
  } finally {
    queue.destroy();
  }
}

const RESCUE_KEY = "primepath-rescue-key";

/**
 * Return the server's key for emergency files, as this page names it or an earlier one did: the test
 * page that a service worker keeps names none.
 * @returns {RescueKey | undefined}
 */
export function rescueKey() {
  const named = document.querySelector('meta[name="rescue-key"]')?.getAttribute("content");
  if (named) settings.setItem(RESCUE_KEY, named);
  const text = named || settings.getItem(RESCUE_KEY);
  return text ? JSON.parse(text) : undefined;
}

/**
 * Load what makes emergency files while there is a network: when it is needed there is none.
 */
export function loadSaving() {
  return import("./emergency-file.js").catch(() => null);
}

/**
 * Let the student save what this browser holds of a session; return what to say of it.
 * @param {string} session
 * @param {AnswerQueue} queue
 */
export async function saveFile(session, queue) {
  const saving = await loadSaving();
  const key = rescueKey();
  return (await saving?.saveEmergencyFile({ session, queue, key, window })) ?? "no-key";
}

/** The signatures of secure contexts; undefined on plain HTTP. */
export const subtle = window.isSecureContext ? crypto.subtle : undefined;

// What nobody has touched for so long is no test that still runs.
const FORGOTTEN_MS = 24 * 3600 * 1000;

/** Register the service worker where the browser has one: not on plain http. */
export async function registerWorker() {
  try {
    return await navigator.serviceWorker?.register("/sw.js");
  } catch {
    // Forbidden or unreachable: the test works without.
    return undefined;
  }
}

/**
 * Let a new service worker take over, and the present one forget what the old ones kept, where no
 * test of this browser runs.  The caller says that nothing waits to be sent.
 * @param {SessionRecord[]} records of all sessions
 * @param {number} now by the device's clock
 */
export async function letWorkerTakeOver(records, now) {
  const runs = records.some(
    ({ last, receipt, closedAt, touchedAt }) =>
      last && !isOver(last.state) && !receipt && !closedAt && now - touchedAt < FORGOTTEN_MS,
  );
  const registration = runs ? undefined : await registerWorker();
  (registration?.waiting ?? registration?.active)?.postMessage("take-over");
}
