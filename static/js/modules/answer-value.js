// Values of answers as they are stored and compared.

/** @import {AnswerValue, EntryValue} from "../types/protocol.d.ts" */

// DESIGN.md: at most 20 kB; counted as JSON in UTF-8, as the server does.
export const TEXT_MAX_BYTES = 20_000;

const encoder = new TextEncoder();

/**
 * Return text as it is stored: NFC, `\n` line ends, and null when there is none.  Half of a
 * surrogate pair is no character and cannot be sent as UTF-8.
 * @param {string} text
 * @returns {string | null}
 */
export function textValue(text) {
  const value = text
    .normalize("NFC")
    .replace(/\r\n?/g, "\n")
    .replace(/\p{Surrogate}/gu, "\ufffd");
  return value === "" ? null : value;
}

/**
 * Return several choices as they are stored: sorted, each once, and null when there is none.
 * @param {Iterable<number>} indices
 * @returns {number[] | null}
 */
export function choicesValue(indices) {
  const value = [...new Set(indices)].sort((a, b) => a - b);
  return value.length ? value : null;
}

/**
 * Return how much of `TEXT_MAX_BYTES` a text takes.
 * @param {string | null} text
 */
export function byteLength(text) {
  return text === null ? 0 : encoder.encode(JSON.stringify(text)).length;
}

/**
 * @param {EntryValue | undefined} a
 * @param {EntryValue | undefined} b
 */
export function isSame(a, b) {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
