// The time that is left, by the server's word and this page's monotonic clock.

const TICK_MS = 250;
export const WARNING_MINUTES = [10, 5, 1];
// Seconds are shown from here on; before that they only make nervous.
const SECONDS_BELOW_MS = 120_000;
const MINUTE_MS = 60_000;

/**
 * Return what stands on the clock.
 * @param {number} ms left
 * @returns {{minutes: number, seconds: number | null, state: "plenty" | "soon" | "last"}}
 */
export function display(ms) {
  const left = Math.max(0, ms);
  const seconds = left < SECONDS_BELOW_MS ? Math.floor(left / 1000) % 60 : null;
  const state = left <= MINUTE_MS ? "last" : left <= 10 * MINUTE_MS ? "soon" : "plenty";
  return { minutes: Math.floor(left / MINUTE_MS), seconds, state };
}

/**
 * Return the warning that is due when the time left went from `before` to `after`, if any.
 * @param {number} before milliseconds
 * @param {number} after
 * @returns {number | null} minutes
 */
export function warning(before, after) {
  const crossed = WARNING_MINUTES.filter((m) => before > m * MINUTE_MS && after <= m * MINUTE_MS);
  return crossed.length ? Math.min(...crossed) : null;
}

export class SessionClock {
  #now;
  #events;
  /** @type {number | null} */
  #deadline = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #shown = Number.POSITIVE_INFINITY;
  #ended = false;

  /**
   * @param {object} options
   * @param {() => number} options.now monotonic milliseconds
   * @param {object} options.events
   * @param {(ms: number) => void} options.events.onTick
   * @param {(minutes: number) => void} options.events.onWarning
   * @param {() => void} options.events.onEnd once, at zero
   */
  constructor({ now, events }) {
    this.#now = now;
    this.#events = events;
  }

  /** Milliseconds left, or null before the server said so. */
  get left() {
    return this.#deadline === null ? null : Math.max(0, this.#deadline - this.#now());
  }

  /**
   * Take the time left from a reply.  Counted from when the request was *sent*, the clock can only
   * show too little, by at most the round trip; of two replies the greater bound is the better one.
   * A reply that rules the present value out (time taken away, a device that slept) replaces it.
   * @param {{remaining: number | null, sentAt: number, receivedAt: number}} reply
   */
  hear({ remaining, sentAt, receivedAt }) {
    if (remaining === null || remaining === undefined) return;
    const least = sentAt + remaining;
    const most = receivedAt + remaining;
    if (this.#deadline === null || least > this.#deadline || most < this.#deadline) {
      this.#deadline = least;
    }
    if (this.#deadline > this.#now()) this.#ended = false;
    this.tick();
  }

  /** Count from now on. */
  start() {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  /** Show the time left now; say what is due. */
  tick() {
    const left = this.left;
    if (left === null) return;
    const due = warning(this.#shown, left);
    // The first figure of a page is no crossing: a reload at 4 minutes is not the 5-minute warning.
    if (due !== null && Number.isFinite(this.#shown)) this.#events.onWarning(due);
    this.#shown = left;
    this.#events.onTick(left);
    if (left === 0 && !this.#ended) {
      this.#ended = true;
      this.#events.onEnd();
    }
  }

  destroy() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
