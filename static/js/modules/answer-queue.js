// The outbox: an entry is on this device before it is sent, and leaves only when acknowledged.

/** @import {Change, Claim, Entry, Ranges, SessionRecord} from "../types/protocol.d.ts" */
/** @import {Level, Store} from "./outbox-stores.js" */
import { NoCounter } from "./outbox-stores.js";

// Acknowledged entries stay that long after the receipt: a restored server can be given them again.
const KEPT_AFTER_CLOSE_MS = 24 * 3600 * 1000;
// A session that never got a receipt here is forgotten after a month without a visit.
const KEPT_WITHOUT_CLOSE_MS = 30 * 24 * 3600 * 1000;

/**
 * @param {Pick<Entry, "session" | "writer" | "seq">} entry
 */
function nameOf({ session, writer, seq }) {
  return `${session}/${writer}/${seq}`;
}

export class AnswerQueue {
  /** @type {Store[]} */
  #stores;
  #onLevel;
  #now;
  /** Entries not acknowledged, so that sending needs no storage that may have failed. */
  /** @type {Map<string, Entry>} */
  #waiting = new Map();
  /** Last seq of each writer of this page. */
  /** @type {Map<string, number>} */
  #seqs = new Map();
  /** What was read or remembered, so that a store that breaks takes none of it away. */
  /** @type {Map<string, SessionRecord>} */
  #records = new Map();
  /** Sessions whose kept entries a store could not give back when it was asked. */
  /** @type {Map<Store, Set<string>>} */
  #owed = new Map();
  /** Writes happen one after the other: order of seq is order of change. */
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /**
   * @param {object} options
   * @param {Store[]} options.stores best first; the last one cannot fail
   * @param {() => number} options.now wall clock in milliseconds, for pruning only
   * @param {(level: Level) => void} [options.onLevel] told when a worse store had to be taken
   */
  constructor({ stores, now, onLevel = () => {} }) {
    this.#stores = [...stores];
    this.#now = now;
    this.#onLevel = onLevel;
  }

  /** @returns {Level} where entries are kept now */
  get level() {
    return this.#stores[0].level;
  }

  /** Open the best store that works and read what waits in all of them. */
  async open() {
    const working = [];
    for (const store of this.#stores) {
      try {
        await store.open();
        for (const entry of await store.waiting()) this.#waiting.set(nameOf(entry), entry);
        working.push(store);
      } catch {
        store.close();
      }
    }
    const fell = working[0] !== this.#stores[0];
    this.#stores = working;
    if (fell) this.#onLevel(this.level);
    const over = (await this.records()).filter((record) => this.#isOver(record));
    const sessions = over.map(({ session }) => session);
    for (const store of working) await store.prune(sessions).catch(() => {});
  }

  /**
   * Return entries not acknowledged, of one session or of all.
   * @param {string} [session]
   * @returns {Entry[]}
   */
  waiting(session) {
    const entries = [...this.#waiting.values()];
    return session ? entries.filter((entry) => entry.session === session) : entries;
  }

  /**
   * Let a claim write here: its seqs begin after what is stored of it.
   * @param {string} session
   * @param {Claim} claim
   */
  async begin(session, claim) {
    await this.#inTurn(() => this.#robustly((store) => store.begin(claim, session)));
    // An earlier page of this writer may have gone on in a worse store than this one's best.
    const counters = await Promise.all(
      this.#stores.map((store) => store.counter(claim.writer, session).catch(() => null)),
    );
    const known = this.#seqs.get(claim.writer) ?? 0;
    this.#seqs.set(claim.writer, Math.max(known, ...counters.map((seq) => seq ?? 0)));
  }

  /**
   * Return the last seq that a writer took on this device, or null where it has no counter.
   * @param {string} session
   * @param {string} writer
   */
  counter(session, writer) {
    return this.#try((store) => store.counter(writer, session));
  }

  /** The last seq that this page took under `writer`. @param {string} writer */
  lastSeq(writer) {
    return this.#seqs.get(writer) ?? 0;
  }

  /**
   * Store a change as the writer's next entry; resolves when it is durable at `level`.
   * @param {Change} change
   * @returns {Promise<Entry>}
   */
  add(change) {
    return this.#inTurn(async () => {
      const next = (this.#seqs.get(change.writer) ?? 0) + 1;
      // After a failure the same entry takes the same seq in the next store: were it in both, the
      // server would see the same content twice, which is a duplicate and not a conflict.
      const entry = await this.#robustly((store) => store.append(change, next), {
        whenFell: (store) => store.begin(change, change.session),
      });
      this.#seqs.set(change.writer, entry.seq);
      this.#waiting.set(nameOf(entry), entry);
      // A later page that has to take a worse store must not take this seq once more.
      for (const store of this.#stores.slice(1)) await store.count(entry).catch(() => {});
      return entry;
    });
  }

  /** Resolve when every `add` so far is durable. */
  settled() {
    return this.#turn.then(
      () => {},
      () => {},
    );
  }

  /**
   * Take acknowledged entries out of the outbox; they are kept beside it.
   * @param {Entry[]} entries
   */
  async acknowledge(entries) {
    for (const entry of entries) this.#waiting.delete(nameOf(entry));
    // Where this fails they are sent again after a reload and answered as duplicates.
    await Promise.all(this.#stores.map((store) => store.acknowledge(entries).catch(() => {})));
  }

  /**
   * Send again what the server says it has not: kept entries go back into the outbox.
   * @param {string} session
   * @param {string} writer
   * @param {Ranges} ranges
   * @returns {Promise<number>} how many were kept here
   */
  requeue(session, writer, ranges) {
    return this.#requeue(
      session,
      (entry) =>
        entry.writer === writer &&
        ranges.some(([from, to]) => from <= entry.seq && entry.seq <= to),
    );
  }

  /**
   * Send again what a restored server has lost: of every writer of this browser, also of earlier
   * pages, the kept entries above `through`.
   * @param {string} session
   * @param {Record<string, number>} [through] last seq without a gap, by writer
   * @returns {Promise<number>} how many go back
   */
  giveBack(session, through = {}) {
    return this.#requeue(session, ({ writer, seq }) => seq > (through[writer] ?? 0));
  }

  /**
   * Ask a store that failed once more, for all that it keeps of the sessions: what the server has, it
   * answers as known.
   */
  async giveBackOwed() {
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const [store, sessions] of owed) {
      for (const session of sessions) await this.#given(store, session, () => true);
      // For the next time; not while an entry is being written there.
      if (this.#owed.has(store)) await this.#inTurn(() => reopened(store));
    }
    for (const session of new Set(owed.flatMap(([, sessions]) => [...sessions]))) {
      await this.reread(session);
    }
  }

  /**
   * Take up what another page of this browser left unsent since this one was opened: it may be gone,
   * and where it is not, the server sees the same content twice.
   * @param {string} session
   */
  async reread(session) {
    const left = await Promise.all(this.#stores.map((store) => store.waiting().catch(() => [])));
    for (const entry of left.flat()) {
      if (entry.session === session) this.#waiting.set(nameOf(entry), entry);
    }
  }

  /**
   * Return acknowledged entries of a session that are still kept here.
   * @param {string} session
   * @returns {Promise<Entry[]>}
   */
  async kept(session) {
    const lists = await Promise.all(
      this.#stores.map((store) => store.kept(session).catch(() => [])),
    );
    return lists.flat();
  }

  /** Return what this browser remembers about all sessions, in every store. */
  async records() {
    const lists = await Promise.all(this.#stores.map((store) => store.sessions().catch(() => [])));
    /** @type {Map<string, SessionRecord>} */
    const found = new Map();
    for (const { session } of lists.flat()) found.set(session, await this.record(session));
    return [...found.values()];
  }

  /**
   * Return what this browser remembers about a session.
   * @param {string} session
   * @returns {Promise<SessionRecord>}
   */
  async record(session) {
    const lists = await Promise.all(
      this.#stores.map((store) => store.session(session).catch(() => null)),
    );
    // A store that works again may hold what is older.
    const known = [...lists, this.#records.get(session)].flatMap((record) => record ?? []);
    const newest = known.reduce(
      (best, record) => (record.touchedAt > best.touchedAt ? record : best),
      known[0] ?? { session, touchedAt: this.#now() },
    );
    // What is never taken back counts wherever it stands: the store that has the rest may have been
    // new when it was written.
    const record = { ...newest };
    for (const { ticket, definition, seenEpoch = 0 } of known) {
      record.ticket ??= ticket;
      record.definition ??= definition;
      if (seenEpoch > (record.seenEpoch ?? 0)) record.seenEpoch = seenEpoch;
    }
    if (known.length) this.#records.set(session, record);
    return record;
  }

  /**
   * Remember more about a session.
   * @param {string} session
   * @param {Partial<SessionRecord>} facts
   */
  async remember(session, facts) {
    await this.#inTurn(async () => {
      const record = { ...(await this.record(session)), ...facts, touchedAt: this.#now() };
      this.#records.set(session, record);
      await this.#robustly((store) => store.putSession(record)).catch(() => {});
    });
  }

  /** Close the stores; what they hold stays. */
  destroy() {
    for (const store of this.#stores) store.close();
  }

  /**
   * @param {string} session
   * @param {(entry: Entry) => boolean} isLost
   */
  async #requeue(session, isLost) {
    const lists = await Promise.all(
      this.#stores.map((store) => this.#given(store, session, isLost)),
    );
    await this.reread(session);
    return lists.flat().length;
  }

  /**
   * @param {Store} store
   * @param {string} session
   * @param {(entry: Entry) => boolean} isLost
   */
  async #given(store, session, isLost) {
    try {
      return await store.requeue(session, isLost);
    } catch {
      this.#owed.set(store, (this.#owed.get(store) ?? new Set()).add(session));
      return [];
    }
  }

  /** @param {SessionRecord} record */
  #isOver({ closedAt, touchedAt }) {
    const now = this.#now();
    return closedAt !== undefined
      ? now - closedAt > KEPT_AFTER_CLOSE_MS
      : now - touchedAt > KEPT_WITHOUT_CLOSE_MS;
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const mine = this.#turn.then(work, work);
    this.#turn = mine;
    return mine;
  }

  /**
   * Do `work` in the best store; open it anew once, then fall to the next one.
   * @template T
   * @param {(store: Store) => Promise<T>} work
   * @param {{whenFell?: (store: Store) => Promise<void>}} [options]
   * @returns {Promise<T>}
   */
  async #robustly(work, { whenFell } = {}) {
    for (let again = true; ; ) {
      const store = this.#stores[0];
      try {
        return await work(store);
      } catch (error) {
        if (error instanceof NoCounter) throw error;
        if (again) {
          again = false;
          if (await reopened(store)) continue;
        }
        if (this.#stores.length === 1) throw error;
        await this.#fall(whenFell);
        again = true;
      }
    }
  }

  /**
   * Take the next store that can go on; the last one always can.
   * @param {(store: Store) => Promise<void>} [whenFell]
   */
  async #fall(whenFell) {
    for (let isReady = false; !isReady; ) {
      this.#stores.shift();
      this.#onLevel(this.level);
      const next = this.#stores[0];
      for (const record of this.#records.values()) await next.putSession(record).catch(() => {});
      try {
        await whenFell?.(next);
        isReady = true;
      } catch (error) {
        if (this.#stores.length === 1) throw error;
      }
    }
  }

  /**
   * Do `work` in the best store; null where it fails.
   * @template T
   * @param {(store: Store) => Promise<T>} work
   * @returns {Promise<T | null>}
   */
  async #try(work) {
    try {
      return await work(this.#stores[0]);
    } catch {
      return null;
    }
  }
}

/** @param {Store} store */
async function reopened(store) {
  try {
    store.close();
    await store.open();
    return true;
  } catch {
    return false;
  }
}
