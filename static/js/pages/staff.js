// Every staff page: colours, menus that close, files that are dropped, the list of what is wrong.

import { acceptDrops } from "../modules/authoring-file-drop.js";
import { themeSwitch } from "../modules/display-settings.js";
import { closingMenus } from "../modules/menus.js";

const { signal } = new AbortController();
themeSwitch(document, signal);
closingMenus(document, signal);

for (const [at, place] of document.querySelectorAll("[data-file-drop]").entries()) {
  if (!(place instanceof HTMLElement)) continue;
  window.PrimePath.memoryManager.registerModule(`drop-${at}`, { destroy: acceptDrops(place) });
}

const summary = document.querySelector("[data-error-summary]");
if (summary instanceof HTMLElement) summary.focus();
