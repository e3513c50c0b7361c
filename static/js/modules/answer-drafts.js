// What was still on its way to the device's storage when the page went away.  A page that is being
// closed gets no answer from IndexedDB any more; localStorage is written at once.

/** @import {EntryKind, EntryValue} from "../types/protocol.d.ts" */

/**
 * @typedef {object} Draft
 * @property {EntryKind} kind
 * @property {number} subject
 * @property {EntryValue} value
 * @property {number} epoch of the page that wrote it
 */

export class AnswerDrafts {
  #storage;
  #name;
  #isKept = false;

  /**
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
   * @param {string} session
   */
  constructor(storage, session) {
    this.#storage = storage;
    this.#name = `primepath-drafts/${session}`;
  }

  /**
   * Keep `drafts` instead of those kept before; none of them: forget them.
   * @param {Draft[]} drafts
   */
  keep(drafts) {
    if (!drafts.length && !this.#isKept) return;
    this.#isKept = drafts.length > 0;
    try {
      if (drafts.length) this.#storage.setItem(this.#name, JSON.stringify(drafts));
      else this.#storage.removeItem(this.#name);
    } catch {
      // A full storage: IndexedDB may still finish.
    }
  }

  /** Return what an earlier page left. @returns {Draft[]} */
  left() {
    try {
      const drafts = JSON.parse(this.#storage.getItem(this.#name) ?? "[]");
      this.#isKept = true;
      return Array.isArray(drafts) ? drafts : [];
    } catch {
      return [];
    }
  }
}
