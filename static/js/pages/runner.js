// The exam runner: wires the modules to the page.

import { AnswerBar } from "../modules/answer-bar.js";
/** @import {ExamDefinition, QuestionDefinition, SectionDefinition, StateReply, TrackDefinition} from "../types/protocol.d.ts" */
import { AnswerDrafts } from "../modules/answer-drafts.js";
import { AnswerSaver } from "../modules/answer-saver.js";
import { AnswerSheet } from "../modules/answer-sheet.js";
import { Banners } from "../modules/banners.js";
import { textSizeSwitch, themeSwitch } from "../modules/display-settings.js";
import { EARLY_MS, endTurn } from "../modules/end-turn.js";
import { PageLock } from "../modules/page-lock.js";
import { PageTemplates, slot } from "../modules/page-templates.js";
import { PaperView } from "../modules/paper-view.js";
import { RunnerCover } from "../modules/runner-cover.js";
import { RunnerDialogs } from "../modules/runner-dialogs.js";
import { saveState } from "../modules/save-state.js";
import { display, SessionClock } from "../modules/session-clock.js";
import { loadPaper, paperWidth, sessionFiles, shellAddress } from "../modules/session-files.js";
import { isOver } from "../modules/session-states.js";
import { Shortcuts } from "../modules/shortcuts.js";
import { CallFailed, Sitting } from "../modules/sitting.js";
import { SplitPane } from "../modules/split-pane.js";
import {
  loadSaving,
  makeApi,
  makeDrain,
  makeMendingApi,
  makeQueue,
  newId,
  registerWorker,
  rescueKey,
  saveFile,
  settings,
  subtle,
  timers,
  wallClock,
} from "../modules/student-browser.js";
import { Submission } from "../modules/submission.js";
import { loadTracks } from "../modules/track-loader.js";
import { TrackPlayer } from "../modules/track-player.js";

// How long a warning about the time stays; the clock itself stays red.
const WARNING_SHOWN_MS = 30_000;
// After the time is over the page looks that often whether the server has closed the session.
const OVER_POLL_MS = 5000;
// A page whose turn at the end comes later says so.
const SHORT_WAIT_MS = 3000;
// The page's clock is early by up to one round trip; more than that is time that somebody gave.
const MORE_TIME_MS = 2000;
// Who was heard so lately elsewhere may still be at work there, and is not put aside unasked.  Longer
// than an idle page is ever silent: 30 s between two heartbeats and 8 s for one that fails.
const ELSEWHERE_MS = 40_000;
// Waiting longer than this is no hiccup any more: a file can be carried by hand.
const STUCK_MS = 120_000;
const SHORTCUTS_KEY = "primepath-shortcuts";
const ROUTINE = new Set(["saved", "sending"]);

class Runner {
  #root;
  #session;
  #files;
  #doneAddress;
  #kept;
  #templates = new PageTemplates(document);
  #cover;
  #banners;
  #clock;
  #queue;
  #api;
  #sitting;
  #submission;
  #drain;
  #lock;
  /** @type {ExamDefinition | null} */
  #definition = null;
  /** @type {AnswerSheet | null} */
  #sheet = null;
  /** @type {AnswerBar | null} */
  #bar = null;
  /** @type {PaperView | null} */
  #paper = null;
  /** @type {RunnerDialogs | null} */
  #dialogs = null;
  /** @type {Map<number, Blob>} */
  #sounds = new Map();
  /** @type {Map<number, TrackPlayer>} */
  #players = new Map();
  #isReadOnly = true;
  #isEnding = false;
  #isHandingIn = false;
  #isWaiting = false;
  /** What the cover offers the emergency file beside. */
  #offered = "";
  #isAsking = false;
  /** Ends the waiting for this page's turn at the end. */
  #endTurn = () => {};
  #hasAsked = false;
  #followsPaper = true;
  #lastState = "saved";
  #stopped = new AbortController();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    // `/sit/<session>/test/`: the page itself, as the service worker keeps it, is of no session.
    this.#files = location.pathname.replace(/test\/$/, "");
    this.#session = this.#files.split("/").at(-2) ?? "";
    this.#doneAddress = `${this.#files}done/`;
    this.#kept = sessionFiles(this.#session, window.fetch.bind(window), window.caches);
    this.#cover = new RunnerCover(element("cover"), root, this.#templates);
    this.#banners = new Banners(slot(root, "banners"), this.#templates);
    this.#clock = new SessionClock({
      now: timers.now,
      wallClock,
      events: {
        onTick: (ms) => this.#renderTime(ms),
        onWarning: (minutes) => this.#warn(minutes),
        onEnd: () => void this.#timeOver(),
        onAsk: () => void this.#sitting.refresh(),
      },
    });
    this.#queue = makeQueue(() => this.#renderSaving());
    this.#api = makeMendingApi(this.#session, this.#queue);
    this.#drain = makeDrain(this.#queue, {
      own: this.#session,
      leads: () => Boolean(this.#sitting.claim),
    });
    this.#sitting = this.#makeSitting();
    this.#submission = new Submission({
      session: this.#session,
      queue: this.#queue,
      saver: this.#sitting.saver,
      api: this.#api,
      timers,
      random: Math.random,
      newId,
      subtle,
      wallClock,
      onWaiting: () => this.#submissionWaits(),
    });
    this.#lock = new PageLock({
      name: `primepath-session-${this.#session}`,
      locks: navigator.locks,
      channel:
        typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("primepath"),
      onLost: () => this.#claimed(),
    });
    this.#register();
    this.#listen();
  }

  /** What saves answers or counts time: no clean-up ends it. */
  #register() {
    const { memoryManager } = window.PrimePath;
    const keep = true;
    memoryManager.registerModule("session-clock", this.#clock, { keep });
    memoryManager.registerModule("answer-queue", this.#queue, { keep });
    memoryManager.registerModule("answer-saver", this.#sitting.saver, { keep });
    memoryManager.registerModule("outbox-drain", this.#drain, { keep });
  }

  /**
   * Load what is missing, take the right to write, open the inputs.
   * @param {{takeOver?: boolean}} [how] from another page of this student
   * @returns {Promise<void>}
   */
  async start({ takeOver = false } = {}) {
    void this.#cover.show("loading");
    if (!(await this.#lock.acquire({ takeOver }))) {
      await this.#cover.show("elsewhere", { action: "continue-here" });
      return this.start({ takeOver: true });
    }
    try {
      await this.#load(takeOver);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      await this.#explain(error);
      // Two pages that cannot load would else take the lock from each other for ever.
      return this.start({ takeOver: takeOver && this.#lock.isHeld });
    }
  }

  /** Open the outbox; done once, before `start`. */
  async prepare() {
    await this.#queue.open();
    // Whatever this page comes to, also a question or a refusal: what waits is sent.
    if (this.#queue.waiting(this.#session).length) this.#sitting.saver.hurry();
    void this.#drain.hurry();
    rescueKey();
  }

  /** @param {boolean} takeOver the student has said so */
  async #load(takeOver) {
    // Who has pressed start on the page before has the exam, and gets the state with the start.
    const hasPressed = sessionStorage.getItem(this.#startFlag) !== null;
    this.#definition ??= await this.#sitting.loadDefinition({ isLoaded: hasPressed });
    let state = hasPressed ? null : await this.#stateOrNothing();
    if (state && isOver(state.state)) return this.#leave();
    this.#build(this.#definition);
    await this.#loadSounds(this.#definition);
    const isNew = hasPressed || state?.state === "registered";
    await this.#keepPaper(this.#definition, isNew);
    if (isNew) {
      if (!hasPressed) await this.#cover.show("ready", { action: "start" });
      state = await this.#sitting.begin();
      sessionStorage.removeItem(this.#startFlag);
      if (isOver(state.state)) return this.#leave();
    }
    this.#showCode(state?.resume_code);
    if (state && !takeOver && this.#isUsedElsewhere(state)) {
      await this.#cover.show("device", { action: "continue-here" });
      state = await this.#sitting.loadState();
      if (isOver(state.state)) return this.#leave();
    }
    // While this page was loading another one can have taken over.
    if (!this.#lock.isHeld) return this.start();
    if (state) await this.#sitting.open(state);
    else if (!(await this.#sitting.openOffline())) throw new CallFailed(NOTHING);
    // Or in these very moments.
    if (!this.#lock.isHeld) {
      this.#sitting.release();
      return this.start();
    }
    sessionStorage.removeItem(`primepath-continue-${this.#session}`);
    this.#makePlayers(this.#definition);
    await this.#goOn(state);
    void loadSaving();
  }

  /** The clock starts by the student's own act: here, or on the page before, which says so. */
  get #startFlag() {
    return `primepath-start-${this.#session}`;
  }

  /** @param {string | null | undefined} code */
  #showCode(code) {
    const line = slot(this.#root, "resume-code");
    line.hidden = !code;
    if (code) line.textContent = this.#templates.word("resume-code", { code });
  }

  /** @param {StateReply} state */
  #isUsedElsewhere({ elsewhere_ms: heard }) {
    if (typeof heard !== "number" || heard >= ELSEWHERE_MS) return false;
    // Whoever comes by the code has said already that the test goes on here.
    return sessionStorage.getItem(`primepath-continue-${this.#session}`) === null;
  }

  /**
   * Open the inputs, unless an earlier page has handed in already.
   * @param {StateReply | null} state null: no network
   */
  async #goOn(state) {
    const record = await this.#queue.record(this.#session);
    const { submission, receipt, isReopened, closedAt, heard } = record;
    if (!state && heard) this.#clock.recall(heard);
    const wasGivenTime = submission?.atEnd && (state?.remaining_ms ?? 0) > MORE_TIME_MS;
    if (submission && !isReopened && !wasGivenTime) {
      this.#open({ isReadOnly: true });
      return this.#handIn(() => this.#submission.resume(), { hadReceipt: Boolean(receipt) });
    }
    if (submission || closedAt) await this.#reopen();
    this.#open();
  }

  /** Staff gave the session back, or time: what was handed in before is over. */
  #reopen() {
    return this.#queue.remember(this.#session, {
      submission: undefined,
      receipt: undefined,
      isReopened: undefined,
      closedAt: undefined,
    });
  }

  async #stateOrNothing() {
    try {
      return await this.#sitting.loadState();
    } catch (error) {
      if (error instanceof CallFailed && error.status === 0) return null;
      throw error;
    }
  }

  #open({ isReadOnly = false } = {}) {
    this.#setReadOnly(isReadOnly);
    this.#offered = "";
    this.#cover.hide();
    for (const name of ["elsewhere", "token"]) this.#banners.hide(name);
    this.#clock.start();
    this.#renderAll();
    if (!this.#sheet?.current) {
      // The first page begins with instructions: opening the test must not scroll past them.
      this.#followsPaper = false;
      this.#sheet?.move(1);
      this.#followsPaper = true;
    }
    // The time can be over before there was anything to hand in.
    if (this.#clock.left === 0) void this.#timeOver();
  }

  /**
   * Say what is in the way, and wait until the student tries again.
   * @param {CallFailed} error
   */
  async #explain({ status, code, message, retryAfterMs }) {
    if (code === "ended") return this.#leave();
    if (status === 401 && (await this.#askCode())) return;
    if (status === 401 || status === 404) {
      await this.#cover.show("refused", { action: "try-again", facts: { message } });
      return;
    }
    const again = this.#cover.show("offline", { action: "try-again" });
    const later = new Promise((resolve) =>
      setTimeout(resolve, Math.max(OVER_POLL_MS, retryAfterMs)),
    );
    await Promise.race([again, later]);
  }

  /** @param {ExamDefinition} definition */
  #build(definition) {
    if (this.#sheet) return;
    const { book } = this.#sitting;
    const templates = this.#templates;
    document.title = slot(this.#root, "exam-title").textContent = definition.title;
    slot(this.#root, "event").textContent = definition.event ?? templates.word("preview");
    this.#dialogs = new RunnerDialogs({
      page: document,
      book,
      templates,
      onGoTo: (question) => this.#goTo(question),
      onConfirm: () => void this.#submit(),
    });
    this.#paper = new PaperView({
      root: slot(this.#root, "paper"),
      definition,
      templates,
      address: this.#files,
      fetch: this.#kept.fetch,
    });
    this.#sheet = new AnswerSheet({
      root: slot(this.#root, "sections"),
      definition,
      book,
      templates,
      timers,
      before: (section, question) => this.#tracksBefore(section, question),
      events: {
        onAnswer: (part, value) => void this.#sitting.record("answer", part, value),
        onFlag: (question, isFlagged) =>
          void this.#sitting.record("flag", question, isFlagged ? true : null),
        onCurrent: (question) => this.#turnedTo(question),
      },
    });
    this.#bar = new AnswerBar({
      root: slot(this.#root, "bar"),
      sheet: this.#sheet,
      book,
      templates,
      onMove: (step) => this.#step(step),
      onFlag: () => this.#sheet?.flagCurrent(),
      onWrite: (question) => this.#goTo(question.id),
    });
    if (this.#paper.isEmpty) this.#root.dataset.view = "answers";
  }

  /**
   * The places of the tracks that begin with a question; the players come once they are loaded.
   * @param {SectionDefinition} section
   * @param {QuestionDefinition} question
   */
  #tracksBefore(section, question) {
    const at = section.questions.indexOf(question);
    const earlier = new Set(section.questions.slice(0, at).flatMap(({ tracks }) => tracks));
    return question.tracks
      .filter((track) => !earlier.has(track))
      .map((track) => {
        const place = document.createElement("div");
        place.dataset.track = String(track);
        const numbers = section.questions
          .filter(({ tracks }) => tracks.includes(track))
          .map(({ number }) => number);
        place.dataset.first = numbers[0];
        place.dataset.last = numbers[numbers.length - 1];
        return place;
      });
  }

  /** @param {ExamDefinition} definition */
  async #loadSounds({ tracks }) {
    while (tracks.some(({ id }) => !this.#sounds.has(id))) {
      void this.#cover.show("loading-tracks");
      try {
        await loadTracks(tracks, {
          address: this.#files,
          fetch: this.#kept.fetch,
          onProgress: (share) => this.#cover.progress(share),
          loaded: this.#sounds,
        });
      } catch (error) {
        if (navigator.onLine) window.PrimePath.errorHandler.report(error, "load tracks");
        await this.#cover.show("tracks-failed", { action: "try-again" });
      }
    }
  }

  /**
   * Have the whole paper, and this page itself, on the device.
   * @param {ExamDefinition} definition
   * @param {boolean} isAwaited before the clock starts; a test that runs goes on meanwhile
   */
  async #keepPaper(definition, isAwaited) {
    const { fetch } = this.#kept;
    const options = { address: this.#files, fetch, width: paperWidth(window) };
    const page = shellAddress(document.documentElement.lang);
    const work = Promise.all([
      loadPaper(definition, options),
      window.caches && fetch(page, location.pathname),
    ])
      .then(() => this.#kept.settled())
      // The images of the paper say themselves what is missing.
      .catch(() => {});
    if (isAwaited) await work;
  }

  /** @param {ExamDefinition} definition */
  #makePlayers({ tracks }) {
    for (const place of this.#root.querySelectorAll("[data-track]")) {
      if (!(place instanceof HTMLElement)) continue;
      const track = tracks.find(({ id }) => String(id) === place.dataset.track);
      const sound = track && this.#sounds.get(track.id);
      if (!track || !sound) continue;
      // Of a track that serves several sections the first place has the player.
      if (!this.#players.has(track.id)) {
        const player = this.#makePlayer(track, sound, place);
        this.#players.set(track.id, player);
        place.replaceWith(player.element);
      } else place.remove();
    }
  }

  /**
   * @param {TrackDefinition} track
   * @param {Blob} sound
   * @param {HTMLElement} place
   */
  #makePlayer(track, sound, { dataset: { first = "", last = "" } }) {
    const word = first === last ? "track-question" : "track-questions";
    return new TrackPlayer({
      track,
      sound,
      label: this.#templates.word(word, { title: track.title, first, last }),
      templates: this.#templates,
      storage: settings,
      storageKey: `primepath-track-${this.#session}-${track.id}`,
      plays: this.#sitting.book.plays(track.id),
      onPlay: (plays) => void this.#sitting.record("play", track.id, plays),
    });
  }

  #makeSitting() {
    return new Sitting({
      session: this.#session,
      api: this.#api,
      queue: this.#queue,
      drafts: new AnswerDrafts(settings, this.#session),
      makeSaver: (events) =>
        new AnswerSaver({
          session: this.#session,
          queue: this.#queue,
          api: this.#api,
          timers,
          random: Math.random,
          newId,
          events,
        }),
      newId,
      wallClock,
      events: {
        onChange: () => this.#renderSaving(),
        onMerge: () => this.#renderAll(),
        onTime: (reply) => this.#heardTime(reply),
        onState: (state) => (state === "claimed" ? this.#claimed() : void this.#ended()),
        onEntry: ({ kind, part }, status) => {
          if (status === "rejected" && kind === "answer") {
            this.#sheet?.note(part, this.#templates.word("rejected"));
          }
          if (status === "late") {
            this.#banners.show("late", { kind: "warn", text: this.#templates.word("late") });
          }
        },
      },
    });
  }

  #listen() {
    // A text that is no entry yet is not saved.
    this.#root.addEventListener("input", () => this.#renderSaving());
    window.addEventListener("online", () => this.#hurry());
    // A tab that the browser had frozen.
    document.addEventListener("resume", () => this.#hurry());
    window.addEventListener("offline", () => this.#renderSaving());
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    window.addEventListener("pagehide", () => this.#hide());
    // A page from the back/forward cache has lost its lock and its time.
    window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
    window.addEventListener("beforeunload", (event) => {
      if (this.#lastState === "unsaved") event.preventDefault();
    });
    const { signal } = this.#stopped;
    themeSwitch(document, signal);
    textSizeSwitch(document, settings, signal);
    new SplitPane({ runner: this.#root, handle: slot(this.#root, "split"), storage: settings });
    this.#listenToBar();
    this.#listenToKeys();
  }

  #listenToBar() {
    slot(this.#root, "open-map").addEventListener("click", () => this.#dialogs?.openMap());
    slot(this.#root, "open-review").addEventListener("click", () => this.#review());
    slot(this.#root, "open-help").addEventListener("click", () => this.#dialogs?.openHelp());
    slot(this.#root, "save-file").addEventListener("click", () => void this.#saveFile());
    const menu = /** @type {HTMLDetailsElement} */ (slot(this.#root, "menu"));
    document.addEventListener("click", ({ target }) => {
      if (!menu.contains(/** @type {Node} */ (target))) menu.open = false;
    });
    menu.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") menu.open = false;
    });
    for (const view of ["paper", "answers"]) {
      slot(this.#root, `tab-${view}`).addEventListener("click", () => this.#view(view));
    }
    slot(this.#root, "tabs").addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      this.#view(this.#root.dataset.view === "answers" ? "paper" : "answers");
      slot(this.#root, `tab-${this.#root.dataset.view}`).focus();
    });
  }

  #listenToKeys() {
    const shortcuts = new Shortcuts(document, {
      choose: (index) => this.#sheet?.choose(index),
      move: (step) => this.#step(step),
      flag: () => this.#sheet?.flagCurrent(),
      help: () => this.#dialogs?.openHelp(),
    });
    const box = /** @type {HTMLInputElement} */ (slot(document, "shortcuts"));
    shortcuts.isOn = box.checked = settings.getItem(SHORTCUTS_KEY) !== "off";
    box.addEventListener("change", () => {
      shortcuts.isOn = box.checked;
      settings.setItem(SHORTCUTS_KEY, box.checked ? "on" : "off");
    });
  }

  /** @param {string} view */
  #view(view) {
    this.#root.dataset.view = view;
    for (const name of ["paper", "answers"]) {
      const tab = slot(this.#root, `tab-${name}`);
      tab.setAttribute("aria-selected", String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
    }
    const current = this.#sheet?.current;
    if (view === "paper" && current) this.#paper?.show(current);
  }

  /** @param {number} question */
  #goTo(question) {
    this.#view("answers");
    this.#sheet?.goTo(question);
  }

  /** @param {1 | -1} step */
  #step(step) {
    this.#sheet?.move(step);
  }

  /** @param {QuestionDefinition} question */
  #turnedTo(question) {
    if (this.#followsPaper) this.#paper?.show(question);
    this.#bar?.show(question);
  }

  /** @param {boolean} isReadOnly */
  #setReadOnly(isReadOnly) {
    this.#isReadOnly = isReadOnly;
    this.#sheet?.setReadOnly(isReadOnly);
    for (const player of this.#players.values()) player.setReadOnly(isReadOnly);
    /** @type {HTMLButtonElement} */ (slot(this.#root, "open-review")).disabled = isReadOnly;
    this.#renderSaving();
  }

  #visibilityChanged() {
    if (document.visibilityState === "hidden") this.#hide();
    else {
      this.#clock.tick();
      this.#hurry();
    }
  }

  /** The page may be going away: everything becomes an entry, and is sent once it is one. */
  #hide() {
    if (!this.#isReadOnly) this.#sheet?.commit({ anyway: true });
    this.#sitting.hide();
    void this.#queue.settled().then(() => this.#sitting.saver.flushOnHide());
  }

  #renderAll() {
    this.#sheet?.render();
    for (const [track, player] of this.#players) player.setPlays(this.#sitting.book.plays(track));
    this.#renderSaving();
  }

  #renderSaving() {
    if (!this.#sitting || !this.#sheet) return;
    const shown = saveState({
      isReadOnly: this.#isReadOnly,
      isDirty: this.#sheet.isDirty,
      inMemory: this.#queue.level === "memory",
      isOnline: navigator.onLine,
      ...this.#sitting.status,
      ...this.#sitting.saver.status,
    });
    const label = slot(this.#root, "save-state");
    const text = this.#templates.word(shown.word);
    label.dataset.state = shown.state;
    if (label.textContent !== text) label.textContent = text;
    // Every click is saved; said aloud each time it would drown the test.
    if (
      shown.state !== this.#lastState &&
      !(ROUTINE.has(shown.state) && ROUTINE.has(this.#lastState))
    ) {
      slot(this.#root, "announcer").textContent = text;
    }
    this.#lastState = shown.state;
    this.#renderProgress();
    this.#renderProblems(shown);
    this.#bar?.render();
  }

  #renderProgress() {
    const { book } = this.#sitting;
    const facts = { ...book.counts(), total: book.questions.length };
    slot(this.#root, "progress").textContent = this.#templates.word("progress", facts);
  }

  /** @param {{state: string, word: string}} shown */
  #renderProblems({ state, word }) {
    const { tokenMissing, aside, stuckMs, waiting } = this.#sitting.saver.status;
    const inMemory = this.#queue.level === "memory";
    const file = { text: "save-file", run: () => void this.#saveFile() };
    const code = { text: "enter-code", run: () => void this.#askCode() };
    /** @type {[string, boolean, "warn" | "bad", string, {text: string, run: () => void}?][]} */
    const problems = [
      ["memory", inMemory, "bad", "banner-memory"],
      ["unstored", word === "save-unstored", "bad", "banner-unstored"],
      ["offline", word === "save-offline" || word === "save-failing", "warn", "banner-offline"],
      ["token", tokenMissing, "bad", "banner-token", code],
      ["aside", aside > 0 && state !== "saved", "bad", "banner-aside"],
      [
        "file",
        stuckMs > STUCK_MS || aside > 0 || this.#isWaiting || (inMemory && waiting > 0),
        "warn",
        "banner-file",
        file,
      ],
    ];
    for (const [name, isShown, kind, text, act] of problems) {
      const action = act && { ...act, text: this.#templates.word(act.text) };
      if (isShown) this.#banners.show(name, { kind, text: this.#templates.word(text), action });
      else this.#banners.hide(name);
    }
    if (tokenMissing && !this.#hasAsked) void this.#askCode();
    this.#hasAsked = tokenMissing;
  }

  /** Ask for the resume code in place; what waits is sent afterwards. @returns {Promise<boolean>} */
  async #askCode() {
    if (this.#isAsking) return false;
    this.#isAsking = true;
    try {
      const { askCode } = await import("../modules/code-dialog.js");
      const isTaken = await askCode({
        dialog: /** @type {HTMLDialogElement} */ (element("code-dialog")),
        slot,
        session: this.#session,
        api: makeApi(),
        failed: this.#templates.word("code-failed"),
        keep: (ticket) => this.#queue.remember(this.#session, ticket ? { ticket } : {}),
      });
      if (isTaken) {
        sessionStorage.setItem(`primepath-continue-${this.#session}`, "1");
        this.#hurry();
      }
      return isTaken;
    } finally {
      this.#isAsking = false;
    }
  }

  async #saveFile() {
    this.#sheet?.commit({ anyway: true });
    await this.#queue.settled();
    const said = await saveFile(this.#session, this.#queue);
    const kind = said === "saved" ? "info" : "warn";
    this.#banners.show("file-said", { kind, text: this.#templates.word(`file-${said}`) });
    setTimeout(() => this.#banners.hide("file-said"), WARNING_SHOWN_MS);
    return said;
  }

  /** The network or the page is back. */
  #hurry() {
    this.#sitting.saver.hurry();
    this.#submission.hurry();
    if (this.#sheet && !this.#isEnding) void this.#sitting.refresh();
  }

  /** @param {import("../modules/session-clock.js").Heard} heard */
  #heardTime(heard) {
    this.#clock.hear(heard);
    if ((heard.remaining ?? 0) > MORE_TIME_MS) this.#endTurn();
    if (heard.paused) {
      this.#banners.show("paused", { kind: "info", text: this.#templates.word("banner-paused") });
    } else this.#banners.hide("paused");
  }

  /** @param {number | null} ms */
  #renderTime(ms) {
    const label = slot(this.#root, "time");
    const words = slot(label, "time-text");
    const { minutes, seconds, state } = display(ms ?? Number.POSITIVE_INFINITY);
    const word = seconds === null ? "time-minutes" : "time-seconds";
    const facts = { minutes, seconds: String(seconds ?? 0).padStart(2, "0") };
    const text = ms === null ? "–" : this.#templates.word(word, facts);
    if (words.textContent !== text) words.textContent = text;
    label.dataset.state = state;
  }

  /** @param {number} minutes */
  #warn(minutes) {
    const text = this.#templates.word(minutes === 1 ? "warning-minute" : "warning-minutes", {
      minutes,
    });
    this.#banners.show("time", { kind: minutes === 1 ? "bad" : "warn", text });
    setTimeout(() => this.#banners.hide("time"), WARNING_SHOWN_MS);
  }

  /** Another page of this student writes now. */
  #claimed() {
    this.#sheet?.commit({ anyway: true });
    void this.#queue.settled().then(() => {
      this.#sitting.release();
      this.#sitting.saver.hurry();
    });
    this.#setReadOnly(true);
    this.#dialogs?.closeAll();
    const run = () => void this.start({ takeOver: true });
    this.#banners.show("elsewhere", {
      kind: "bad",
      text: this.#templates.word("banner-elsewhere"),
      action: { text: this.#templates.word("continue-here"), run },
    });
  }

  /** The server has closed the session. */
  async #ended() {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#sheet?.commit({ anyway: true });
    this.#setReadOnly(true);
    this.#dialogs?.closeAll();
    void this.#cover.show("ended");
    await this.#sitting.saver.flush();
    this.#leave();
  }

  async #leave() {
    const { closedAt } = await this.#queue.record(this.#session);
    if (!closedAt) await this.#queue.remember(this.#session, { closedAt: wallClock() });
    location.assign(this.#doneAddress);
  }

  #review() {
    this.#sheet?.commit();
    this.#dialogs?.openReview();
  }

  async #submit() {
    this.#sheet?.commit({ anyway: true });
    this.#setReadOnly(true);
    const claim = this.#sitting.claim;
    if (!claim) {
      this.#dialogs?.sending(false);
      return this.#claimed();
    }
    return this.#handIn(() => this.#submission.submit(claim, () => this.#sitting.book.given()));
  }

  /**
   * @param {() => Promise<import("../modules/submission.js").Submitted>} send
   * @param {{hadReceipt?: boolean}} [how] of the same submission
   * @returns {Promise<void>}
   */
  async #handIn(send, { hadReceipt = false } = {}) {
    this.#isHandingIn = true;
    const submitted = await send();
    if (submitted.outcome === "token" && (await this.#askCode())) {
      return this.#handIn(() => this.#submission.resume(), { hadReceipt });
    }
    if (submitted.outcome === "over") return this.#leave();
    if (submitted.outcome === "done") {
      const state = hadReceipt && (await this.#stateOrNothing());
      if (!state || isOver(state.state)) {
        this.#isEnding = true;
        location.assign(submitted.next || this.#doneAddress);
        return;
      }
      await this.#reopen();
    }
    this.#isHandingIn = this.#isWaiting = false;
    this.#offered = "";
    this.#dialogs?.sending(false);
    this.#cover.hide();
    // Another page may have taken over meanwhile: what is written here now would be lost.
    if (!this.#sitting.claim) return this.#claimed();
    this.#setReadOnly(false);
    if (submitted.outcome === "done") return;
    if (submitted.outcome === "differs") return this.#compare(submitted.state);
    this.#dialogs?.openReview();
    const said = submitted.outcome === "token" ? "banner-token" : "submit-failed";
    const words = submitted.outcome === "refused" && submitted.message;
    this.#dialogs?.message(words || this.#templates.word(said));
  }

  /**
   * The server holds other answers than this page shows: merge, show which, let the student decide.
   * @param {StateReply} state
   */
  async #compare(state) {
    const { book, claim } = this.#sitting;
    const parts = book.differing(state.answers);
    const before = new Map(parts.map((part) => [part, book.answer(part)]));
    await this.#sitting.take(state);
    for (const part of parts) {
      this.#sheet?.note(part, this.#templates.word("differs"));
      // What this page shows and the server lacks is written again; what came from there is shown.
      if (claim && before.get(part) === book.answer(part)) {
        void this.#sitting.record("answer", part, book.answer(part));
      }
    }
    const numbers = book.questions
      .filter((question) => question.parts.some(({ id }) => parts.includes(id)))
      .map((question) => question.number);
    this.#dialogs?.openReview();
    this.#dialogs?.message(
      this.#templates.word("submit-differs", { questions: numbers.join(", ") }),
    );
  }

  /** It is handed in on this device, and the network is to bring it to the server. */
  #submissionWaits() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#dialogs?.sending(false);
    this.#dialogs?.closeAll();
    this.#renderSaving();
    this.#offerFile(this.#queue.level === "memory" ? "handed-in-memory" : "handed-in");
  }

  /** Zero: hand in what there is.  The server's sweep ends the session in any case. */
  async #timeOver() {
    if (this.#isEnding || this.#isHandingIn || !this.#sheet) return;
    this.#isEnding = true;
    this.#sheet.commit({ anyway: true });
    this.#setReadOnly(true);
    this.#dialogs?.closeAll();
    void this.#cover.show("over");
    const { claim, book } = this.#sitting;
    if (claim) await this.#submission.freeze(claim, () => book.given(), { atEnd: true });
    await this.#ownTurn();
    // Time may have been given since the server was heard last: once handed in, that comes too late.
    const { state, remaining_ms: left } = await this.#heardState();
    if (isOver(state)) return this.#leave();
    if ((left ?? 0) > MORE_TIME_MS) {
      this.#isEnding = false;
      this.#sitting.speak();
      await this.#reopen();
      this.#open();
      return this.#sitting.claim ? undefined : this.#claimed();
    }
    const submitted = claim && (await this.#submission.resume());
    if (submitted?.outcome === "done") return this.#leave();
    await this.#untilOver();
  }

  /** Wait for this page's turn among those that end now, or until time is given. */
  async #ownTurn() {
    const wait = endTurn(this.#sitting.endSpreadMs, Math.random());
    if (wait > SHORT_WAIT_MS) void this.#cover.show("over-many");
    const quiet = setTimeout(() => this.#sitting.beQuiet(), EARLY_MS);
    await new Promise((resolve) => {
      this.#endTurn = () => resolve(undefined);
      setTimeout(this.#endTurn, wait);
    });
    clearTimeout(quiet);
  }

  /** @returns {Promise<StateReply>} */
  async #heardState() {
    for (;;) {
      const state = await this.#stateOrNothing().catch(() => null);
      if (state) return state;
      this.#offerFile("over-offline");
      await new Promise((resolve) => setTimeout(resolve, OVER_POLL_MS));
    }
  }

  async #untilOver() {
    for (;;) {
      const state = await this.#stateOrNothing().catch(() => null);
      if (state && isOver(state.state)) return this.#leave();
      await new Promise((resolve) => setTimeout(resolve, OVER_POLL_MS));
    }
  }

  /**
   * Say over the test what it waits for, and offer the emergency file as often as it is wanted.
   * @param {string} word
   */
  #offerFile(word) {
    if (this.#offered === word) return;
    this.#offered = word;
    void this.#cover.show(word, { action: "save-file" }).then(async () => {
      const said = await this.#saveFile();
      if (this.#offered !== word) return;
      this.#offered = "";
      this.#offerFile(word);
      this.#cover.note(this.#templates.word(`file-${said}`));
    });
  }
}

const NOTHING = { status: 0, body: null, retryAfterMs: 0, sentAt: 0, receivedAt: 0 };

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

const runner = new Runner(element("main"));
void registerWorker();
await runner.prepare();
await runner.start();
