// Every page around the test: hands in what other sessions left, and makes forms send once.

import { themeSwitch } from "../modules/display-settings.js";
import {
  letWorkerTakeOver,
  loadSaving,
  makeDrain,
  makeQueue,
  registerWorker,
  rescueKey,
  saveFile,
  wallClock,
} from "../modules/student-browser.js";

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

rescueKey();
const queue = makeQueue();
await queue.open();

const outbox = document.querySelector("[data-outbox]");
if (outbox) document.querySelector("main")?.prepend(outbox);
const said = outbox?.querySelector("[data-outbox-said]");

/** Say what waits in this browser, and go on to the receipt that has come meanwhile. */
async function showOutbox() {
  if (!(outbox instanceof HTMLElement)) return;
  const wasHidden = outbox.hidden;
  outbox.hidden = (await drain.unsent()).length === 0;
  if (outbox.hidden) void letWorkerTakeOver(await queue.records(), wallClock());
  if (!outbox.hidden) void loadSaving();
  // The page that said "still on its way" has its receipt now.
  if (outbox.hidden && !wasHidden && document.querySelector("[data-done]")) location.reload();
}

const drain = makeDrain(queue, { onChange: () => void showOutbox() });
outbox?.querySelector("[data-save-file]")?.addEventListener("click", async () => {
  for (const session of await drain.unsent()) {
    const word = await saveFile(session, queue);
    if (said instanceof HTMLElement) said.textContent = said.getAttribute(`data-${word}`);
  }
});
window.addEventListener("online", () => void drain.hurry());
// They save answers: only the end of the page ends them.
const { memoryManager } = window.PrimePath;
memoryManager.registerModule("answer-queue", queue, { keep: true });
memoryManager.registerModule("outbox-drain", drain, { keep: true });
void registerWorker();
void showOutbox();
void drain.hurry();
