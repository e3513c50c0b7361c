// The service worker: a test that was begun comes back after a reload without a network.
//
// Served as /sw.js with `RELEASE` before it.  It touches GETs of files only; answers, state and every
// other call pass by it.  Whatever fails in here ends as the plain request to the network.

/** @typedef {{id: string, files: string[], shells: Record<string, string>}} Release */

(() => {
  const worker = /** @type {any} */ (globalThis);
  /** @type {Release} */
  const release = worker.RELEASE;
  const { id, files, shells } = release;
  const OWN = "primepath-shell-";
  const SHELL = OWN + id;
  const TEST = /^\/sit\/([0-9a-f-]{36})\/test\/$/;
  const FILE = /^\/sit\/([0-9a-f-]{36})\/(?:pages\/\d+\/(?:\d+\.webp|words\.json)|tracks\/\d+)$/;
  // Under such a name there is one content for ever.
  const HASHED = /\.[0-9a-f]{12}\.\w+$/;
  // Longer than a slow page takes, shorter than a student waits before trying again.
  const NAVIGATION_MS = 4000;
  const ANYWHERE = { ignoreVary: true };

  worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
  worker.addEventListener("activate", (/** @type {any} */ event) =>
    // The first worker serves the page that brought it; a later one waits until pages say it may.
    event.waitUntil(worker.clients.claim()),
  );
  worker.addEventListener("message", (/** @type {any} */ event) => {
    if (event.data === "take-over") event.waitUntil(takeOver().catch(() => {}));
  });
  worker.addEventListener("fetch", (/** @type {any} */ event) => {
    const answer = answerTo(event.request);
    if (answer) event.respondWith(answer);
  });

  async function install() {
    const cache = await caches.open(SHELL);
    // Names without a hash may be older in the browser's own cache.
    const asked = (/** @type {string} */ name) =>
      HASHED.test(name) ? name : new Request(name, { cache: "no-cache" });
    await cache.addAll([...files, ...Object.values(shells)].map(asked));
  }

  /** Pages say that nothing waits and no test runs; what is open here has the last word. */
  async function takeOver() {
    const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (pages.some((/** @type {any} */ { url }) => TEST.test(new URL(url).pathname))) return;
    await worker.skipWaiting();
    const { installing } = worker.registration;
    if (installing) return;
    for (const name of await caches.keys()) {
      if (name.startsWith(OWN) && name !== SHELL) await caches.delete(name);
    }
  }

  /**
   * @param {Request} request
   * @returns {Promise<Response> | null} null: the browser's own business
   */
  function answerTo(request) {
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return null;
    if (request.mode === "navigate") return TEST.test(pathname) ? page(request, pathname) : null;
    if (FILE.test(pathname)) return fileOf(request, pathname);
    if (Object.values(shells).includes(pathname)) return shellOf(request);
    if (HASHED.test(pathname)) return kept(request).then((found) => found ?? fetch(request));
    if (files.includes(pathname)) {
      return fetch(request).catch(async (error) => {
        const found = await kept(request);
        if (!found) throw error;
        return found;
      });
    }
    return null;
  }

  /**
   * The server's page; where none comes, the one that the test's page left when it was opened.
   * @param {Request} request
   * @param {string} path
   */
  async function page(request, path) {
    const network = fetch(request);
    const late = new Promise((resolve) => setTimeout(resolve, NAVIGATION_MS));
    const first = await Promise.race([network, late]).catch(() => null);
    // Of a server that is being started again a proxy says 502.
    if (first && first.status < 500) return first;
    return (await kept(path)) ?? network;
  }

  /** The test page that belongs to the files kept here. @param {Request} request */
  async function shellOf(request) {
    const found = await caches.match(request, { ...ANYWHERE, cacheName: SHELL }).catch(() => null);
    return found ?? fetch(request);
  }

  /**
   * @param {Request} request
   * @param {string} path
   */
  async function fileOf(request, path) {
    const found = (await kept(path)) ?? (await otherWidth(path));
    const range = request.headers.get("Range");
    if (!found) return fetch(request);
    if (!range) return found;
    return (await slice(found, range).catch(() => null)) ?? fetch(request);
  }

  /** A page is kept in the width of the window that began; a turned tablet may ask another. */
  async function otherWidth(/** @type {string} */ path) {
    if (navigator.onLine || !path.endsWith(".webp")) return undefined;
    const name = `primepath-session-${FILE.exec(path)?.[1]}`;
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const cache = (await caches.has(name)) && (await caches.open(name));
    const keys = cache ? await cache.keys() : [];
    const other = keys.find(
      ({ url }) => new URL(url).pathname.startsWith(folder) && /webp$/.test(url),
    );
    return other && cache ? cache.match(other, ANYWHERE) : undefined;
  }

  /**
   * @param {Request | string} request
   * @returns {Promise<Response | undefined>}
   */
  async function kept(request) {
    try {
      return await caches.match(request, ANYWHERE);
    } catch {
      return undefined;
    }
  }

  /**
   * @param {Response} whole
   * @param {string} range one range, as players ask for it
   * @returns {Promise<Response | null>}
   */
  async function slice(whole, range) {
    const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
    if (!from && !to) return null;
    const body = await whole.blob();
    const { size } = body;
    const start = from ? Number(from) : Math.max(0, size - Number(to));
    const end = from && to ? Math.min(Number(to), size - 1) : size - 1;
    const headers = new Headers(whole.headers);
    if (start > end) {
      headers.set("Content-Range", `bytes */${size}`);
      return new Response(null, { status: 416, headers });
    }
    headers.set("Content-Range", `bytes ${start}-${end}/${size}`);
    headers.set("Content-Length", String(end - start + 1));
    return new Response(body.slice(start, end + 1, body.type), { status: 206, headers });
  }
})();
