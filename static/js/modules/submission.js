// Handing in, once: send what waits, declare the last seq and the digest, keep the receipt.  It is
// written down first: any later page of this browser can finish it.

/** @import {AnswerValue, Claim, Ranges, Reply, StateReply, Timers} from "../types/protocol.d.ts" */
/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {AnswerSaver} from "./answer-saver.js" */
/** @import {MendingApi} from "./mending-api.js" */
import { backoff } from "./backoff.js";
import { answersDigest } from "./digest.js";

// Between the tries a lost answer can arrive; more rounds than this need a person.
const MISSING_ROUNDS = 5;
const REFUSALS = new Set([400, 409, 413, 422]);
/** @type {Reply} */
const WITHDRAWN = { status: 409, body: {}, retryAfterMs: 0, sentAt: 0, receivedAt: 0 };

/**
 * @typedef {{outcome: "done", next: string}
 *   | {outcome: "over"}
 *   | {outcome: "differs", state: StateReply}
 *   | {outcome: "token"}
 *   | {outcome: "refused", message: string}} Submitted
 */

/**
 * Send the submission that stands in the session's record, and keep the receipt there.
 * @param {object} options
 * @param {string} options.session
 * @param {AnswerQueue} options.queue
 * @param {AnswerSaver} options.saver
 * @param {Pick<MendingApi, "post">} options.api
 * @param {() => number} options.wallClock
 * @returns {Promise<Reply>}
 */
export async function handIn({ session, queue, saver, api, wallClock }) {
  await saver.flush();
  const { submission } = await queue.record(session);
  // Another page of this browser has withdrawn it meanwhile: the student decides anew.
  if (!submission) return WITHDRAWN;
  const { atEnd, ...facts } = submission;
  const reply = await api.post("submit/", facts);
  if (reply.status === 200 && typeof reply.body?.check_code === "string") {
    await queue.remember(session, { closedAt: wallClock(), receipt: reply.body });
  } else if (reply.body?.error === "missing") {
    const ranges = /** @type {Ranges} */ (reply.body.missing);
    await queue.requeue(session, submission.writer, ranges);
  }
  return reply;
}

export class Submission {
  #options;
  #stopped = false;
  /** @type {Promise<Submitted> | null} */
  #running = null;
  #hurry = () => {};

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {AnswerQueue} options.queue
   * @param {AnswerSaver} options.saver
   * @param {Pick<MendingApi, "post">} options.api
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {() => string} options.newId
   * @param {SubtleCrypto} [options.subtle]
   * @param {() => number} options.wallClock
   * @param {() => void} options.onWaiting no network: it is on this device and tries again
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
    return this.#once(() => this.freeze(claim, given));
  }

  /**
   * Write down what is handed in, and send nothing yet.
   * @param {Claim} claim
   * @param {() => [number, AnswerValue][]} given
   * @param {{atEnd?: boolean}} [how] `atEnd`: by the clock and not by the student
   */
  async freeze(claim, given, { atEnd } = {}) {
    const { session, queue, newId, subtle } = this.#options;
    await queue.settled();
    // Under an earlier one's name the server could give an earlier receipt.
    const facts = {
      submit_id: newId(),
      writer: claim.writer,
      last_seq: queue.lastSeq(claim.writer),
      digest: await answersDigest(given(), subtle),
    };
    await queue.remember(session, { submission: { ...facts, atEnd } });
  }

  /** Go on with the submission of an earlier page. @returns {Promise<Submitted>} */
  resume() {
    return this.#once(async () => {});
  }

  /** The network is back. */
  hurry() {
    this.#hurry();
  }

  /** Stop trying. */
  destroy() {
    this.#stopped = true;
    this.#hurry();
  }

  /** @param {() => Promise<void>} prepare */
  #once(prepare) {
    this.#running ??= prepare()
      .then(() => this.#send())
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  /** @returns {Promise<Submitted>} */
  async #send() {
    const { session, queue, random, onWaiting } = this.#options;
    for (let tries = 0, rounds = 0; !this.#stopped; ) {
      const reply = await handIn(this.#options);
      const { status, body } = reply;
      if (status === 200 && typeof body?.check_code === "string") {
        return { outcome: "done", next: String(body.next) };
      }
      if (status === 401) return { outcome: "token" };
      const error = status === 409 ? body?.error : "";
      if (error === "ended") return { outcome: "over" };
      if (error === "missing" && ++rounds < MISSING_ROUNDS) {
        await this.#sleep(backoff(rounds, { random }));
        continue;
      }
      // A restored server that could not be mended yet.
      if (REFUSALS.has(status) && body && error !== "not_started") {
        // The student decides anew.
        await queue.remember(session, { submission: undefined });
        return error === "digest"
          ? { outcome: "differs", state: /** @type {any} */ (body) }
          : { outcome: "refused", message: String(body.message ?? "") };
      }
      tries += 1;
      onWaiting();
      await this.#sleep(backoff(tries, { random, floorMs: reply.retryAfterMs }));
    }
    return { outcome: "refused", message: "" };
  }

  /** @param {number} ms */
  #sleep(ms) {
    return new Promise((resolve) => {
      this.#hurry = () => resolve(undefined);
      this.#options.timers.setTimeout(this.#hurry, ms);
    });
  }
}
