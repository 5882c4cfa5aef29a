import type { Duplex } from "node:stream";

/** What a {@link Driver} tells the connection above it. */
export interface DriverOwner {
  /**
   * Bytes arrived. Valid until the call returns when the driver shares its read buffer, else for as long as somebody holds them. `isOwned`: a part of them may be
   * kept in any case, and holds little memory.
   */
  received(chunk: Uint8Array, isOwned: boolean): void;
  /** The kernel has taken the bytes of a write that was pending; their slabs are free again. */
  written(bytes: number): void;
  /** The peer will send nothing more (TCP FIN). */
  ended(): void;
  /** The transport is gone; always the last call, made once. With the error when a fault of the transport was the cause. */
  closed(error: Error | undefined): void;
}

/** The result of {@link Driver.write}. */
export const Write = { Taken: 0, Pending: 1 } as const;
export type Write = (typeof Write)[keyof typeof Write];

/**
 * The few things a connection needs of the transport under it. There is a portable one over any Node stream; faster ones may take its place
 * without anybody above noticing.
 */
export interface Driver {
  /** What the driver stands on, for others to look at. Where there is none yet it is made. */
  readonly stream: Duplex;
  /** Whether the chunks given to `received` live in a buffer that the next read overwrites. */
  readonly sharesReadBuffer: boolean;
  /** Bytes given to `write` that the kernel has not taken yet. */
  readonly pendingBytes: number;
  /** Says whom to call. From here on a fault of the transport is handled, and `closed` will be called; nothing is read yet. */
  attach(owner: DriverOwner): void;
  /** Begins to read. `head`, what arrived with the handshake, is given first, before this returns. */
  start(head: Uint8Array): void;
  /** No `received` until `resume()`; what is on its way in the kernel stays there. */
  pause(): void;
  resume(): void;
  /**
   * Writes the segments in one system call. `Taken`: the kernel has them, the memory may be reused at once. `Pending`: it may be reused after
   * `written`. Must not be called while a write is pending.
   */
  write(segments: readonly Uint8Array[], bytes: number): Write;
  /** Sends FIN after what is pending; reading goes on. */
  end(): void;
  /** Drops the transport now, with all that is pending. */
  abort(): void;
}
