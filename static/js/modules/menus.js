// Menus made of <details data-menu>: a click elsewhere or Escape closes them.

/**
 * @param {Document} page
 * @param {AbortSignal} signal
 */
export function closingMenus(page, signal) {
  /** @returns {HTMLDetailsElement[]} */
  const open = () => [...page.querySelectorAll("details[data-menu]")].filter(isOpen);
  page.addEventListener(
    "click",
    ({ target }) => {
      for (const menu of open()) {
        if (!(target instanceof Node && menu.contains(target))) menu.open = false;
      }
    },
    { signal },
  );
  page.addEventListener(
    "keydown",
    ({ key }) => {
      if (key !== "Escape") return;
      for (const menu of open()) {
        if (menu.contains(page.activeElement)) menu.querySelector("summary")?.focus();
        menu.open = false;
      }
    },
    { signal },
  );
}

/**
 * @param {Element} menu
 * @returns {menu is HTMLDetailsElement}
 */
function isOpen(menu) {
  return menu instanceof HTMLDetailsElement && menu.open;
}
