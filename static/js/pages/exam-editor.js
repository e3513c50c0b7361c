/** The pages of exam making: every form works without this, and is quicker with it. */

import { showBusy } from "../modules/authoring-busy.js";
import { AuthoringKeySheet } from "../modules/authoring-key-sheet.js";
import { AuthoringRows } from "../modules/authoring-rows.js";

const { memoryManager } = window.PrimePath;

for (const [at, form] of [...document.forms].entries()) {
  if (form.dataset.rows !== undefined) {
    memoryManager.registerModule(`rows-${at}`, new AuthoringRows(form));
  }
  if (form.dataset.keySheet !== undefined) {
    memoryManager.registerModule(`key-sheet-${at}`, new AuthoringKeySheet(form));
  }
  if (form.dataset.busyForm !== undefined) {
    memoryManager.registerModule(`busy-${at}`, { destroy: showBusy(form) });
  }
}
