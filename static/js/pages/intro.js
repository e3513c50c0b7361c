// The page before the test: loads it, checks the sound, and takes the student's word that the clock
// may start.

import { preloadTest } from "../modules/student-browser.js";
import { playNotes } from "../modules/test-tone.js";

const start = document.querySelector("[data-start]");
const session = start?.getAttribute("data-start");
if (session) void preloadTest(session);
start?.addEventListener("click", () => {
  try {
    // The runner starts the clock by itself then, once paper and recordings are there.
    sessionStorage.setItem(`primepath-start-${session}`, "1");
  } catch {
    // It asks once more.
  }
});

const button = document.querySelector("[data-sound-check]");
const text = document.querySelector("[data-sound-text]");
button?.addEventListener("click", async () => {
  const heard = await playNotes(window.AudioContext);
  if (text instanceof HTMLElement) {
    text.textContent = (heard ? text.dataset.played : text.dataset.failed) ?? "";
  }
});
