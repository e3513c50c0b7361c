// A text answer while it is typed: when it becomes an entry.

/** @import {Timers} from "../types/protocol.d.ts" */
import { byteLength, TEXT_MAX_BYTES, textValue } from "./answer-value.js";

export const QUIET_MS = 400;
export const AT_MOST_MS = 2000;

/**
 * @typedef {object} TextEvents
 * @property {(value: string | null) => void} onValue the text is to be recorded
 * @property {(text: {bytes: number, isTooLong: boolean}) => void} [onInput] it changed on the page
 */

export class TextField {
  #input;
  #timers;
  #events;
  #stopped = new AbortController();
  #isComposing = false;
  /** @type {string | null} */
  #recorded = null;
  /** @type {unknown} */
  #quiet = null;
  /** @type {unknown} */
  #latest = null;

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} input
   * @param {{timers: Timers, events: TextEvents}} options
   */
  constructor(input, { timers, events }) {
    this.#input = input;
    this.#timers = timers;
    this.#events = events;
    const { signal } = this.#stopped;
    input.addEventListener("compositionstart", () => this.#compose(true), { signal });
    input.addEventListener("compositionend", () => this.#compose(false), { signal });
    input.addEventListener("input", () => this.#typed(), { signal });
    input.addEventListener("blur", () => this.commit(), { signal });
  }

  /** Whether the page shows a text that is no entry yet. */
  get isDirty() {
    return textValue(this.#input.value) !== this.#recorded;
  }

  get isTooLong() {
    return byteLength(textValue(this.#input.value)) > TEXT_MAX_BYTES;
  }

  /**
   * Show what was recorded elsewhere.  What is being typed here is newer and stays.
   * @param {string | null} value
   */
  show(value) {
    if (this.#isComposing || this.isDirty) return;
    this.#recorded = value;
    if (textValue(this.#input.value) !== value) this.#input.value = value ?? "";
    this.#tell();
  }

  /** Take the text away, as the student asked. */
  clear() {
    this.#input.value = "";
    this.commit();
  }

  /** Record the text now, unless a syllable is being composed. */
  commit() {
    if (!this.#isComposing) this.#record();
  }

  /** Record even a syllable that is being composed: the page may be going away. */
  commitAnyway() {
    this.#record();
  }

  /** Catch a text that was set without any event (a script, an extension, a drop). */
  sweep() {
    if (this.isDirty && !this.#isComposing && this.#quiet === null) this.#typed();
  }

  destroy() {
    this.#stopped.abort();
    this.#stopTimers();
  }

  /** @param {boolean} isComposing */
  #compose(isComposing) {
    this.#isComposing = isComposing;
    if (isComposing) this.#stopTimers();
    else this.#record();
  }

  #typed() {
    this.#tell();
    if (this.#isComposing) return;
    this.#timers.clearTimeout(this.#quiet);
    this.#quiet = this.#timers.setTimeout(() => this.commit(), QUIET_MS);
    this.#latest ??= this.#timers.setTimeout(() => this.commit(), AT_MOST_MS);
  }

  #record() {
    this.#stopTimers();
    if (!this.isDirty || this.isTooLong) return;
    this.#recorded = textValue(this.#input.value);
    this.#events.onValue(this.#recorded);
    this.#tell();
  }

  #tell() {
    const bytes = byteLength(textValue(this.#input.value));
    this.#events.onInput?.({ bytes, isTooLong: bytes > TEXT_MAX_BYTES });
  }

  #stopTimers() {
    this.#timers.clearTimeout(this.#quiet);
    this.#timers.clearTimeout(this.#latest);
    this.#quiet = this.#latest = null;
  }
}
