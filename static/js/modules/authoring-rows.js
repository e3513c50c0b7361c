/**
 * Rows of a Django formset: add one from the template, mark one as removed.
 */

/** A form whose `data-rows` names the formset. */
export class AuthoringRows {
  #stopped = new AbortController();
  /** @type {HTMLFormElement} */
  #form;
  /** @type {HTMLElement} */
  #list;
  /** @type {HTMLTemplateElement} */
  #template;
  /** @type {HTMLInputElement} */
  #total;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    const prefix = form.dataset.rows ?? "";
    const list = form.querySelector("[data-rows-list]");
    const template = form.querySelector("template[data-rows-template]");
    const total = form.elements.namedItem(`${prefix}-TOTAL_FORMS`);
    const add = form.querySelector("[data-rows-add]");
    if (
      !(list instanceof HTMLElement) ||
      !(template instanceof HTMLTemplateElement) ||
      !(total instanceof HTMLInputElement)
    ) {
      throw new Error("rows need a list, a template and a total");
    }
    this.#form = form;
    this.#list = list;
    this.#template = template;
    this.#total = total;
    const { signal } = this.#stopped;
    if (add instanceof HTMLElement) {
      add.hidden = false;
      add.addEventListener("click", () => this.add(), { signal });
    }
    list.addEventListener("change", (event) => this.#showRemoved(event), { signal });
  }

  /** Append an empty row and go to its first field. */
  add() {
    const number = Number(this.#total.value);
    const row = document.importNode(this.#template.content, true);
    for (const element of row.querySelectorAll("*")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value?.includes("__prefix__")) {
          element.setAttribute(name, value.replaceAll("__prefix__", String(number)));
        }
      }
    }
    this.#copyUsual(row);
    this.#list.append(row);
    this.#total.value = String(number + 1);
    const field = this.#list.lastElementChild?.querySelector("input:not([type=hidden]), select");
    if (field instanceof HTMLElement) {
      field.focus();
    }
  }

  /** Undo everything the constructor did. */
  destroy() {
    this.#stopped.abort();
  }

  /**
   * Give the new row what the row above has in the fields named by `data-rows-copy`.
   * @param {DocumentFragment} row
   */
  #copyUsual(row) {
    const above = this.#list.lastElementChild;
    for (const name of (this.#form.dataset.rowsCopy ?? "").split(" ").filter(Boolean)) {
      const from = above?.querySelector(`[name$="-${name}"]`);
      const to = row.querySelector(`[name$="-${name}"]`);
      if (isField(from) && isField(to)) {
        to.value = from.value;
      }
    }
  }

  /** @param {Event} event */
  #showRemoved(event) {
    const box = event.target;
    if (box instanceof HTMLInputElement && box.name.endsWith("-DELETE")) {
      box.closest("[data-row]")?.toggleAttribute("data-removed", box.checked);
    }
  }
}

/**
 * @param {Element | null | undefined} element
 * @returns {element is HTMLInputElement | HTMLSelectElement}
 */
function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
}
