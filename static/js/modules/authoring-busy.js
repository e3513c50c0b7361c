/**
 * A form that takes a while: its button says so, and a second press does nothing.
 */

/**
 * Watch the form; return what undoes it.
 * @param {HTMLFormElement} form
 */
export function showBusy(form) {
  const stopped = new AbortController();
  const { signal } = stopped;
  form.addEventListener(
    "submit",
    (event) => {
      if (form.hasAttribute("aria-busy")) {
        event.preventDefault();
        return;
      }
      form.setAttribute("aria-busy", "true");
      const button = event.submitter;
      if (button instanceof HTMLElement) {
        button.setAttribute("aria-busy", "true");
        if (button.dataset.busyText !== undefined) {
          button.textContent = button.dataset.busyText;
        }
      }
    },
    { signal },
  );
  // A page that comes back from the back/forward cache is not busy any more.
  window.addEventListener(
    "pageshow",
    () => {
      form.removeAttribute("aria-busy");
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    },
    { signal },
  );
  return () => stopped.abort();
}
