// Every page around the test: hands in what other sessions left, and makes forms send once.

import { themeSwitch } from "../modules/display-settings.js";
import { drainOthers } from "../modules/outbox-drain.js";
import { makeApi, makeQueue, newId, timers } from "../modules/student-browser.js";

const { signal } = new AbortController();
themeSwitch(document, signal);

const summary = document.querySelector("[data-error-summary]");
if (summary instanceof HTMLElement) summary.focus();

for (const form of document.querySelectorAll("[data-submit-once]")) {
  // A second click would register a second time.
  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) event.preventDefault();
    form.setAttribute("data-sent", "");
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) form.removeAttribute("data-sent");
});

const queue = makeQueue();
await queue.open();
const drain = drainOthers({ queue, apiOf: makeApi, timers, random: Math.random, newId });
// They save answers: only the end of the page ends them.
const { memoryManager } = window.PrimePath;
memoryManager.registerModule("answer-queue", queue, { keep: true });
memoryManager.registerModule("outbox-drain", drain, { keep: true });
