// Tracks are fetched whole before the clock starts: a bad network must not cost listening time.

/** @import {TrackDefinition} from "../types/protocol.d.ts" */

/**
 * Fetch tracks one after the other.
 * @param {TrackDefinition[]} tracks
 * @param {object} options
 * @param {string} options.address of the session's files
 * @param {(address: string) => Promise<Response>} options.fetch
 * @param {(share: number) => void} options.onProgress 0 ... 1
 * @param {Map<number, Blob>} [options.loaded] those of an earlier try
 * @returns {Promise<Map<number, Blob>>}
 * @throws where one cannot be had; what came before it is in `loaded`
 */
export async function loadTracks(tracks, { address, fetch, onProgress, loaded = new Map() }) {
  const total = tracks.reduce((sum, track) => sum + track.size, 0) || 1;
  let before = 0;
  for (const track of tracks) {
    const base = before;
    if (!loaded.has(track.id)) {
      const response = await fetch(`${address}tracks/${track.id}`);
      if (!response.ok) throw new Error(`track ${track.id}: ${response.status}`);
      const parts = await read(response, (bytes) =>
        onProgress(Math.min(1, (base + bytes) / total)),
      );
      loaded.set(track.id, new Blob(parts, { type: track.content_type }));
    }
    before += track.size;
    onProgress(Math.min(1, before / total));
  }
  return loaded;
}

/**
 * @param {Response} response
 * @param {(bytes: number) => void} onBytes
 * @returns {Promise<BlobPart[]>}
 */
async function read(response, onBytes) {
  if (!response.body) return [await response.arrayBuffer()];
  const reader = response.body.getReader();
  /** @type {BlobPart[]} */
  const parts = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
    bytes += value.length;
    onBytes(bytes);
  }
}
