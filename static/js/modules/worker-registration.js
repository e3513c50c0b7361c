// The service worker seen from a page.

/** Register it where the browser has one: not on plain http. */
export async function registerWorker() {
  try {
    return await navigator.serviceWorker?.register("/sw.js");
  } catch {
    // Forbidden or unreachable: the test works without.
    return undefined;
  }
}

/**
 * Let a new version take over, once nothing of this browser waits or runs.
 * @param {boolean} isSafe
 */
export async function letWorkerTakeOver(isSafe) {
  const registration = await registerWorker();
  if (isSafe) (registration?.waiting ?? registration?.active)?.postMessage("take-over");
}
