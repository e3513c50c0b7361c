// Order of entries: (epoch, seq, writer).  Clocks are evidence, never a judge.

/**
 * @typedef {object} Place
 * @property {number} epoch
 * @property {number} seq
 * @property {string} [writer]
 */

/**
 * Compare two entries by their place.
 * @param {Place} a
 * @param {Place} b
 * @returns {number} below 0 when `a` comes first
 */
export function compare(a, b) {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.seq !== b.seq) return a.seq - b.seq;
  const [left, right] = [a.writer ?? "", b.writer ?? ""];
  return left < right ? -1 : Number(left > right);
}
