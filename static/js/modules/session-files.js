// Paper and tracks of a test, kept by this browser for a reload without a network.

/** @import {ExamDefinition} from "../types/protocol.d.ts" */

/** @param {string} session */
export const cacheName = (session) => `primepath-session-${session}`;

/** The test page of no session, for this browser to keep. @param {string} language */
export const shellAddress = (language) => `/sit/shell/${language}/`;

/**
 * In how many pixels a window shows a page of the paper.
 * @param {Pick<Window, "innerWidth" | "devicePixelRatio">} window
 */
export const paperWidth = ({ innerWidth, devicePixelRatio }) =>
  innerWidth * (innerWidth < 900 ? 1 : 0.6) * devicePixelRatio;

/**
 * Return a `fetch` of the session's files that keeps what it gets, and `settled()`.
 * Storage that is full, forbidden or missing changes nothing but the keeping.
 * @param {string} session
 * @param {typeof globalThis.fetch} fetch
 * @param {CacheStorage | undefined} caches only in secure contexts
 */
export function sessionFiles(session, fetch, caches) {
  const opened = caches?.open(cacheName(session)).catch(() => undefined);
  /** @type {Set<Promise<unknown>>} */
  const keeping = new Set();
  return {
    /** @param {string} address @param {string} [as] another address to keep it under */
    async fetch(address, as = address) {
      const cache = await opened;
      const found = as === address ? await cache?.match(address).catch(() => undefined) : undefined;
      if (found) return found;
      const response = await fetch(address);
      if (cache && response.status === 200) {
        const kept = cache.put(as, response.clone()).catch(() => {});
        keeping.add(kept);
      }
      return response;
    },
    settled: () => Promise.all(keeping),
  };
}

/**
 * Fetch every page of the paper in the width that this window shows, and its words.
 * @param {ExamDefinition} definition
 * @param {{address: string, fetch: (address: string) => Promise<Response>, width: number}} options
 */
export async function loadPaper({ pages }, { address, fetch, width }) {
  const wanted = pages.flatMap(({ id, images, has_words }) => {
    const size = images.find((image) => image.width >= width) ?? images[images.length - 1];
    const folder = `${address}pages/${id}/`;
    return [
      ...(size ? [`${folder}${size.width}.webp`] : []),
      ...(has_words ? [`${folder}words.json`] : []),
    ];
  });
  await Promise.all(
    wanted.map(async (name) => {
      const response = await fetch(name);
      if (!response.ok) throw new Error(`paper: ${response.status}`);
      await response.arrayBuffer();
    }),
  );
}
