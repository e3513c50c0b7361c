// Elements and words of a page: they stand in its <template> elements, translated.

export class PageTemplates {
  #page;
  /** @type {Map<string, string>} */
  #words = new Map();

  /** @param {Document} page */
  constructor(page) {
    this.#page = page;
    for (const word of this.#content("words").querySelectorAll("[data-word]")) {
      this.#words.set(/** @type {HTMLElement} */ (word).dataset.word ?? "", word.textContent ?? "");
    }
  }

  /**
   * Return a copy of the first element of `<template id="template-...">`.
   * @param {string} name
   * @returns {HTMLElement}
   */
  element(name) {
    const first = this.#content(`template-${name}`).firstElementChild;
    return /** @type {HTMLElement} */ (this.#page.importNode(/** @type {Element} */ (first), true));
  }

  /**
   * Return a text of `<template id="words">` with `{name}` replaced.
   * @param {string} name
   * @param {Record<string, string | number>} [facts]
   */
  word(name, facts = {}) {
    const text = this.#words.get(name) ?? "";
    return text.replace(/\{(\w+)\}/g, (_, fact) => String(facts[fact] ?? ""));
  }

  /** @param {string} id @returns {DocumentFragment} */
  #content(id) {
    const template = this.#page.getElementById(id);
    if (!(template instanceof HTMLTemplateElement)) throw new Error(`no template ${id}`);
    return template.content;
  }
}

/**
 * Return the element inside `root` that a template names by `data-slot`.
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLElement}
 */
export function slot(root, name) {
  const found = root.querySelector(`[data-slot="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`no slot ${name}`);
  return found;
}
