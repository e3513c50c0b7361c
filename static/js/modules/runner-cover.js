// The full page over the test: loading, ready to start, in use elsewhere, over.

/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";

export class RunnerCover {
  #root;
  #templates;
  #main;
  /** @type {AbortController} */
  #button = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} main what it covers: out of reach meanwhile
   * @param {PageTemplates} templates
   */
  constructor(root, main, templates) {
    this.#root = root;
    this.#main = main;
    this.#templates = templates;
  }

  /**
   * Say `word` (title and text) and offer an action.
   * @param {string} word `cover-<word>` and `cover-<word>-text` in the page's words
   * @param {{action?: string, facts?: Record<string, string | number>}} [options]
   * @returns {Promise<void>} resolves when the action is taken; never without one
   */
  show(word, { action, facts = {} } = {}) {
    this.#button.abort();
    this.#button = new AbortController();
    slot(this.#root, "title").textContent = this.#templates.word(`cover-${word}`, facts);
    slot(this.#root, "text").textContent = this.#templates.word(`cover-${word}-text`, facts);
    this.note("");
    const button = slot(this.#root, "action");
    button.hidden = !action;
    button.textContent = action ? this.#templates.word(action) : "";
    this.#progress.hidden = true;
    this.#root.hidden = false;
    this.#main.inert = true;
    return new Promise((resolve) => {
      const options = { signal: this.#button.signal, once: true };
      button.addEventListener("click", () => resolve(), options);
      if (action) button.focus();
    });
  }

  /**
   * Say what became of the action.
   * @param {string} text
   */
  note(text) {
    slot(this.#root, "note").textContent = text;
  }

  /**
   * Show how far loading is.
   * @param {number} share 0 ... 1
   */
  progress(share) {
    this.#progress.hidden = false;
    this.#progress.value = share;
  }

  hide() {
    this.#button.abort();
    this.#root.hidden = true;
    this.#main.inert = false;
  }

  get #progress() {
    return /** @type {HTMLProgressElement} */ (slot(this.#root, "progress"));
  }
}
