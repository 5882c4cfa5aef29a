import type { MessageExtension, PreparedFrame } from "@openline/protocol";

/** Why a message cannot be inflated: it is no valid data, or larger than the limit. */
export interface InflateFault {
  readonly why: "data" | "limit";
  readonly detail: string;
}

export type Inflated = Uint8Array | InflateFault;
export type Deflated = Uint8Array | Error;

/**
 * What an extension does to the messages of one connection. At most one `inflate` and one `deflate` are under way at a time. Both answer at once, or
 * with undefined and later through the callback, exactly once; after `close` never.
 */
export interface MessageCodec {
  /** Messages from this size on are given to `deflate`; Infinity for none. */
  readonly thresholdBytes: number;
  /** Undoes what the peer's codec did. `data` may change when the call returns; `isFinal`: the message ends with it. More than `limitBytes` is a fault. */
  inflate(data: Uint8Array, isFinal: boolean, limitBytes: number, later: (result: Inflated) => void): Inflated | undefined;
  /** `data` stays as it is until the answer. `isFresh`: forget what was compressed before. */
  deflate(data: Uint8Array, isFinal: boolean, isFresh: boolean, later: (result: Deflated) => void): Deflated | undefined;
  /** The frame with its compressed form, made once for all connections that can share it; undefined when this one needs it uncompressed. */
  prepared(frame: PreparedFrame): PreparedFrame | undefined;
  /** Frees everything; what is under way is given up. */
  close(): void;
}

/** An extension that an endpoint can use. permessage-deflate is the one that comes with it. */
export type EndpointExtension = MessageExtension<MessageCodec>;
