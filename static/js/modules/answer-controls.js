// The field of one part: option bubbles or a text.

/** @import {AnswerValue, PartDefinition, Timers} from "../types/protocol.d.ts" */
/** @import {PageTemplates} from "./page-templates.js" */
import { choicesValue, isSame, TEXT_MAX_BYTES } from "./answer-value.js";
import { slot } from "./page-templates.js";
import { TextField } from "./text-field.js";

/**
 * @typedef {object} Control
 * @property {HTMLElement} element
 * @property {boolean} isDirty shows something that is no entry yet
 * @property {(value: AnswerValue) => void} show
 * @property {(isReadOnly: boolean) => void} setReadOnly
 * @property {(text: string) => void} note say something beside the field; "" takes it away
 * @property {() => void} clear
 * @property {() => void} focus
 * @property {() => void} commit
 * @property {() => void} commitAnyway
 * @property {() => void} sweep
 * @property {() => void} destroy
 */

/**
 * @typedef {object} ControlOptions
 * @property {PartDefinition} part
 * @property {string} name unique on the page
 * @property {string} label what a screen reader calls the part
 * @property {PageTemplates} templates
 * @property {Timers} timers
 * @property {(value: AnswerValue) => void} onValue
 */

/**
 * @param {ControlOptions} options
 * @returns {Control}
 */
export function makeControl(options) {
  const { kind } = options.part;
  return kind === "choice" || kind === "choices"
    ? new OptionControl(options)
    : new TextControl(options);
}

/**
 * Return an option's label without the circle or the brackets that the bubble draws itself.
 * @param {string} option
 */
export function bareLabel(option) {
  return option.normalize("NFKC").replace(/[()[\].\s]/g, "") || option;
}

/** @implements {Control} */
class OptionControl {
  element;
  isDirty = false;
  #isSingle;
  #onValue;
  /** @type {HTMLInputElement[]} */
  #inputs;
  /** @type {AnswerValue} */
  #value = null;
  #stopped = new AbortController();

  /** @param {ControlOptions} options */
  constructor({ part, name, label, templates, onValue }) {
    this.#isSingle = part.kind === "choice";
    this.#onValue = onValue;
    this.element = templates.element("options");
    const bubbles = slot(this.element, "bubbles");
    bubbles.setAttribute("role", this.#isSingle ? "radiogroup" : "group");
    bubbles.setAttribute("aria-label", label);
    slot(this.element, "hint").hidden = this.#isSingle;
    showLabel(this.element, part.label);
    this.#inputs = part.options.map((option, index) => {
      const bubble = templates.element("bubble");
      const input = /** @type {HTMLInputElement} */ (slot(bubble, "input"));
      input.type = this.#isSingle ? "radio" : "checkbox";
      input.name = name;
      input.value = String(index);
      slot(bubble, "label").textContent = bareLabel(option);
      bubbles.append(bubble);
      return input;
    });
    const { signal } = this.#stopped;
    bubbles.addEventListener("click", (event) => this.#clicked(event), { signal });
    bubbles.addEventListener("change", () => this.sweep(), { signal });
  }

  /** @param {AnswerValue} value */
  show(value) {
    this.#value = value;
    const chosen = Array.isArray(value) ? value : [value];
    this.#inputs.forEach((input, index) => {
      input.checked = chosen.includes(index);
    });
  }

  /**
   * Choose an option, or take it back where several can be chosen.
   * @param {number} index
   */
  choose(index) {
    const input = this.#inputs[index];
    if (!input || input.disabled) return;
    input.checked = this.#isSingle || !input.checked;
    input.focus();
    this.sweep();
  }

  /** @param {boolean} isReadOnly */
  setReadOnly(isReadOnly) {
    for (const input of this.#inputs) input.disabled = isReadOnly;
  }

  /** @param {string} text */
  note(text) {
    showNote(this.element, text);
  }

  clear() {
    if (this.#value === null) return;
    this.show(null);
    this.#onValue(null);
  }

  focus() {
    (this.#inputs.find((input) => input.checked) ?? this.#inputs[0])?.focus();
  }

  commit() {
    this.sweep();
  }

  commitAnyway() {
    this.sweep();
  }

  /** Record what is checked, however it came to be checked. */
  sweep() {
    const checked = this.#inputs.flatMap((input, index) => (input.checked ? [index] : []));
    const value = this.#isSingle ? (checked[0] ?? null) : choicesValue(checked);
    if (isSame(value, this.#value)) return;
    this.#value = value;
    this.#onValue(value);
  }

  destroy() {
    this.#stopped.abort();
  }

  /** @param {MouseEvent} event */
  #clicked({ target, detail }) {
    if (!this.#isSingle || !(target instanceof HTMLInputElement)) return;
    // A click on the chosen option takes it back; the second click of a double click does not.
    if (Number(target.value) === this.#value && detail < 2) this.clear();
  }
}

/** @implements {Control} */
class TextControl {
  element;
  /** @type {HTMLInputElement | HTMLTextAreaElement} */
  #input;
  #field;
  #templates;
  #isLong;
  #refusal = "";
  #size = { bytes: 0, isTooLong: false };

  /** @param {ControlOptions} options */
  constructor({ part, name, label, templates, timers, onValue }) {
    this.#templates = templates;
    this.#isLong = part.kind === "long";
    this.element = templates.element(this.#isLong ? "long" : part.label ? "blank" : "short");
    this.#input = /** @type {HTMLInputElement} */ (slot(this.element, "input"));
    this.#input.id = name;
    this.#input.setAttribute("aria-label", label);
    if (part.label) showLabel(this.element, part.label);
    const note = slot(this.element, "note");
    note.id = `${name}-note`;
    this.#input.setAttribute("aria-describedby", note.id);
    this.#field = new TextField(this.#input, {
      timers,
      events: {
        onValue: (value) => {
          this.#refusal = "";
          onValue(value);
        },
        onInput: (size) => this.#showSize(size),
      },
    });
    this.#showSize(this.#size);
  }

  get isDirty() {
    return this.#field.isDirty;
  }

  /** @param {AnswerValue} value */
  show(value) {
    this.#field.show(typeof value === "string" ? value : null);
  }

  /** @param {boolean} isReadOnly */
  setReadOnly(isReadOnly) {
    this.#input.readOnly = isReadOnly;
  }

  /** @param {string} text */
  note(text) {
    this.#refusal = text;
    this.#showSize(this.#size);
  }

  clear() {
    this.#field.clear();
  }

  focus() {
    this.#input.focus();
  }

  commit() {
    this.#field.commit();
  }

  commitAnyway() {
    this.#field.commitAnyway();
  }

  sweep() {
    this.#field.sweep();
  }

  destroy() {
    this.#field.destroy();
  }

  /** @param {{bytes: number, isTooLong: boolean}} size */
  #showSize(size) {
    this.#size = size;
    const facts = { length: [...this.#input.value].length, most: TEXT_MAX_BYTES / 1000 };
    const count = this.#isLong ? this.#templates.word("text-length", facts) : "";
    const problem = size.isTooLong ? this.#templates.word("text-too-long", facts) : this.#refusal;
    showNote(this.element, problem || count, problem !== "");
    this.#input.toggleAttribute("aria-invalid", problem !== "");
    if (problem) this.#input.setAttribute("aria-invalid", "true");
  }
}

/**
 * @param {HTMLElement} part
 * @param {string} label
 */
function showLabel(part, label) {
  const shown = slot(part, "label");
  shown.textContent = label;
  shown.hidden = label === "";
}

/**
 * @param {HTMLElement} part
 * @param {string} text
 * @param {boolean} isBad
 */
function showNote(part, text, isBad = text !== "") {
  const note = slot(part, "note");
  if (note.textContent !== text) note.textContent = text;
  note.hidden = text === "";
  if (isBad) note.dataset.kind = "bad";
  else delete note.dataset.kind;
}
