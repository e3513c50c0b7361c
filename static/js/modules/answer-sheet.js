// The answer sheet: sections, questions and their fields, built from the exam's definition.

/** @import {AnswerValue, ExamDefinition, QuestionDefinition, SectionDefinition, Timers} from "../types/protocol.d.ts" */
/** @import {AnswerBook} from "./answer-book.js" */
/** @import {Control} from "./answer-controls.js" */
/** @import {PageTemplates} from "./page-templates.js" */
import { makeControl } from "./answer-controls.js";
import { slot } from "./page-templates.js";

// How often fields are looked at for values that came without an event.
const SWEEP_MS = 1000;

/**
 * @typedef {object} SheetEvents
 * @property {(part: number, value: AnswerValue) => void} onAnswer
 * @property {(question: number, isFlagged: boolean) => void} onFlag
 * @property {(question: QuestionDefinition) => void} onCurrent the student turned to a question
 */

/** @typedef {{question: QuestionDefinition, element: HTMLElement, controls: Map<number, Control>}} Row */

export class AnswerSheet {
  #book;
  #templates;
  #timers;
  #events;
  /** @type {Map<number, Row>} */
  #rows = new Map();
  /** Every field of a part: on the sheet, and in the answer bar. */
  /** @type {Map<number, Set<Control>>} */
  #controls = new Map();
  /** @type {number | null} */
  #current = null;
  #isReadOnly = true;
  #stopped = new AbortController();
  #sweep;

  /**
   * @param {object} options
   * @param {HTMLElement} options.root
   * @param {ExamDefinition} options.definition
   * @param {AnswerBook} options.book
   * @param {PageTemplates} options.templates
   * @param {Timers} options.timers
   * @param {SheetEvents} options.events
   * @param {(section: SectionDefinition, question: QuestionDefinition) => HTMLElement[]} options.before
   *   what stands above a question (the tracks that begin with it)
   */
  constructor({ root, definition, book, templates, timers, events, before }) {
    this.#book = book;
    this.#templates = templates;
    this.#timers = timers;
    this.#events = events;
    for (const section of definition.sections) root.append(this.#section(section, before));
    const { signal } = this.#stopped;
    root.addEventListener("focusin", (event) => this.#turnedTo(event.target), { signal });
    root.addEventListener("click", (event) => this.#turnedTo(event.target), { signal });
    this.setReadOnly(true);
    this.#sweep = setInterval(() => this.#each((control) => control.sweep()), SWEEP_MS);
  }

  /** Whether a field shows something that is no entry yet. */
  get isDirty() {
    return [...this.#controls.values()].some((set) => [...set].some((control) => control.isDirty));
  }

  /** @returns {QuestionDefinition | null} */
  get current() {
    return this.#current === null ? null : (this.#rows.get(this.#current)?.question ?? null);
  }

  /** Show what the book says: fields, flags, states. */
  render() {
    for (const [part, controls] of this.#controls) {
      for (const control of controls) control.show(this.#book.answer(part));
    }
    for (const row of this.#rows.values()) this.#renderState(row);
  }

  /**
   * Show the state of one question after a change.
   * @param {number} part
   */
  renderPart(part) {
    for (const control of this.#controls.get(part) ?? []) control.show(this.#book.answer(part));
    const row = [...this.#rows.values()].find(({ controls }) => controls.has(part));
    if (row) this.#renderState(row);
  }

  /** @param {number} question */
  renderFlag(question) {
    const row = this.#rows.get(question);
    if (row) this.#renderState(row);
  }

  /** @param {boolean} isReadOnly */
  setReadOnly(isReadOnly) {
    this.#isReadOnly = isReadOnly;
    this.#each((control) => control.setReadOnly(isReadOnly));
    for (const { element } of this.#rows.values()) {
      for (const button of element.querySelectorAll("button")) button.disabled = isReadOnly;
    }
  }

  /**
   * Say beside a field why its answer was not taken.
   * @param {number} part
   * @param {string} text
   */
  note(part, text) {
    for (const control of this.#controls.get(part) ?? []) control.note(text);
  }

  /** Make entries of what is typed; with `anyway` even of a syllable being composed. */
  commit({ anyway = false } = {}) {
    this.#each((control) => (anyway ? control.commitAnyway() : control.commit()));
  }

  /**
   * Make another field for a part, kept in step with the sheet's; whoever takes it drops it.
   * @param {QuestionDefinition} question
   * @param {number} partId
   * @returns {{control: Control, drop: () => void}}
   */
  mirror(question, partId) {
    const control = this.#control(question, partId, "bar");
    control.show(this.#book.answer(partId));
    control.setReadOnly(this.#isReadOnly);
    const drop = () => {
      control.destroy();
      this.#controls.get(partId)?.delete(control);
    };
    return { control, drop };
  }

  /**
   * Turn to a question, and put the focus into it.
   * @param {number} id
   */
  goTo(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#setCurrent(id);
    row.element.scrollIntoView({ block: "nearest" });
    const [first] = row.controls.values();
    if (this.#isReadOnly || !first) row.element.focus();
    else first.focus();
  }

  /**
   * Turn to the next or the previous question.
   * @param {1 | -1} step
   */
  move(step) {
    const ids = [...this.#rows.keys()];
    const at = this.#current === null ? -1 : ids.indexOf(this.#current);
    const next = ids[Math.max(0, Math.min(ids.length - 1, at < 0 ? 0 : at + step))];
    if (next !== undefined) this.goTo(next);
  }

  /**
   * Choose an option of the current question (of its first part that has options).
   * @param {number} index
   */
  choose(index) {
    const row = this.#current === null ? undefined : this.#rows.get(this.#current);
    for (const control of row?.controls.values() ?? []) {
      if ("choose" in control && typeof control.choose === "function") {
        control.choose(index);
        return;
      }
    }
  }

  /** Flag the current question, or take its flag away. */
  flagCurrent() {
    if (this.#current !== null && !this.#isReadOnly) this.#toggleFlag(this.#current);
  }

  destroy() {
    clearInterval(this.#sweep);
    this.#stopped.abort();
    this.#each((control) => control.destroy());
  }

  /**
   * @param {SectionDefinition} section
   * @param {(section: SectionDefinition, question: QuestionDefinition) => HTMLElement[]} before
   */
  #section(section, before) {
    const element = this.#templates.element("section");
    const title = slot(element, "title");
    title.textContent = section.title;
    title.id = `section-${section.id}`;
    element.setAttribute("aria-labelledby", title.id);
    for (const question of section.questions) {
      element.append(...before(section, question), this.#question(question));
    }
    return element;
  }

  /** @param {QuestionDefinition} question */
  #question(question) {
    const element = this.#templates.element("question");
    const name = this.#name(question);
    element.id = `question-${question.id}`;
    element.dataset.question = String(question.id);
    // Bubbles stand on one line with the number; texts take the whole width.
    element.toggleAttribute(
      "data-choice",
      question.parts.every(({ options }) => options.length > 0),
    );
    slot(element, "number").textContent = question.number;
    slot(element, "name").textContent = name;
    slot(element, "name").id = `label-${question.id}`;
    element.setAttribute("aria-labelledby", `label-${question.id}`);
    const text = slot(element, "text");
    text.textContent = question.text;
    text.hidden = question.text === "";
    const controls = new Map(
      question.parts.map((part) => [part.id, this.#control(question, part.id, "sheet")]),
    );
    for (const control of controls.values()) slot(element, "body").append(control.element);
    this.#tools(element, question, controls);
    this.#rows.set(question.id, { question, element, controls });
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {QuestionDefinition} question
   * @param {Map<number, Control>} controls
   */
  #tools(element, question, controls) {
    const { signal } = this.#stopped;
    const facts = { question: this.#name(question) };
    const clear = slot(element, "clear");
    clear.setAttribute("aria-label", this.#templates.word("clear", facts));
    clear.addEventListener(
      "click",
      () => {
        for (const control of controls.values()) control.clear();
      },
      { signal },
    );
    const flag = slot(element, "flag");
    flag.setAttribute("aria-label", this.#templates.word("flag", facts));
    flag.addEventListener("click", () => this.#toggleFlag(question.id), { signal });
  }

  /**
   * @param {QuestionDefinition} question
   * @param {number} partId
   * @param {string} place
   */
  #control(question, partId, place) {
    const part = question.parts.find(({ id }) => id === partId);
    if (!part) throw new Error(`no part ${partId}`);
    const label = [this.#name(question), part.label].filter(Boolean).join(" ");
    const control = makeControl({
      part,
      name: `${place}-${partId}`,
      label,
      templates: this.#templates,
      timers: this.#timers,
      onValue: (value) => this.#answered(partId, value, control),
    });
    control.element.dataset.part = String(partId);
    if (!this.#controls.has(partId)) this.#controls.set(partId, new Set());
    this.#controls.get(partId)?.add(control);
    return control;
  }

  /**
   * @param {number} part
   * @param {AnswerValue} value
   * @param {Control} from
   */
  #answered(part, value, from) {
    from.note("");
    this.#events.onAnswer(part, value);
    this.renderPart(part);
  }

  /** @param {number} question */
  #toggleFlag(question) {
    this.#events.onFlag(question, !this.#book.isFlagged(question));
    this.renderFlag(question);
  }

  /** @param {Row} row */
  #renderState({ question, element }) {
    const isFlagged = this.#book.isFlagged(question.id);
    element.dataset.state = this.#book.stateOf(question);
    element.toggleAttribute("data-flagged", isFlagged);
    slot(element, "flag").setAttribute("aria-pressed", String(isFlagged));
  }

  /** @param {EventTarget | null} target */
  #turnedTo(target) {
    const element = target instanceof Element ? target.closest("[data-question]") : null;
    if (element instanceof HTMLElement) this.#setCurrent(Number(element.dataset.question));
  }

  /** @param {number} id */
  #setCurrent(id) {
    const row = this.#rows.get(id);
    if (!row || id === this.#current) return;
    if (this.#current !== null)
      this.#rows.get(this.#current)?.element.removeAttribute("data-current");
    row.element.setAttribute("data-current", "");
    this.#current = id;
    this.#events.onCurrent(row.question);
  }

  /** @param {QuestionDefinition} question */
  #name(question) {
    return this.#templates.word("question", { number: question.number });
  }

  /** @param {(control: Control) => void} act */
  #each(act) {
    for (const controls of this.#controls.values()) for (const control of controls) act(control);
  }
}
