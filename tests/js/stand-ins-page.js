// A window for the two plain scripts: events, stopped time, a server that answers by script.

import { Time } from "./stand-ins.js";

globalThis.window = Object.assign(new EventTarget(), {
  setTimeout: () => 0,
  clearTimeout() {},
  clearInterval() {},
  location: { origin: "https://test", href: "https://test/", pathname: "/" },
});

await import("../../static/js/modules/memory-manager.js");
await import("../../static/js/modules/error-handler.js");

export const { ErrorHandler, MemoryManager } = globalThis.window.PrimePath;

/** A page that is told of events and hears of none by itself. */
export function makePage(facts = {}) {
  return Object.assign(new EventTarget(), {
    location: { origin: "https://test", href: "https://test/staff/", pathname: "/staff/" },
    navigator: { onLine: true },
    ...facts,
  });
}

/** Storage of a browser whose names can be listed. */
export function makeStorage(texts = {}) {
  const hide = (value) => ({ value, enumerable: false });
  return Object.defineProperties(texts, {
    getItem: hide((name) => texts[name] ?? null),
    setItem: hide((name, text) => void Object.assign(texts, { [name]: String(text) })),
    removeItem: hide((name) => void delete texts[name]),
  });
}

/** A handler whose requests `answer` gets, and all that they were. */
export function makeHandler(answer, { random = () => 1, page = makePage(), storage } = {}) {
  const time = new Time();
  const requests = [];
  let last = 0;
  const handler = new ErrorHandler({
    page,
    document: undefined,
    storage: storage ?? makeStorage(),
    random,
    now: time.now,
    newId: () => `${++last}`.padStart(32, "0"),
    setTimeout: time.setTimeout,
    clearTimeout: time.clearTimeout,
    fetch: async (url, options) => {
      const request = {
        url: String(url),
        at: time.now(),
        method: options.method,
        headers: Object.fromEntries(new Headers(options.headers)),
        body: options.body,
        keepalive: options.keepalive,
        signal: options.signal,
      };
      requests.push(request);
      return answer(request, requests.length);
    },
  });
  return { handler, time, requests, page };
}

/** A reply of a server. */
export function json(status, body = {}, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers });
}
