// The page before the test: the sound check, and the student's word that the clock may start.

import { playNotes } from "../modules/test-tone.js";

const start = document.querySelector("[data-start]");
start?.addEventListener("click", () => {
  try {
    // The runner starts the clock by itself then, once paper and recordings are there.
    sessionStorage.setItem(`primepath-start-${start.getAttribute("data-start")}`, "1");
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
