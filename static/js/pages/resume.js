// The page where a resume code is entered: keys as large as a thumb beside the field.

import { keypad } from "../modules/keypad.js";

const pad = document.querySelector("[data-keypad]");
if (pad instanceof HTMLElement) {
  const field = document.getElementById(pad.dataset.for ?? "");
  if (field instanceof HTMLInputElement) keypad(pad, field, new AbortController().signal);
}
