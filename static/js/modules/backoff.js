// How long to wait before trying again.

const FIRST_MS = 1000;
export const LONGEST_MS = 30_000;

/**
 * Return the wait before try number `tries` + 1: full jitter, so that a classroom which lost its
 * server together does not come back together; `floorMs` is the server's Retry-After, believed up
 * to the same ceiling: a proxy's "in an hour" must not stop saving for one.
 * @param {number} tries how many have failed, from 1
 * @param {{random: () => number, floorMs?: number}} options
 * @returns {number} milliseconds
 */
export function backoff(tries, { random, floorMs = 0 }) {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
  return Math.max(Math.min(floorMs, LONGEST_MS), Math.round(random() * ceiling));
}
