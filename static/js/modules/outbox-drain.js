// Tablets are shared: every page hands in what other sessions of this browser could not send, and
// gives a restored server again what it has lost, for as long as the page is open.

/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {MendingApi} from "./mending-api.js" */
/** @import {SessionRecord, StateReply, Timers} from "../types/protocol.d.ts" */
import { AnswerSaver } from "./answer-saver.js";
import { isOver } from "./session-states.js";
import { handIn } from "./submission.js";
import { isOnlyLoaded } from "./test-preload.js";

// Twice in the minute within which everything has to be back; random, because a room full of pages
// was opened together.
const ROUND_MS = 20_000;
const ROUND_JITTER_MS = 10_000;
// A restored server has lost the latest first: the sessions used last tell; a loss there, or a
// round that could not be finished, has all of them asked.
const TELLING = 4;
const AT_ONCE = 4;
// The server ends a session by itself; what the clock handed in while time was given is no wish.
const MORE_TIME_MS = 2000;

export class OutboxDrain {
  #options;
  /** @type {Map<string, {saver: AnswerSaver, api: MendingApi}>} */
  #lines = new Map();
  /** @type {unknown} */
  #timer = null;
  #stopped = false;
  #asksAll = true;
  /** @type {Promise<void> | null} */
  #running = null;

  /**
   * @param {object} options
   * @param {AnswerQueue} options.queue open
   * @param {string} [options.own] the session that the page itself looks after
   * @param {() => boolean} [options.leads] whether it does so now: a page that may not write sends no
   *   heartbeats, and would not hear that the server was restored
   * @param {(session: string) => MendingApi} options.apiOf
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {() => string} options.newId
   * @param {() => number} options.wallClock
   * @param {() => void} [options.onChange] what waits may have changed
   */
  constructor(options) {
    this.#options = options;
  }

  /** Ask for every session now; also when something was lost elsewhere. @returns {Promise<void>} */
  async hurry() {
    // A round under way may have asked before what this is about.
    await this.#running;
    this.#asksAll = true;
    return this.#round();
  }

  /** Sessions that are not wholly on the server yet. @returns {Promise<string[]>} */
  async unsent() {
    const { queue, own } = this.#options;
    const sessions = new Set(queue.waiting().map(({ session }) => session));
    for (const { session, submission, receipt, closedAt } of await queue.records()) {
      if (submission && !receipt && !closedAt) sessions.add(session);
    }
    sessions.delete(own ?? "");
    return [...sessions];
  }

  destroy() {
    this.#stopped = true;
    this.#options.timers.clearTimeout(this.#timer);
    for (const { saver } of this.#lines.values()) saver.destroy();
  }

  #round() {
    this.#running ??= this.#ask()
      .catch((error) => window.PrimePath.errorHandler.report(error, "drain"))
      .finally(() => {
        this.#running = null;
        const { timers, random, onChange } = this.#options;
        onChange?.();
        timers.clearTimeout(this.#timer);
        if (this.#stopped) return;
        const wait = ROUND_MS + random() * ROUND_JITTER_MS;
        this.#timer = timers.setTimeout(() => void this.#round(), wait);
      });
    return this.#running;
  }

  async #ask() {
    const { queue, leads = () => true } = this.#options;
    const own = leads() ? this.#options.own : undefined;
    const records = (await queue.records())
      .filter((record) => !isOnlyLoaded(record))
      .sort((a, b) => b.touchedAt - a.touchedAt);
    const known = new Map(records.map((record) => [record.session, record]));
    const waiting = new Set(queue.waiting().map(({ session }) => session));
    const sessions = [...new Set([...waiting, ...known.keys()])].filter((id) => id !== own);
    const telling = this.#asksAll ? sessions.length : waiting.size + TELLING;
    this.#asksAll = false;
    let next = 0;
    const askOne = async () => {
      while (next < (this.#asksAll ? sessions.length : telling) && !this.#stopped) {
        const session = sessions[next++];
        if (!session) return;
        const isWhole = await this.#isWhole(session, known.get(session));
        if (!isWhole) this.#asksAll = true;
        // No network: the next round begins anew instead of waiting for each of them.
        if (isWhole === null) return;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askOne));
  }

  /**
   * @param {string} session
   * @param {SessionRecord} [record]
   * @returns {Promise<boolean | null>} whether the server had everything; null: no reply
   */
  async #isWhole(session, record) {
    const { queue, wallClock } = this.#options;
    const { saver, api } = this.#line(session);
    if (queue.waiting(session).length) await saver.flush();
    const before = api.restored;
    const reply = await api.get("state/");
    // A captive portal's page is no reply either.
    if (reply.status === 0 || (reply.status === 200 && !reply.body?.through)) return null;
    // Without the right to it (or for a session that is gone) there is nothing to compare.
    if (reply.status !== 200) return reply.status >= 400 && reply.status < 429;
    const state = /** @type {StateReply} */ (/** @type {unknown} */ (reply.body));
    const lost = await queue.giveBack(session, state.through);
    if (lost || queue.waiting(session).length) await saver.flush();
    if (isOver(state.state)) {
      if (record && !record.closedAt) await queue.remember(session, { closedAt: wallClock() });
      return !lost;
    }
    if (!record) return !lost;
    if (!record.ticket && state.ticket) await queue.remember(session, { ticket: state.ticket });
    return !(await this.#handIn(record, state)) && !lost && before === api.restored;
  }

  /**
   * @param {SessionRecord} record
   * @param {StateReply} state
   * @returns {Promise<boolean>} whether something was handed in that the server did not have
   */
  async #handIn({ session, submission, receipt, isReopened }, { remaining_ms: left }) {
    if (!submission || isReopened) return false;
    if (submission.atEnd && (left ?? 0) > MORE_TIME_MS) return false;
    const { queue, wallClock } = this.#options;
    const { status } = await handIn({ session, queue, wallClock, ...this.#line(session) });
    if (status !== 200 || !receipt) return status === 200;
    // The same receipt and yet open: staff gave the session back to the student.
    const now = await this.#line(session).api.get("state/");
    const isStillOpen = now.body?.state === "open";
    if (isStillOpen) await queue.remember(session, { isReopened: true });
    return !isStillOpen;
  }

  /** @param {string} session */
  #line(session) {
    const known = this.#lines.get(session);
    if (known) return known;
    const { queue, apiOf, timers, random, newId } = this.#options;
    const api = apiOf(session);
    const line = { api, saver: new AnswerSaver({ session, queue, api, timers, random, newId }) };
    this.#lines.set(session, line);
    return line;
  }
}
