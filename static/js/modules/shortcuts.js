// Single keys of the runner.  They can be switched off, and never act while somebody types.

/**
 * @typedef {object} ShortcutActions
 * @property {(index: number) => void} choose
 * @property {(step: 1 | -1) => void} move
 * @property {() => void} flag
 * @property {() => void} help
 */

// By place on the keyboard and not by letter: with a Korean layout the F key types ㄹ.
const LETTERS = ["KeyA", "KeyB", "KeyC", "KeyD", "KeyE"];
const DIGIT = /^(?:Digit|Numpad)(\d)$/;

/**
 * Return what a key press asks for, or null.
 * @param {Pick<KeyboardEvent, "code" | "key">} event
 * @returns {{act: "choose", index: number} | {act: "move", step: 1 | -1} | {act: "flag"} | {act: "help"} | null}
 */
export function shortcut({ code, key }) {
  const digit = DIGIT.exec(code)?.[1];
  if (digit !== undefined && key !== "?") return { act: "choose", index: (Number(digit) + 9) % 10 };
  if (LETTERS.includes(code)) return { act: "choose", index: LETTERS.indexOf(code) };
  if (code === "KeyN" || key === "ArrowDown" || key === "ArrowRight")
    return { act: "move", step: 1 };
  if (code === "KeyP" || key === "ArrowUp" || key === "ArrowLeft") return { act: "move", step: -1 };
  if (code === "KeyF") return { act: "flag" };
  return key === "?" ? { act: "help" } : null;
}

const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
// Arrow keys belong to these: they scroll, move the line, open a menu or change the choice.
const ARROWS = "[role=separator], [role=tab], [data-slot=pages], input[type=radio], summary";

export class Shortcuts {
  #actions;
  #stopped = new AbortController();
  isOn = true;

  /**
   * @param {Document} page
   * @param {ShortcutActions} actions
   */
  constructor(page, actions) {
    this.#actions = actions;
    page.addEventListener("keydown", (event) => this.#pressed(event), {
      signal: this.#stopped.signal,
    });
  }

  destroy() {
    this.#stopped.abort();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (!this.isOn || isForOthers(event)) return;
    const asked = shortcut(event);
    if (!asked) return;
    event.preventDefault();
    if (asked.act === "choose") this.#actions.choose(asked.index);
    else if (asked.act === "move") this.#actions.move(asked.step);
    else this.#actions[asked.act]();
  }
}

/** @param {KeyboardEvent} event */
function isForOthers(event) {
  if (event.defaultPrevented || event.isComposing) return true;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(TYPING) || target?.closest("dialog")) return true;
  return event.key.startsWith("Arrow") && target?.closest(ARROWS) != null;
}
