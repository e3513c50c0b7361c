// What the page says about saving.  It never says "saved" when something is not.

/**
 * @typedef {object} SaveFacts
 * @property {boolean} isReadOnly
 * @property {boolean} isDirty a field shows what is no entry yet
 * @property {number} writing changes on their way to the device's storage
 * @property {number} unstored changes that no storage took
 * @property {boolean} inMemory entries would not survive closing the page
 * @property {number} waiting entries the server has not acknowledged
 * @property {number} aside those it refused
 * @property {boolean} failing the last try to send failed
 * @property {boolean} tokenMissing
 * @property {boolean} isOnline
 */

/**
 * Return the state to show (`data-state`) and the word for it.
 * @param {SaveFacts} facts
 * @returns {{state: "saved" | "sending" | "device" | "unsaved" | "readonly", word: string}}
 */
export function saveState(facts) {
  if (facts.unstored) return { state: "unsaved", word: "save-unstored" };
  if (facts.isReadOnly && !facts.waiting) return { state: "readonly", word: "save-readonly" };
  if (facts.isDirty || facts.writing) return { state: "sending", word: "save-writing" };
  if (!facts.waiting) return { state: "saved", word: "save-saved" };
  if (facts.inMemory) return { state: "unsaved", word: "save-memory" };
  if (facts.aside || facts.tokenMissing) return { state: "device", word: "save-aside" };
  if (!facts.isOnline) return { state: "device", word: "save-offline" };
  if (facts.failing) return { state: "device", word: "save-failing" };
  return { state: "sending", word: "save-sending" };
}
