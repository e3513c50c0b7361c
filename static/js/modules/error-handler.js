// Requests that try again, notices, and reports of what went wrong: `window.PrimePath.errorHandler`.
// A plain <script> of every page, and importable for its effect; so it exports nothing.

/** @import {AjaxOptions, ErrorReport, NoticeType} from "../types/primepath.d.ts" */

(() => {
  const RETRIES = 3;
  const FIRST_WAIT_MS = 1000;
  const LONGEST_WAIT_MS = 30_000;
  // A server that asks for more patience than that is answered by telling the user.
  const LONGEST_RETRY_AFTER_MS = 60_000;
  const TIMEOUT_MS = 15_000;
  const TRANSIENT = new Set([408, 425, 429]);
  const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

  const REPORTS_ADDRESS = "/api/errors/";
  const CSRF_ADDRESS = "/api/csrf/";
  // As many as the server takes in one batch; what differs from all of them is only counted.
  const QUEUE_LIMIT = 20;
  // A batch of 20 stays below the server's 16 KB, and below the 64 KB of keepalive requests.
  const BATCH_BYTES = 15_000;
  const MESSAGE_LENGTH = 300;
  const STACK_LENGTH = 1500;
  // Of one tab; the wait between batches doubles, so a loop of errors sends about ten an hour.
  const BATCHES_PER_TAB = 60;
  const FIRST_FLUSH_MS = 1000;
  const LONGEST_FLUSH_MS = 300_000;
  const STORE = "primepath-errors";
  // Browsers say these where nothing is wrong, or nothing of this product.
  const NOISE = /^(ResizeObserver loop|Script error\.?$)|(chrome|moz|safari-web)-extension:/;

  const TOASTS_LIMIT = 4;
  const TOAST_MS = 8000;
  const WAITING_LIMIT = 20;
  /** @type {Record<NoticeType, [string, string]>} */
  const LOOKS = {
    info: ["info", "info"],
    success: ["ok", "check-circle"],
    warning: ["warn", "warning"],
    error: ["bad", "cross-circle"],
  };

  /** What a handler takes from the browser; tests give their own. */
  const browserOf = () => ({
    page: window,
    document: /** @type {Document | undefined} */ (window.document),
    fetch: /** @type {typeof globalThis.fetch} */ ((...given) => window.fetch(...given)),
    random: Math.random,
    now: () => Date.now(),
    newId: () => crypto.getRandomValues(new BigUint64Array(2)).join("").padStart(16, "0"),
    setTimeout: /** @type {(run: () => void, ms: number) => unknown} */ (
      (run, ms) => window.setTimeout(run, ms)
    ),
    clearTimeout: (/** @type {any} */ timer) => window.clearTimeout(timer),
    get storage() {
      return window.sessionStorage;
    },
  });

  class ErrorHandler {
    #browser;
    #stopped = new AbortController();
    #token = "";
    /** @type {Map<string, ErrorReport>} */
    #queue = new Map();
    /** @type {unknown} */
    #flushTimer = null;
    #isFlushing = false;
    #isReporting = false;
    #notBefore = 0;
    #batches = 0;
    #sent = 0;
    #dropped = 0;
    /** @type {Set<() => void>} */
    #wakers = new Set();
    /** @type {Set<() => unknown>} */
    #waiting = new Set();
    /** @type {Map<string, {toast: HTMLElement, count: number, timer: unknown}>} */
    #toasts = new Map();

    constructor(browser = {}) {
      this.#browser = Object.defineProperties(
        browserOf(),
        Object.getOwnPropertyDescriptors(browser),
      );
      const { page } = this.#browser;
      const { signal } = this.#stopped;
      page.addEventListener("error", (event) => this.#uncaught(event), { signal });
      page.addEventListener(
        "unhandledrejection",
        ({ reason }) => this.#caught(reason, "rejection"),
        { signal },
      );
      page.addEventListener("online", () => this.#online(), { signal });
      page.addEventListener("pagehide", () => this.#leave(), { signal });
      this.#takeUp();
    }

    /**
     * Like `fetch`, but tries again what may work next time: no reply, 408, 425, 429, 5xx.
     * An unsafe method carries one idempotency key in all its tries; a refused CSRF token is
     * replaced once.  A reply that says no is returned, as by `fetch`.
     * @param {string | URL} url
     * @param {AjaxOptions} [options]
     * @returns {Promise<Response>}
     */
    async retryAjax(url, options = {}) {
      const { retries = RETRIES, timeoutMs = TIMEOUT_MS, ...request } = options;
      const method = (request.method ?? "GET").toUpperCase();
      const headers = new Headers(request.headers);
      const isOwn = this.#isOwn(url);
      if (!SAFE.has(method) && isOwn) {
        if (!headers.has("Idempotency-Key")) headers.set("Idempotency-Key", this.#browser.newId());
        if (!headers.has("X-CSRFToken")) headers.set("X-CSRFToken", await this.#csrfToken());
      }
      // A stream can be sent once only.
      const most = request.body instanceof ReadableStream ? 0 : retries;
      const ready = { ...request, method, headers };
      let mayRefresh = isOwn && most > 0;
      for (let tried = 0; ; tried++) {
        const { response, error } = await this.#try(url, ready, timeoutMs);
        if (request.signal?.aborted) throw error ?? request.signal.reason;
        if (response && mayRefresh && (await isCsrfRefusal(response))) {
          mayRefresh = false;
          headers.set("X-CSRFToken", await this.#freshToken());
          tried--;
          continue;
        }
        const floorMs = response ? this.#retryAfter(response) : 0;
        const isFinal = tried >= most || floorMs > LONGEST_RETRY_AFTER_MS;
        if (response && (isFinal || !isTransient(response.status))) return response;
        if (isFinal) throw error;
        await this.#pause(Math.max(floorMs, this.#backoff(tried)), request.signal, floorMs > 0);
      }
    }

    /**
     * Take note of an error: report it, tell the user, and offer to try again.
     * @param {unknown} error
     * @param {string} [context] what was being done, in the code's words
     * @param {boolean | (() => unknown)} [retryable] how to try again; it is also tried when the
     *   network returns.  `true`: the user may try again by the page's own means.
     */
    handleError(error, context = "", retryable = false) {
      const isOffline = isNetworkFailure(error) || !this.#isOnline;
      // Being offline is no defect; nobody has to read about it.
      if (!isOffline) this.report(error, context);
      const again = typeof retryable === "function" ? retryable : null;
      if (again && isOffline && this.#waiting.size < WAITING_LIMIT) this.#waiting.add(again);
      const word = isOffline ? "offline" : retryable ? "tryAgain" : "failed";
      this.#notify(this.#word(word), isOffline ? "warning" : "error", again);
    }

    /**
     * Show a notice; what is shown already is counted there.
     * @param {string} message text, never HTML
     * @param {NoticeType} [type]
     */
    showNotification(message, type = "info") {
      this.#notify(String(message), type, null);
    }

    /**
     * Queue a report; nobody is told.  Never throws.
     * @param {unknown} error
     * @param {string} [context]
     * @param {ErrorReport["kind"]} [kind]
     */
    report(error, context = "", kind = "handled") {
      // What goes wrong in here must not come back in through the global handlers.
      if (this.#isReporting) return;
      this.#isReporting = true;
      try {
        this.#enqueue(described(error, context, kind, this.#browser.page.location?.pathname));
      } catch {
        this.#dropped++;
      } finally {
        this.#isReporting = false;
      }
    }

    /** Send what is queued now. */
    async flush() {
      this.#browser.clearTimeout(this.#flushTimer);
      this.#flushTimer = null;
      if (this.#isFlushing || !this.#queue.size || this.#batches >= BATCHES_PER_TAB) return;
      this.#isFlushing = true;
      try {
        const batch = this.#batch();
        this.#batches++;
        const floorMs = await this.#send(batch, false);
        this.#notBefore = this.#browser.now() + Math.max(floorMs, this.#flushWait());
      } finally {
        this.#isFlushing = false;
        this.#planFlush();
      }
    }

    /** Return what became of the reports of this page. */
    stats() {
      return {
        queued: this.#queue.size,
        sent: this.#sent,
        dropped: this.#dropped,
        batches: this.#batches,
      };
    }

    /** End every listener, timer and wait. */
    destroy() {
      this.#stopped.abort();
      this.#browser.clearTimeout(this.#flushTimer);
      for (const { timer } of this.#toasts.values()) this.#browser.clearTimeout(timer);
      for (const wake of this.#wakers) wake();
      this.#waiting.clear();
    }

    // Requests

    /**
     * @param {string | URL} url
     * @param {RequestInit} request
     * @param {number} timeoutMs
     * @returns {Promise<{response?: Response, error?: unknown}>}
     */
    async #try(url, request, timeoutMs) {
      const stop = new AbortController();
      const pass = () => stop.abort(request.signal?.reason);
      if (request.signal?.aborted) pass();
      request.signal?.addEventListener("abort", pass);
      const timer = this.#browser.setTimeout(
        () => stop.abort(new DOMException("no reply in time", "TimeoutError")),
        timeoutMs,
      );
      try {
        const response = await this.#browser.fetch(url, { ...request, signal: stop.signal });
        // A body that breaks off or never ends is no reply either.
        await response.clone().arrayBuffer();
        return { response };
      } catch (error) {
        return { error };
      } finally {
        this.#browser.clearTimeout(timer);
        request.signal?.removeEventListener("abort", pass);
      }
    }

    /**
     * Wait; the network's return ends the wait, unless the server asked for it.
     * @param {number} ms
     * @param {AbortSignal | null | undefined} signal
     * @param {boolean} isAsked
     * @returns {Promise<void>}
     */
    #pause(ms, signal, isAsked) {
      return new Promise((resolve, reject) => {
        const end = () => {
          this.#browser.clearTimeout(timer);
          this.#wakers.delete(end);
          signal?.removeEventListener("abort", end);
          if (signal?.aborted) reject(signal.reason);
          else resolve();
        };
        const timer = this.#browser.setTimeout(end, ms);
        if (!isAsked) this.#wakers.add(end);
        signal?.addEventListener("abort", end);
      });
    }

    /** @param {number} tried */
    #backoff(tried) {
      return this.#browser.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tried);
    }

    /** @param {Response} response */
    #retryAfter(response) {
      const text = response.headers.get("Retry-After") ?? "";
      const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - this.#browser.now();
      return Math.max(0, ms || 0);
    }

    /** @param {string | URL} url */
    #isOwn(url) {
      const { origin, href } = this.#browser.page.location;
      return new URL(url, href).origin === origin;
    }

    async #csrfToken() {
      if (this.#token) return this.#token;
      this.#token = this.#tokenOfPage();
      return this.#token || this.#freshToken();
    }

    #tokenOfPage() {
      const { document } = this.#browser;
      const meta = document?.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
      const field = document?.querySelector("input[name=csrfmiddlewaretoken]");
      return meta || field?.getAttribute("value") || "";
    }

    async #freshToken() {
      const options = { cache: /** @type {const} */ ("no-store") };
      const { response } = await this.#try(CSRF_ADDRESS, options, TIMEOUT_MS);
      if (response?.ok) this.#token = String((await jsonOf(response))?.token ?? "");
      return this.#token;
    }

    // Notices

    /**
     * @param {string} message
     * @param {NoticeType} type
     * @param {(() => unknown) | null} again
     */
    #notify(message, type, again) {
      const { document } = this.#browser;
      if (!document?.body || !message) return;
      const name = `${type} ${message}`;
      const shown = this.#toasts.get(name);
      if (shown) {
        shown.count++;
        const count = shown.toast.querySelector("[data-count]");
        if (count) count.textContent = ` ×${shown.count}`;
        this.#plan(name);
        return;
      }
      const oldest = this.#toasts.keys().next().value;
      if (this.#toasts.size >= TOASTS_LIMIT && oldest !== undefined) this.#dismiss(oldest);
      const toast = makeToast(document, message, LOOKS[type] ? type : "info");
      toast.querySelector("[data-close]")?.addEventListener("click", () => this.#dismiss(name));
      const button = toast.querySelector("[data-again]");
      if (again) {
        button?.removeAttribute("hidden");
        button?.addEventListener("click", () => {
          this.#dismiss(name);
          this.#run(again);
        });
      }
      this.#toasts.set(name, { toast, count: 1, timer: null });
      placeOf(document).append(toast);
      this.#plan(name);
    }

    /**
     * Errors stay until they are closed; the others go away, but not from under a reader.
     * @param {string} name
     */
    #plan(name) {
      const shown = this.#toasts.get(name);
      if (!shown || name.startsWith("error ") || name.startsWith("warning ")) return;
      this.#browser.clearTimeout(shown.timer);
      shown.timer = this.#browser.setTimeout(() => {
        if (shown.toast.matches(":hover, :focus-within")) this.#plan(name);
        else this.#dismiss(name);
      }, TOAST_MS);
    }

    /** @param {string} name */
    #dismiss(name) {
      const shown = this.#toasts.get(name);
      if (!shown) return;
      this.#browser.clearTimeout(shown.timer);
      shown.toast.remove();
      this.#toasts.delete(name);
    }

    /** @param {string} word of the page's toasts */
    #word(word) {
      const place = this.#browser.document?.querySelector("[data-toasts]");
      return /** @type {HTMLElement | null | undefined} */ (place)?.dataset[word] ?? "";
    }

    // Reports

    /** @param {ErrorEvent} event */
    #uncaught({ error, message, filename, lineno }) {
      if (NOISE.test(message ?? "") || NOISE.test(filename ?? "")) return;
      this.#caught(error ?? new Error(`${message} (${filename}:${lineno})`), "uncaught");
    }

    /**
     * @param {unknown} error
     * @param {ErrorReport["kind"]} kind
     */
    #caught(error, kind) {
      try {
        // The user left, or the network did: nothing is broken.
        if (isNetworkFailure(error) && !this.#isOnline) return;
        this.report(error, "", kind);
        const text = this.#word("unexpected");
        if (!this.#toasts.has(`warning ${text}`)) this.#notify(text, "warning", null);
      } catch {
        this.#dropped++;
      }
    }

    /** @param {ErrorReport} report */
    #enqueue(report) {
      // A loop that counts up in its messages is one error.
      const { kind, context, message, stack } = report;
      const name = `${kind} ${context} ${message} ${stack}`.replace(/\d+/g, "0").slice(0, 500);
      const known = this.#queue.get(name);
      if (known) known.count += report.count;
      else if (this.#queue.size >= QUEUE_LIMIT) this.#dropped++;
      else this.#queue.set(name, report);
      this.#planFlush();
    }

    #planFlush() {
      if (this.#flushTimer !== null || this.#isFlushing || !this.#queue.size) return;
      if (this.#batches >= BATCHES_PER_TAB || this.#stopped.signal.aborted) return;
      const wait = Math.max(FIRST_FLUSH_MS, this.#notBefore - this.#browser.now());
      this.#flushTimer = this.#browser.setTimeout(() => void this.flush(), wait);
    }

    #flushWait() {
      return Math.min(LONGEST_FLUSH_MS, FIRST_FLUSH_MS * 2 ** this.#batches);
    }

    #batch() {
      /** @type {[string, ErrorReport][]} */
      const entries = [];
      let size = 0;
      for (const [name, report] of this.#queue) {
        size += new TextEncoder().encode(JSON.stringify(report)).length + 1;
        if (size > BATCH_BYTES) break;
        entries.push([name, report]);
        this.#queue.delete(name);
      }
      return entries;
    }

    /**
     * Send a batch; what does not arrive is queued again, unless the server will never take it.
     * @param {[string, ErrorReport][]} batch
     * @param {boolean} keepalive
     * @returns {Promise<number>} how long the server wants to be left alone
     */
    async #send(batch, keepalive) {
      const dropped = this.#dropped;
      const body = JSON.stringify({
        batch: this.#browser.newId(),
        dropped,
        reports: batch.map(([, report]) => report),
      });
      const post = (/** @type {string} */ token) =>
        this.#try(
          REPORTS_ADDRESS,
          {
            method: "POST",
            keepalive,
            headers: { "Content-Type": "application/json", "X-CSRFToken": token },
            body,
          },
          TIMEOUT_MS,
        );
      // On the way out there is no time to ask for a token.
      let { response } = await post(keepalive ? this.#token : await this.#csrfToken());
      if (response && !keepalive && (await isCsrfRefusal(response))) {
        ({ response } = await post(await this.#freshToken()));
      }
      if (response?.ok) {
        this.#sent += batch.length;
        this.#dropped -= dropped;
      } else if (!response || isTransient(response.status) || response.status === 403) {
        for (const [name, report] of batch) {
          const newer = this.#queue.get(name);
          if (newer) newer.count += report.count;
          else if (this.#queue.size < QUEUE_LIMIT) this.#queue.set(name, report);
          else this.#dropped += report.count;
        }
      }
      return response ? this.#retryAfter(response) : 0;
    }

    /** The page may be going away: send with what is at hand, else leave it to the next page. */
    #leave() {
      if (!this.#queue.size || this.#batches >= BATCHES_PER_TAB) return;
      this.#token ||= this.#tokenOfPage();
      if (this.#token && this.#isOnline) {
        this.#batches++;
        void this.#send(this.#batch(), true);
        return;
      }
      try {
        this.#browser.storage.setItem(STORE, JSON.stringify(this.#batch()));
      } catch {
        // Forbidden or full: the reports are lost, answers are not.
      }
    }

    #takeUp() {
      try {
        const left = JSON.parse(this.#browser.storage.getItem(STORE) ?? "[]");
        this.#browser.storage.removeItem(STORE);
        for (const [name, report] of left.slice(0, QUEUE_LIMIT)) this.#queue.set(name, report);
        this.#planFlush();
      } catch {
        // As above.
      }
    }

    #online() {
      for (const wake of [...this.#wakers]) wake();
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      const offline = `warning ${this.#word("offline")}`;
      if (this.#toasts.has(offline)) {
        this.#dismiss(offline);
        this.#notify(this.#word("online"), "success", null);
      }
      for (const again of waiting) this.#run(again);
      if (this.#browser.now() >= this.#notBefore) void this.flush();
    }

    /** @param {() => unknown} again */
    async #run(again) {
      this.#waiting.delete(again);
      try {
        await again();
      } catch (error) {
        this.handleError(error, "", again);
      }
    }

    get #isOnline() {
      return this.#browser.page.navigator?.onLine !== false;
    }
  }

  /** @param {number} status */
  function isTransient(status) {
    return TRANSIENT.has(status) || status >= 500;
  }

  /** @param {unknown} error */
  function isNetworkFailure(error) {
    /** @type {Partial<Error>} */
    const thrown = Object(error);
    const { name, message } = thrown;
    return (
      name === "TimeoutError" ||
      name === "AbortError" ||
      // What Chromium, Firefox and Safari say where `fetch` gets no reply.
      (name === "TypeError" && /fetch|network|load failed/i.test(message ?? ""))
    );
  }

  /** @param {Response} response */
  async function isCsrfRefusal(response) {
    return response.status === 403 && (await jsonOf(response.clone()))?.error === "csrf";
  }

  /** @param {Response} response */
  async function jsonOf(response) {
    try {
      return await response.json();
    } catch {
      return null;
    }
  }

  /**
   * @param {unknown} error
   * @param {string} context
   * @param {ErrorReport["kind"]} kind
   * @param {string} [page]
   * @returns {ErrorReport}
   */
  function described(error, context, kind, page = "") {
    /** @type {Partial<Error>} */
    const thrown = Object(error);
    const { name = "", message, stack } = thrown;
    const said = message === undefined ? String(error) : `${name}: ${message}`;
    return {
      kind,
      message: plain(said).slice(0, MESSAGE_LENGTH),
      stack: plain(stack ?? "").slice(0, STACK_LENGTH),
      context: plain(context).slice(0, 80),
      page: page.slice(0, 200),
      count: 1,
    };
  }

  /** Return a text without the query strings of its addresses. @param {unknown} text */
  function plain(text) {
    // Cut before the search: a message of megabytes must not stop the page.
    return String(text)
      .slice(0, 2 * STACK_LENGTH)
      .replace(/[?#][^\s"'()]*?(?=(:\d+)*[\s"')]|$)/g, "");
  }

  /**
   * @param {Document} document
   * @returns {Element}
   */
  function placeOf(document) {
    const place = document.querySelector("[data-toasts]");
    if (place) return place;
    const made = document.createElement("div");
    made.className = "toasts";
    made.setAttribute("role", "status");
    made.dataset.toasts = "";
    document.body.append(made);
    return made;
  }

  /**
   * @param {Document} document
   * @param {string} message
   * @param {NoticeType} type
   * @returns {HTMLElement}
   */
  function makeToast(document, message, type) {
    const [kind, icon] = LOOKS[type];
    const template = document.querySelector("template[data-toast]");
    const drawn = /** @type {HTMLElement | null} */ (
      template instanceof HTMLTemplateElement ? template.content.firstElementChild : null
    );
    const toast = document.importNode(drawn || document.createElement("p"), true);
    toast.dataset.kind = kind;
    if (kind === "bad") toast.setAttribute("role", "alert");
    const use = toast.querySelector("use");
    use?.setAttribute("href", (use.getAttribute("href") ?? "").replace(/#.*/, `#${icon}`));
    const text = toast.querySelector("[data-message]") ?? toast;
    text.textContent = message;
    return toast;
  }

  const shared = /** @type {Window["PrimePath"]} */ (window.PrimePath ?? {});
  window.PrimePath = shared;
  shared.ErrorHandler ??= ErrorHandler;
  // Loaded by <script> and imported as well: there is one handler.
  shared.errorHandler ??= new ErrorHandler();
})();
