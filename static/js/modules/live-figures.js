/**
 * Keeps the figures of a page fresh: asks for them every few seconds and replaces texts, lines and
 * rows.  All words come from the server.
 *
 * @typedef {object} Figures
 * @property {Record<string, string>} texts
 * @property {Record<string, string>} states
 * @property {Record<string, string>} lines
 * @property {Record<string, string[][]>} rows
 */

export class LiveFigures {
  #root;
  #load;
  #everyMs;
  #stopped = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} parts
   * @param {ParentNode} parts.root
   * @param {(signal: AbortSignal) => Promise<Figures>} parts.load
   * @param {number} parts.everyMs
   */
  constructor({ root, load, everyMs }) {
    this.#root = root;
    this.#load = load;
    this.#everyMs = everyMs;
    this.#plan();
  }

  /** Ask no more. */
  destroy() {
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  #plan() {
    this.#timer = setTimeout(() => this.#refresh(), this.#everyMs);
  }

  async #refresh() {
    if (document.hidden) {
      this.#plan();
      return;
    }
    try {
      this.#show(await this.#load(this.#stopped.signal));
      this.#say(false);
    } catch {
      this.#say(true);
    }
    if (!this.#stopped.signal.aborted) this.#plan();
  }

  /** @param {boolean} stale */
  #say(stale) {
    const notice = this.#root.querySelector("[data-stale]");
    if (notice) notice.toggleAttribute("hidden", !stale);
  }

  /** @param {Figures} figures */
  #show(figures) {
    for (const element of this.#root.querySelectorAll("[data-text]")) {
      const text = figures.texts[name(element, "data-text")];
      if (text !== undefined && element.textContent !== text) element.textContent = text;
    }
    for (const element of this.#root.querySelectorAll("[data-tile]")) {
      const state = figures.states[name(element, "data-tile")];
      if (state) element.setAttribute("data-state", state);
    }
    for (const element of this.#root.querySelectorAll("[data-line]")) {
      element.setAttribute("d", figures.lines[name(element, "data-line")] ?? "");
    }
    for (const body of this.#root.querySelectorAll("[data-rows]")) {
      const id = name(body, "data-rows");
      const rows = figures.rows[id] ?? [];
      body.replaceChildren(...rows.map((row) => drawn(row, heads(body))));
      this.#root.querySelector(`[data-empty="${id}"]`)?.toggleAttribute("hidden", rows.length > 0);
    }
  }
}

/**
 * @param {Element} element
 * @param {string} attribute
 */
function name(element, attribute) {
  return element.getAttribute(attribute) ?? "";
}

/** @param {Element} body */
function heads(body) {
  return [...(body.parentElement?.querySelectorAll("thead th") ?? [])].map(
    (head) => head.textContent ?? "",
  );
}

/**
 * @param {string[]} row
 * @param {string[]} labels
 */
function drawn(row, labels) {
  const line = document.createElement("tr");
  row.forEach((text, column) => {
    const cell = document.createElement(column === 0 ? "th" : "td");
    if (column === 0) cell.setAttribute("scope", "row");
    else cell.dataset.label = labels[column] ?? "";
    cell.textContent = text;
    line.append(cell);
  });
  return line;
}
