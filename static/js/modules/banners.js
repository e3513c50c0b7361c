// Lines above the test that say what the student must know: one for each cause.

/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";

export class Banners {
  #root;
  #templates;
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  /**
   * @param {HTMLElement} root a live region
   * @param {PageTemplates} templates
   */
  constructor(root, templates) {
    this.#root = root;
    this.#templates = templates;
  }

  /**
   * Say something, or the same again where it is already said.
   * @param {string} name
   * @param {{kind: "info" | "warn" | "bad", text: string, action?: {text: string, run: () => void}}} what
   */
  show(name, { kind, text, action }) {
    const known = this.#shown.get(name);
    if (known && slot(known, "text").textContent === text) return;
    this.hide(name);
    const banner = this.#templates.element("banner");
    banner.dataset.kind = kind;
    slot(banner, "text").textContent = text;
    const button = slot(banner, "action");
    button.hidden = !action;
    if (action) {
      button.textContent = action.text;
      button.addEventListener("click", action.run);
    }
    this.#shown.set(name, banner);
    this.#root.append(banner);
  }

  /** @param {string} name */
  hide(name) {
    this.#shown.get(name)?.remove();
    this.#shown.delete(name);
  }
}
