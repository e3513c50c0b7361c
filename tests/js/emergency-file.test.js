import assert from "node:assert/strict";
import { test } from "node:test";
import { emergencyText } from "../../static/js/modules/emergency-file.js";
import { CLAIM, SESSION } from "./stand-ins.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const bytes = (text) => Buffer.from(text, "base64url");

/** What the server does with its private key. */
async function opened(file, privateKey, session = SESSION) {
  const { subtle } = crypto;
  const theirs = await subtle.importKey("raw", bytes(file.epk), CURVE, false, []);
  const secret = await subtle.deriveBits({ name: "ECDH", public: theirs }, privateKey, 256);
  const info = new TextEncoder().encode("primepath-rescue-1");
  const aes = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]),
    { name: "AES-GCM", length: 256 },
    false,
    ["decrypt"],
  );
  const additionalData = new TextEncoder().encode(session);
  const how = { name: "AES-GCM", iv: bytes(file.iv), additionalData };
  return JSON.parse(Buffer.from(await subtle.decrypt(how, aes, bytes(file.data))).toString());
}

test("an emergency file opens with the server's key and for its own session only", async () => {
  const server = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const point = await crypto.subtle.exportKey("raw", server.publicKey);
  const key = { id: "k1", x962: Buffer.from(point).toString("base64url") };
  const facts = { submit_id: "s", writer: CLAIM.writer, last_seq: 1, digest: "d" };
  const value = "한".repeat(30_000);
  const entry = { ...CLAIM, seq: 1, kind: "answer", part: 3, value, at: 7 };

  const text = await emergencyText({
    record: { session: SESSION, touchedAt: 0, submission: { ...facts, atEnd: true } },
    entries: [{ session: SESSION, ...entry }],
    key,
    crypto,
    madeAt: 99,
  });

  const file = JSON.parse(text);
  assert.deepEqual(Object.keys(file), ["v", "session", "key_id", "epk", "iv", "data"]);
  assert.deepEqual([file.v, file.session, file.key_id], [1, SESSION, "k1"]);
  assert.equal(text.includes("한"), false);
  assert.deepEqual(await opened(file, server.privateKey), {
    v: 1,
    session: SESSION,
    made_at_ms: 99,
    ticket: null,
    entries: [entry],
    submission: facts,
  });
  const other = SESSION.replace("3f2a", "0000");
  await assert.rejects(opened(file, server.privateKey, other));
});
