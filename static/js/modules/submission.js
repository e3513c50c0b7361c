// Handing in, once: send what waits, declare the last seq and the digest, keep the receipt.

/** @import {AnswerValue, Claim, Ranges, StateReply, Timers} from "../types/protocol.d.ts" */
/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {AnswerSaver} from "./answer-saver.js" */
/** @import {SessionApi} from "./session-api.js" */
import { backoff } from "./backoff.js";
import { answersDigest } from "./digest.js";

// Between the tries a lost answer can arrive; more rounds than this need a person.
const MISSING_ROUNDS = 5;

/**
 * @typedef {{outcome: "done", next: string}
 *   | {outcome: "over"}
 *   | {outcome: "differs", state: StateReply}
 *   | {outcome: "token"}
 *   | {outcome: "refused", message: string}} Submitted
 */

export class Submission {
  #options;
  #stopped = false;
  /** @type {Promise<Submitted> | null} */
  #running = null;

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {AnswerQueue} options.queue
   * @param {AnswerSaver} options.saver
   * @param {SessionApi} options.api
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {() => string} options.newId
   * @param {SubtleCrypto} [options.subtle]
   * @param {() => number} options.wallClock
   * @param {(isWaiting: boolean) => void} options.onWaiting no network: it waits and tries again
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Hand in what `given` returns; pressed twenty times it runs once.
   * @param {Claim} claim
   * @param {() => [number, AnswerValue][]} given
   * @returns {Promise<Submitted>}
   */
  submit(claim, given) {
    this.#running ??= this.#submit(claim, given).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Stop trying. */
  destroy() {
    this.#stopped = true;
  }

  /**
   * @param {Claim} claim
   * @param {() => [number, AnswerValue][]} given
   * @returns {Promise<Submitted>}
   */
  async #submit(claim, given) {
    const { session, queue, saver, api, newId, subtle, onWaiting, wallClock } = this.#options;
    const submitId = (await queue.record(session)).submitId ?? newId();
    // Kept before it is sent: a reload in the middle asks for the same submission again.
    await queue.remember(session, { submitId });
    for (let tries = 0, rounds = 0; !this.#stopped; ) {
      await saver.flush();
      const reply = await api.post("submit/", {
        submit_id: submitId,
        writer: claim.writer,
        last_seq: queue.lastSeq(claim.writer),
        digest: await answersDigest(given(), subtle),
      });
      const { status, body } = reply;
      if (status === 200 && typeof body?.check_code === "string") {
        await queue.remember(session, { closedAt: wallClock() });
        return { outcome: "done", next: String(body.next) };
      }
      if (status === 401) return { outcome: "token" };
      if (status === 409 && body?.error === "ended") return { outcome: "over" };
      if (status === 409 && body?.error === "digest") return this.#differs(body);
      if (status === 409 && body?.error === "missing" && ++rounds < MISSING_ROUNDS) {
        await queue.requeue(session, claim.writer, /** @type {Ranges} */ (body.missing));
        await this.#sleep(backoff(rounds, { random: this.#options.random }));
        continue;
      }
      if (status >= 400 && status < 500 && status !== 429 && body) {
        return { outcome: "refused", message: String(body.message ?? "") };
      }
      tries += 1;
      onWaiting(true);
      await this.#sleep(
        backoff(tries, { random: this.#options.random, floorMs: reply.retryAfterMs }),
      );
      onWaiting(false);
    }
    return { outcome: "refused", message: "" };
  }

  /**
   * @param {Record<string, unknown>} body
   * @returns {Submitted}
   */
  #differs(body) {
    return { outcome: "differs", state: /** @type {StateReply} */ (/** @type {unknown} */ (body)) };
  }

  /** @param {number} ms */
  #sleep(ms) {
    return new Promise((resolve) => this.#options.timers.setTimeout(() => resolve(undefined), ms));
  }
}
