import type { ProtocolError } from "@openline/protocol";

/** What a connection tells the object the user holds. */
export interface ConnectionOwner {
  /** A message came, in `fragments` when they were asked for, else in `data`. `isOwned`: memory of its own, not a view into the chunk that was read. */
  received(data: Uint8Array, fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean): void;
  pinged(data: Uint8Array): void;
  ponged(data: Uint8Array): void;
  drained(): void;
  /** The peer's close frame came; `closed` follows. */
  closing?(): void;
  /** The peer broke the protocol; `closed` follows. */
  failed(error: ProtocolError): void;
  /** The end: last, and once. */
  closed(code: number, reason: string, wasClean: boolean): void;
}

/** Takes messages piece by piece while `machine.streaming` is on. */
export interface StreamSink {
  started(isBinary: boolean): void;
  /** `isOwned`: memory of its own, not a view into the chunk that was read. */
  data(bytes: Uint8Array, isOwned: boolean): void;
  ended(): void;
}
