// The paper: pages as images in two widths, a text layer, zoom, and where the reader is.

/** @import {ExamDefinition, PageDefinition, QuestionDefinition} from "../types/protocol.d.ts" */
/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";

const ZOOMS = [0.6, 0.8, 1, 1.25, 1.5, 2, 3];
// A question belongs to what stands above it: instructions, a text.  That much of the view is theirs.
const ABOVE = 0.25;
// Nothing moves while the question is in the upper part of the view.
const UPPER = 0.7;

/** @typedef {{text: string, x: number, y: number, width: number, height: number}} Word */

export class PaperView {
  #root;
  #pages;
  #definition;
  #templates;
  #address;
  #fetch;
  #zoom = 1;
  /** @type {Map<number, HTMLElement>} */
  #figures = new Map();
  #stopped = new AbortController();
  #watcher;
  #loader;

  /**
   * @param {object} options
   * @param {HTMLElement} options.root
   * @param {ExamDefinition} options.definition
   * @param {PageTemplates} options.templates
   * @param {string} options.address of the session's files, e.g. `/sit/<id>/`
   * @param {(address: string) => Promise<Response>} options.fetch
   */
  constructor({ root, definition, templates, address, fetch }) {
    this.#root = root;
    this.#pages = slot(root, "pages");
    this.#definition = definition;
    this.#templates = templates;
    this.#address = address;
    this.#fetch = fetch;
    for (const page of definition.pages) this.#pages.append(this.#page(page));
    const near = { root: this.#pages, rootMargin: "100% 0px" };
    this.#loader = new IntersectionObserver((seen) => this.#loadWords(seen), near);
    this.#watcher = new IntersectionObserver(() => this.#renderPosition(), {
      root: this.#pages,
      threshold: [0, 0.25, 0.5, 0.75, 1],
    });
    for (const figure of this.#figures.values()) {
      this.#loader.observe(figure);
      this.#watcher.observe(figure);
    }
    const { signal } = this.#stopped;
    slot(root, "zoom-in").addEventListener("click", () => this.zoomBy(1), { signal });
    slot(root, "zoom-out").addEventListener("click", () => this.zoomBy(-1), { signal });
    slot(root, "zoom-fit").addEventListener("click", () => this.#setZoom(1), { signal });
    this.#pages.addEventListener("scroll", () => this.#renderPosition(), { passive: true, signal });
    this.#pages.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#setZoom(1);
  }

  get isEmpty() {
    return this.#figures.size === 0;
  }

  /**
   * Scroll to where a question stands on the paper, where that is known.
   * @param {QuestionDefinition} question
   */
  show({ page, y }) {
    const figure = page === null ? undefined : this.#figures.get(page);
    if (!figure || this.#pages.clientHeight === 0) return;
    const at = figure.offsetTop - this.#pages.offsetTop + (y ?? 0) * figure.offsetHeight;
    const { scrollTop, clientHeight } = this.#pages;
    if (at > scrollTop && at < scrollTop + clientHeight * UPPER) return;
    this.#pages.scrollTo({ top: at - clientHeight * ABOVE, behavior: "smooth" });
  }

  /** @param {1 | -1} step */
  zoomBy(step) {
    const at = ZOOMS.indexOf(this.#zoom) + step;
    this.#setZoom(ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at))]);
  }

  destroy() {
    this.#watcher.disconnect();
    this.#loader.disconnect();
    this.#stopped.abort();
  }

  /** @param {PageDefinition} page */
  #page(page) {
    const figure = this.#templates.element("page");
    const facts = { page: page.position, pages: this.#definition.pages.length };
    const image = /** @type {HTMLImageElement} */ (slot(figure, "image"));
    const best = page.images[page.images.length - 1];
    /** @param {{width: number}} size */
    const source = ({ width }) => `${this.#address}pages/${page.id}/${width}.webp`;
    figure.id = `page-${page.position}`;
    figure.dataset.page = String(page.position);
    image.alt = this.#templates.word("page-alt", facts);
    if (best) {
      image.width = best.width;
      image.height = best.height;
      image.sizes = "(max-width: 899px) 100vw, 60vw";
      image.srcset = page.images.map((size) => `${source(size)} ${size.width}w`).join(", ");
      image.src = source(best);
    }
    slot(figure, "caption").textContent = this.#templates.word("page-of", facts);
    this.#figures.set(page.position, figure);
    return figure;
  }

  /** @param {number} zoom */
  #setZoom(zoom) {
    const { scrollTop, scrollHeight } = this.#pages;
    this.#zoom = zoom;
    this.#pages.style.setProperty("--zoom", String(zoom));
    slot(this.#root, "zoom").textContent = `${Math.round(zoom * 100)} %`;
    // What was in view stays in view.
    this.#pages.scrollTop = (scrollTop / Math.max(1, scrollHeight)) * this.#pages.scrollHeight;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") this.zoomBy(1);
    else if (event.key === "-") this.zoomBy(-1);
    else if (event.key === "0") this.#setZoom(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #renderPosition() {
    const middle = this.#pages.scrollTop + this.#pages.clientHeight / 2 + this.#pages.offsetTop;
    const shown = [...this.#figures.values()].findLast((figure) => figure.offsetTop <= middle);
    const page = Number(shown?.dataset.page ?? 1);
    const questions = this.#definition.sections
      .flatMap((section) => section.questions)
      .filter((question) => question.page === page)
      .map((question) => question.number);
    const facts = {
      page,
      pages: this.#definition.pages.length,
      first: questions[0] ?? "",
      last: questions[questions.length - 1] ?? "",
    };
    const word =
      questions.length > 1
        ? "position-questions"
        : questions.length
          ? "position-question"
          : "position";
    const text = this.#templates.word(word, facts);
    const position = slot(this.#root, "position");
    if (position.textContent !== text) position.textContent = text;
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #loadWords(seen) {
    for (const { isIntersecting, target } of seen) {
      const page = this.#definition.pages.find(
        ({ position }) => String(position) === /** @type {HTMLElement} */ (target).dataset.page,
      );
      if (!isIntersecting || !page) continue;
      this.#loader.unobserve(target);
      if (page.has_words) void this.#showWords(page, /** @type {HTMLElement} */ (target));
    }
  }

  /**
   * @param {PageDefinition} page
   * @param {HTMLElement} figure
   */
  async #showWords(page, figure) {
    try {
      const response = await this.#fetch(`${this.#address}pages/${page.id}/words.json`);
      if (!response.ok) return;
      const layer = slot(figure, "words");
      const [{ width, height }] = page.images;
      layer.style.aspectRatio = `${width} / ${height}`;
      layer.replaceChildren(...wordElements(await response.json()));
      layer.hidden = false;
    } catch {
      // The image is what counts; the text layer is for selection and screen readers.
    }
  }
}

/**
 * Return one element a word, over its place on the image.
 * @param {Word[]} words
 */
function wordElements(words) {
  return words.map(({ text, x, y, width, height }) => {
    const word = document.createElement("span");
    word.textContent = `${text} `;
    word.style.left = `${x * 100}%`;
    word.style.top = `${y * 100}%`;
    word.style.width = `${width * 100}%`;
    word.style.height = `${height * 100}%`;
    word.style.fontSize = `${height * 100}cqh`;
    return word;
  });
}
