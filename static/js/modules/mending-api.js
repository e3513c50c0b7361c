// Calls of one session to a server that may have been restored from a backup: one that does not know
// the session is given its ticket, and the call is made again.

/** @import {Reply} from "../types/protocol.d.ts" */
/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {SessionApi} from "./session-api.js" */

const AGAIN_MS = 20_000;
// A server that is just coming up: soon enough that everything is back within a minute.
const SOON_MS = 3000;
// A ticket that was refused for good is shown again only in case somebody mended the server.
const RARELY_MS = 120_000;

const LOST = new Set(["session_unknown", "token_missing", "not_started"]);

export class MendingApi {
  #options;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** What became of the last try; a page that may try again soon must not take 404 for an answer. */
  /** @type {Reply | null} */
  #last = null;
  /** @type {Promise<Reply | null> | null} */
  #trying = null;
  /** How often the server was given the session again. */
  restored = 0;

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {Pick<SessionApi, "get" | "post">} options.api
   * @param {AnswerQueue} options.queue
   * @param {() => number} options.now monotonic milliseconds
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {string} path
   * @param {{timeoutMs?: number}} [limits]
   */
  get(path, limits) {
    return this.#mended(() => this.#options.api.get(path, limits));
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {{keepalive?: boolean}} [how]
   */
  post(path, body, how) {
    const send = () => this.#options.api.post(path, body, how);
    return how?.keepalive ? send() : this.#mended(send);
  }

  /**
   * @param {() => Promise<Reply>} call
   * @returns {Promise<Reply>}
   */
  async #mended(call) {
    const reply = await call();
    const { status, body } = reply;
    const isBefore = status === 200 && body?.state === "registered";
    const error = isBefore ? "not_started" : String(body?.error);
    if (!LOST.has(error)) return reply;
    this.#trying ??= this.#restore(error).finally(() => {
      this.#trying = null;
    });
    const said = await this.#trying;
    if (said?.status === 200) return call();
    return said && isPassing(said) && !isBefore ? said : reply;
  }

  /**
   * @param {string} error
   * @returns {Promise<Reply | null>} null where this browser has nothing to give
   */
  async #restore(error) {
    const { session, api, queue, now } = this.#options;
    if (now() < this.#notBefore) return this.#last;
    const { ticket, claim } = await queue.record(session);
    // Whoever has claimed here had also begun; with nothing to show for it, time starts anew.
    if (error === "not_started" ? !claim : !ticket) return null;
    let reply = ticket ? await api.post("restore/", { ticket }) : null;
    if (claim && (!reply || reply.body?.state === "registered")) {
      reply = await api.post("begin/", {});
    }
    if (!reply) return null;
    const { status } = reply;
    this.#notBefore =
      now() +
      (isPassing(reply) ? SOON_MS : status === 400 || status === 409 ? RARELY_MS : AGAIN_MS);
    this.#last = reply;
    if (status !== 200) return reply;
    // Should the next server not know it either, it is a passing trouble.
    this.#last = { ...reply, status: 503 };
    this.restored += 1;
    const { body } = await api.get("state/");
    await queue.giveBack(session, /** @type {Record<string, number>} */ (body?.through));
    return reply;
  }
}

/** @param {Reply} reply */
function isPassing({ status }) {
  return status === 0 || status === 429 || status >= 500;
}
