// What somebody who looks over the student's shoulder notes.  It watches the page's own storage,
// requests and words, and changes none of them.  Each note goes to the test at once: what a killed
// browser could not tell any more was not seen, and counts as unknown.
(() => {
  const SESSION = /\/api\/sessions\/([0-9a-f-]{36})\/(\w+)\/$/;
  const OUTBOX = "primepath-answers/outbox/";
  // The real time, whatever a test makes Date say.
  const now = () => performance.timeOrigin + performance.now();
  const page = Math.random().toString(36).slice(2);
  const note = (kind, facts) => {
    const text = JSON.stringify({ kind, page, now: now(), ...facts });
    window.proofNote(text).catch(() => {});
  };

  const added = new WeakMap();
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function watched(...options) {
    const made = transaction.apply(this, options);
    const entries = [];
    added.set(made, entries);
    made.addEventListener("complete", () => {
      if (entries.length) note("durable", { entries, level: "idb" });
    });
    return made;
  };
  const { add } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = function watched(value, ...others) {
    if (this.name === "outbox") {
      added.get(this.transaction)?.push(value);
      note("formed", { entries: [value] });
    }
    return add.call(this, value, ...others);
  };
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function watched(name, text) {
    const result = setItem.call(this, name, text);
    if (name.startsWith(OUTBOX)) {
      const entries = [JSON.parse(text)];
      note("formed", { entries });
      note("durable", { entries, level: "local" });
    }
    return result;
  };

  let sent = 0;
  const { fetch } = window;
  window.fetch = function watched(address, options = {}) {
    const reply = fetch.call(this, address, options);
    const call = SESSION.exec(String(address));
    if (!call) return reply;
    const number = `${page}/${++sent}`;
    const [, session, name] = call;
    const body = typeof options.body === "string" ? options.body : "";
    note("sent", { number, session, name, body });
    return reply.then((response) => {
      response
        .clone()
        .text()
        .then((text) => note("reply", { number, session, name, status: response.status, text }))
        .catch(() => {});
      return response;
    });
  };

  const fields = () => {
    const values = {};
    for (const part of document.querySelectorAll("#sheet [data-part]")) {
      const inputs = [...part.querySelectorAll("input, textarea")];
      const chosen = inputs.flatMap((input, index) => (input.checked ? [index] : []));
      const [first] = inputs;
      if (!first) continue;
      if (first.type === "radio") values[part.dataset.part] = chosen[0] ?? null;
      else if (first.type === "checkbox") values[part.dataset.part] = chosen.length ? chosen : null;
      else values[part.dataset.part] = first.value.normalize("NFC") || null;
    }
    return values;
  };
  window.proofFields = fields;

  const word = (name) =>
    document
      .querySelector("#words")
      ?.content.querySelector(`[data-word=${name}]`)
      ?.textContent.trim();
  const watch = () => {
    const session = /^\/sit\/([0-9a-f-]{36})\/test\//.exec(location.pathname)?.[1];
    const root = document.querySelector("#main");
    const label = root?.querySelector("[data-slot=save-state]");
    if (!session || !label) return;
    let last = "";
    const look = () => {
      const said = label.textContent.trim();
      const { state } = label.dataset;
      if (state + said === last) return;
      last = state + said;
      const isOnDevice =
        state === "saved" || state === "device" || said === word("save-sending");
      const isOpen = !root.querySelector("[data-slot=open-review]").disabled;
      note("said", { session, state, said, isOnDevice, isOpen, fields: isOpen ? fields() : {} });
    };
    new MutationObserver(look).observe(label, {
      attributes: true,
      childList: true,
      characterData: true,
      subtree: true,
    });
  };
  document.addEventListener("DOMContentLoaded", watch);
  window.addEventListener("error", ({ message }) => note("error", { message }));
  window.addEventListener("unhandledrejection", ({ reason }) =>
    note("error", { message: String(reason) }),
  );
})();
