// The bar below 900 px: the current question's field while the paper is in view.

/** @import {QuestionDefinition} from "../types/protocol.d.ts" */
/** @import {AnswerBook} from "./answer-book.js" */
/** @import {AnswerSheet} from "./answer-sheet.js" */
/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";

export class AnswerBar {
  #root;
  #sheet;
  #book;
  #templates;
  #onWrite;
  /** @type {QuestionDefinition | null} */
  #question = null;
  /** @type {() => void} */
  #drop = () => {};
  #stopped = new AbortController();

  /**
   * @param {object} options
   * @param {HTMLElement} options.root
   * @param {AnswerSheet} options.sheet
   * @param {AnswerBook} options.book
   * @param {PageTemplates} options.templates
   * @param {(step: 1 | -1) => void} options.onMove
   * @param {() => void} options.onFlag
   * @param {(question: QuestionDefinition) => void} options.onWrite its field is on the sheet only
   */
  constructor({ root, sheet, book, templates, onMove, onFlag, onWrite }) {
    this.#root = root;
    this.#sheet = sheet;
    this.#book = book;
    this.#templates = templates;
    this.#onWrite = onWrite;
    const { signal } = this.#stopped;
    slot(root, "previous").addEventListener("click", () => onMove(-1), { signal });
    slot(root, "next").addEventListener("click", () => onMove(1), { signal });
    slot(root, "flag").addEventListener("click", onFlag, { signal });
  }

  /**
   * Show the field of a question.
   * @param {QuestionDefinition} question
   */
  show(question) {
    this.#drop();
    this.#drop = () => {};
    this.#question = question;
    slot(this.#root, "number").textContent = question.number;
    const [part] = question.parts;
    const hasBubbles = question.parts.length === 1 && part.options.length > 0;
    slot(this.#root, "answer").replaceChildren(
      hasBubbles ? this.#bubbles(question) : this.#button(question),
    );
    this.render();
  }

  /** Show whether the question is flagged. */
  render() {
    if (!this.#question) return;
    const isFlagged = this.#book.isFlagged(this.#question.id);
    slot(this.#root, "flag").setAttribute("aria-pressed", String(isFlagged));
  }

  destroy() {
    this.#drop();
    this.#stopped.abort();
  }

  /** @param {QuestionDefinition} question */
  #bubbles(question) {
    const { control, drop } = this.#sheet.mirror(question, question.parts[0].id);
    this.#drop = drop;
    return slot(control.element, "bubbles");
  }

  /** @param {QuestionDefinition} question */
  #button(question) {
    const button = this.#templates.element("write-button");
    button.addEventListener("click", () => this.#onWrite(question));
    return button;
  }
}
