// The emergency file: what this browser holds of one session, readable by the server's key alone.

/** @import {AnswerQueue} from "./answer-queue.js" */
/** @import {Entry, RescueKey, SessionRecord} from "../types/protocol.d.ts" */

const INFO = "primepath-rescue-1";
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const encoder = new TextEncoder();

/** @param {ArrayBuffer | Uint8Array<ArrayBuffer>} bytes */
function toText(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** @param {string} text base64url */
function toBytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

/**
 * Return the file's text.
 * @param {object} options
 * @param {SessionRecord} options.record
 * @param {Entry[]} options.entries
 * @param {RescueKey} options.key
 * @param {Pick<Crypto, "subtle" | "getRandomValues">} options.crypto
 * @param {number} options.madeAt
 */
export async function emergencyText({ record, entries, key, crypto, madeAt }) {
  const { session, ticket = null, submission } = record;
  const { atEnd, ...facts } = submission ?? {};
  const content = {
    v: 1,
    session,
    made_at_ms: madeAt,
    ticket,
    entries: entries.map(({ session: _, ...entry }) => entry),
    submission: submission ? facts : null,
  };
  const { subtle } = crypto;
  const theirs = await subtle.importKey("raw", toBytes(key.x962), CURVE, false, []);
  const own = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const secret = await subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
  const aes = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode(INFO) },
    await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]),
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encoder.encode(session) },
    aes,
    encoder.encode(JSON.stringify(content)),
  );
  return JSON.stringify({
    v: 1,
    session,
    key_id: key.id,
    epk: toText(await subtle.exportKey("raw", own.publicKey)),
    iv: toText(iv),
    // In pieces: a long essay is more arguments than a call can have.
    data: longText(new Uint8Array(data)),
  });
}

/** @param {Uint8Array<ArrayBuffer>} bytes a multiple of three a piece, so that none is padded */
function longText(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 30_000) text += toText(bytes.slice(at, at + 30_000));
  return text;
}

/**
 * Let the student save the file of a session.
 * @param {object} options
 * @param {string} options.session
 * @param {AnswerQueue} options.queue
 * @param {RescueKey} [options.key]
 * @param {Window & typeof globalThis} options.window
 * @returns {Promise<"saved" | "insecure" | "no-key">} `insecure`: this page came by plain HTTP
 */
export async function saveEmergencyFile({ session, queue, key, window }) {
  const { crypto, document, isSecureContext, URL } = window;
  if (!isSecureContext || !crypto.subtle) return "insecure";
  if (!key) return "no-key";
  const record = await queue.record(session);
  const entries = [...(await queue.kept(session)), ...queue.waiting(session)];
  const text = await emergencyText({ record, entries, key, crypto, madeAt: Date.now() });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `primepath-${session}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return "saved";
}
