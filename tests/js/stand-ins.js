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
