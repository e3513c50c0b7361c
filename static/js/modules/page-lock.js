// One page of this browser writes for a session; a second tab is read-only until it takes over.

// Long enough for another tab to answer, even a throttled one in the background.
const ANSWER_MS = 300;

/**
 * @typedef {object} LockOptions
 * @property {string} name
 * @property {LockManager} [locks] absent on plain HTTP: then pages ask each other
 * @property {BroadcastChannel} [channel]
 * @property {() => void} onLost another page took over
 */

export class PageLock {
  #options;
  #held = false;
  /** @type {(() => void) | null} */
  #release = null;
  #stopped = new AbortController();

  /** @param {LockOptions} options */
  constructor(options) {
    this.#options = options;
    options.channel?.addEventListener("message", ({ data }) => this.#hear(data), {
      signal: this.#stopped.signal,
    });
  }

  get isHeld() {
    return this.#held;
  }

  /**
   * Take the lock where it is free, or from whoever has it.
   * @param {{takeOver?: boolean}} [how]
   * @returns {Promise<boolean>} whether this page holds it now
   */
  async acquire({ takeOver = false } = {}) {
    if (this.#held) return true;
    this.#held = this.#options.locks
      ? await this.#acquireLock(this.#options.locks, takeOver)
      : await this.#acquireByAsking(takeOver);
    return this.#held;
  }

  /** Let other pages have the lock. */
  destroy() {
    this.#stopped.abort();
    this.#held = false;
    this.#release?.();
    this.#options.channel?.close();
  }

  /**
   * @param {LockManager} locks
   * @param {boolean} takeOver
   * @returns {Promise<boolean>}
   */
  #acquireLock(locks, takeOver) {
    return new Promise((resolve) => {
      const how = takeOver ? { steal: true } : { ifAvailable: true };
      let isAnswered = false;
      locks
        .request(this.#options.name, how, (lock) => {
          isAnswered = true;
          resolve(lock !== null);
          if (!lock) return undefined;
          return new Promise((release) => {
            this.#release = () => release(undefined);
          });
        })
        // Rejected when another page steals the lock, or at once where cookies are forbidden.
        .catch(() => (isAnswered ? this.#lose() : resolve(this.#acquireByAsking(takeOver))));
    });
  }

  /** @param {boolean} takeOver */
  async #acquireByAsking(takeOver) {
    const { channel, name } = this.#options;
    if (!channel) return true;
    channel.postMessage({ name, says: takeOver ? "mine" : "whose" });
    if (takeOver) return true;
    return new Promise((resolve) => {
      const answered = new AbortController();
      const timer = setTimeout(() => {
        answered.abort();
        resolve(true);
      }, ANSWER_MS);
      channel.addEventListener(
        "message",
        ({ data }) => {
          if (data?.name !== name || data.says !== "held") return;
          clearTimeout(timer);
          answered.abort();
          resolve(false);
        },
        { signal: answered.signal },
      );
    });
  }

  /** @param {{name?: string, says?: string}} message */
  #hear({ name, says }) {
    if (name !== this.#options.name || !this.#held) return;
    if (says === "whose") this.#options.channel?.postMessage({ name, says: "held" });
    if (says === "mine") this.#lose();
  }

  #lose() {
    if (!this.#held) return;
    this.#held = false;
    this.#options.onLost();
  }
}
