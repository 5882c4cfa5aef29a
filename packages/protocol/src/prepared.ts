import type { RsvBit } from "./extension/message-extension.ts";
import type { DataOpcode } from "./frame.ts";
import { FIN, headerBytes, Opcode, RSV1, writeHeader } from "./frame.ts";
import type { Platform } from "./platform.ts";

/** A message framed once for many receivers. */
export interface PreparedFrame {
  readonly opcode: DataOpcode;
  /** Header and payload, unmasked. */
  readonly frame: Uint8Array;
  /** The payload inside `frame`. */
  readonly payload: Uint8Array;
  /** The compressed payload, framed with RSV1, where {@link withDeflated} added one. */
  readonly deflated: Uint8Array | undefined;
}

/** Frames a text message for `Machine.sendPrepared`, as often and to as many receivers as you like. */
export function prepareText(text: string, platform: Platform): PreparedFrame {
  const bytes = platform.utf8Length(text);
  const frame = platform.alloc(headerBytes(bytes, false) + bytes);
  const at = writeHeader(frame, 0, FIN | Opcode.Text, bytes, 0);
  platform.encodeInto(text, frame, at);
  return { opcode: Opcode.Text, frame, payload: frame.subarray(at), deflated: undefined };
}

/** Frames a binary message for `Machine.sendPrepared`. The bytes are copied. */
export function prepareBinary(bytes: Uint8Array, platform: Platform): PreparedFrame {
  const frame = frameOnce(FIN | Opcode.Binary, bytes, platform);
  return { opcode: Opcode.Binary, frame, payload: frame.subarray(frame.length - bytes.length), deflated: undefined };
}

/** Frames bytes known to be valid UTF-8 as a text message for `Machine.sendPrepared`. The bytes are copied. */
export function prepareUtf8(bytes: Uint8Array, platform: Platform): PreparedFrame {
  const frame = frameOnce(FIN | Opcode.Text, bytes, platform);
  return { opcode: Opcode.Text, frame, payload: frame.subarray(frame.length - bytes.length), deflated: undefined };
}

/**
 * The same message with its compressed form, for receivers that negotiated compression: the payload deflated with a fresh context and
 * without the tail 00 00 ff ff (RFC 7692 §7.2.1); `codecBit` for another extension's form. The bytes are copied.
 */
export function withDeflated(
  prepared: PreparedFrame,
  deflatedPayload: Uint8Array,
  platform: Platform,
  codecBit: RsvBit = RSV1,
): PreparedFrame {
  return { ...prepared, deflated: frameOnce(FIN | codecBit | prepared.opcode, deflatedPayload, platform) };
}

function frameOnce(firstByte: number, payload: Uint8Array, platform: Platform): Uint8Array {
  const frame = platform.alloc(headerBytes(payload.length, false) + payload.length);
  frame.set(payload, writeHeader(frame, 0, firstByte, payload.length, 0));
  return frame;
}
