/** Numbers of more digits cannot be what a client of the draft wrote: 2^32 times at most 12 spaces. */
const MAX_DIGITS = 12;
const MAX_NUMBER = 0xffff_ffff;

/**
 * The number that `Sec-WebSocket-Key1` or `-Key2` hides: its digits, divided by the count of its spaces (draft-hixie-thewebsocketprotocol-76 §5.2). Undefined when
 * the field hides none: no digits, no spaces, or a division with a rest.
 */
export function hixieKeyNumber(key: string): number | undefined {
  const digits = key.replace(/[^0-9]/g, "");
  const spaces = key.length - key.replaceAll(" ", "").length;
  if (digits === "" || digits.length > MAX_DIGITS || spaces === 0) return undefined;
  const number = Number(digits) / spaces;
  return Number.isInteger(number) && number <= MAX_NUMBER ? number : undefined;
}

/** The bytes whose MD5 is the server's answer: both numbers, big-endian, and the eight bytes behind the client's head (hixie-76 §5.2). */
export function hixieChallenge(first: number, second: number, nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  bytes.set(nonce, 8);
  return bytes;
}
