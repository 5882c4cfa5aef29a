import type { Platform } from "../platform.ts";

/** The text that every server appends to the key before hashing (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Base64 of 16 bytes: 22 digits and the padding. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** The value of `Sec-WebSocket-Accept` that answers this `Sec-WebSocket-Key` (RFC 6455 §4.2.2). */
export function acceptKey(key: string, platform: Platform): string {
  return platform.sha1Base64(key + GUID);
}

/** Whether the text is the base64 of exactly 16 bytes (RFC 6455 §4.2.1). */
export function isKey(text: string): boolean {
  return KEY.test(text);
}
