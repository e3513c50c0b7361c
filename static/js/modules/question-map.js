// The map of questions, and lists of questions with links: number, state in words, flag.

/** @import {QuestionDefinition} from "../types/protocol.d.ts" */
/** @import {AnswerBook} from "./answer-book.js" */
/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";

/**
 * Show `questions` in `list` as they stand.
 * @param {HTMLElement} list
 * @param {QuestionDefinition[]} questions
 * @param {{book: AnswerBook, templates: PageTemplates}} options
 */
export function showQuestions(list, questions, { book, templates }) {
  list.replaceChildren(...questions.map((question) => mapItem(question, book, templates)));
}

/**
 * @param {QuestionDefinition} question
 * @param {AnswerBook} book
 * @param {PageTemplates} templates
 */
function mapItem(question, book, templates) {
  const element = templates.element("map-item");
  const link = /** @type {HTMLAnchorElement} */ (slot(element, "link"));
  const state = book.stateOf(question);
  const isFlagged = book.isFlagged(question.id);
  link.href = `#question-${question.id}`;
  link.dataset.goTo = String(question.id);
  link.dataset.state = state;
  link.toggleAttribute("data-flagged", isFlagged);
  slot(element, "number").textContent = question.number;
  const words = [templates.word(`state-${state}`)];
  if (isFlagged) words.push(templates.word("state-flagged"));
  slot(element, "state").textContent = words.join(" · ");
  return element;
}
