/**
 * Marks the cells of the rule matrix that differ from what the server drew, as they are changed.
 * The page works without it: "Check" says the same and more.
 */

const words = /** @type {HTMLTemplateElement | null} */ (
  document.querySelector("template[data-changed-words]")
);

/** @type {Map<HTMLSelectElement, {mark: string | undefined, words: Element | null}>} */
const drawn = new Map();

for (const select of document.querySelectorAll("[data-rule-matrix] select")) {
  const cell = /** @type {HTMLElement} */ (select.parentElement);
  drawn.set(/** @type {HTMLSelectElement} */ (select), {
    mark: cell.dataset.mark,
    words: cell.querySelector(".matrix__mark"),
  });
}

/** @param {HTMLSelectElement} select */
function isAsDrawn(select) {
  const option = select.selectedOptions[0];
  return option === undefined || option.defaultSelected || (!select.value && !hasDefault(select));
}

/** @param {HTMLSelectElement} select */
function hasDefault(select) {
  return [...select.options].some((option) => option.defaultSelected);
}

/** @param {HTMLSelectElement} select */
function mark(select) {
  const before = drawn.get(select);
  const cell = /** @type {HTMLElement} */ (select.parentElement);
  if (!before || !words) return;
  cell.querySelector(".matrix__mark")?.remove();
  if (isAsDrawn(select)) {
    if (before.mark) cell.dataset.mark = before.mark;
    else delete cell.dataset.mark;
    if (before.words) cell.append(before.words);
  } else {
    cell.dataset.mark = "changed";
    cell.append(words.content.cloneNode(true));
  }
}

const matrix = document.querySelector("[data-rule-matrix]");
if (matrix) {
  window.PrimePath.memoryManager.registerEventListener(matrix, "change", (event) => {
    if (event.target instanceof HTMLSelectElement) mark(event.target);
  });
}

// A browser that goes back in its history puts the chosen options in again.
for (const select of drawn.keys()) mark(select);
