// Calls of one session's API.  A call never throws: no reply at all is status 0.

/** @import {Reply} from "../types/protocol.d.ts" */

// DESIGN.md: 8 s a request; a half-open connection is given up then and a new one is made.
export const REQUEST_TIMEOUT_MS = 8000;

/**
 * @typedef {object} ApiOptions
 * @property {string} root e.g. `/api/sessions/<id>/`
 * @property {string} csrfToken of the page
 * @property {string} csrfAddress where a fresh token is had
 * @property {typeof globalThis.fetch} fetch
 * @property {() => number} now monotonic milliseconds
 */

export class SessionApi {
  #options;
  #csrfToken;

  /** @param {ApiOptions} options */
  constructor(options) {
    this.#options = options;
    this.#csrfToken = options.csrfToken;
  }

  /**
   * Read.
   * @param {string} path
   * @param {{timeoutMs?: number}} [limits]
   * @returns {Promise<Reply>}
   */
  get(path, { timeoutMs = REQUEST_TIMEOUT_MS } = {}) {
    return this.#send(this.#options.root + path, { method: "GET" }, timeoutMs);
  }

  /**
   * Send `body`.  A refused CSRF token is replaced once and the same body sent again.
   * @param {string} path
   * @param {object} body
   * @param {{keepalive?: boolean}} [how] `keepalive`: the page may be going away
   * @returns {Promise<Reply>}
   */
  async post(path, body, { keepalive = false } = {}) {
    const send = () =>
      this.#send(
        this.#options.root + path,
        {
          method: "POST",
          keepalive,
          headers: { "Content-Type": "application/json", "X-CSRFToken": this.#csrfToken },
          body: JSON.stringify(body),
        },
        REQUEST_TIMEOUT_MS,
      );
    if (!this.#csrfToken) await this.#refreshToken();
    const reply = await send();
    if (reply.status !== 403 || reply.body?.error !== "csrf") return reply;
    return (await this.#refreshToken()) ? send() : reply;
  }

  async #refreshToken() {
    const { csrfAddress } = this.#options;
    const { status, body } = await this.#send(csrfAddress, { method: "GET" }, REQUEST_TIMEOUT_MS);
    if (status !== 200 || typeof body?.token !== "string") return false;
    this.#csrfToken = body.token;
    return true;
  }

  /**
   * @param {string} address
   * @param {RequestInit} request
   * @param {number} timeoutMs
   * @returns {Promise<Reply>}
   */
  async #send(address, request, timeoutMs) {
    const { fetch, now } = this.#options;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    const sentAt = now();
    const nothing = { status: 0, body: null, retryAfterMs: 0, sentAt };
    try {
      const response = await fetch(address, {
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        ...request,
        headers: { Accept: "application/json", ...request.headers },
        signal: stop.signal,
      });
      const body = await jsonOf(response);
      const retryAfterMs = Number(response.headers.get("Retry-After") ?? 0) * 1000 || 0;
      return { status: response.status, body, retryAfterMs, sentAt, receivedAt: now() };
    } catch {
      return { ...nothing, receivedAt: now() };
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Record<string, unknown> | null>}
 */
async function jsonOf(response) {
  const text = await response.text();
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
