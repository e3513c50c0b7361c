// The resume code, asked for in place: the page stays, with all that waits in it.

/** @import {SessionApi} from "./session-api.js" */

/**
 * Ask until the server takes the code or the student closes the dialog.
 * @param {object} options
 * @param {HTMLDialogElement} options.dialog
 * @param {(root: ParentNode, name: string) => HTMLElement} options.slot as the page has it: loaded later,
 *   this module brings nothing along
 * @param {string} options.session
 * @param {SessionApi} options.api of no session
 * @param {string} options.failed what to say without a reply
 * @param {(ticket: string | null) => Promise<void>} options.keep of this browser's new right
 * @returns {Promise<boolean>} whether this browser may go on
 */
export function askCode({ dialog, slot, session, api, failed, keep }) {
  const input = /** @type {HTMLInputElement} */ (slot(dialog, "code"));
  const message = slot(dialog, "message");
  const button = /** @type {HTMLButtonElement} */ (slot(dialog, "confirm"));
  const closed = new AbortController();
  const { signal } = closed;
  input.value = "";
  message.hidden = true;
  dialog.showModal();
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ isTaken) => {
      closed.abort();
      dialog.close();
      resolve(isTaken);
    };
    dialog.addEventListener("close", () => end(false), { signal });
    slot(dialog, "later").addEventListener("click", () => end(false), { signal });
    dialog.addEventListener(
      "submit",
      async (event) => {
        event.preventDefault();
        button.disabled = true;
        const reply = await api.post("resume/", { code: input.value, session });
        button.disabled = false;
        if (reply.status === 200 && reply.body?.session) {
          // The one before names a right that this browser no longer uses.
          await keep(/** @type {string | null} */ (reply.body.ticket ?? null));
          return end(true);
        }
        message.textContent = String(reply.body?.message || failed);
        message.hidden = false;
        input.focus();
      },
      { signal },
    );
  });
}
