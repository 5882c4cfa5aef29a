import { createHmac } from "node:crypto";

/** What is signed: an id, the time, and the very bytes of the body. */
export interface Signable {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * Signs as Standard Webhooks 1.0 does (https://www.standardwebhooks.com), for which there are verifiers in many languages: HMAC-SHA256 over
 * `id.timestamp.body`, in base64. A secret `whsec_…` is base64, any other the text itself in UTF-8.
 */
export function signatureFields(secret: string, { id, timestamp, body }: Signable): Record<string, string> {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": `v1,${signature}` };
}
