/** Options of a frame built by hand. */
export interface FrameParts {
  readonly opcode: number;
  readonly fin?: boolean;
  /** RSV1, RSV2, RSV3 as the three bits 4, 2, 1. */
  readonly rsv?: number;
  readonly payload?: string | Uint8Array;
  /** Undefined: unmasked. */
  readonly key?: readonly [number, number, number, number];
  /** The form of the length: 7, 16 or 64 bits; the shortest by default. */
  readonly lengthForm?: 7 | 16 | 64;
  /** A length other than the payload's. */
  readonly announced?: bigint;
}

export const KEY = [0x11, 0x22, 0x33, 0x84] as const;

/** A frame written out bit by bit, apart from the code under test (RFC 6455 §5.2). */
export function frame(parts: FrameParts): Uint8Array {
  const payload = typeof parts.payload === "string" ? Buffer.from(parts.payload) : (parts.payload ?? Buffer.alloc(0));
  const length = parts.announced ?? BigInt(payload.length);
  const form = parts.lengthForm ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const mask = parts.key === undefined ? 0 : 0x80;
  const first = ((parts.fin ?? true) ? 0x80 : 0) | ((parts.rsv ?? 0) << 4) | parts.opcode;
  const head =
    form === 7 ? [first, mask | Number(length)] : [first, mask | (form === 16 ? 126 : 127), ...bigEndian(length, form === 16 ? 2 : 8)];
  const key = parts.key;
  const body = key === undefined ? payload : Uint8Array.from(payload, (byte, at) => byte ^ (key[at % 4] ?? 0));
  return Buffer.concat([Buffer.from(head), Buffer.from(key ?? []), body]);
}

function bigEndian(value: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, at) => Number((value >> BigInt(8 * (bytes - 1 - at))) & 255n));
}

export function masked(opcode: number, payload: string | Uint8Array = "", more: Partial<FrameParts> = {}): Uint8Array {
  return frame({ opcode, payload, key: KEY, ...more });
}

export function closePayload(code: number, reason: string | Uint8Array = ""): Uint8Array {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
