/** The performance page: fresh figures every five seconds. */

import { LiveFigures } from "../modules/live-figures.js";

const EVERY_MS = 5000;

const script = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-figures]"));
const address = script.dataset.figures ?? "";

const figures = new LiveFigures({
  root: document,
  everyMs: EVERY_MS,
  load: async (signal) => {
    const reply = await fetch(address, { signal, headers: { Accept: "application/json" } });
    if (!reply.ok || reply.redirected) throw new Error(`status ${reply.status}`);
    return reply.json();
  },
});
window.addEventListener("pagehide", (event) => {
  if (!event.persisted) figures.destroy();
});
