// Hosts many pages with the browser's own modules, under virtual time: a line of JSON in, what the
// pages then ask for (timers, calls) and what they know as a line of JSON out.
//
// Real: AnswerQueue, TextStore, AnswerSaver, Sitting, AnswerBook, AnswerDrafts, Submission, MendingApi,
// OutboxDrain.  What `runner.js` and `student.js` do between them is repeated here without a page.

import { createInterface } from "node:readline";
import { AnswerDrafts } from "../../../static/js/modules/answer-drafts.js";
import { AnswerQueue } from "../../../static/js/modules/answer-queue.js";
import { AnswerSaver } from "../../../static/js/modules/answer-saver.js";
import { MendingApi } from "../../../static/js/modules/mending-api.js";
import { OutboxDrain } from "../../../static/js/modules/outbox-drain.js";
import { TextStore } from "../../../static/js/modules/outbox-stores.js";
import { isOver } from "../../../static/js/modules/session-states.js";
import { CallFailed, Sitting } from "../../../static/js/modules/sitting.js";
import { Submission } from "../../../static/js/modules/submission.js";

const SESSION = "3f2a0c1e-8f0b-4a7e-9d52-0123456789ab";
const OVER_POLL_MS = 5000;
const MORE_TIME_MS = 2000;
const ELSEWHERE_MS = 40_000;
const NOTHING = { status: 0, body: null, retryAfterMs: 0 };

let now = 0;
let out = {};
const said = (kind, fact) => {
  out[kind] ??= [];
  out[kind].push(fact);
};
globalThis.window = {
  PrimePath: { errorHandler: { report: (error, where) => said("errors", `${where}: ${error}`) } },
};

/** What a browser keeps: two storages that may break, and the one of drafts. */
class Profile {
  texts = [new Map(), new Map()];
  broken = [false, false];
  tears = [false, false];
  drafts = new Map();
  continues = false;

  constructor(name) {
    this.name = name;
  }

  store(number) {
    const texts = this.texts[number];
    const work = () => {
      if (this.broken[number]) throw new Error("storage is broken");
    };
    return new TextStore(number ? "local" : "idb", {
      getItem: (name) => (work(), texts.get(name) ?? null),
      setItem: (name, text) => {
        work();
        texts.set(name, text);
        if (this.tears[number] && name.includes("/outbox/")) {
          this.tears[number] = false;
          this.broken[number] = true;
          said("torn", [this.name, JSON.parse(text)]);
          throw new Error("storage tears");
        }
      },
      removeItem: (name) => (work(), void texts.delete(name)),
      keys: () => (work(), [...texts.keys()]),
    });
  }
}

class Page {
  phase = "opening";
  #id;
  #profile;
  #queue;
  #sitting;
  #submission;
  #drain;
  #api;
  #names = 0;
  #dice;
  #timers = new Map();
  #replies = new Map();
  #going = null;
  #lock = null;
  /** What stood on the page when it last declared it, and when that was. */
  #view = null;
  #lastName = "";
  #isHeld = false;
  #isEnding = false;
  #isHandingIn = false;
  #deadline = null;
  #heardAt = -1;
  #last = 0;
  #isDone;
  isGone = false;

  constructor(id, profile, { seed, isDone }) {
    this.#id = id;
    this.#profile = profile;
    this.#dice = seed;
    this.#isDone = isDone;
    const timers = {
      setTimeout: (run, ms) => {
        const timer = ++this.#last;
        this.#timers.set(timer, run);
        said("timers", [this.#id, timer, ms]);
        return timer;
      },
      clearTimeout: (timer) => void this.#timers.delete(timer),
      now: () => now,
    };
    this.timers = timers;
    const memory = new Map();
    this.#queue = new AnswerQueue({
      stores: [
        profile.store(0),
        profile.store(1),
        new TextStore("memory", {
          getItem: (name) => memory.get(name) ?? null,
          setItem: (name, text) => void memory.set(name, text),
          removeItem: (name) => void memory.delete(name),
          keys: () => [...memory.keys()],
        }),
      ],
      now: () => now,
    });
    this.#tellOfEntries();
    const plain = {
      get: (path) => this.#call(path, null),
      post: (path, body, how) => this.#call(path, body, how),
    };
    const random = () => {
      this.#dice = (Math.imul(this.#dice, 1664525) + 1013904223) >>> 0;
      return this.#dice / 2 ** 32;
    };
    const newId = () => {
      const number = ++this.#names;
      this.#lastName = `${((Math.imul(number, 2654435761) ^ id) >>> 0).toString(16).padStart(8, "0")}${id
        .toString(16)
        .padStart(12, "0")}${number.toString(16).padStart(12, "0")}`;
      return this.#lastName;
    };
    const common = { queue: this.#queue, timers, random, newId, wallClock: () => now };
    const apiOf = () =>
      new MendingApi({ session: SESSION, api: plain, queue: this.#queue, now: () => now });
    this.#api = apiOf();
    this.#drain = new OutboxDrain({
      ...common,
      apiOf,
      own: isDone ? undefined : SESSION,
      leads: () => Boolean(this.#sitting.claim),
    });
    const drafts = new AnswerDrafts(
      {
        getItem: (name) => profile.drafts.get(name) ?? null,
        setItem: (name, text) => void profile.drafts.set(name, text),
        removeItem: (name) => void profile.drafts.delete(name),
      },
      SESSION,
    );
    this.#sitting = new Sitting({
      session: SESSION,
      api: this.#api,
      drafts,
      makeSaver: (events) =>
        new AnswerSaver({ session: SESSION, api: this.#api, ...common, events }),
      ...common,
      events: {
        onChange: () => {},
        onMerge: () => {},
        onTime: (heard) => this.#hear(heard),
        onState: (state) => (state === "claimed" ? this.claimed() : void this.#ended()),
        onEntry: () => {},
      },
    });
    this.#submission = new Submission({
      session: SESSION,
      saver: this.#sitting.saver,
      api: this.#api,
      ...common,
      onWaiting: () => {},
    });
  }

  #tellOfEntries() {
    const queue = this.#queue;
    const add = queue.add.bind(queue);
    queue.add = async (change) => {
      const entry = await add(change);
      said("formed", [this.#id, entry, queue.level]);
      return entry;
    };
    const acknowledge = queue.acknowledge.bind(queue);
    queue.acknowledge = (entries) => {
      for (const { writer, seq } of entries) said("acknowledged", [this.#id, writer, seq]);
      return acknowledge(entries);
    };
  }

  #call(path, body, { keepalive = false } = {}) {
    const call = ++this.#last;
    said("calls", [this.#id, call, path.replace("/", ""), body, keepalive]);
    const sentAt = now;
    return new Promise((resolve) => {
      this.#replies.set(call, (reply) => resolve({ ...reply, sentAt, receivedAt: now }));
    });
  }

  /** What Python does not hear by itself. */
  get facts() {
    const { claim, saver } = this.#sitting;
    const hasBook = this.#hasBook();
    return {
      phase: this.phase,
      claim,
      waiting: this.#queue.waiting(SESSION).map(({ writer, seq }) => [writer, seq]),
      level: this.#queue.level,
      writing: this.#sitting.status.writing,
      unstored: this.#sitting.status.unstored,
      failing: saver.status.failing,
      given: hasBook ? this.#sitting.book.given() : [],
      flags: hasBook ? this.#sitting.book.isFlagged(11) : false,
      plays: hasBook ? this.#sitting.book.plays(21) : 0,
      deadline: this.#deadline,
      lastSeq: claim ? this.#queue.lastSeq(claim.writer) : 0,
      view: this.#view,
    };
  }

  #hasBook() {
    try {
      return Boolean(this.#sitting.book);
    } catch {
      return false;
    }
  }

  async prepare() {
    await this.#queue.open();
    if (this.#isDone) {
      this.phase = "done";
      void this.#drain.hurry();
      return;
    }
    if (this.#queue.waiting(SESSION).length) this.#sitting.saver.hurry();
    void this.#drain.hurry();
    await this.start({});
  }

  fire(timer) {
    const run = this.#timers.get(timer);
    this.#timers.delete(timer);
    run?.();
  }

  reply(call, reply) {
    const heard = this.#replies.get(call);
    this.#replies.delete(call);
    heard?.(reply);
  }

  lock(isHeld) {
    this.#lock?.(isHeld);
  }

  goOn() {
    if (this.phase === "claimed") void this.start({ takeOver: true });
    else this.#going?.();
  }

  hurry() {
    this.#sitting.saver.hurry();
    this.#submission.hurry();
    if (this.#hasBook() && !this.#isEnding) void this.#sitting.refresh();
  }

  remember(facts) {
    return this.#queue.remember(SESSION, facts);
  }

  record(kind, subject, value) {
    void this.#sitting.record(kind, subject, value);
  }

  hide() {
    this.#sitting.hide();
    void this.#queue.settled().then(() => this.#sitting.saver.flushOnHide());
  }

  #wait(phase) {
    this.phase = phase;
    return new Promise((resolve) => {
      this.#going = resolve;
    });
  }

  #sleep(ms) {
    return new Promise((resolve) => this.timers.setTimeout(() => resolve(undefined), ms));
  }

  async start({ takeOver = false }) {
    this.phase = "opening";
    said("locks", [this.#id, takeOver]);
    this.#isHeld = await new Promise((resolve) => {
      this.#lock = resolve;
    });
    if (!this.#isHeld) {
      await this.#wait("elsewhere");
      return this.start({ takeOver: true });
    }
    try {
      await this.#load(takeOver);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      await this.#explain(error);
      return this.start({ takeOver: takeOver && this.#isHeld });
    }
  }

  async #explain({ status, code, retryAfterMs }) {
    if (code === "ended") return this.#leave();
    if (status === 401 || status === 404) return this.#wait(status === 401 ? "code" : "refused");
    await this.#sleep(Math.max(OVER_POLL_MS, retryAfterMs));
  }

  async #load(takeOver) {
    await this.#sitting.loadDefinition();
    let state = await this.#stateOrNothing();
    if (state && isOver(state.state)) return this.#leave();
    if (state?.state === "registered") {
      state = await this.#sitting.begin();
      if (isOver(state.state)) return this.#leave();
    }
    if (state && !takeOver && this.#isUsedElsewhere(state)) {
      await this.#wait("device");
      this.phase = "opening";
      state = await this.#sitting.loadState();
      if (isOver(state.state)) return this.#leave();
    }
    if (!this.#isHeld) return this.start({});
    if (state) await this.#sitting.open(state);
    else if (!(await this.#sitting.openOffline())) throw new CallFailed(NOTHING);
    if (!this.#isHeld) {
      this.#sitting.release();
      return this.start({});
    }
    this.#profile.continues = false;
    await this.#goOn(state);
  }

  #isUsedElsewhere({ elsewhere_ms: heard }) {
    return typeof heard === "number" && heard < ELSEWHERE_MS && !this.#profile.continues;
  }

  async #goOn(state) {
    const { submission, receipt, isReopened, closedAt } = await this.#queue.record(SESSION);
    const wasGivenTime = submission?.atEnd && (state?.remaining_ms ?? 0) > MORE_TIME_MS;
    if (submission && !isReopened && !wasGivenTime) {
      return this.#handIn(() => this.#submission.resume(), { hadReceipt: Boolean(receipt) });
    }
    if (submission || closedAt) await this.#reopen();
    this.#open();
  }

  #open() {
    this.phase = "open";
    if (this.#deadline !== null && this.#deadline <= now) void this.#timeOver();
  }

  #reopen() {
    return this.remember({
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

  #hear({ remaining, sentAt, receivedAt }) {
    if (remaining === null || remaining === undefined) return;
    const [least, most] = [sentAt + remaining, receivedAt + remaining];
    const isMore = this.#deadline !== null && least > this.#deadline;
    if (isMore && sentAt < this.#heardAt) return;
    this.#heardAt = Math.max(this.#heardAt, sentAt);
    if (this.#deadline === null || least > this.#deadline || most < this.#deadline) {
      this.#deadline = least;
      this.timers.setTimeout(
        () => {
          if (this.#deadline !== null && this.#deadline <= now) void this.#timeOver();
        },
        Math.max(0, least - now),
      );
    }
  }

  lost() {
    this.#isHeld = false;
    // One that is loading looks at it before it opens.
    if (this.phase !== "opening") this.claimed();
  }

  claimed() {
    if (this.phase === "done" || this.phase === "over") return;
    this.phase = "claimed";
    void this.#queue.settled().then(() => {
      this.#sitting.release();
      this.#sitting.saver.hurry();
    });
  }

  async #ended() {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.phase = "over";
    await this.#sitting.saver.flush();
    await this.#leave();
  }

  async #leave() {
    const { closedAt } = await this.#queue.record(SESSION);
    if (!closedAt) await this.remember({ closedAt: now });
    this.phase = "left";
    said("left", this.#id);
  }

  submit() {
    const { claim } = this.#sitting;
    if (!claim) return this.claimed();
    return this.#handIn(() => this.#submission.submit(claim, () => this.#looked()));
  }

  #looked() {
    const given = this.#sitting.book.given();
    // The submission that is being written down took its name just before it looks.
    this.#view = { given, of: this.#lastName };
    return given;
  }

  async #handIn(send, { hadReceipt = false } = {}) {
    this.#isHandingIn = true;
    this.phase = "handing in";
    const submitted = await send();
    if (submitted.outcome === "token") {
      await this.#wait("code");
      return this.#handIn(() => this.#submission.resume(), { hadReceipt });
    }
    if (submitted.outcome === "over") return this.#leave();
    if (submitted.outcome === "done") {
      const state = hadReceipt && (await this.#stateOrNothing());
      if (!state || isOver(state.state)) {
        this.#isEnding = true;
        return this.#leave();
      }
      await this.#reopen();
    }
    this.#isHandingIn = false;
    this.phase = this.#sitting.claim ? "open" : "claimed";
    if (!this.#sitting.claim) return;
    if (submitted.outcome === "differs") this.#compare(submitted.state);
  }

  #compare(state) {
    const { book, claim } = this.#sitting;
    const parts = book.differing(state.answers);
    const before = new Map(parts.map((part) => [part, book.answer(part)]));
    this.#sitting.take(state);
    for (const part of parts) {
      if (claim && before.get(part) === book.answer(part)) {
        void this.#sitting.record("answer", part, book.answer(part));
      }
    }
  }

  async #timeOver() {
    if (this.#isEnding || this.#isHandingIn || !["open", "claimed"].includes(this.phase)) return;
    this.#isEnding = true;
    this.phase = "over";
    const { claim } = this.#sitting;
    if (claim) await this.#submission.freeze(claim, () => this.#looked(), { atEnd: true });
    const { state, remaining_ms: left } = await this.#heardState();
    if (isOver(state)) return this.#leave();
    if ((left ?? 0) > MORE_TIME_MS) {
      this.#isEnding = false;
      await this.#reopen();
      this.phase = "claimed";
      return this.#sitting.claim ? this.#open() : undefined;
    }
    if (claim) await this.#submission.resume();
    await this.#untilOver();
  }

  async #heardState() {
    for (;;) {
      const state = await this.#stateOrNothing().catch(() => null);
      if (state) return state;
      await this.#sleep(OVER_POLL_MS);
    }
  }

  async #untilOver() {
    for (;;) {
      const state = await this.#stateOrNothing().catch(() => null);
      if (state && isOver(state.state)) return this.#leave();
      await this.#sleep(OVER_POLL_MS);
    }
  }

  end() {
    this.isGone = true;
    this.#sitting.destroy();
    this.#submission.destroy();
    this.#drain.destroy();
    this.#timers.clear();
    this.#replies.clear();
  }
}

/** @type {Map<string, Profile>} */
const profiles = new Map();
/** @type {Map<number, Page>} */
const pages = new Map();

const commands = {
  reset() {
    profiles.clear();
    pages.clear();
  },
  profile({ name }) {
    profiles.set(name, new Profile(name));
  },
  copy({ name, from }) {
    const original = profiles.get(from);
    const copy = new Profile(name);
    copy.texts = original.texts.map((texts) => new Map(texts));
    profiles.set(name, copy);
  },
  storage({ name, number, broken, tears }) {
    const profile = profiles.get(name);
    if (broken !== undefined) profile.broken[number] = broken;
    if (tears !== undefined) profile.tears[number] = tears;
  },
  wipe({ name }) {
    const profile = profiles.get(name);
    for (const texts of profile.texts) texts.clear();
    profile.drafts.clear();
  },
  continues({ name }) {
    profiles.get(name).continues = true;
  },
  open({ page, name, seed, isDone }) {
    const opened = new Page(page, profiles.get(name), { seed, isDone });
    pages.set(page, opened);
    opened.prepare().catch((error) => said("errors", `${error.stack ?? error}`));
  },
  end({ page }) {
    pages.get(page)?.end();
    pages.delete(page);
  },
  fire: ({ page, timer }) => pages.get(page)?.fire(timer),
  reply: ({ page, call, reply }) => pages.get(page)?.reply(call, reply),
  lock: ({ page, isHeld }) => pages.get(page)?.lock(isHeld),
  lost: ({ page }) => pages.get(page)?.lost(),
  goOn: ({ page }) => pages.get(page)?.goOn(),
  hurry: ({ page }) => pages.get(page)?.hurry(),
  remember: ({ page, facts }) => void pages.get(page)?.remember(facts),
  record: ({ page, kind, subject, value }) => pages.get(page)?.record(kind, subject, value),
  hide: ({ page }) => pages.get(page)?.hide(),
  submit: ({ page }) => void pages.get(page)?.submit(),
};

process.on("unhandledRejection", (error) => said("errors", `${error?.stack ?? error}`));

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  now = command.now ?? now;
  out = {};
  commands[command.do](command);
  // Nothing here waits for the machine: all that waits for a promise goes on within these turns.
  for (let turn = 0; turn < 1; turn++) await new Promise((resolve) => setImmediate(resolve));
  const page = pages.get(command.page);
  if (page) out.facts = page.facts;
  process.stdout.write(`${JSON.stringify(out)}\n`);
}
