// States of a session, as the server names them.

/** @param {unknown} state */
export function isOver(state) {
  return state === "submitted" || state === "expired";
}
