/** The pages of exam making: every form works without this, and is quicker with it. */

import { showBusy } from "../modules/authoring-busy.js";
import { AuthoringKeySheet } from "../modules/authoring-key-sheet.js";
import { AuthoringRows } from "../modules/authoring-rows.js";

for (const form of document.querySelectorAll("form")) {
  if (form.dataset.rows !== undefined) {
    new AuthoringRows(form);
  }
  if (form.dataset.keySheet !== undefined) {
    new AuthoringKeySheet(form);
  }
  if (form.dataset.busyForm !== undefined) {
    showBusy(form);
  }
}
