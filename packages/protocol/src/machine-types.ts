import type { RsvBit } from "./extension/message-extension.ts";
import type { Platform } from "./platform.ts";
import type { HeartbeatOptions } from "./profiles.ts";
import type { Slabs } from "./slabs.ts";

/** What `Machine.next()` answers. Small integers, so that the endpoint's switch costs nothing. */
export const Event = {
  /** Nothing more for now. */
  None: 0,
  /** A text message: `text()` or `data` (or `fragments`). */
  Text: 1,
  /** A binary message: `data` (or `fragments`). */
  Binary: 2,
  /** A ping with `data`; with `autoPong` its answer is already queued. */
  Ping: 3,
  /** A pong with `data`. Answers to our own heartbeat are not reported. */
  Pong: 4,
  /** `streaming`: a message begins; `binary` tells its kind. */
  MessageStart: 5,
  /** `streaming`: the next bytes, `data`, as they arrive; a piece of text may end inside a character. */
  MessageData: 6,
  /** `streaming`: the message is complete. */
  MessageEnd: 7,
  /** Inflate `data`; answer `inflated` or `inflateFailed`. Nothing is parsed before. */
  Inflate: 8,
  /** Deflate `data`; answer `deflated`. Messages behind it wait. */
  Deflate: 9,
  /** A send was answered false, and now there is room again. */
  Drain: 10,
  /** The peer's close frame: `closeCode`, `closeReason`. The answer is already queued. */
  Close: 11,
  /** The peer broke the protocol: `error`. The close frame is already queued; Finish follows. */
  Error: 12,
  /** The peer was silent or slow: `error`, a ClosedError. */
  Timeout: 13,
  /** Write the output that is left, then end our side of the transport (TCP FIN, HTTP/2 END_STREAM). */
  Finish: 14,
  /** Drop the transport at once (destroy, RST_STREAM(CANCEL)). */
  Abort: 15,
  /** The last event: `closeCode`, `closeReason`, `wasClean`. Exactly once. */
  Closed: 16,
} as const;

export type EventKind = (typeof Event)[keyof typeof Event];

/** An extension with a codec was negotiated, permessage-deflate as a rule; its parameters are the endpoint's business. */
export interface CodecOptions {
  /** The reserved bit that marks the messages which went through it. Default RSV1. */
  readonly rsv?: RsvBit | undefined;
  /** Messages below this size leave uncompressed. Default 1024. */
  readonly thresholdBytes?: number | undefined;
}

/** Limits default to {@link PROFILES}.ws; spread a profile into them. `Infinity` lifts a limit. */
export interface MachineOptions {
  readonly role: "server" | "client";
  readonly platform: Platform;
  /** The time now, in ms on the clock whose values `receive`, `close` and `tick` get. */
  readonly now: number;
  readonly maxPayloadBytes?: number | undefined;
  readonly maxFragments?: number | undefined;
  readonly highWaterBytes?: number | undefined;
  readonly lowWaterBytes?: number | undefined;
  readonly closeTimeoutMs?: number | undefined;
  readonly heartbeat?: HeartbeatOptions | undefined;
  /** Close with 1001 after so long without a message in either direction. Default: never. */
  readonly idleTimeoutMs?: number | undefined;
  readonly autoPong?: boolean | undefined;
  readonly skipUtf8Validation?: boolean | undefined;
  /** Largest payload of one outgoing frame; larger messages leave as fragments, with control frames between. Default: no limit. */
  readonly fragmentBytes?: number | undefined;
  readonly codec?: CodecOptions | undefined;
  readonly streaming?: boolean | undefined;
  readonly keepFragments?: boolean | undefined;
  /** Memory for small frames, shared by the machines of one endpoint. Default: its own, small. */
  readonly slabs?: Slabs | undefined;
}
