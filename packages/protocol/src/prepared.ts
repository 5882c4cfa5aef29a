import type { Platform } from "./platform.ts";

/** A message framed once for many receivers. */
export interface PreparedFrame {
  readonly opcode: 1 | 2;
  /** Header and payload, unmasked. */
  readonly frame: Uint8Array;
  /** The payload inside `frame`. */
  readonly payload: Uint8Array;
  /** The compressed payload, framed with RSV1, where {@link withDeflated} added one. */
  readonly deflated: Uint8Array | undefined;
}

export declare function prepareText(text: string, platform: Platform): PreparedFrame;
export declare function prepareBinary(bytes: Uint8Array, platform: Platform): PreparedFrame;
export declare function withDeflated(prepared: PreparedFrame, deflatedPayload: Uint8Array, platform: Platform): PreparedFrame;
