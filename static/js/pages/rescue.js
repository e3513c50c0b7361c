/** Emergency files: sends one after the other and says of each what became of it. */

const { errorHandler } = window.PrimePath;
// The server saves the entries of a whole test before it answers.
const TIMEOUT_MS = 60_000;

const form = document.querySelector("[data-rescue]");
const list = document.querySelector("[data-rescue-list]");
const report = document.querySelector("[data-rescue-report]");
const template = document.querySelector("[data-rescue-line]");
const progress = document.querySelector("[data-rescue-progress]");

/**
 * @param {string} name
 * @param {string} words
 * @param {string} [session]
 */
function tell(name, words, session) {
  if (!(template instanceof HTMLTemplateElement) || !list) return;
  const line = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const slot = (/** @type {string} */ which) => line.querySelector(`[data-slot="${which}"]`);
  const link = slot("link");
  if (session && link instanceof HTMLAnchorElement) {
    link.href += `${session}/`;
    link.hidden = false;
  }
  slot("name")?.append(name);
  slot("words")?.append(words);
  list.append(line);
}

/** @param {HTMLFormElement} sent @param {File} file */
async function bringIn(sent, file) {
  const body = new FormData();
  body.append("file", file);
  try {
    const reply = await errorHandler.retryAjax(sent.dataset.rescueUrl ?? "", {
      method: "POST",
      body,
      timeoutMs: TIMEOUT_MS,
    });
    const said = await reply.json();
    tell(file.name, reply.ok ? said.lines.join(", ") : said.message, said.session);
  } catch (error) {
    errorHandler.handleError(error, "rescue", false);
    tell(file.name, sent.dataset.failed ?? "");
  }
}

if (form instanceof HTMLFormElement && progress instanceof HTMLProgressElement) {
  form.addEventListener("submit", async (event) => {
    const field = form.elements.namedItem("file");
    if (!(field instanceof HTMLInputElement) || !field.files?.length) return;
    event.preventDefault();
    const files = [...field.files];
    if (report instanceof HTMLElement) report.hidden = false;
    progress.max = files.length;
    progress.value = 0;
    progress.hidden = false;
    for (const file of files) {
      await bringIn(form, file);
      progress.value += 1;
    }
    progress.hidden = true;
    form.reset();
  });
}
