import type { ProtocolError } from "@openline/protocol";

/** What a connection tells the object the user holds: the `target`, last in each call, where one owner serves many. */
export interface ConnectionOwner<Target = unknown> {
  /** A message came, in `fragments` when they were asked for, else in `data`. `isOwned`: memory of its own, not a view into the chunk that was read. */
  received(data: Uint8Array, fragments: Uint8Array[] | undefined, isBinary: boolean, isOwned: boolean, target: Target): void;
  pinged(data: Uint8Array, target: Target): void;
  ponged(data: Uint8Array, target: Target): void;
  drained(target: Target): void;
  /** The peer's close frame came; `closed` follows. */
  closing?(target: Target): void;
  /** The peer broke the protocol; `closed` follows. */
  failed(error: ProtocolError, target: Target): void;
  /** The end: last, and once. */
  closed(code: number, reason: string, wasClean: boolean, target: Target): void;
}

/** Takes messages piece by piece while `machine.streaming` is on. */
export interface StreamSink {
  started(isBinary: boolean): void;
  /** `isOwned`: memory of its own, not a view into the chunk that was read. */
  data(bytes: Uint8Array, isOwned: boolean): void;
  ended(): void;
}
