// Random names.  `crypto.randomUUID` exists in secure contexts only.

/**
 * Return 128 random bits as 32 hexadecimal digits.
 * @param {Pick<Crypto, "getRandomValues">} random
 * @returns {string}
 */
export function randomId(random) {
  const bytes = random.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
