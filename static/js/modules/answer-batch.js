// What goes into one save, and what its reply means.

/** @import {AnswersReply, Entry, Reply} from "../types/protocol.d.ts" */
import { compare } from "./entry-order.js";

export const PROTOCOL = 1;
export const BATCH_MAX_ENTRIES = 64;
// 48 KB a batch; the rest of the body (nonce, writer, counts) is far below the kilobyte left here.
export const BATCH_MAX_BYTES = 47 * 1024;
// A reply of 5xx may be about one entry that the server cannot digest; five are taken for that.
export const SERVER_ERRORS_BEFORE_SPLIT = 5;

const SPLITS = new Set([400, 404, 410, 413, 422]);
const encoder = new TextEncoder();

/**
 * Return the next entries to send together: of one writer, in order, oldest epoch first.
 * @param {Iterable<Entry>} waiting
 * @param {{mostEntries?: number, mostBytes?: number}} [limits]
 * @returns {Entry[]}
 */
export function nextBatch(
  waiting,
  { mostEntries = BATCH_MAX_ENTRIES, mostBytes = BATCH_MAX_BYTES } = {},
) {
  const sorted = [...waiting].sort(
    (a, b) =>
      a.epoch - b.epoch ||
      (a.writer === b.writer ? 0 : a.writer < b.writer ? -1 : 1) ||
      compare(a, b),
  );
  /** @type {Entry[]} */
  const batch = [];
  let bytes = 0;
  for (const entry of sorted) {
    if (batch.length === mostEntries || entry.writer !== sorted[0].writer) break;
    bytes += encoder.encode(JSON.stringify(asSent(entry))).length + 1;
    if (batch.length && bytes > mostBytes) break;
    batch.push(entry);
  }
  return batch;
}

/**
 * Return an entry without what its batch says once.
 * @param {Entry} entry
 */
export function asSent({ seq, part, kind, value, at }) {
  return { seq, part, kind, value, at };
}

/**
 * @typedef {"saved" | "retry" | "token" | "split"} Verdict
 */

/**
 * Say what a reply to a save means.  Only 200 with JSON that repeats this request's nonce and names
 * this session is an acknowledgement: a captive portal's page is none.
 * @param {Reply} reply
 * @param {{nonce: string, session: string, serverErrors: number}} asked `serverErrors` before this
 * @returns {Verdict}
 */
export function verdict(reply, { nonce, session, serverErrors }) {
  if (reply.status === 200)
    return isAcknowledgement(reply.body, nonce, session) ? "saved" : "retry";
  if (reply.status === 401) return "token";
  if (SPLITS.has(reply.status)) return "split";
  if (reply.status >= 500 && serverErrors + 1 >= SERVER_ERRORS_BEFORE_SPLIT) return "split";
  return "retry";
}

/**
 * @param {Record<string, unknown> | null} body
 * @param {string} nonce
 * @param {string} session
 */
function isAcknowledgement(body, nonce, session) {
  return body?.nonce === nonce && isSameId(body.session, session) && Array.isArray(body.accepted);
}

/**
 * @param {unknown} a a UUID, with dashes or without
 * @param {string} b
 */
function isSameId(a, b) {
  return typeof a === "string" && a.replaceAll("-", "") === b.replaceAll("-", "");
}
