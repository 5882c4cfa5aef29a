import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook as Verifier } from "standardwebhooks";
import { signatureFields } from "../../src/webhooks/signature.ts";

const body = '{"text":"你好 👋"}';
const timestamp = Math.floor(Date.now() / 1000);

test("a signature is what the verifier of Standard Webhooks accepts, with a base64 secret or a plain one", () => {
  const base64 = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  assert.deepEqual(new Verifier(base64).verify(body, signatureFields(base64, { id: "e1", timestamp, body })), JSON.parse(body));
  const plain = "a plain secret of some length";
  const verifier = new Verifier(plain, { format: "raw" });
  assert.deepEqual(verifier.verify(body, signatureFields(plain, { id: "e1", timestamp, body })), JSON.parse(body));
});

test("another body, id, time or secret is not accepted", () => {
  const secret = "a plain secret of some length";
  const verifier = new Verifier(secret, { format: "raw" });
  const fields = signatureFields(secret, { id: "e1", timestamp, body });
  assert.throws(() => verifier.verify(`${body} `, fields));
  assert.throws(() => verifier.verify(body, { ...fields, "webhook-id": "e2" }));
  assert.throws(() => verifier.verify(body, { ...fields, "webhook-timestamp": String(timestamp - 1) }));
  assert.throws(() => verifier.verify(body, signatureFields(`${secret}x`, { id: "e1", timestamp, body })));
});
