// Dialogs of the runner: the map, the review before handing in, help.

/** @import {AnswerBook} from "./answer-book.js" */
/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";
import { showQuestions } from "./question-map.js";

export class RunnerDialogs {
  #map;
  #review;
  #help;
  #book;
  #templates;
  #onConfirm;
  #isSending = false;
  #stopped = new AbortController();

  /**
   * @param {object} options
   * @param {Document} options.page
   * @param {AnswerBook} options.book
   * @param {PageTemplates} options.templates
   * @param {(question: number) => void} options.onGoTo
   * @param {() => void} options.onConfirm the student hands in; called once until `sending(false)`
   */
  constructor({ page, book, templates, onGoTo, onConfirm }) {
    this.#map = dialog(page, "question-map");
    this.#review = dialog(page, "review");
    this.#help = dialog(page, "help");
    this.#book = book;
    this.#templates = templates;
    this.#onConfirm = onConfirm;
    const { signal } = this.#stopped;
    for (const each of [this.#map, this.#review, this.#help]) {
      each.addEventListener("click", (event) => this.#clicked(event, each, onGoTo), { signal });
      // Escape closes a dialog, but not while the submission is on its way.
      each.addEventListener("cancel", (event) => this.#isSending && event.preventDefault(), {
        signal,
      });
    }
    slot(this.#review, "confirm").addEventListener("click", () => this.#confirm(), { signal });
  }

  openMap() {
    const { book } = this;
    showQuestions(slot(this.#map, "questions"), book.questions, this.#options);
    slot(this.#map, "legend").textContent = this.#templates.word("counts", book.counts());
    this.#map.showModal();
  }

  openReview() {
    this.#renderReview();
    this.message("");
    this.#review.showModal();
  }

  openHelp() {
    this.#help.showModal();
  }

  closeAll() {
    for (const each of [this.#map, this.#review, this.#help]) if (each.open) each.close();
  }

  /**
   * Lock the review while the submission is on its way.
   * @param {boolean} isSending
   */
  sending(isSending) {
    this.#isSending = isSending;
    for (const button of this.#review.querySelectorAll("button")) button.disabled = isSending;
    slot(this.#review, "confirm").setAttribute("aria-busy", String(isSending));
  }

  /**
   * Say something in the review.
   * @param {string} text
   */
  message(text) {
    const notice = slot(this.#review, "message");
    notice.hidden = text === "";
    slot(notice, "message-text").textContent = text;
  }

  destroy() {
    this.#stopped.abort();
  }

  get book() {
    return this.#book;
  }

  get #options() {
    return { book: this.#book, templates: this.#templates };
  }

  #renderReview() {
    const { questions } = this.#book;
    const lists = {
      empty: questions.filter((question) => this.#book.stateOf(question) === "empty"),
      partly: questions.filter((question) => this.#book.stateOf(question) === "partly"),
      flagged: questions.filter((question) => this.#book.isFlagged(question.id)),
    };
    for (const [name, list] of Object.entries(lists)) {
      const part = slot(this.#review, name);
      part.hidden = list.length === 0;
      slot(part, "heading").textContent = this.#templates.word(`review-${name}`, {
        count: list.length,
      });
      showQuestions(slot(part, "questions"), list, this.#options);
    }
    slot(this.#review, "all-answered").hidden = lists.empty.length + lists.partly.length > 0;
  }

  #confirm() {
    if (this.#isSending) return;
    this.sending(true);
    this.#onConfirm();
  }

  /**
   * @param {MouseEvent} event
   * @param {HTMLDialogElement} within
   * @param {(question: number) => void} onGoTo
   */
  #clicked(event, within, onGoTo) {
    const target = event.target instanceof Element ? event.target : null;
    if (this.#isSending) return;
    if (target?.closest("[data-dialog-close]")) within.close();
    const link = target?.closest("[data-go-to]");
    if (!(link instanceof HTMLElement)) return;
    event.preventDefault();
    within.close();
    onGoTo(Number(link.dataset.goTo));
  }
}

/**
 * @param {Document} page
 * @param {string} id
 * @returns {HTMLDialogElement}
 */
function dialog(page, id) {
  const found = page.getElementById(id);
  if (!(found instanceof HTMLDialogElement)) throw new Error(`no dialog ${id}`);
  return found;
}
