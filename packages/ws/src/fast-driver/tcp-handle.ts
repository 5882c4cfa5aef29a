import { type Server, Socket } from "node:net";

/**
 * What lies under a `net.Socket`, in Node itself: private, hence looked at by a {@link probe} before anything here is used. All of it is called by
 * Node's own `net` in the same way.
 */
export interface TcpHandle {
  /** Called by Node with `this` set when bytes have arrived, at the end, and on faults. */
  onread: (this: TcpHandle, data: unknown) => unknown;
  /** Whether `readStart` was called last. `net` keeps it; whoever starts or stops reading must too. */
  reading: boolean;
  /** All bytes ever read. */
  readonly bytesRead: number;
  /** Bytes written that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  /** From here on bytes are read into this memory, and `onread` gets none. Cannot be undone. */
  useUserBuffer(bytes: Uint8Array): number;
  readStart(): number;
  readStop(): number;
  /**
   * Answers 0, or a negative error number. What the kernel did not take at once stays queued, and `oncomplete` is called later. From Node 26 on a write may
   * go without a request (null): one that stays queued is then answered with its request. One that is given serves as before.
   */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  writev(request: WriteRequest | null, segments: readonly Uint8Array[], areBuffers: true): number;
  writeLatin1String(request: WriteRequest, text: string): number;
  shutdown(request: WriteRequest): number;
  close(): void;
  setNoDelay(on: boolean): void;
  /** Fills in `address`, `family` and `port`. */
  getpeername(into: object): number;
}

/** One write, until the kernel has taken it whole. */
export interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  /** -1 unless a write is under way with it. */
  getAsyncId(): number;
}

/** The private side of a `net.Socket`, as far as it is used here. */
export type SocketInside = Socket & {
  readonly _handle: TcpHandle | null;
  /** Begins the time of `setTimeout` anew. */
  _unrefTimer(): void;
};

/** Begins the time of the owner's `setTimeout` anew, if one was set: there was traffic. */
export function touchTimer(socket: SocketInside): void {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  if (socket.timeout) socket._unrefTimer();
}

/** What {@link probe} found a running Node to offer. */
export interface HandleSupport {
  /** The class of a write request: Node makes it known to nobody, so it is caught from an ordinary write. */
  readonly WriteRequest: new () => WriteRequest;
  /** The class of the handles of TCP sockets. */
  readonly Handle: unknown;
  /** How `net` itself reads. Ends and faults go there. */
  readonly onread: TcpHandle["onread"];
  /** The class of a request to send FIN; undefined when connections without a `net.Socket` cannot be had. */
  readonly ShutdownRequest: (new () => WriteRequest) | undefined;
  /** The property under which a socket made with the option `onread` keeps its own buffer. */
  readonly bufferKey: symbol | undefined;
}

/** What connections without a `net.Socket` need besides. */
export interface BareSupport extends HandleSupport {
  readonly ShutdownRequest: new () => WriteRequest;
}

/** The socket's handle when it is an ordinary TCP socket, no TLS, no pipe, no class of somebody's own; otherwise undefined. */
export function tcpHandleOf(stream: object): TcpHandle | undefined {
  if (Object.getPrototypeOf(stream) !== Socket.prototype) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a private field; the probe has looked at what it holds
  return (stream as SocketInside)._handle ?? undefined;
}

/** The private side of a `net.Server`: it counts its connections, and is closed when there are none. */
export type ServerInside = Server & { _connections: number; _emitCloseIfDrained(): void };

/** One connection more or less. Less at once, as `net` does it, not when the handle has closed. */
export function countConnections(server: ServerInside, change: 1 | -1): void {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  server._connections += change;
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  if (change < 0) server._emitCloseIfDrained();
}
