// One listening track: plays left, play and pause, where it stands.

/** @import {TrackDefinition} from "../types/protocol.d.ts" */
/** @import {PageTemplates} from "./page-templates.js" */
import { slot } from "./page-templates.js";
import { PlayMeter } from "./play-meter.js";

/** The player that sounds now: starting another one pauses it. @type {TrackPlayer | null} */
let sounding = null;

export class TrackPlayer {
  element;
  #track;
  #templates;
  #audio;
  #url;
  #storage;
  #storageKey;
  #plays;
  #onPlay;
  #meter;
  #isReadOnly = false;
  #stopped = new AbortController();

  /**
   * @param {object} options
   * @param {TrackDefinition} options.track
   * @param {Blob} options.sound
   * @param {string} options.label which questions it is for
   * @param {PageTemplates} options.templates
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} options.storage
   * @param {string} options.storageKey where an interrupted play is remembered
   * @param {number} options.plays so far
   * @param {(plays: number) => void} options.onPlay a play counted
   */
  constructor({ track, sound, label, templates, storage, storageKey, plays, onPlay }) {
    this.#track = track;
    this.#templates = templates;
    this.#storage = storage;
    this.#storageKey = storageKey;
    this.#plays = plays;
    this.#onPlay = onPlay;
    this.#url = URL.createObjectURL(sound);
    this.#audio = new Audio();
    this.#audio.preload = "auto";
    this.#audio.src = this.#url;
    const position = this.#interruptedAt();
    this.#meter = new PlayMeter({ onCount: () => this.#count(), position });
    this.#audio.currentTime = position;
    this.element = templates.element("track");
    slot(this.element, "title").textContent = label;
    slot(this.element, "play").setAttribute("aria-label", templates.word("play", { track: label }));
    this.#listen();
    this.render();
  }

  /**
   * Take the number of plays that is known elsewhere.
   * @param {number} plays
   */
  setPlays(plays) {
    this.#plays = Math.max(this.#plays, plays);
    this.render();
  }

  /** @param {boolean} isReadOnly */
  setReadOnly(isReadOnly) {
    this.#isReadOnly = isReadOnly;
    if (isReadOnly) this.#audio.pause();
    this.render();
  }

  /** Show state, time and plays left. */
  render() {
    const { play_limit: limit, duration_ms: duration } = this.#track;
    const button = /** @type {HTMLButtonElement} */ (slot(this.element, "play"));
    const progress = /** @type {HTMLProgressElement} */ (slot(this.element, "progress"));
    const isPlaying = !this.#audio.paused;
    const left = limit === null ? null : Math.max(0, limit - this.#plays);
    const isOver = left === 0 && !this.#meter.isUnderWay && !isPlaying;
    this.element.dataset.state = isPlaying ? "playing" : isOver ? "played" : "ready";
    button.disabled = this.#isReadOnly || isOver;
    button.setAttribute("aria-pressed", String(isPlaying));
    progress.max = duration;
    progress.value = Math.min(duration, this.#audio.currentTime * 1000);
    slot(this.element, "time").textContent = time(this.#audio.currentTime);
    slot(this.element, "duration").textContent = time(duration / 1000);
    const word =
      left === null
        ? ""
        : this.#templates.word(left ? "plays-left" : "no-plays-left", { plays: left });
    if (slot(this.element, "left").textContent !== word)
      slot(this.element, "left").textContent = word;
  }

  destroy() {
    this.#stopped.abort();
    this.#audio.pause();
    URL.revokeObjectURL(this.#url);
  }

  #listen() {
    const { signal } = this.#stopped;
    slot(this.element, "play").addEventListener("click", () => void this.#toggle(), { signal });
    const audio = this.#audio;
    audio.addEventListener("timeupdate", () => this.#heard(), { signal });
    audio.addEventListener("ended", () => this.#ended(), { signal });
    for (const name of ["play", "pause", "loadedmetadata"]) {
      audio.addEventListener(name, () => this.render(), { signal });
    }
    audio.addEventListener("error", () => this.#failed(), { signal });
  }

  async #toggle() {
    if (!this.#audio.paused) {
      this.#audio.pause();
      return;
    }
    if (sounding !== this) sounding?.pause();
    sounding = this;
    try {
      await this.#audio.play();
    } catch (error) {
      // Pausing at once interrupts the play request, which is no failure.
      if (!(error instanceof DOMException && error.name === "AbortError")) this.#failed();
    }
  }

  /** Stop the sound; the play goes on from here. */
  pause() {
    this.#audio.pause();
  }

  #heard() {
    if (!this.#audio.ended) this.#meter.heard(this.#audio.currentTime);
    if (this.#meter.isUnderWay) this.#rememberPosition();
    this.render();
  }

  #count() {
    this.#plays += 1;
    this.#onPlay(this.#plays);
    this.#rememberPosition();
  }

  #ended() {
    this.#meter.ended();
    this.#storage.removeItem(this.#storageKey);
    this.#audio.currentTime = 0;
    this.render();
  }

  #failed() {
    slot(this.element, "left").textContent = this.#templates.word("track-failed");
  }

  #rememberPosition() {
    try {
      const state = { plays: this.#plays, position: this.#audio.currentTime };
      this.#storage.setItem(this.#storageKey, JSON.stringify(state));
    } catch {
      // Without room the play starts anew after a reload and counts again.
    }
  }

  /** A reload in the middle of a play goes on where it was, and costs no play. */
  #interruptedAt() {
    try {
      const stored = JSON.parse(this.#storage.getItem(this.#storageKey) ?? "null");
      return stored?.plays === this.#plays ? Number(stored.position) || 0 : 0;
    } catch {
      return 0;
    }
  }
}

/** @param {number} seconds */
function time(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
