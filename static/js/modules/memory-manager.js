// What a page owns and has to end, and what it keeps on the device: `window.PrimePath.memoryManager`.
// A plain <script> of every page, and importable for its effect; so it exports nothing.

/** @import {MemoryStats, ModuleOptions, OwnedModule, Pressure} from "../types/primepath.d.ts" */

(() => {
  // The ends of timers are not announced: of more ids than that the oldest have long fired.
  const TIMERS_LIMIT = 5000;
  const CHECK_MS = 60_000;
  const FIRST_COLLECTION_MS = 30_000;
  const GENTLE_SHARE = 0.6;
  const AGGRESSIVE_SHARE = 0.8;
  // Where the browser tells nothing: no page of this product owns a tenth of that.
  const COUNT_LIMIT = 20_000;
  // As answer-queue.js: a server restored from a backup can be given the answers again.
  const KEPT_AFTER_CLOSE_MS = 24 * 3600 * 1000;
  const DATABASE = "primepath-answers";
  const OWN_KEYS = /^primepath-(?:track-|drafts\/)([0-9a-f-]{36})/;
  const OWN_FILES = /^primepath-session-([0-9a-f-]{36})$/;
  // These save answers or count time, whatever the page said when it registered them.
  const ALWAYS_KEPT = /saver|queue|outbox|drain|clock|sitting|submission/i;

  /**
   * What Chromium alone has.
   * @typedef {Performance & {
   *   memory?: {usedJSHeapSize: number, jsHeapSizeLimit: number},
   *   measureUserAgentSpecificMemory?: () => Promise<{bytes: number}>,
   * }} MeasuringPerformance
   */

  /** What a manager takes from the browser; tests give their own. */
  const browserOf = () => ({
    page: window,
    caches: /** @type {CacheStorage | undefined} */ (window.caches),
    performance: /** @type {MeasuringPerformance} */ (window.performance),
    databases: /** @type {IDBFactory | undefined} */ (window.indexedDB),
    now: () => Date.now(),
    setTimeout: /** @type {(run: () => void, ms: number) => unknown} */ (
      (run, ms) => window.setTimeout(run, ms)
    ),
    clearTimeout: (/** @type {any} */ timer) => window.clearTimeout(timer),
    clearInterval: (/** @type {any} */ interval) => window.clearInterval(interval),
    get storage() {
      return window.localStorage;
    },
    loadStores: () => import("./outbox-stores.js"),
    report: (/** @type {string} */ message, /** @type {string} */ context) =>
      window.PrimePath.errorHandler?.report(new Error(message), context, "memory"),
  });

  /** Of one target: each listener with the types it hears, a `!` before those of capturing. */
  /** @typedef {Map<EventListenerOrEventListenerObject, Set<string>>} Listening */

  class MemoryManager {
    #browser;
    #stopped = new AbortController();
    /** @type {Map<string, {module: OwnedModule} & Required<ModuleOptions>>} */
    #modules = new Map();
    /** @type {Set<unknown>} */
    #timers = new Set();
    /** @type {Set<unknown>} */
    #intervals = new Set();
    // A target that the page forgot goes with its listeners: nothing here holds it.
    /** @type {WeakMap<EventTarget, Listening>} */
    #listening = new WeakMap();
    /** @type {Set<WeakRef<EventTarget>>} */
    #targets = new Set();
    /** @type {FinalizationRegistry<WeakRef<EventTarget>>} */
    #gone = new FinalizationRegistry((ref) => this.#targets.delete(ref));
    /** @type {Pressure} */
    #pressure = "none";
    /** @type {number | null} */
    #measured = null;
    /** @type {unknown} */
    #checkTimer = null;

    constructor(browser = {}) {
      this.#browser = Object.defineProperties(
        browserOf(),
        Object.getOwnPropertyDescriptors(browser),
      );
      // A page in the back/forward cache goes on when it comes back: only a page that ends is ended.
      this.#browser.page.addEventListener(
        "pagehide",
        ({ persisted }) => {
          if (!persisted) this.cleanup();
        },
        { signal: this.#stopped.signal },
      );
      this.#planCheck(FIRST_COLLECTION_MS, () => this.collectStorage());
    }

    /**
     * Own `module`: its `destroy()` is called at clean-up, its `relieve(pressure)` when memory runs
     * out.  Another module of this name is ended first.
     * @param {string} name
     * @param {OwnedModule} module
     * @param {ModuleOptions} [options]
     */
    registerModule(name, module, { keep = false, expendable = false } = {}) {
      const before = this.#modules.get(name);
      if (before && before.module !== module) this.#end(name);
      const isKept = keep || ALWAYS_KEPT.test(name);
      this.#modules.set(name, { module, keep: isKept, expendable: expendable && !isKept });
    }

    /** Own the module no more; it is not ended. @param {string} name */
    unregisterModule(name) {
      return this.#modules.delete(name);
    }

    /** Own a `setTimeout`. @param {unknown} timer */
    registerTimer(timer) {
      this.#timers.add(timer);
      if (this.#timers.size > TIMERS_LIMIT) this.#timers.delete(this.#timers.values().next().value);
    }

    /** @param {unknown} timer */
    unregisterTimer(timer) {
      return this.#timers.delete(timer);
    }

    /** Own a `setInterval`. @param {unknown} interval */
    registerInterval(interval) {
      this.#intervals.add(interval);
    }

    /** @param {unknown} interval */
    unregisterInterval(interval) {
      return this.#intervals.delete(interval);
    }

    /**
     * Add a listener and own it.
     * @param {EventTarget} target
     * @param {string} type
     * @param {EventListenerOrEventListenerObject} listener
     * @param {boolean | AddEventListenerOptions} [options]
     */
    registerEventListener(target, type, listener, options = {}) {
      target.addEventListener(type, listener, options);
      const kept = this.#listenersOf(target);
      const types = kept.get(listener) ?? new Set();
      kept.set(listener, types.add(nameOf(type, options)));
      if (typeof options === "object" && options.once) {
        const forget = () => this.#forget(target, type, listener, options);
        target.addEventListener(type, forget, options);
      }
    }

    /**
     * Remove a listener and own it no more.
     * @param {EventTarget} target
     * @param {string} type
     * @param {EventListenerOrEventListenerObject} listener
     * @param {boolean | EventListenerOptions} [options]
     */
    unregisterEventListener(target, type, listener, options = {}) {
      target.removeEventListener(type, listener, options);
      return this.#forget(target, type, listener, options);
    }

    /** End all that is owned, but for what saves answers or counts time.  Twice is once. */
    cleanup() {
      for (const [name, { keep }] of [...this.#modules]) if (!keep) this.#end(name);
      for (const timer of this.#timers) this.#browser.clearTimeout(timer);
      this.#timers.clear();
      for (const interval of this.#intervals) this.#browser.clearInterval(interval);
      this.#intervals.clear();
      for (const ref of this.#targets) {
        const target = ref.deref();
        if (!target) continue;
        for (const [listener, types] of this.#listenersOf(target)) {
          for (const name of types) {
            target.removeEventListener(name.replace("!", ""), listener, {
              capture: name[0] === "!",
            });
          }
        }
        this.#listening.get(target)?.clear();
      }
    }

    /**
     * Remove from this device what sessions left that were closed a day ago with nothing unsent.
     * Never touches what is not this product's.
     * @returns {Promise<number>} of how many sessions
     */
    async collectStorage() {
      /** @type {Set<string>} */
      const removed = new Set();
      try {
        const stores = await this.#stores();
        const waiting = await Promise.all(stores.map((store) => store.waiting()));
        const unsent = new Set(waiting.flat().map(({ session }) => session));
        const now = this.#browser.now();
        /** @type {Set<string>} */
        const held = new Set(unsent);
        const records = await Promise.all(stores.map((store) => store.sessions()));
        // Oldest first: what another store knows since has the last word.
        const newest = new Map(
          records
            .flat()
            .sort((one, other) => one.touchedAt - other.touchedAt)
            .map((record) => [record.session, record]),
        );
        for (const { session, closedAt, touchedAt, ...facts } of newest.values()) {
          // A test that was loaded and never started is over with its day.
          const isOnlyLoaded =
            facts.definition && !facts.last && !facts.ticket && !facts.submission;
          const since = closedAt ?? (isOnlyLoaded ? touchedAt : now);
          const isOver = now - since > KEPT_AFTER_CLOSE_MS;
          (isOver && !unsent.has(session) ? removed : held).add(session);
        }
        for (const store of stores) {
          await store.prune([...removed]);
          store.close();
        }
        if (removed.size) this.#removeKeys(removed);
        await this.#removeFiles(held);
      } catch {
        // Storage that is forbidden, full or in another page's hands is left as it is.
      }
      return removed.size;
    }

    /**
     * Measure, and give memory back where it runs short.
     * @returns {Promise<Pressure>}
     */
    async checkPressure() {
      await this.#measure();
      const before = this.#pressure;
      this.#pressure = pressureOf(this.getMemoryStats().share);
      if (this.#pressure !== "none") await this.#relieve(this.#pressure);
      if (this.#pressure === "aggressive" && before !== "aggressive") this.#alert();
      return this.#pressure;
    }

    /**
     * Return what is owned and what is used; `share` is 0 to 1 of what the page may use.
     * @returns {MemoryStats}
     */
    getMemoryStats() {
      const { memory } = this.#browser.performance;
      const owned = {
        modules: this.#modules.size,
        timers: this.#timers.size,
        intervals: this.#intervals.size,
        listeners: this.#countListeners(),
      };
      const usedBytes = this.#measured ?? memory?.usedJSHeapSize ?? null;
      const limitBytes = memory?.jsHeapSizeLimit ?? null;
      const count = owned.timers + owned.intervals + owned.listeners;
      const share = usedBytes && limitBytes ? usedBytes / limitBytes : count / COUNT_LIMIT;
      return { ...owned, usedBytes, limitBytes, share, pressure: pressureOf(share) };
    }

    /** Clean up and watch no more. */
    destroy() {
      this.#stopped.abort();
      this.#browser.clearTimeout(this.#checkTimer);
      this.cleanup();
    }

    // Owned things

    /** @param {string} name */
    #end(name) {
      const owned = this.#modules.get(name);
      this.#modules.delete(name);
      try {
        owned?.module.destroy?.();
      } catch (error) {
        // The others still have to end.
        this.#browser.report(`${error}`, `end of ${name}`);
      }
    }

    /** @param {EventTarget} target */
    #listenersOf(target) {
      const known = this.#listening.get(target);
      if (known) return known;
      const ref = new WeakRef(target);
      /** @type {Listening} */
      const kept = new Map();
      this.#listening.set(target, kept);
      this.#targets.add(ref);
      this.#gone.register(target, ref);
      return kept;
    }

    /**
     * @param {EventTarget} target
     * @param {string} type
     * @param {EventListenerOrEventListenerObject} listener
     * @param {boolean | EventListenerOptions} options
     */
    #forget(target, type, listener, options) {
      const known = this.#listening.get(target);
      const types = known?.get(listener);
      if (!known || !types?.delete(nameOf(type, options))) return false;
      if (!types.size) known.delete(listener);
      return true;
    }

    #countListeners() {
      let count = 0;
      for (const ref of this.#targets) {
        const target = ref.deref();
        if (target) for (const types of this.#listenersOf(target).values()) count += types.size;
      }
      return count;
    }

    // Pressure

    /**
     * @param {number} ms
     * @param {() => unknown} work
     */
    #planCheck(ms, work) {
      this.#checkTimer = this.#browser.setTimeout(async () => {
        // Measuring a hidden tab would wake it, and it grows least.
        if (!this.#browser.page.document?.hidden) await work();
        if (!this.#stopped.signal.aborted) this.#planCheck(CHECK_MS, () => this.checkPressure());
      }, ms);
    }

    async #measure() {
      const { performance, page } = this.#browser;
      this.#measured = null;
      if (!page.crossOriginIsolated || !performance.measureUserAgentSpecificMemory) return;
      try {
        this.#measured = (await performance.measureUserAgentSpecificMemory()).bytes;
      } catch {
        // Refused: the other ways remain.
      }
    }

    /** @param {Pressure} pressure */
    async #relieve(pressure) {
      for (const [name, { module, expendable }] of [...this.#modules]) {
        try {
          module.relieve?.(pressure);
        } catch (error) {
          this.#browser.report(`${error}`, `relief of ${name}`);
        }
        if (expendable && pressure === "aggressive") this.#end(name);
      }
      await this.collectStorage();
    }

    #alert() {
      const { share, usedBytes } = this.getMemoryStats();
      const size = usedBytes ? `${Math.round(usedBytes / 2 ** 20)} MB` : "size unknown";
      this.#browser.report(`memory at ${Math.round(share * 100)} percent (${size})`, "pressure");
    }

    // Storage

    async #stores() {
      const { databases } = this.#browser;
      const { IndexedDbStore, localStore } = await this.#browser.loadStores();
      const stores = [];
      // Opening would make the database on a device that never sat a test.
      const names = (await databases?.databases?.())?.map(({ name }) => name) ?? [];
      if (databases && names.includes(DATABASE)) stores.push(new IndexedDbStore(databases));
      stores.push(localStore(this.#browser.storage));
      return stores;
    }

    /** Of sessions that nothing here knows any more. @param {Set<string>} held */
    async #removeFiles(held) {
      const { caches, databases } = this.#browser;
      // Where the databases cannot be listed, nobody knows which sessions are held.
      if (!caches || !databases?.databases) return;
      for (const name of await caches.keys()) {
        const session = OWN_FILES.exec(name)?.[1];
        if (session && !held.has(session)) await caches.delete(name);
      }
    }

    /** @param {Set<string>} sessions */
    #removeKeys(sessions) {
      const { storage } = this.#browser;
      for (const name of Object.keys(storage)) {
        const session = OWN_KEYS.exec(name)?.[1];
        if (session && sessions.has(session)) storage.removeItem(name);
      }
    }
  }

  /** @param {number} share @returns {Pressure} */
  function pressureOf(share) {
    if (share > AGGRESSIVE_SHARE) return "aggressive";
    return share > GENTLE_SHARE ? "gentle" : "none";
  }

  /**
   * @param {string} type
   * @param {boolean | EventListenerOptions} options
   */
  function nameOf(type, options) {
    return `${(typeof options === "boolean" ? options : options.capture) ? "!" : ""}${type}`;
  }

  const shared = /** @type {Window["PrimePath"]} */ (window.PrimePath ?? {});
  window.PrimePath = shared;
  shared.MemoryManager ??= MemoryManager;
  // Loaded by <script> and imported as well: there is one manager.
  shared.memoryManager ??= new MemoryManager();
})();
