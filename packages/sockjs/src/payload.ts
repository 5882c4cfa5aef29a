/** What a client sent: its messages, or the text that tells it what is wrong. */
export type Payload = { readonly ok: true; readonly messages: readonly string[] } | { readonly ok: false; readonly fault: PayloadFault };

/** The texts that clients compare byte by byte. */
export type PayloadFault = "Payload expected." | "Broken JSON encoding.";

const expected: Payload = { ok: false, fault: "Payload expected." };
const broken: Payload = { ok: false, fault: "Broken JSON encoding." };

/** Reads what came over HTTP: a JSON array of strings. */
export function parseBody(text: string): Payload {
  if (text === "") return expected;
  const value = parsed(text);
  if (value === undefined) return broken;
  return isTexts(value.json) ? { ok: true, messages: value.json } : expected;
}

/** Reads what came over a WebSocket: like {@link parseBody}, or one string by itself, or nothing. */
export function parseFrame(text: string): Payload {
  if (text === "") return { ok: true, messages: [] };
  const value = parsed(text);
  if (value === undefined) return broken;
  if (typeof value.json === "string") return { ok: true, messages: [value.json] };
  return isTexts(value.json) ? { ok: true, messages: value.json } : expected;
}

function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
