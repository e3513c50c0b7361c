// The answers, flags and plays of one sitting as this page knows them.

/** @import {AnswerValue, Entry, EntryKind, EntryValue, ExamDefinition, QuestionDefinition, StateReply} from "../types/protocol.d.ts" */
import { isSame } from "./answer-value.js";
import { compare } from "./entry-order.js";

/** @typedef {"empty" | "partly" | "answered"} QuestionState */
/** @typedef {{epoch: number, seq: number, writer?: string, value: EntryValue}} Placed */

/**
 * @param {EntryKind} kind
 * @param {number} subject
 */
function nameOf(kind, subject) {
  return `${kind}/${subject}`;
}

export class AnswerBook {
  /** @type {QuestionDefinition[]} */
  questions;
  /** @type {Map<string, Placed>} */
  #placed = new Map();
  /** How many writes of a subject are under way: until they are durable nothing overrides them. */
  /** @type {Map<string, number>} */
  #writing = new Map();

  /** @param {ExamDefinition} definition */
  constructor(definition) {
    this.questions = definition.sections.flatMap((section) => section.questions);
  }

  /**
   * @param {EntryKind} kind
   * @param {number} subject
   * @returns {EntryValue}
   */
  value(kind, subject) {
    return this.#placed.get(nameOf(kind, subject))?.value ?? null;
  }

  /**
   * Return under which epoch a subject was changed last, 0 where never.
   * @param {EntryKind} kind
   * @param {number} subject
   */
  epochOf(kind, subject) {
    return this.#placed.get(nameOf(kind, subject))?.epoch ?? 0;
  }

  /** @param {number} part @returns {AnswerValue} */
  answer(part) {
    return /** @type {AnswerValue} */ (this.value("answer", part));
  }

  /** @param {number} question */
  isFlagged(question) {
    return this.value("flag", question) === true;
  }

  /** @param {number} track */
  plays(track) {
    return Number(this.value("play", track) ?? 0);
  }

  /**
   * Show a change at once, before it is stored.
   * @param {EntryKind} kind
   * @param {number} subject
   * @param {EntryValue} value
   */
  write(kind, subject, value) {
    const name = nameOf(kind, subject);
    const { epoch = 0, seq = 0, writer } = this.#placed.get(name) ?? {};
    this.#placed.set(name, { epoch, seq, writer, value });
    this.#writing.set(name, (this.#writing.get(name) ?? 0) + 1);
  }

  /**
   * A change written before is durable, as `entry`.
   * @param {Entry} entry
   */
  settle(entry) {
    const name = nameOf(entry.kind, entry.part);
    this.#done(name);
    const placed = this.#placed.get(name);
    // A later change of the same subject may be under way: its value stays on the page.
    const value = this.#writing.has(name) && placed ? placed.value : entry.value;
    if (!placed || compare(entry, placed) >= 0) this.#placed.set(name, { ...entry, value });
  }

  /**
   * A change written before could not be stored anywhere.
   * @param {EntryKind} kind
   * @param {number} subject
   */
  fail(kind, subject) {
    this.#done(nameOf(kind, subject));
  }

  /**
   * Take entries from the outbox; the greatest (epoch, seq, writer) of a subject wins.
   * @param {Iterable<Entry>} entries
   */
  mergeEntries(entries) {
    for (const entry of entries) this.#merge(entry.kind, entry.part, entry);
  }

  /**
   * Take what the server holds.
   * @param {Pick<StateReply, "answers" | "flags" | "plays">} state
   * @returns {boolean} whether anything shown changed
   */
  mergeState({ answers, flags, plays }) {
    let changed = false;
    /** @type {[EntryKind, StateReply["answers"]][]} */
    const kinds = [
      ["answer", answers],
      ["flag", flags],
      ["play", plays],
    ];
    for (const [kind, standing] of kinds) {
      for (const [subject, [epoch, seq, value]] of Object.entries(standing ?? {})) {
        changed = this.#merge(kind, Number(subject), { epoch, seq, value }) || changed;
      }
    }
    return changed;
  }

  /**
   * Return the parts whose answer differs from what the server says it holds.
   * @param {StateReply["answers"]} answers
   * @returns {number[]}
   */
  differing(answers) {
    const parts = this.questions.flatMap((question) => question.parts.map((part) => part.id));
    return parts.filter((part) => !isSame(this.answer(part), answers[part]?.[2]));
  }

  /** Return `[part, value]` of every answer that is not blank. @returns {[number, AnswerValue][]} */
  given() {
    const parts = this.questions.flatMap((question) => question.parts);
    return parts
      .map(({ id }) => /** @type {[number, AnswerValue]} */ ([id, this.answer(id)]))
      .filter(([, value]) => value !== null);
  }

  /**
   * @param {QuestionDefinition} question
   * @returns {QuestionState}
   */
  stateOf({ parts }) {
    const filled = parts.filter(({ id }) => this.answer(id) !== null).length;
    if (filled === 0) return "empty";
    return filled === parts.length ? "answered" : "partly";
  }

  /** Return how many questions are in each state, and how many are flagged. */
  counts() {
    const counts = { answered: 0, partly: 0, empty: 0, flagged: 0 };
    for (const question of this.questions) {
      counts[this.stateOf(question)] += 1;
      if (this.isFlagged(question.id)) counts.flagged += 1;
    }
    return counts;
  }

  /**
   * @param {EntryKind} kind
   * @param {number} subject
   * @param {Placed} placed
   */
  #merge(kind, subject, { epoch, seq, writer, value }) {
    const name = nameOf(kind, subject);
    if (this.#writing.has(name)) return false;
    const known = this.#placed.get(name);
    // The server's reply names no writer; within an epoch there is only one.
    if (known && compare({ epoch, seq }, { epoch: known.epoch, seq: known.seq }) <= 0) return false;
    this.#placed.set(name, { epoch, seq, writer, value });
    return !isSame(known?.value, value);
  }

  /** @param {string} name */
  #done(name) {
    const left = (this.#writing.get(name) ?? 1) - 1;
    if (left) this.#writing.set(name, left);
    else this.#writing.delete(name);
  }
}
