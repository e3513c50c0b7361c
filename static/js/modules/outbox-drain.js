// Tablets are shared: every page hands in what other sessions of this browser could not send.

/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {SessionApi} from "./session-api.js" */
/** @import {Timers} from "../types/protocol.d.ts" */
import { AnswerSaver } from "./answer-saver.js";

/**
 * Send what waits for sessions other than `own`, each with its own cookie.
 * @param {object} options
 * @param {AnswerQueue} options.queue open
 * @param {string} [options.own]
 * @param {(session: string) => SessionApi} options.apiOf
 * @param {Timers} options.timers
 * @param {() => number} options.random
 * @param {() => string} options.newId
 * @returns {{destroy: () => void}} it goes on until nothing waits
 */
export function drainOthers({ queue, own, apiOf, timers, random, newId }) {
  const sessions = new Set(queue.waiting().map((entry) => entry.session));
  const savers = [...sessions]
    .filter((session) => session !== own)
    .map(
      (session) => new AnswerSaver({ session, queue, api: apiOf(session), timers, random, newId }),
    );
  for (const saver of savers) saver.hurry();
  return {
    destroy() {
      for (const saver of savers) saver.destroy();
    },
  };
}
