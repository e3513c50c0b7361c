// What a browser gives, for tests without one: stopped time, a server that answers by script.

/** A stopped clock whose timers run when `advance` passes them. */
export class Time {
  #now = 0;
  #next = 1;
  #timers = new Map();

  now = () => this.#now;

  setTimeout = (run, ms) => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + ms, run });
    return id;
  };

  clearTimeout = (id) => void this.#timers.delete(id);

  async advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      if (!due.length) break;
      const [id, { at, run }] = due.sort(([, a], [, b]) => a.at - b.at)[0];
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      run();
    }
    this.#now = end;
  }
}

/** Let everything that waits for a promise go on. */
export async function settle() {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A reply as the API module hands it over. */
export function reply(status, body = null, retryAfterMs = 0) {
  return { status, body, retryAfterMs, sentAt: 0, receivedAt: 0 };
}

/** Ids that can be read: id-1, id-2, ... */
export function ids() {
  let last = 0;
  return () => `id-${++last}`;
}

export const SESSION = "3f2a0c1e-8f0b-4a7e-9d52-0123456789ab";
export const CLAIM = { writer: "w".repeat(32), epoch: 1 };

/** A change of part 1, as a page records it. */
export function change(facts = {}) {
  return { session: SESSION, ...CLAIM, part: 1, kind: "answer", value: 2, at: 0, ...facts };
}

/**
 * A server that can be restored from a backup: it knows sessions, writers and entries, and speaks as
 * much of the protocol as a page needs to give everything again.
 */
export class Server {
  /** What a backup would hold. */
  state = { known: true, state: "open", entries: new Map(), receipts: new Map() };
  calls = [];
  isUp = true;
  refusesTicket = false;
  ticketState = "open";

  /** Return a copy, as of now. */
  backup() {
    const { entries, receipts, ...rest } = this.state;
    return { ...rest, entries: new Map(entries), receipts: new Map(receipts) };
  }

  restore(backup) {
    this.state = backup;
  }

  through() {
    const through = {};
    for (const { writer } of this.state.entries.values()) through[writer] ??= 0;
    for (const writer of Object.keys(through)) {
      while (this.state.entries.has(`${writer}/${through[writer] + 1}`)) through[writer] += 1;
    }
    return through;
  }

  values() {
    return [...this.state.entries.values()].map(({ value }) => value).sort();
  }

  api = {
    get: async (path) => this.#answer(path),
    post: async (path, body) => this.#answer(path, body),
  };

  #answer(path, body) {
    this.calls.push(path);
    if (!this.isUp) return reply(0);
    const { state } = this;
    if (path === "restore/") {
      if (this.refusesTicket) return reply(409, { error: "cannot_restore" });
      this.state = { ...state, known: true, state: this.ticketState };
      return reply(200, { state: this.ticketState });
    }
    if (path === "begin/") state.state = "open";
    if (!state.known) return reply(404, { error: "session_unknown" });
    if (path === "state/" || path === "begin/")
      return reply(200, { ...this.#facts(), ticket: "ticket" });
    if (path === "answers/") return this.#save(body);
    return this.#submit(body);
  }

  #facts() {
    return {
      state: this.state.state,
      through: this.through(),
      rev: 0,
      epoch: 1,
      remaining_ms: 9e5,
    };
  }

  /** The ranges of seqs that lie below one that arrived, and did not. */
  #missing(writer) {
    const own = [...this.state.entries.values()].filter((entry) => entry.writer === writer);
    const seqs = own.map(({ seq }) => seq).sort((one, other) => one - other);
    return seqs.flatMap((seq, index) => {
      const before = seqs[index - 1] ?? 0;
      return seq > before + 1 ? [[before + 1, seq - 1]] : [];
    });
  }

  #save({ nonce, writer, entries }) {
    if (this.state.state === "registered" && entries.length)
      return reply(409, { error: "not_started" });
    const accepted = entries.map(({ seq }) => {
      const isKnown = this.state.entries.has(`${writer}/${seq}`);
      return { seq, status: isKnown ? "duplicate" : "applied" };
    });
    for (const entry of entries) {
      this.state.entries.set(`${writer}/${entry.seq}`, { ...entry, writer });
    }
    return reply(200, {
      ...this.#facts(),
      nonce,
      session: SESSION,
      accepted,
      through: this.through()[writer] ?? 0,
      missing: this.#missing(writer),
      next_flush_ms: 15_000,
    });
  }

  #submit({ submit_id: id, writer, last_seq: last }) {
    const { receipts } = this.state;
    if (!receipts.has(id)) {
      if ((this.through()[writer] ?? 0) < last) {
        return reply(409, { error: "missing", missing: [[1, last]] });
      }
      receipts.set(id, `receipt-${id}`);
      this.state.state = "submitted";
    }
    return reply(200, { check_code: receipts.get(id), next: "/done/" });
  }
}
