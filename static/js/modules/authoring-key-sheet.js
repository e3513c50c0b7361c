/**
 * The bubble sheet of an answer key: counts what is keyed, and lets a digit or a letter tick an
 * option and move on.
 */

const FIRST_DIGIT = "1".charCodeAt(0);
const FIRST_LETTER = "a".charCodeAt(0);

/**
 * Return the option that a key means, counted from 0, or -1.
 * @param {string} key
 */
export function optionOfKey(key) {
  if (/^[1-9]$/.test(key)) {
    return key.charCodeAt(0) - FIRST_DIGIT;
  }
  if (key === "0") {
    return 9;
  }
  return /^[a-j]$/i.test(key) ? key.toLowerCase().charCodeAt(0) - FIRST_LETTER : -1;
}

/** A form with `data-key-sheet`. */
export class AuthoringKeySheet {
  #stopped = new AbortController();
  /** @type {HTMLFormElement} */
  #form;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    const { signal } = this.#stopped;
    form.addEventListener("change", () => this.count(), { signal });
    form.addEventListener("input", () => this.count(), { signal });
    form.addEventListener("keydown", (event) => this.#press(event), { signal });
    for (const hint of form.querySelectorAll("[data-key-hint]")) {
      hint.toggleAttribute("hidden", false);
    }
    this.count();
  }

  /** Write how many rows are keyed, and mark those that are not. */
  count() {
    const rows = this.#rows();
    let keyed = 0;
    for (const row of rows) {
      const isKeyed = row.querySelector(".bubble input:checked") !== null || hasText(row);
      row.toggleAttribute("data-missing", !isKeyed);
      keyed += isKeyed ? 1 : 0;
    }
    for (const place of this.#form.querySelectorAll("[data-key-count]")) {
      const text = place.getAttribute("data-text") ?? "";
      place.textContent = text
        .replace("{keyed}", String(keyed))
        .replace("{all}", String(rows.length));
    }
  }

  /** Undo everything the constructor did. */
  destroy() {
    this.#stopped.abort();
  }

  #rows() {
    return [...this.#form.querySelectorAll("[data-key-row]:not([data-key-free])")];
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const row = input.closest("[data-key-row]");
    if (row === null) {
      return;
    }
    if (event.key === "Enter" && input.dataset.keyText !== undefined) {
      event.preventDefault();
      this.#goAfter(row);
      return;
    }
    const option = input.closest(".bubble") ? optionOfKey(event.key) : -1;
    const wanted = row.querySelectorAll(".bubble input")[option];
    if (wanted instanceof HTMLInputElement) {
      event.preventDefault();
      wanted.checked = wanted.type === "checkbox" ? !wanted.checked : true;
      this.count();
      if (wanted.type === "radio") {
        this.#goAfter(row);
      } else {
        wanted.focus();
      }
    }
  }

  /** @param {Element} row */
  #goAfter(row) {
    const rows = this.#rows();
    const next = rows[rows.indexOf(row) + 1];
    const field = next?.querySelector(".bubble input:checked, .bubble input, [data-key-text]");
    if (field instanceof HTMLElement) {
      field.focus();
    }
  }
}

/** @param {Element} row */
function hasText(row) {
  const field = row.querySelector("[data-key-text]");
  return field instanceof HTMLInputElement && field.value.replaceAll("|", "").trim() !== "";
}
