// When a page whose time is over does what is left to do.  Where many end in one moment they share the
// time that the server names: the first of them look and hand in as it counts until the grace period
// is over, the others look when the server has ended their sessions by itself, and has marked them.

export const EARLY_MS = 45_000;
// Sixty seconds of grace, and what the server needs to end all that are still open.
const ENDED_MS = 75_000;
// To look takes half of what it takes to hand in.
const QUICKER = 2;

/**
 * Return how long a page waits for its turn.
 * @param {number} spreadMs over how long pages are to spread, by the server
 * @param {number} share of this page, at random from 0 to 1
 */
export function endTurn(spreadMs, share) {
  const wait = spreadMs * share;
  return wait < EARLY_MS ? wait : ENDED_MS + (wait - EARLY_MS) / QUICKER;
}
