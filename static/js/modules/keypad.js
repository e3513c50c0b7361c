// Big keys beside a field for a code: for small hands on a tablet, and for switches.

const GROUP = 4;
/** @type {Readonly<Record<string, number>>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * The symbols of what was typed, without spaces and dashes.
 * @param {string} text
 */
export function plainCode(text) {
  return text.toUpperCase().replace(/[^0-9A-Z]/g, "");
}

/**
 * A code as people read it.
 * @param {string} plain
 */
export function groupedCode(plain) {
  return plain.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join("-") ?? "";
}

/**
 * Show the keys and let them write into the field.
 * @param {HTMLElement} pad
 * @param {HTMLInputElement} field
 * @param {AbortSignal} signal
 */
export function keypad(pad, field, signal) {
  const length = Number(pad.dataset.length);
  const keys = /** @type {HTMLButtonElement[]} */ ([...pad.querySelectorAll("[data-key]")]);
  const count = pad.querySelector("[data-keypad-count]");

  const tell = () => {
    if (!(count instanceof HTMLElement)) return;
    const typed = Math.min(plainCode(field.value).length, length);
    count.textContent = (count.dataset.words ?? "")
      .replace("{count}", String(typed))
      .replace("{length}", String(length));
  };
  /** @param {HTMLButtonElement} key */
  const press = (key) => {
    const plain = plainCode(field.value);
    const symbol = key.dataset.key ?? "";
    field.value = groupedCode(symbol ? (plain + symbol).slice(0, length) : plain.slice(0, -1));
    tell();
  };
  // One stop for the tab key; arrows go from key to key.
  /** @param {HTMLButtonElement} key */
  const stopAt = (key) => {
    for (const each of keys) each.tabIndex = each === key ? 0 : -1;
  };

  for (const key of keys) {
    key.addEventListener("click", () => press(key), { signal });
    key.addEventListener("focus", () => stopAt(key), { signal });
  }
  pad.addEventListener(
    "keydown",
    (event) => {
      const at = keys.indexOf(/** @type {HTMLButtonElement} */ (event.target));
      const step = STEPS[event.key] ?? columns(keys) * rows(event.key);
      const next = keys[at + step];
      if (at < 0 || !step || !next) return;
      event.preventDefault();
      next.focus();
    },
    { signal },
  );
  field.addEventListener("input", tell, { signal });
  stopAt(keys[0]);
  tell();
  pad.hidden = false;
}

/** @param {string} key */
function rows(key) {
  if (key === "ArrowDown") return 1;
  return key === "ArrowUp" ? -1 : 0;
}

/** @param {HTMLButtonElement[]} keys */
function columns(keys) {
  return keys.filter((key) => key.offsetTop === keys[0].offsetTop).length;
}
