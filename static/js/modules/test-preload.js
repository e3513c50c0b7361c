// While a student reads what will happen, the browser loads the test: then its start is three calls.

/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {SessionApi} from "./session-api.js" */
/** @import {ExamDefinition, SessionRecord} from "../types/protocol.d.ts" */
import { loadPaper, sessionFiles, shellAddress } from "./session-files.js";

/**
 * Keep the exam, and where files can be kept the paper, the test page and the tracks, one after the
 * other: most important first.  The test page loads what is missing.
 * @param {object} options
 * @param {string} options.session
 * @param {AnswerQueue} options.queue open
 * @param {Pick<SessionApi, "get">} options.api
 * @param {typeof globalThis.fetch} options.fetch
 * @param {CacheStorage | undefined} options.caches
 * @param {number} options.width of the paper as it will be shown
 * @param {string} options.language
 * @throws where something cannot be had
 */
export async function preload({ session, queue, api, fetch, caches, width, language }) {
  const { status, body } = await api.get("exam/", { timeoutMs: 20_000 });
  if (status !== 200 || !body) return;
  const definition = /** @type {ExamDefinition} */ (/** @type {unknown} */ (body));
  await queue.remember(session, { definition });
  if (!caches) return;
  const address = `/sit/${session}/`;
  const kept = sessionFiles(session, fetch, caches);
  await loadPaper(definition, { address, fetch: kept.fetch, width });
  await kept.fetch(shellAddress(language), `${address}test/`);
  for (const { id } of definition.tracks) {
    await (await kept.fetch(`${address}tracks/${id}`)).arrayBuffer();
  }
  await kept.settled();
}

/**
 * Return whether a browser has only loaded a session's test: there is nothing to ask or to send.
 * @param {SessionRecord} record
 */
export const isOnlyLoaded = ({ definition, last, ticket, submission }) =>
  Boolean(definition) && !last && !ticket && !submission;
