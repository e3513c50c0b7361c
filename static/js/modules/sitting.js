// One sitting in this page: the right to write, what is known, and every change on its way.

/** @import {AnswersReply, Claim, Claimed, Entry, EntryKind, EntryValue, ExamDefinition, Reply, SessionState, StateReply} from "../types/protocol.d.ts" */
/** @import {AnswerDrafts, Draft} from "./answer-drafts.js" */
/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {AnswerSaver} from "./answer-saver.js" */
/** @import {MendingApi} from "./mending-api.js" */
import { AnswerBook } from "./answer-book.js";
import { isSame } from "./answer-value.js";
import { isOver } from "./session-states.js";

/**
 * A call that the page cannot go on without was not answered; `status` 0 means no network.
 */
export class CallFailed extends Error {
  /** @param {Reply} reply */
  constructor({ status, body, retryAfterMs }) {
    super(String(body?.message ?? ""));
    this.status = status;
    this.code = String(body?.error ?? "");
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * @typedef {object} SittingEvents
 * @property {() => void} onChange what the page says about saving may have changed
 * @property {() => void} onMerge another page's answers were taken over
 * @property {(reply: import("./session-clock.js").Heard) => void} onTime
 * @property {(state: SessionState) => void} onState the server says claimed, submitted or expired
 * @property {(entry: Entry, status: string, reason: string) => void} onEntry
 */

export class Sitting {
  #session;
  #api;
  #queue;
  #drafts;
  #saver;
  #events;
  #newId;
  #wallClock;
  /** @type {AnswerBook | null} */
  #book = null;
  /** @type {Claim | null} */
  #claim = null;
  #rev = 0;
  #endSpreadMs = 0;
  /** Changes on their way to the device's storage. */
  /** @type {Set<Draft>} */
  #writing = new Set();
  #hasHidden = false;
  /** Changes that could not be stored; they are written again under a new claim. */
  /** @type {Map<string, {kind: EntryKind, subject: number}>} */
  #unstored = new Map();
  /** @type {Promise<void> | null} */
  #reclaiming = null;
  /** Who is to write, once the session is started. */
  #wanted = "";

  /**
   * @param {object} options
   * @param {string} options.session
   * @param {Pick<MendingApi, "get" | "post">} options.api
   * @param {AnswerQueue} options.queue
   * @param {AnswerDrafts} options.drafts
   * @param {(events: object) => AnswerSaver} options.makeSaver
   * @param {() => string} options.newId
   * @param {() => number} options.wallClock evidence beside each entry
   * @param {SittingEvents} options.events
   */
  constructor({ session, api, queue, drafts, makeSaver, newId, wallClock, events }) {
    this.#session = session;
    this.#api = api;
    this.#queue = queue;
    this.#drafts = drafts;
    this.#events = events;
    this.#newId = newId;
    this.#wallClock = wallClock;
    this.#saver = makeSaver({
      onReply: (/** @type {AnswersReply} */ body, /** @type {Reply} */ reply) =>
        this.#heard(body, reply),
      onEntry: (
        /** @type {Entry} */ entry,
        /** @type {string} */ status,
        /** @type {string} */ reason,
      ) => this.#acknowledged(entry, status, reason),
      onStored: (/** @type {StateReply} */ state) => this.#claim && this.take(state),
      onChange: () => events.onChange(),
    });
  }

  get saver() {
    return this.#saver;
  }

  /** The right to write, while this page has it. */
  get claim() {
    return this.#claim;
  }

  get book() {
    if (!this.#book) throw new Error("the exam is not loaded");
    return this.#book;
  }

  /** Over how long pages whose time ends in one moment are to spread their last calls. */
  get endSpreadMs() {
    return this.#endSpreadMs;
  }

  /** @returns {{writing: number, unstored: number}} */
  get status() {
    return { writing: this.#writing.size, unstored: this.#unstored.size };
  }

  /**
   * @param {{isLoaded?: boolean}} [how] the page before has just loaded it
   * @returns {Promise<ExamDefinition>}
   * @throws {CallFailed}
   */
  async loadDefinition({ isLoaded = false } = {}) {
    const remembered = await this.#queue.record(this.#session);
    if (isLoaded && remembered.definition) {
      this.#book ??= new AnswerBook(remembered.definition);
      return remembered.definition;
    }
    const reply = await this.#api.get("exam/", { timeoutMs: 20_000 });
    if (reply.status !== 200 || !reply.body) {
      if (reply.status !== 0 || !remembered.definition) throw new CallFailed(reply);
      this.#book ??= new AnswerBook(remembered.definition);
      return remembered.definition;
    }
    const definition = /** @type {ExamDefinition} */ (/** @type {unknown} */ (reply.body));
    await this.#queue.remember(this.#session, { definition });
    this.#book ??= new AnswerBook(definition);
    return definition;
  }

  /** @returns {Promise<StateReply>} @throws {CallFailed} */
  async loadState() {
    const reply = await this.#api.get("state/");
    return this.#note(reply);
  }

  /**
   * Remember what the server holds, and give it what it lacks.
   * @param {Reply} reply
   * @returns {Promise<StateReply>}
   * @throws {CallFailed}
   */
  async #note(reply) {
    if (reply.status !== 200 || typeof reply.body?.epoch !== "number") throw new CallFailed(reply);
    const state = /** @type {StateReply} */ (/** @type {unknown} */ (reply.body));
    const { seenEpoch = 0, ticket } = await this.#queue.record(this.#session);
    // The code opens the test on any device: it is not for the next user of this one.
    const { ticket: newer, resume_code: _, claim: __, ...last } = state;
    await this.#queue.remember(this.#session, {
      last,
      seenEpoch: Math.max(seenEpoch, state.epoch),
      ticket: newer ?? ticket,
    });
    // Before the start it is the whole time, and does not run.
    if (state.state !== "registered") this.#time(state, reply);
    await this.#queue.giveBack(this.#session, state.through);
    if (this.#queue.waiting(this.#session).length) this.#saver.wake();
    return state;
  }

  /**
   * Start the clock; the state says under what this page writes, where nobody has written yet.
   * @returns {Promise<StateReply>}
   * @throws {CallFailed}
   */
  async begin() {
    // Anew each time: a start whose reply was lost may have claimed.
    this.#wanted = this.#newId();
    return this.#note(await this.#api.post("begin/", await this.#wish(this.#wanted)));
  }

  /**
   * Take the right to write, unless it came with the start; show what server and outbox hold.
   * @param {StateReply} state
   * @throws {CallFailed}
   */
  async open(state) {
    const { rev, events } = state.claim
      ? await this.#use(this.#wanted, state.claim)
      : await this.#claimAnew();
    // What came between state and claim raised no `rev`: then the first reply has it fetched.
    this.#rev = rev === state.rev && events === state.events ? state.rev : -1;
    this.#merge(state);
    await this.#takeDrafts();
  }

  /**
   * Without network: go on as the writer that this browser already is, where that is certain.
   * The caller holds the browser's lock.
   * @returns {Promise<boolean>}
   */
  async openOffline() {
    const { claim, last, definition } = await this.#queue.record(this.#session);
    if (!claim || !last || !definition || last.state !== "open") return false;
    // Without its counter a writer could take a seq twice.
    if ((await this.#queue.counter(this.#session, claim.writer)) === null) return false;
    await this.#queue.begin(this.#session, claim);
    this.#claim = claim;
    // The first reply has the state fetched: the server may have been restored meanwhile.
    this.#rev = -1;
    this.#saver.begin(claim);
    // Another page of this browser may have written since this one was opened.
    await this.#queue.reread(this.#session);
    // `last` is older than what was acknowledged since.
    this.book.mergeEntries(await this.#queue.kept(this.#session));
    this.#merge(last);
    await this.#takeDrafts();
    return true;
  }

  /** The page may be going away: keep at once what storage has not answered for. */
  hide() {
    this.#hasHidden = true;
    this.#drafts.keep([...this.#writing]);
  }

  /** Have the server hear of this page regularly, as before it was quiet. */
  speak() {
    if (this.#claim) this.#saver.begin(this.#claim);
  }

  /** Send what waits, and nothing else: a crowd of pages that only wait is heard too often. */
  beQuiet() {
    this.#saver.end();
  }

  /** Another page writes now: send what waits, and take no more. */
  release() {
    this.#claim = null;
    this.#saver.end();
  }

  /**
   * Record a change: shown at once, stored on the device, then sent.
   * @param {EntryKind} kind
   * @param {number} subject part, question or track
   * @param {EntryValue} value
   */
  async record(kind, subject, value) {
    const name = `${kind}/${subject}`;
    const draft = { kind, subject, value, epoch: this.#claim?.epoch ?? 0 };
    this.book.write(kind, subject, value);
    this.#writing.add(draft);
    this.#events.onChange();
    try {
      const entry = await this.#queue.add({
        session: this.#session,
        ...this.#right(),
        part: subject,
        kind,
        value,
        at: this.#wallClock(),
      });
      this.book.settle(entry);
      this.#unstored.delete(name);
    } catch {
      this.book.fail(kind, subject);
      this.#unstored.set(name, { kind, subject });
      void this.#writeAgain();
    } finally {
      this.#writing.delete(draft);
      // Only where the page was hidden meanwhile: then they were kept.
      this.#drafts.keep(this.#hasHidden ? [...this.#writing] : []);
    }
    this.#saver.wake();
  }

  /**
   * Take over what the server holds.
   * @param {StateReply} state
   */
  take(state) {
    // Not where it is only looked at: what nobody merged has to be fetched again.
    this.#rev = state.rev;
    this.#merge(state);
  }

  /** Fetch what other pages have written, and show it. */
  async refresh() {
    try {
      this.take(await this.loadState());
    } catch (error) {
      // The next reply names the same rev and asks again.
      if (!(error instanceof CallFailed)) throw error;
      this.#rev = -1;
    }
  }

  destroy() {
    this.#saver.destroy();
  }

  #right() {
    if (!this.#claim) throw new Error("this page may not write");
    return this.#claim;
  }

  /** What a page says that wants to write. @param {string} writer */
  async #wish(writer) {
    const { seenEpoch = 0 } = await this.#queue.record(this.#session);
    return { writer, seen_epoch: seenEpoch };
  }

  /** @returns {Promise<Claimed>} */
  async #claimAnew() {
    const writer = this.#newId();
    const reply = await this.#api.post("claim/", await this.#wish(writer));
    if (reply.status !== 200 || typeof reply.body?.epoch !== "number") throw new CallFailed(reply);
    return this.#use(writer, /** @type {Claimed} */ (/** @type {unknown} */ (reply.body)));
  }

  /**
   * Write as `writer` from now on.
   * @param {string} writer
   * @param {Claimed} claimed
   */
  async #use(writer, claimed) {
    const claim = { writer, epoch: claimed.epoch };
    await this.#queue.begin(this.#session, claim);
    await this.#queue.remember(this.#session, { claim, seenEpoch: claim.epoch });
    this.#claim = claim;
    this.#saver.begin(claim);
    return claimed;
  }

  /** @param {StateReply} state */
  #merge(state) {
    this.book.mergeState(state);
    this.book.mergeEntries(this.#queue.waiting(this.#session));
    this.#events.onMerge();
  }

  /** Record what an earlier page of this browser could not, unless a later claim changed it. */
  async #takeDrafts() {
    for (const { kind, subject, value, epoch } of this.#drafts.left()) {
      if (this.book.epochOf(kind, subject) > epoch) continue;
      if (isSame(this.book.value(kind, subject), value)) continue;
      await this.record(kind, subject, value);
    }
    this.#drafts.keep([]);
    this.#events.onMerge();
  }

  /** What no storage took, or what the server has under the same seq with other content. */
  async #writeAgain() {
    // A page that lost the right must not take it back by itself: it says "not saved".
    if (!this.#claim) return;
    this.#reclaiming ??= this.#claimAnew()
      .then(() => {
        for (const { kind, subject } of [...this.#unstored.values()]) {
          void this.record(kind, subject, this.book.value(kind, subject));
        }
      })
      .catch((error) => {
        if (!(error instanceof CallFailed)) throw error;
      })
      .finally(() => {
        this.#reclaiming = null;
        this.#events.onChange();
      });
    await this.#reclaiming;
  }

  /**
   * @param {AnswersReply} body
   * @param {Reply} reply
   */
  #heard(body, reply) {
    // Before the start it is the whole time: a restored server that has not got it back yet.
    if (body.state !== "registered") this.#time(body, reply);
    this.#endSpreadMs = body.end_spread_ms ?? 0;
    if (this.#unstored.size) void this.#writeAgain();
    if (body.state === "claimed" && this.#claim) this.#events.onState("claimed");
    else if (isOver(body.state)) this.#events.onState(body.state);
    else if (body.rev !== this.#rev && this.#claim) {
      this.#rev = body.rev;
      void this.refresh();
    }
  }

  /**
   * @param {Entry} entry
   * @param {string} status
   * @param {string} reason
   */
  #acknowledged(entry, status, reason) {
    // Also where another page writes now: this one shows what is not stored, and may go on later.
    if (status === "conflict") {
      this.#unstored.set(`${entry.kind}/${entry.part}`, { kind: entry.kind, subject: entry.part });
      void this.#writeAgain();
    }
    this.#events.onEntry(entry, status, reason);
  }

  /**
   * @param {{remaining_ms: number | null, paused?: boolean}} body
   * @param {Reply} reply
   */
  #time({ remaining_ms: remaining, paused }, { sentAt, receivedAt }) {
    this.#events.onTime({ remaining, paused, sentAt, receivedAt });
    // For a page that is loaded again where nobody can be asked.
    if (typeof remaining !== "number") return;
    void this.#queue.remember(this.#session, { heard: { remaining, at: this.#wallClock() } });
  }
}
