// The time that is left, by the server's word and this page's monotonic clock.

const TICK_MS = 250;
export const WARNING_MINUTES = [10, 5, 1];
// Seconds are shown from here on; before that they only make nervous.
const SECONDS_BELOW_MS = 120_000;
const MINUTE_MS = 60_000;
// Quartz runs wrong by 20-50 millionths; a figure heard long ago is believed that much less.
const DRIFT = 1e-4;
// Within this the clock is good; else it asks again, but a saturated server not without end.
const GOOD_MS = 250;
const ASK_MS = 1500;
const MOST_ASKS = 6;
const ASK_AGAIN_MS = 4000;
// The device's clock jumped ahead of the page's by more than a late timer: it slept, or was set.
const JUMP_MS = 2000;
// The first reply gives a rough figure.  After a sleep, and where a page is opened while seconds are
// shown, so many are asked for at once, and heard first, unless they take too long.
const BURST = 12;
const BURST_MS = 150;
const MOST_HIDDEN_MS = 2500;

/**
 * @typedef {object} Heard
 * @property {number | null} remaining milliseconds, by the server
 * @property {boolean} [paused] the time stands
 * @property {number} sentAt monotonic milliseconds
 * @property {number} receivedAt
 */

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

/** One bound of the deadline in this page's time; it loosens as the clocks drift apart. */
class Bound {
  /**
   * @param {number} at
   * @param {number} heardAt
   * @param {1 | -1} way
   */
  constructor(at, heardAt, way) {
    this.at = at;
    this.heardAt = heardAt;
    this.way = way;
  }

  /** @param {number} now */
  value(now) {
    return this.at + this.way * DRIFT * Math.max(0, now - this.heardAt);
  }
}

export class SessionClock {
  #now;
  #wallClock;
  #events;
  /** The deadline lies between them; null before the server said so. */
  /** @type {{least: Bound, most: Bound} | null} */
  #deadline = null;
  /** @type {number | null} */
  #standing = null;
  /** @type {{remaining: number, at: number, left: number, now: number} | null} */
  #recalled = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isRunning = false;
  #shown = Number.POSITIVE_INFINITY;
  #ended = false;
  /** What was asked before this moment is not believed. */
  #doubtedAt = Number.NEGATIVE_INFINITY;
  /** When the latest question was asked that has an answer. */
  #heardAt = Number.NEGATIVE_INFINITY;
  #skew = Number.POSITIVE_INFINITY;
  #asks = 0;
  /** How many more questions, and how many more replies, after a doubt. */
  #burst = 0;
  #lacking = 0;
  #hiddenUntil = Number.NEGATIVE_INFINITY;
  #askAt = Number.POSITIVE_INFINITY;

  /**
   * @param {object} options
   * @param {() => number} options.now monotonic milliseconds; may stand while the device sleeps
   * @param {() => number} options.wallClock the device's clock: its jumps are a hint, no more
   * @param {object} options.events
   * @param {(ms: number | null) => void} options.events.onTick null: not known at the moment
   * @param {(minutes: number) => void} options.events.onWarning
   * @param {() => void} options.events.onEnd once, at zero
   * @param {() => void} options.events.onAsk the server should be asked: the figure is not good
   */
  constructor({ now, wallClock, events }) {
    this.#now = now;
    this.#wallClock = wallClock;
    this.#events = events;
  }

  /** Milliseconds left, or null where only the server knows. */
  get left() {
    if (this.#standing !== null) return this.#standing;
    const now = this.#now();
    if (this.#lacking > 0 && now < this.#hiddenUntil) return null;
    return this.#deadline && Math.max(0, this.#deadline.least.value(now) - now);
  }

  get isPaused() {
    return this.#standing !== null;
  }

  /**
   * Take the time left from a reply.  The server read its clock between sending and receiving, so
   * each reply gives a least and a most of the deadline; the greatest least and the least most of
   * all replies are kept.  Shown is the least: **never more than the server, and less by at most the
   * quickest way to the server so far (half of a round trip or so), plus 0.1 ms a second since.**
   * With 300 +- 200 ms each way it is within 250 ms in more than 99 of 100 moments of a test; a
   * page whose bounds lie further apart than that asks up to six times more.
   * One that is opened in the last two minutes shows nothing until it knows better (as `doubt`).
   * A reply that rules the present bounds out (time given, taken away) replaces them; but one that
   * was overtaken gives no time and no pause: the server is asked again.
   * @param {Heard} heard
   */
  hear({ remaining, paused, sentAt, receivedAt }) {
    if (remaining === null || remaining === undefined || sentAt < this.#doubtedAt) return;
    const now = this.#now();
    const least = new Bound(sentAt + remaining, receivedAt, -1);
    const most = new Bound(receivedAt + remaining, receivedAt, 1);
    const known = this.#deadline;
    const isMore = known !== null && least.at > known.most.value(now);
    if (sentAt < this.#heardAt && (isMore || Boolean(paused) !== this.isPaused)) {
      this.#askAt = now;
      return;
    }
    const isFirst = this.#heardAt === Number.NEGATIVE_INFINITY;
    this.#heardAt = Math.max(this.#heardAt, sentAt);
    this.#recalled = null;
    this.#standing = paused ? remaining : null;
    if (paused) this.#deadline = null;
    else if (!known || most.at < known.least.value(now) || isMore) {
      this.#deadline = { least, most };
      this.#asks = 0;
    } else {
      if (least.at > known.least.value(now)) known.least = least;
      if (most.at < known.most.value(now)) known.most = most;
    }
    const bounds = this.#deadline;
    const isGood = !bounds || bounds.most.at - bounds.least.at <= GOOD_MS;
    if (isGood) this.#burst = this.#lacking = 0;
    else if (isFirst && remaining < SECONDS_BELOW_MS) this.#gather(now);
    else this.#lacking -= 1;
    if (!this.#burst) {
      const isAsked = !isGood && this.#asks < MOST_ASKS;
      this.#askAt = isAsked ? now + ASK_MS : Number.POSITIVE_INFINITY;
    }
    if ((this.left ?? 0) > 0) this.#ended = false;
    this.tick();
  }

  /**
   * Show, until the server is heard, what it said to an earlier page of this device.  Counted is the
   * longer of what the device's clock and this page say has passed since: the figure can be too
   * small, and never more than what was heard.  It ends nothing: the device's clock may be wrong.
   * @param {{remaining: number, at: number}} heard `at` by the device's clock
   */
  recall({ remaining, at }) {
    const left = remaining - Math.max(0, this.#wallClock() - at);
    this.#recalled = { remaining, at, left, now: this.#now() };
  }

  /** @param {number} now */
  #recalledLeft(now) {
    if (!this.#recalled) return null;
    const { remaining, at, left, now: since } = this.#recalled;
    return Math.max(0, Math.min(left - (now - since), remaining - (this.#wallClock() - at)));
  }

  /** The page's time may have stood still: show none until the server was asked. */
  doubt() {
    this.#doubtedAt = this.#now();
    this.#deadline = null;
    this.#gather(this.#doubtedAt);
  }

  /** @param {number} now */
  #gather(now) {
    this.#askAt = now;
    this.#hiddenUntil = now + MOST_HIDDEN_MS;
    this.#burst = this.#lacking = BURST;
  }

  /** Count from now on. */
  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run();
  }

  #run() {
    this.tick();
    if (!this.#isRunning) return;
    const left = this.#standing === null && this.left;
    // On the second, so that what is shown falls when the second is over.
    const wait = left ? Math.min(TICK_MS, (left % 1000) + 1) : TICK_MS;
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  /** Show the time left now; say what is due. */
  tick() {
    const now = this.#now();
    const skew = this.#wallClock() - now;
    if (skew - this.#skew > JUMP_MS) this.doubt();
    this.#skew = skew;
    if (now >= this.#askAt && this.#burst > 0) {
      this.#burst -= 1;
      this.#askAt = now + (this.#burst ? BURST_MS : ASK_AGAIN_MS);
      this.#events.onAsk();
    } else if (now >= this.#askAt) {
      this.#asks += 1;
      this.#askAt = this.left === null ? now + ASK_AGAIN_MS : Number.POSITIVE_INFINITY;
      this.#events.onAsk();
    }
    const left = this.left;
    if (left === null) {
      const isHidden = this.#hiddenUntil > Number.NEGATIVE_INFINITY;
      if (this.#recalled || isHidden) this.#events.onTick(this.#recalledLeft(now));
      return;
    }
    const due = warning(this.#shown, left);
    // The first figure of a page is no crossing: a reload at 4 minutes is not the 5-minute warning.
    if (due !== null && Number.isFinite(this.#shown)) this.#events.onWarning(due);
    this.#shown = left;
    this.#events.onTick(left);
    if (left === 0 && !this.#ended && !this.isPaused) {
      this.#ended = true;
      this.#events.onEnd();
    }
  }

  destroy() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
  }
}
