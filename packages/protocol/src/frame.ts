/** The opcodes of RFC 6455 §5.2; all others are reserved. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** The opcode of a frame with data, or of the message it belongs to. */
export type DataOpcode = typeof Opcode.Text | typeof Opcode.Binary;

export const FIN = 0x80;
export const RSV1 = 0x40;
/** In the second byte of a frame. */
export const MASK = 0x80;

/** The most a header takes: 2 bytes, a 64-bit length, a masking key (RFC 6455 §5.2). */
export const MAX_HEADER_BYTES = 14;

/** The most a control frame may carry (RFC 6455 §5.5). */
export const MAX_CONTROL_BYTES = 125;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The size of a frame's header, masking key included, in the shortest form, which is the only one allowed (RFC 6455 §5.2). */
export function headerBytes(payloadBytes: number, masked: boolean): number {
  const key = masked ? 4 : 0;
  if (payloadBytes <= 125) return 2 + key;
  return payloadBytes <= 0xffff ? 4 + key : 10 + key;
}

/** Writes a header without its masking key and answers where the next byte goes. `maskBit` is {@link MASK} or 0 (RFC 6455 §5.2). */
export function writeHeader(into: Uint8Array, at: number, firstByte: number, payloadBytes: number, maskBit: number): number {
  into[at] = firstByte;
  if (payloadBytes <= 125) {
    into[at + 1] = maskBit | payloadBytes;
    return at + 2;
  }
  if (payloadBytes <= 0xffff) {
    into[at + 1] = maskBit | 126;
    into[at + 2] = payloadBytes >>> 8;
    into[at + 3] = payloadBytes & 255;
    return at + 4;
  }
  into[at + 1] = maskBit | 127;
  writeUint32(into, at + 2, Math.floor(payloadBytes / 0x1_0000_0000));
  writeUint32(into, at + 6, payloadBytes >>> 0);
  return at + 10;
}

function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}
