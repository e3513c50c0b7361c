// The movable line between paper and answer sheet.

const LEAST = 30;
const MOST = 75;
const STEP = 2;
const START = 56;

export class SplitPane {
  #runner;
  #handle;
  #storage;
  #percent = START;
  #stopped = new AbortController();

  /**
   * @param {object} options
   * @param {HTMLElement} options.runner takes `--split`
   * @param {HTMLElement} options.handle the separator
   * @param {Pick<Storage, "getItem" | "setItem">} options.storage remembers it on this device
   */
  constructor({ runner, handle, storage }) {
    this.#runner = runner;
    this.#handle = handle;
    this.#storage = storage;
    handle.setAttribute("aria-valuemin", String(LEAST));
    handle.setAttribute("aria-valuemax", String(MOST));
    this.#show(Number(storage.getItem("primepath-split")) || START);
    const { signal } = this.#stopped;
    handle.addEventListener("pointerdown", (event) => this.#drag(event), { signal });
    handle.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  destroy() {
    this.#stopped.abort();
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const handle = this.#handle;
    const dragging = new AbortController();
    const { signal } = dragging;
    handle.setPointerCapture(event.pointerId);
    handle.toggleAttribute("data-dragging", true);
    handle.addEventListener(
      "pointermove",
      ({ clientX }) => {
        const { left, width } = this.#runner.getBoundingClientRect();
        this.#show(((clientX - left) / width) * 100);
      },
      { signal },
    );
    const end = () => {
      dragging.abort();
      handle.removeAttribute("data-dragging");
      this.#remember();
    };
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      handle.addEventListener(name, end, { signal });
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {Record<string, number>} */
    const moves = {
      ArrowLeft: this.#percent - STEP,
      ArrowRight: this.#percent + STEP,
      Home: LEAST,
      End: MOST,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.#show(moves[event.key]);
    this.#remember();
  }

  /** @param {number} percent */
  #show(percent) {
    this.#percent = Math.round(Math.min(MOST, Math.max(LEAST, percent)));
    this.#runner.style.setProperty("--split", `${this.#percent}%`);
    this.#handle.setAttribute("aria-valuenow", String(this.#percent));
  }

  #remember() {
    remember(this.#storage, "primepath-split", String(this.#percent));
  }
}

/**
 * Keep a setting; a device without room for it works without.
 * @param {Pick<Storage, "setItem">} storage
 * @param {string} name
 * @param {string} value
 */
function remember(storage, name, value) {
  try {
    storage.setItem(name, value);
  } catch {
    // Only comfort is lost.
  }
}
