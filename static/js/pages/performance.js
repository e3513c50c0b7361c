/** The performance page: fresh figures every five seconds. */

import { LiveFigures } from "../modules/live-figures.js";

const EVERY_MS = 5000;

const script = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-figures]"));
const address = script.dataset.figures ?? "";

const { errorHandler, memoryManager } = window.PrimePath;
const figures = new LiveFigures({
  root: document,
  everyMs: EVERY_MS,
  load: async (signal) => {
    const reply = await errorHandler.retryAjax(address, {
      signal,
      // The page says after two tries that its figures are old, and asks again by itself.
      retries: 1,
      headers: { Accept: "application/json" },
    });
    if (!reply.ok || reply.redirected) throw new Error(`status ${reply.status}`);
    return reply.json();
  },
});
memoryManager.registerModule("figures", figures);
