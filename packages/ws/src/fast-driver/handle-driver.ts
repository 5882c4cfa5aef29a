import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { type Driver, type DriverOwner, Write } from "../driver.ts";
import { leaveErrors } from "../refusal.ts";
import { writeToStream } from "../stream-driver.ts";
import { BareSocket } from "./bare-socket.ts";
import { keepRequest, takeRequest } from "./pending-write.ts";
import { POOLED_UP_TO_BYTES, pooledRead, sharedReadBuffer } from "./shared-read-buffer.ts";
import { type HandleSupport, type SocketInside, type TcpHandle, touchTimer } from "./tcp-handle.ts";

/** Where a handle and a socket keep their driver: functions shared by all then stand in for closures of each. */
const key = Symbol("openline.driver");

type DrivenHandle = TcpHandle & { [key]?: HandleDriver | undefined };
type DrivenSocket = SocketInside & { [key]?: HandleDriver | undefined };

/**
 * The fast driver: reads of all its sockets go into one shared buffer, writes go to the TCP handle, both without the machinery of Node's streams.
 * The `net.Socket` stays its owner's and stays what it was: its events, its address, `destroy`, `setTimeout`, `pause`, its counters, and what its owner writes
 * in between, in its order.
 */
export class HandleDriver implements Driver {
  readonly support: HandleSupport;
  readonly #handle: DrivenHandle;
  /** Undefined as long as nobody has asked for it. */
  #socket: DrivenSocket | undefined;
  /** What stands in for it. */
  readonly #bare: BareSocket | undefined;
  #owner: DriverOwner | undefined;
  #bytesRead = 0;
  #pending = 0;
  #error: Error | undefined;
  /** What was read after the socket's owner had paused it. */
  #held: Uint8Array | undefined;
  #isPaused = false;
  /** The pending write waits behind the owner's own, in the stream. */
  #isBehind = false;

  /** `handle` is the socket's; both have been looked at by `driverFor`. */
  constructor(socket: SocketInside | BareSocket, handle: TcpHandle, support: HandleSupport) {
    this.#handle = handle;
    this.support = support;
    if (socket instanceof BareSocket) this.#bare = socket;
    else this.#socket = socket;
  }

  get sharesReadBuffer(): boolean {
    return true;
  }

  get pendingBytes(): number {
    return this.#pending;
  }

  attach(owner: DriverOwner): void {
    this.#owner = owner;
    if (this.#bare !== undefined) this.#bare.driver = this;
    const socket = this.#socket ?? this.#bare?.madeSocket;
    if (socket !== undefined) this.adopt(socket);
  }

  /** The connection has this socket from here on. */
  adopt(adopted: Socket): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a net.Socket, seen from inside
    const socket = adopted as DrivenSocket;
    this.#socket = socket;
    socket[key] = this;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.on("error", onError).on("end", onEnd).on("close", onClose);
    leaveErrors(socket);
    // A socket that closed before has said so already.
    if (socket.closed) process.nextTick(() => this.closed());
  }

  start(head: Uint8Array): void {
    if (head.length > 0) this.#owner?.received(head, false);
    const early = this.#bare?.takeEarly();
    if (early !== undefined) this.#owner?.received(early, false);
    const socket = this.#socket;
    if (socket !== undefined) {
      // Bytes and an end that came the ordinary way since the handshake.
      for (let rest = readAll(socket); rest !== undefined; rest = readAll(socket)) this.#owner?.received(rest, false);
      if (socket.readableEnded) return;
    }
    if (!this.#transport().destroyed) this.#takeOver();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stopReading();
  }

  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = undefined;
    try {
      if (held !== undefined) this.#owner?.received(held, false);
    } finally {
      if (!this.#isPaused) this.#startReading();
    }
  }

  write(segments: readonly Uint8Array[], bytes: number): Write {
    const socket = this.#socket;
    const transport = this.#transport();
    this.#pending = bytes;
    // Nothing will ever take these bytes; `closed` follows.
    if (transport.destroyed || transport.writableEnded) return Write.Pending;
    const isTaken = socket !== undefined && socket.writableLength > 0 ? this.#writeBehind(socket, segments) : this.#writeNow(segments);
    if (!isTaken) return Write.Pending;
    this.#pending = 0;
    return Write.Taken;
  }

  end(): void {
    this.#transport().end();
  }

  abort(): void {
    this.#transport().destroy();
  }

  // ---- called for handle and socket

  /** Bytes lie in the shared buffer: how many, the handle's counter tells. False: none, an end or a fault, for `net` to see. */
  read(): boolean {
    const total = this.#handle.bytesRead;
    const bytes = total - this.#bytesRead;
    if (bytes <= 0) return this.#isOver();
    this.#bytesRead = total;
    const socket = this.#socket;
    const isOwned = bytes <= POOLED_UP_TO_BYTES;
    const chunk = isOwned ? pooledRead(bytes) : sharedReadBuffer().bytes.subarray(0, bytes);
    if (socket !== undefined) {
      touchTimer(socket);
      // Null as long as nobody but us reads the socket.
      if (socket.readableFlowing !== null && !this.#isLet(socket, chunk)) return true;
    }
    this.#owner?.received(chunk, isOwned);
    return true;
  }

  /** The kernel has taken what was pending, or never will. */
  written(status: number): void {
    if (this.#transport().destroyed) return;
    if (status < 0) this.#fail("write", status);
    else this.#isWritten();
  }

  /** The same for a write that waited in the stream. Its callback may come a tick late, when another write is pending: only an empty stream counts. */
  writtenBehind(error: Error | null | undefined): void {
    if (error || !this.#isBehind || (this.#socket?.writableLength ?? 0) > 0) return;
    this.#isBehind = false;
    this.#isWritten();
  }

  failed(error: Error): void {
    this.#error ??= error;
    this.#socket?.destroy();
  }

  ended(): void {
    this.#owner?.ended();
  }

  closed(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    this.#held = undefined;
    // Node holds a closed handle until the next full collection: what hung on it would grow old with it (20 % of a handshake's time).
    this.#handle[key] = undefined;
    owner?.closed(this.#error);
  }

  /** The socket's owner lets it be read again. */
  resumed(): void {
    if (!this.#isPaused) this.resume();
  }

  // ---- reading

  #transport(): SocketInside | BareSocket {
    const transport = this.#socket ?? this.#bare;
    if (transport === undefined) throw new TypeError("a driver has a socket");
    return transport;
  }

  /** True when that settles it: without a socket, after our FIN, there is nothing left that an end or a reset could mean. */
  #isOver(): boolean {
    if (this.#socket !== undefined || this.#bare === undefined) return false;
    // For `net` to see what it is; `adopt` is called on the way.
    if (!this.#bare.writableEnded) return this.#bare.socket === undefined;
    this.#bare.destroy();
    return true;
  }

  #takeOver(): void {
    const handle = this.#handle;
    handle[key] = this;
    this.#bytesRead = handle.bytesRead;
    handle.onread = onRead;
    handle.useUserBuffer(sharedReadBuffer().bytes);
    if (!this.#isPaused) this.#startReading();
  }

  #startReading(): void {
    const handle = this.#handle;
    if (handle.reading || this.#transport().destroyed) return;
    handle.reading = true;
    const status = handle.readStart();
    if (status !== 0) this.#fail("read", status);
  }

  #stopReading(): void {
    const handle = this.#handle;
    if (!handle.reading || this.#transport().destroyed) return;
    handle.reading = false;
    const status = handle.readStop();
    if (status !== 0) this.#fail("read", status);
  }

  /** The socket's owner has paused it, or listens to its data besides us. Answers false when the bytes are held until `resume`. */
  #isLet(socket: DrivenSocket, chunk: Uint8Array): boolean {
    if (socket.readableFlowing === true) {
      if (socket.listenerCount("data") > 0) socket.push(Buffer.from(chunk));
      return true;
    }
    this.#held = Buffer.from(chunk);
    this.#stopReading();
    socket.once("resume", onResume);
    return false;
  }

  // ---- writing

  #writeNow(segments: readonly Uint8Array[]): boolean {
    const handle = this.#handle;
    const request = takeRequest(this.support);
    const [first] = segments;
    const status =
      segments.length === 1 && first !== undefined ? handle.writeBuffer(request, first) : handle.writev(request, segments, true);
    if (status !== 0) {
      this.#fail("write", status);
      return false;
    }
    if (this.#socket !== undefined) touchTimer(this.#socket);
    if (keepRequest(request)) return true;
    request.owner = this;
    request.segments = segments.slice();
    return false;
  }

  // The socket's owner has written too, and that has not gone out: what is written to the handle now would overtake it.
  #writeBehind(socket: DrivenSocket, segments: readonly Uint8Array[]): boolean {
    this.#isBehind = !writeToStream(socket, segments, (error) => this.writtenBehind(error));
    return !this.#isBehind;
  }

  #isWritten(): void {
    const bytes = this.#pending;
    this.#pending = 0;
    if (this.#socket !== undefined) touchTimer(this.#socket);
    this.#owner?.written(bytes);
  }

  #fail(syscall: string, status: number): void {
    const code = getSystemErrorName(status);
    const error = Object.assign(new Error(`${syscall} ${code}`), { errno: status, code, syscall });
    if (this.#socket !== undefined) return void this.#socket.destroy(error);
    this.#error ??= error;
    this.#bare?.destroy();
  }
}

function readAll(socket: DrivenSocket): Uint8Array | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without an encoding a socket reads Buffers; with one the fast driver is not taken
  return (socket.read() as Buffer | null) ?? undefined;
}

// ---- one function for all handles, sockets and requests

function onRead(this: DrivenHandle, data: unknown): unknown {
  const driver = this[key];
  // `net` looks for the error number by itself.
  return driver === undefined || driver.read() ? undefined : Reflect.apply(driver.support.onread, this, [data]);
}

function onError(this: DrivenSocket, error: Error): void {
  this[key]?.failed(error);
}

function onEnd(this: DrivenSocket): void {
  this[key]?.ended();
}

function onClose(this: DrivenSocket): void {
  this[key]?.closed();
}

function onResume(this: DrivenSocket): void {
  this[key]?.resumed();
}
