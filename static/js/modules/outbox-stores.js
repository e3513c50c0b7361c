// Where entries are kept on the device: three stores with one face, best first.

/** @import {Change, Claim, Entry, SessionRecord} from "../types/protocol.d.ts" */

/**
 * @typedef {"idb" | "local" | "memory"} Level
 */

/**
 * @typedef {object} Store
 * @property {Level} level
 * @property {() => Promise<void>} open
 * @property {() => Promise<Entry[]>} waiting every entry not acknowledged, of all sessions
 * @property {(claim: Claim, session: string) => Promise<void>} begin start a writer at seq 0
 * @property {(writer: string, session: string) => Promise<number | null>} counter
 * @property {(entry: Entry) => Promise<void>} count know that the writer's seq is taken elsewhere
 * @property {(change: Change, atLeast: number) => Promise<Entry>} append take the next seq of the
 *   writer (never below `atLeast`) and store the entry, in one step; resolves when it is durable
 * @property {(entries: Entry[]) => Promise<void>} acknowledge move entries to the kept ones
 * @property {(session: string, isLost: (entry: Entry) => boolean) => Promise<Entry[]>} requeue
 *   move kept entries back to the waiting ones
 * @property {(session: string) => Promise<Entry[]>} kept acknowledged entries of a session
 * @property {(session: string) => Promise<SessionRecord | null>} session
 * @property {() => Promise<SessionRecord[]>} sessions
 * @property {(record: SessionRecord) => Promise<void>} putSession
 * @property {(sessions: string[]) => Promise<void>} prune forget these, where nothing is unsent
 * @property {() => void} close
 */

/** The writer has no counter here, so nothing may be written under it. */
export class NoCounter extends Error {}

const DATABASE = "primepath-answers";
const DATABASE_VERSION = 1;
// Safari can leave an open request unanswered for ever; a second is long for a local file.
const OPEN_TIMEOUT_MS = 3000;

/** @implements {Store} */
export class IndexedDbStore {
  /** @type {Level} */
  level = "idb";
  #factory;
  /** @type {IDBDatabase | null} */
  #database = null;

  /** @param {IDBFactory} factory */
  constructor(factory) {
    this.#factory = factory;
  }

  async open() {
    this.#database = await opened(this.#factory);
    const forget = () => {
      this.#database = null;
    };
    this.#database.onclose = forget;
    this.#database.onversionchange = () => {
      this.#database?.close();
      forget();
    };
  }

  waiting() {
    return this.#run(["outbox"], "readonly", (tx) => all(tx.objectStore("outbox")));
  }

  /**
   * @param {Claim} claim
   * @param {string} session
   */
  begin({ writer, epoch }, session) {
    return this.#run(["writers"], "readwrite", async (tx) => {
      const writers = tx.objectStore("writers");
      const stored = await result(writers.get([session, writer]));
      writers.put({ session, writer, epoch, seq: stored?.seq ?? 0 });
    });
  }

  /**
   * @param {string} writer
   * @param {string} session
   */
  counter(writer, session) {
    return this.#run(["writers"], "readonly", async (tx) => {
      const stored = await result(tx.objectStore("writers").get([session, writer]));
      return stored ? /** @type {number} */ (stored.seq) : null;
    });
  }

  /**
   * @param {Change} change
   * @param {number} atLeast
   * @returns {Promise<Entry>}
   */
  append(change, atLeast) {
    return this.#run(["writers", "outbox"], "readwrite", async (tx) => {
      const writers = tx.objectStore("writers");
      const counter = await result(writers.get([change.session, change.writer]));
      if (!counter) throw new NoCounter();
      const seq = Math.max(counter.seq + 1, atLeast);
      const entry = { ...change, seq };
      writers.put({ ...counter, seq });
      // add, not put: an entry that exists is never replaced.
      tx.objectStore("outbox").add(entry);
      return entry;
    });
  }

  /** @param {Entry} entry */
  count({ session, writer, epoch, seq }) {
    return this.#run(["writers"], "readwrite", async (tx) => {
      const writers = tx.objectStore("writers");
      const stored = await result(writers.get([session, writer]));
      writers.put({ session, writer, epoch, seq: Math.max(stored?.seq ?? 0, seq) });
    });
  }

  /** @param {Entry[]} entries */
  acknowledge(entries) {
    return this.#run(["outbox", "kept"], "readwrite", (tx) => {
      for (const entry of entries) {
        tx.objectStore("kept").put(entry);
        tx.objectStore("outbox").delete([entry.session, entry.writer, entry.seq]);
      }
    });
  }

  /**
   * @param {string} session
   * @param {(entry: Entry) => boolean} isLost
   */
  requeue(session, isLost) {
    return this.#run(["outbox", "kept"], "readwrite", async (tx) => {
      const kept = tx.objectStore("kept");
      const found = (await all(kept, own(session))).filter(isLost);
      for (const entry of found) {
        tx.objectStore("outbox").put(entry);
        kept.delete([session, entry.writer, entry.seq]);
      }
      return found;
    });
  }

  /**
   * @param {string} session
   * @returns {Promise<Entry[]>}
   */
  kept(session) {
    return this.#run(["kept"], "readonly", (tx) => all(tx.objectStore("kept"), own(session)));
  }

  sessions() {
    return this.#run(["sessions"], "readonly", (tx) => all(tx.objectStore("sessions")));
  }

  /** @param {string} session */
  session(session) {
    return this.#run(
      ["sessions"],
      "readonly",
      async (tx) => (await result(tx.objectStore("sessions").get(session))) ?? null,
    );
  }

  /** @param {SessionRecord} record */
  putSession(record) {
    return this.#run(["sessions"], "readwrite", (tx) => {
      tx.objectStore("sessions").put(record);
    });
  }

  /** @param {string[]} sessions */
  prune(sessions) {
    const stores = ["sessions", "writers", "outbox", "kept"];
    return this.#run(stores, "readwrite", async (tx) => {
      const unsent = new Set((await all(tx.objectStore("outbox"))).map((entry) => entry.session));
      for (const session of sessions) {
        if (unsent.has(session)) continue;
        tx.objectStore("kept").delete(own(session));
        tx.objectStore("writers").delete(own(session));
        tx.objectStore("sessions").delete(session);
      }
    });
  }

  close() {
    this.#database?.close();
    this.#database = null;
  }

  /**
   * Run `work` in one transaction; resolve with its result once that is on disk.
   * @template T
   * @param {string[]} stores
   * @param {IDBTransactionMode} mode
   * @param {(tx: IDBTransaction) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async #run(stores, mode, work) {
    if (!this.#database) await this.open();
    const database = /** @type {IDBDatabase} */ (this.#database);
    const tx = database.transaction(stores, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      tx.oncomplete = () => resolve(undefined);
      tx.onabort = () => reject(tx.error ?? new Error("transaction aborted"));
      tx.onerror = () => reject(tx.error ?? new Error("transaction failed"));
    });
    try {
      const [value] = await Promise.all([work(tx), done]);
      return value;
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // Already over.
      }
      done.catch(() => {});
      throw error;
    }
  }
}

/**
 * @param {IDBFactory} factory
 * @returns {Promise<IDBDatabase>}
 */
function opened(factory) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("opening timed out")), OPEN_TIMEOUT_MS);
    const request = factory.open(DATABASE, DATABASE_VERSION);
    request.onupgradeneeded = () => {
      const key = ["session", "writer", "seq"];
      request.result.createObjectStore("outbox", { keyPath: key });
      request.result.createObjectStore("kept", { keyPath: key });
      request.result.createObjectStore("writers", { keyPath: ["session", "writer"] });
      request.result.createObjectStore("sessions", { keyPath: "session" });
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
}

/** Every key that begins with the session. @param {string} session */
function own(session) {
  return IDBKeyRange.bound([session], [session, []]);
}

/**
 * @param {IDBObjectStore} store
 * @param {IDBKeyRange} [range]
 * @returns {Promise<any[]>}
 */
function all(store, range) {
  return result(store.getAll(range));
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Entries as texts by key: localStorage, or a Map where there is nothing else.
 * @implements {Store}
 */
export class TextStore {
  /** @type {Level} */
  level;
  #texts;

  /**
   * @param {Level} level
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> & {keys: () => string[]}} texts
   */
  constructor(level, texts) {
    this.level = level;
    this.#texts = texts;
  }

  async open() {
    // A full or forbidden storage throws here and not in the middle of an answer.
    this.#write(`${DATABASE}/probe`, 1);
    this.#texts.removeItem(`${DATABASE}/probe`);
  }

  async waiting() {
    return this.#read("outbox");
  }

  /**
   * @param {Claim} claim
   * @param {string} session
   */
  async begin({ writer }, session) {
    if ((await this.counter(writer, session)) === null) this.#count(session, writer, 0);
  }

  /**
   * @param {string} writer
   * @param {string} session
   * @returns {Promise<number | null>}
   */
  async counter(writer, session) {
    const stored = this.#texts.getItem(key("writers", session, writer));
    if (stored === null) return null;
    // An entry may stand where a crash kept its count from being written.
    const seqs = this.#read("outbox", session, writer).map((entry) => entry.seq);
    return Math.max(Number(stored), ...seqs);
  }

  /**
   * @param {Change} change
   * @param {number} atLeast
   * @returns {Promise<Entry>}
   */
  async append(change, atLeast) {
    const counter = await this.counter(change.writer, change.session);
    if (counter === null) throw new NoCounter();
    const entry = { ...change, seq: Math.max(counter + 1, atLeast) };
    this.#write(key("outbox", entry.session, entry.writer, entry.seq), entry);
    this.#count(entry.session, entry.writer, entry.seq);
    return entry;
  }

  /** @param {Entry} entry */
  async count({ session, writer, seq }) {
    const taken = Number(this.#texts.getItem(key("writers", session, writer)));
    if (seq > taken) this.#count(session, writer, seq);
  }

  /** @param {Entry[]} entries */
  async acknowledge(entries) {
    for (const entry of entries) this.#move("outbox", "kept", entry);
  }

  /**
   * @param {string} session
   * @param {(entry: Entry) => boolean} isLost
   */
  async requeue(session, isLost) {
    const found = this.#read("kept", session).filter(isLost);
    for (const entry of found) this.#move("kept", "outbox", entry);
    return found;
  }

  /** @param {string} session */
  async kept(session) {
    return this.#read("kept", session);
  }

  /**
   * @param {string} session
   * @returns {Promise<SessionRecord | null>}
   */
  async session(session) {
    return JSON.parse(this.#texts.getItem(key("sessions", session)) ?? "null");
  }

  async sessions() {
    return this.#values("sessions");
  }

  /** @param {SessionRecord} record */
  async putSession(record) {
    this.#write(key("sessions", record.session), record);
  }

  /** @param {string[]} sessions */
  async prune(sessions) {
    const unsent = new Set(this.#read("outbox").map((entry) => entry.session));
    const over = new Set(sessions.filter((session) => !unsent.has(session)));
    for (const name of this.#texts.keys()) {
      if (name.startsWith(`${DATABASE}/`) && over.has(name.split("/")[2])) {
        this.#texts.removeItem(name);
      }
    }
  }

  close() {}

  /**
   * @param {string} from
   * @param {string} to
   * @param {Entry} entry
   */
  #move(from, to, entry) {
    const old = key(from, entry.session, entry.writer, entry.seq);
    // What another store keeps must not fill this one: it is needed when that one fails.
    if (this.#texts.getItem(old) === null) return;
    this.#write(key(to, entry.session, entry.writer, entry.seq), entry);
    this.#texts.removeItem(old);
  }

  /**
   * @param {...string} path
   * @returns {Entry[]}
   */
  #read(...path) {
    return this.#values(...path);
  }

  /**
   * @param {...string} path
   * @returns {any[]}
   */
  #values(...path) {
    const names = this.#texts.keys().filter((name) => name.startsWith(`${key(...path)}/`));
    return names.map((name) => JSON.parse(this.#texts.getItem(name) ?? "null")).filter(Boolean);
  }

  /**
   * @param {string} session
   * @param {string} writer
   * @param {number} seq
   */
  #count(session, writer, seq) {
    this.#texts.setItem(key("writers", session, writer), String(seq));
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  #write(name, value) {
    const text = JSON.stringify(value);
    this.#texts.setItem(name, text);
    if (this.#texts.getItem(name) !== text) throw new Error("not stored");
  }
}

/** @param {...(string | number)} path */
function key(...path) {
  return [DATABASE, ...path].join("/");
}

/**
 * @param {Storage} storage
 * @returns {TextStore}
 */
export function localStore(storage) {
  return new TextStore("local", {
    getItem: (name) => storage.getItem(name),
    setItem: (name, text) => storage.setItem(name, text),
    removeItem: (name) => storage.removeItem(name),
    keys: () => Object.keys(storage),
  });
}

/** @returns {TextStore} */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const texts = new Map();
  return new TextStore("memory", {
    getItem: (name) => texts.get(name) ?? null,
    setItem: (name, text) => void texts.set(name, text),
    removeItem: (name) => void texts.delete(name),
    keys: () => [...texts.keys()],
  });
}
