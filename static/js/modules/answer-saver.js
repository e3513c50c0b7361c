// Sends what waits in the outbox of one session: one batch in flight, in order, for as long as it
// takes.

/** @import {AnswersReply, Claim, Entry, Reply, StateReply, Timers} from "../types/protocol.d.ts" */
/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {MendingApi} from "./mending-api.js" */
import { asSent, nextBatch, PROTOCOL, verdict } from "./answer-batch.js";
import { backoff } from "./backoff.js";

// Long enough to put a few quick clicks into one request, too short to be noticed.
const SOON_MS = 300;
const HEARTBEAT_MS = 15_000;
const HEARTBEAT_MOST_MS = 30_000;
// Without a right (401) the page waits for a person; asking more often helps nobody.
const TOKEN_RETRY_MS = 30_000;
// An entry that failed alone is tried again that much later; it holds up nothing meanwhile.  Below
// half of the minute within which a restored server has everything again.
const ASIDE_MS = 20_000;

/**
 * @typedef {object} SaverEvents
 * @property {(reply: AnswersReply, timing: Reply) => void} [onReply] every acknowledgement
 * @property {(entry: Entry, status: string, reason: string) => void} [onEntry] each acknowledged one
 * @property {(state: StateReply) => void} [onStored] what a server holds that may have gone back
 * @property {() => void} [onChange] `status` may have changed
 */

/**
 * @typedef {object} SaverStatus
 * @property {number} waiting entries that the server has not acknowledged
 * @property {number} aside those among them that it refused
 * @property {boolean} failing the last try failed
 * @property {boolean} tokenMissing this browser holds no right to the session
 * @property {number} stuckMs for how long nothing that waits was acknowledged
 */

export class AnswerSaver {
  #session;
  #queue;
  #api;
  #timers;
  #random;
  #newId;
  #events;
  /** @type {Claim | null} */
  #claim = null;
  /** @type {unknown} */
  #timer = null;
  /** When it runs. */
  #dueAt = Number.POSITIVE_INFINITY;
  /** @type {Promise<boolean> | null} */
  #flight = null;
  #stopped = false;
  #floorMs = 0;
  #givenAgainAt = -ASIDE_MS;
  #owedAt = -ASIDE_MS;
  #doubtedAt = -ASIDE_MS;
  /** A reply was lost that may have said so: the state has to be asked for. */
  #isUncertain = false;
  #tries = 0;
  #serverErrors = 0;
  #tokenMissing = false;
  #heartbeatMs = HEARTBEAT_MS;
  /** @type {number | null} */
  #stuckAt = null;
  /** The furthest that each writer ever was: a server that says less was restored. */
  /** @type {Map<string, number>} */
  #through = new Map();
  /** The greatest seq of each writer that was acknowledged here. */
  /** @type {Map<string, number>} */
  #taken = new Map();
  /** When an entry that was set aside may be tried again. */
  /** @type {Map<Entry, number>} */
  #aside = new Map();
  /** Entries that are sent alone, to find the one that fails. */
  /** @type {Set<Entry>} */
  #single = new Set();

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {AnswerQueue} options.queue
   * @param {Pick<MendingApi, "get" | "post">} options.api
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {() => string} options.newId
   * @param {SaverEvents} [options.events]
   */
  constructor({ session, queue, api, timers, random, newId, events = {} }) {
    this.#session = session;
    this.#queue = queue;
    this.#api = api;
    this.#timers = timers;
    this.#random = random;
    this.#newId = newId;
    this.#events = events;
  }

  /** @returns {SaverStatus} */
  get status() {
    return {
      waiting: this.#waiting().length,
      aside: this.#waiting().filter((entry) => this.#aside.has(entry)).length,
      failing: this.#tries > 0,
      tokenMissing: this.#tokenMissing,
      stuckMs: this.#stuckAt === null ? 0 : this.#timers.now() - this.#stuckAt,
    };
  }

  /**
   * Send heartbeats under `claim` from now on.
   * @param {Claim} claim
   */
  begin(claim) {
    this.#claim = claim;
    this.wake();
  }

  /** Stop heartbeats; what waits is still sent. */
  end() {
    this.#claim = null;
  }

  /** Something waits: send it soon.  Changes that come ever quicker do not put it off. */
  wake() {
    const isDueSoon = this.#dueAt <= this.#timers.now() + SOON_MS;
    if (!this.#flight && this.#tries === 0 && !isDueSoon) this.#schedule(SOON_MS);
    this.#events.onChange?.();
  }

  /** The network is back, or the student asks: forget the waiting time. */
  hurry() {
    this.#tries = 0;
    this.#schedule(0);
  }

  /**
   * The page may be going away: send what is durable in a request that outlives it.  It stays in
   * the outbox, since no reply may be read.
   */
  flushOnHide() {
    const batch = nextBatch(this.#sendable());
    if (batch.length)
      void this.#api.post("answers/", this.#body(batch, this.#newId()), { keepalive: true });
  }

  /**
   * Send everything that waits, now.
   * @returns {Promise<boolean>} whether nothing waits any more
   */
  async flush() {
    for (;;) {
      if (this.#flight) await this.#flight;
      await this.#queue.settled();
      if (!this.#sendable().length) return this.#waiting().length === 0;
      if (!(await this.#fly())) return false;
    }
  }

  /** Stop sending; what waits stays in the outbox. */
  destroy() {
    this.#stopped = true;
    this.#timers.clearTimeout(this.#timer);
  }

  #waiting() {
    return this.#queue.waiting(this.#session);
  }

  #sendable() {
    const now = this.#timers.now();
    return this.#waiting().filter((entry) => (this.#aside.get(entry) ?? 0) <= now);
  }

  /** @param {number} ms */
  #schedule(ms) {
    if (this.#stopped) return;
    this.#timers.clearTimeout(this.#timer);
    this.#dueAt = this.#timers.now() + ms;
    this.#timer = this.#timers.setTimeout(() => void this.#fly(), ms);
  }

  /** @returns {Promise<boolean>} whether the batch was acknowledged or taken apart */
  #fly() {
    this.#flight ??= this.#send().finally(() => {
      this.#flight = null;
      this.#schedule(this.#pause());
      this.#events.onChange?.();
    });
    return this.#flight;
  }

  #pause() {
    if (this.#tokenMissing) return TOKEN_RETRY_MS;
    if (this.#tries) return backoff(this.#tries, { random: this.#random, floorMs: this.#floorMs });
    return this.#sendable().length ? 0 : this.#heartbeatMs;
  }

  async #send() {
    if (this.#stopped) return false;
    this.#giveBackOwed();
    const batch = this.#nextBatch();
    // Without a claim there is nobody to send a heartbeat for.
    if (!batch.length && !this.#claim) return true;
    const nonce = this.#newId();
    this.#events.onChange?.();
    const body = this.#body(batch, nonce);
    const reply = await this.#api.post("answers/", body);
    this.#floorMs = reply.retryAfterMs;
    const asked = { nonce, session: this.#session, serverErrors: this.#serverErrors };
    const said = verdict(reply, asked);
    this.#serverErrors = reply.status >= 500 ? this.#serverErrors + 1 : 0;
    this.#tokenMissing = said === "token";
    if (said === "saved") {
      await this.#take(batch, body.writer, reply);
      return true;
    }
    if (batch.length) this.#stuckAt ??= this.#timers.now();
    if (said === "split" && batch.length) return this.#split(batch);
    this.#tries += 1;
    return false;
  }

  /** What a store could not give back: nothing waits for it, it may take long to open. */
  #giveBackOwed() {
    const now = this.#timers.now();
    if (now < this.#owedAt + ASIDE_MS) return;
    this.#owedAt = now;
    void this.#queue.giveBackOwed().then(
      () => this.#sendable().length && this.wake(),
      () => {},
    );
  }

  /** @returns {Entry[]} */
  #nextBatch() {
    const sendable = this.#sendable();
    const batch = nextBatch(sendable);
    const alone = batch.findIndex((entry) => this.#single.has(entry) || this.#aside.has(entry));
    if (alone < 0) return batch;
    return alone === 0 ? batch.slice(0, 1) : batch.slice(0, alone);
  }

  /**
   * Find the entry that the server cannot take: first the entries one by one, then that one aside.
   * @param {Entry[]} batch
   */
  #split(batch) {
    this.#serverErrors = 0;
    if (batch.length > 1) {
      for (const entry of batch) this.#single.add(entry);
    } else {
      this.#single.delete(batch[0]);
      this.#aside.set(batch[0], this.#timers.now() + ASIDE_MS);
    }
    return true;
  }

  /**
   * @param {Entry[]} batch
   * @param {string} writer under which it was sent: the page may have claimed anew since
   * @param {Reply} reply
   */
  async #take(batch, writer, reply) {
    const body = /** @type {AnswersReply} */ (/** @type {unknown} */ (reply.body));
    this.#tries = 0;
    this.#stuckAt = null;
    const statuses = new Map(body.accepted.map((accepted) => [accepted.seq, accepted]));
    const taken = batch.filter((entry) => statuses.has(entry.seq));
    await this.#queue.acknowledge(taken);
    for (const entry of taken) {
      this.#aside.delete(entry);
      this.#single.delete(entry);
      const { status = "", reason = "" } = statuses.get(entry.seq) ?? {};
      this.#events.onEntry?.(entry, status, reason);
    }
    // Its first reply, which nobody read, may have been that of a restored server which did not know
    // this writer.  Where less is counted than before, the comparison below says it anyway.
    const isKnown = taken.some(({ seq }) => statuses.get(seq)?.status === "duplicate");
    if (isKnown && !this.#through.get(writer)) this.#isUncertain = true;
    // An entry that the reply does not name was not saved; alone it must not be sent for ever.
    if (batch.length && !taken.length) this.#split(batch);
    const last = Math.max(this.#taken.get(writer) ?? 0, ...taken.map(({ seq }) => seq));
    this.#taken.set(writer, last);
    await this.#compare(writer, body);
    this.#heartbeatMs = Math.min(body.next_flush_ms || HEARTBEAT_MS, HEARTBEAT_MOST_MS);
    // An older claim of this browser was taken over by this page.
    const isEarlier = writer !== this.#claim?.writer;
    const state = isEarlier && body.state === "claimed" ? "open" : body.state;
    this.#events.onReply?.({ ...body, state }, reply);
  }

  /**
   * Give a restored server again what it has lost.
   * @param {string} writer
   * @param {AnswersReply} body
   */
  async #compare(writer, { through, missing }) {
    const now = this.#timers.now();
    // Where nothing below is missing, the server has all up to `through`, and nothing above.
    const isLess = !missing?.length && through < (this.#taken.get(writer) ?? 0);
    // One that never counts what it takes must not become a storm.
    const isDoubted = isLess && now >= this.#doubtedAt + ASIDE_MS;
    if (isDoubted) this.#doubtedAt = now;
    if (this.#isUncertain || isDoubted || through < (this.#through.get(writer) ?? 0)) {
      const { status, body } = await this.#api.get("state/");
      // The next reply says the same.  A hotel's page is no state, whatever its status.
      if (status !== 200 || !body?.through) return;
      this.#isUncertain = false;
      this.#through.clear();
      this.#taken.clear();
      const state = /** @type {StateReply} */ (/** @type {unknown} */ (body));
      await this.#queue.giveBack(this.#session, state.through);
      // Its first reply would have had the page look, and may be the one that nobody read.
      this.#events.onStored?.(state);
    }
    this.#through.set(writer, through);
    // A gap that this device cannot fill must not become a storm.
    if (!missing?.length || now < this.#givenAgainAt + ASIDE_MS) return;
    this.#givenAgainAt = now;
    await this.#queue.requeue(this.#session, writer, missing);
  }

  /**
   * @param {Entry[]} batch
   * @param {string} nonce
   */
  #body(batch, nonce) {
    const { epoch, writer } = batch[0] ?? this.#claim;
    return {
      v: PROTOCOL,
      nonce,
      epoch,
      writer,
      entries: batch.map(asSent),
      pending: this.#waiting().length - batch.length,
      storage: this.#queue.level,
    };
  }
}
