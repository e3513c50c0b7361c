// When a play counts: once sound really played for a second, and once a run from the start.

export const COUNTS_AFTER_SECONDS = 1;
// timeupdate comes at least four times a second; a greater step is a jump and no listening.
const LONGEST_STEP_SECONDS = 1.5;

export class PlayMeter {
  #heard = 0;
  #position;
  #isCounted;
  #onCount;

  /**
   * @param {object} options
   * @param {() => void} options.onCount
   * @param {number} [options.position] where an interrupted, already counted play goes on
   */
  constructor({ onCount, position = 0 }) {
    this.#onCount = onCount;
    this.#position = position;
    this.#isCounted = position > 0;
  }

  /** Whether the present run has been counted and is not at its end. */
  get isUnderWay() {
    return this.#isCounted;
  }

  /**
   * The sound stands at `seconds` now.
   * @param {number} seconds
   */
  heard(seconds) {
    const step = seconds - this.#position;
    this.#position = seconds;
    if (step <= 0 || step > LONGEST_STEP_SECONDS) return;
    this.#heard += step;
    if (this.#isCounted || this.#heard < COUNTS_AFTER_SECONDS) return;
    this.#isCounted = true;
    this.#onCount();
  }

  /** The run is over; the next one counts anew.  A sound shorter than a second counts here. */
  ended() {
    if (!this.#isCounted && this.#heard > 0) this.#onCount();
    this.#heard = this.#position = 0;
    this.#isCounted = false;
  }
}
