// Colours and text size of this device.

const YEAR_SECONDS = 31_536_000;
const SIZE_KEY = "primepath-text-size";

/**
 * Let the buttons of `[data-theme-switch]` change the colours; the cookie keeps the next page from
 * flashing.
 * @param {Document} page
 * @param {AbortSignal} signal
 */
export function themeSwitch(page, signal) {
  const root = page.documentElement;
  for (const group of page.querySelectorAll("[data-theme-switch]")) {
    const buttons = [...group.querySelectorAll("button")];
    const render = () => {
      const theme = root.dataset.theme ?? "auto";
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.dataset.themeValue === theme));
      }
    };
    for (const button of buttons) {
      const choose = () => {
        root.dataset.theme = button.dataset.themeValue;
        page.cookie = `theme=${root.dataset.theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
        render();
      };
      button.addEventListener("click", choose, { signal });
    }
    render();
    group.removeAttribute("hidden");
  }
}

/**
 * Let the buttons of `[data-text-size-switch]` change the size of text.
 * @param {Document} page
 * @param {Pick<Storage, "getItem" | "setItem">} storage
 * @param {AbortSignal} signal
 */
export function textSizeSwitch(page, storage, signal) {
  const buttons = [...page.querySelectorAll("[data-text-size-switch] button")].filter(
    (button) => button instanceof HTMLButtonElement,
  );
  /** @param {string} size percent */
  const show = (size) => {
    page.documentElement.style.fontSize = size === "100" ? "" : `${size}%`;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.textSize === size));
    }
  };
  for (const button of buttons) {
    const choose = () => {
      const size = button.dataset.textSize ?? "100";
      show(size);
      try {
        storage.setItem(SIZE_KEY, size);
      } catch {
        // It holds for this page then.
      }
    };
    button.addEventListener("click", choose, { signal });
  }
  const stored = storage.getItem(SIZE_KEY);
  show(buttons.some((button) => button.dataset.textSize === stored) ? (stored ?? "100") : "100");
}
