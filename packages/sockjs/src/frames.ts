/** A message as it stands inside an `a[…]` frame. Made once, it can go to any number of connections. */
export interface EncodedMessage {
  readonly text: string;
  readonly json: string;
  /** Bytes of `json` in UTF-8. */
  readonly bytes: number;
}

/** What browsers change under way on some transports. JSON.stringify escapes control characters and lone surrogates itself. */
const fragile = /[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** JSON of a text, with everything escaped that browsers change under way. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(fragile, escaped);
}

/** Encodes a message once for all its receivers. */
export function encodeMessage(text: string): EncodedMessage {
  const json = quote(text);
  return { text, json, bytes: Buffer.byteLength(json) };
}

export const openFrame = "o";
export const heartbeatFrame = "h";

/** The frame that carries messages. */
export function messagesFrame(messages: readonly EncodedMessage[]): string {
  return `a[${messages.map(({ json }) => json).join(",")}]`;
}

/** The frame that ends a session. */
export function closeFrame(code: number, reason: string): string {
  return `c[${code},${quote(reason)}]`;
}
