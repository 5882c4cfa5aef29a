import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { type Driver, type DriverOwner, Write } from "../driver.ts";
import { leaveErrors } from "../refusal.ts";
import { writeToStream } from "../stream-driver.ts";
import { keepRequest, takeRequest } from "./pending-write.ts";
import { POOLED_UP_TO_BYTES, pooledRead, sharedReadBuffer } from "./shared-read-buffer.ts";
import { type HandleSupport, type SocketInside, type TcpHandle, touchTimer } from "./tcp-handle.ts";

/** Where a handle and a socket keep their driver: functions shared by all then stand in for closures of each. */
const key: unique symbol = Symbol("openline.driver");

/** Whose handles were closed in this turn, and who have not been told yet. */
let closed: HandleDriver[] = [];

type DrivenHandle = TcpHandle & { [key]?: HandleDriver | undefined };
type DrivenSocket = SocketInside & { [key]?: HandleDriver | undefined };

/** What a driver asks of the transport: of the `net.Socket`, or of what stands in for it as long as there is none. */
interface Transport {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  end(): unknown;
  destroy(): unknown;
}

/** What is so with a connection, as bits of one number: a field for each costs 8 bytes in every connection. */
export const Flag = {
  Paused: 1,
  /** The pending write waits behind the owner's own, in the stream. */
  Behind: 2,
  Attached: 4,
  /** Of a bare socket: its handle is closed, or closing. */
  Closed: 8,
  /** Of a bare socket: FIN has been sent. */
  Ending: 16,
  /** The driver reads: `start` was called. */
  Started: 32,
  /** Of a bare socket: something was read, or the end. */
  Heard: 64,
} as const;

/**
 * The fast driver: reads of all its sockets go into one shared buffer, writes go to the TCP handle, both without the machinery of Node's streams.
 * The `net.Socket` stays its owner's and stays what it was: its events, its address, `destroy`, `setTimeout`, `pause`, its counters, and what its owner writes
 * in between, in its order.
 */
export class HandleDriver implements Driver {
  // No method is private by `#`, which costs 8 bytes in each connection.
  readonly support: HandleSupport;
  readonly handle: DrivenHandle;
  /** The `net.Socket`; a bare one has none as long as nobody has asked for it. */
  protected made: DrivenSocket | undefined;
  /** Bits of {@link Flag}. */
  protected flags = 0;
  /** What was read, and is given on when reading begins or goes on: its socket's owner had paused it, or it came before the driver began. */
  protected held: Uint8Array | undefined;
  #owner: DriverOwner | undefined;
  #bytesRead = 0;
  #pending = 0;
  #error: Error | undefined;

  /** `handle` is the socket's; both have been looked at by `driverFor`. */
  constructor(socket: SocketInside | undefined, handle: TcpHandle, support: HandleSupport) {
    this.made = socket;
    this.handle = handle;
    this.support = support;
  }

  get sharesReadBuffer(): boolean {
    return true;
  }

  get pendingBytes(): number {
    return this.#pending;
  }

  attach(owner: DriverOwner): void {
    this.#owner = owner;
    this.flags |= Flag.Attached;
    if (this.made !== undefined) this.adopt(this.made);
  }

  /** The connection has this socket from here on. */
  adopt(adopted: Socket): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a net.Socket, seen from inside
    const socket = adopted as DrivenSocket;
    this.made = socket;
    socket[key] = this;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.on("error", onError).on("end", onEnd).on("close", onClose);
    leaveErrors(socket);
    // A socket that closed before has said so already.
    if (socket.closed) process.nextTick(() => this.transportClosed());
  }

  start(head: Uint8Array): void {
    if (head.length > 0) this.#owner?.received(head, false);
    this.giveHeld();
    const socket = this.made;
    if (socket !== undefined) {
      // Bytes and an end that came the ordinary way since the handshake.
      for (let rest = readAll(socket); rest !== undefined; rest = readAll(socket)) this.#owner?.received(rest, false);
      if (socket.readableEnded) return;
    }
    if (!this.transport.destroyed) this.takeOver();
  }

  pause(): void {
    this.flags |= Flag.Paused;
    this.stopReading();
  }

  resume(): void {
    this.flags &= ~Flag.Paused;
    try {
      this.giveHeld();
    } finally {
      this.startReading();
    }
  }

  write(segments: readonly Uint8Array[], bytes: number): Write {
    const socket = this.made;
    const { transport } = this;
    this.#pending = bytes;
    // Nothing will ever take these bytes; `closed` follows.
    if (transport.destroyed || transport.writableEnded) return Write.Pending;
    const isTaken = socket !== undefined && socket.writableLength > 0 ? this.writeBehind(socket, segments) : this.writeNow(segments);
    if (!isTaken) return Write.Pending;
    this.#pending = 0;
    return Write.Taken;
  }

  end(): void {
    this.transport.end();
  }

  abort(): void {
    this.transport.destroy();
  }

  // ---- called for handle and socket

  /** Bytes lie in the shared buffer: how many, the handle's counter tells. False: none, an end or a fault, for `net` to see. */
  read(): boolean {
    const bytes = this.takeCount();
    if (bytes <= 0) return this.seesEnd();
    const socket = this.made;
    const isOwned = bytes <= POOLED_UP_TO_BYTES;
    const chunk = isOwned ? pooledRead(bytes) : sharedReadBuffer().bytes.subarray(0, bytes);
    if (socket !== undefined) {
      touchTimer(socket);
      // Null as long as nobody but us reads the socket.
      if (socket.readableFlowing !== null && !this.isLet(socket, chunk)) return true;
    }
    this.#owner?.received(chunk, isOwned);
    return true;
  }

  /** The kernel has taken what was pending, or never will. */
  written(status: number): void {
    if (this.transport.destroyed) return;
    if (status < 0) this.fail("write", status);
    else this.isWritten();
  }

  /** The same for a write that waited in the stream. Its callback may come a tick late, when another write is pending: only an empty stream counts. */
  writtenBehind(error: Error | null | undefined): void {
    if (error || (this.flags & Flag.Behind) === 0 || (this.made?.writableLength ?? 0) > 0) return;
    this.flags &= ~Flag.Behind;
    this.isWritten();
  }

  failed(error: Error): void {
    this.#error ??= error;
    this.made?.destroy();
  }

  ended(): void {
    this.#owner?.ended();
  }

  /** The handle or the socket has closed. */
  transportClosed(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    this.held = undefined;
    // Node holds a closed handle until the next full collection: what hung on it would grow old with it (20 % of a handshake's time).
    this.handle[key] = undefined;
    owner?.closed(this.#error);
  }

  /** The socket's owner lets it be read again. */
  resumed(): void {
    if (!this.isPaused) this.resume();
  }

  // ---- what a bare socket does in its own way

  get stream(): Socket {
    if (this.made === undefined) throw new TypeError("a driver has a socket");
    return this.made;
  }

  protected get transport(): Transport {
    return this.stream;
  }

  /** True when an end or a fault is seen to, and nobody else need look. */
  protected seesEnd(): boolean {
    return false;
  }

  /** Closes the handle without a socket; `transportClosed` follows. Node is not asked to call us: it would keep a property on the handle for that. */
  protected closeHandle(): void {
    this.handle.close();
    if (closed.push(this) === 1) setImmediate(tellClosed);
  }

  /** From here on the handle is read into the shared buffer, and the driver is told. */
  protected takeReads(): void {
    const { handle } = this;
    handle[key] = this;
    this.#bytesRead = handle.bytesRead;
    handle.onread = onRead;
    handle.useUserBuffer(sharedReadBuffer().bytes);
    this.startReading();
  }

  /** Somebody else has the handle from here on. */
  protected leaveReads(): void {
    this.handle[key] = undefined;
  }

  /** How many bytes the last read has brought; none, or fewer than none, at an end or a fault. */
  protected takeCount(): number {
    const total = this.handle.bytesRead;
    const bytes = total - this.#bytesRead;
    this.#bytesRead = total;
    return bytes;
  }

  // ---- reading

  protected get isPaused(): boolean {
    return (this.flags & Flag.Paused) !== 0;
  }

  protected giveHeld(): void {
    const { held } = this;
    this.held = undefined;
    if (held !== undefined) this.#owner?.received(held, false);
  }

  protected takeOver(): void {
    this.flags |= Flag.Started;
    // A bare socket without a `net.Socket` has them already.
    if (this.handle.onread !== onRead || this.handle[key] !== this) this.takeReads();
    else this.startReading();
  }

  protected startReading(): void {
    const handle = this.handle;
    if (handle.reading || this.isPaused || this.transport.destroyed) return;
    handle.reading = true;
    const status = handle.readStart();
    if (status !== 0) this.fail("read", status);
  }

  protected stopReading(): void {
    const handle = this.handle;
    if (!handle.reading || this.transport.destroyed) return;
    handle.reading = false;
    const status = handle.readStop();
    if (status !== 0) this.fail("read", status);
  }

  /** The socket's owner has paused it, or listens to its data besides us. Answers false when the bytes are held until `resume`. */
  protected isLet(socket: DrivenSocket, chunk: Uint8Array): boolean {
    if (socket.readableFlowing === true) {
      if (socket.listenerCount("data") > 0) socket.push(Buffer.from(chunk));
      return true;
    }
    this.held = Buffer.from(chunk);
    this.stopReading();
    socket.once("resume", onResume);
    return false;
  }

  // ---- writing

  protected writeNow(segments: readonly Uint8Array[]): boolean {
    const handle = this.handle;
    const request = takeRequest(this.support);
    const [first] = segments;
    const status =
      segments.length === 1 && first !== undefined ? handle.writeBuffer(request, first) : handle.writev(request, segments, true);
    if (status !== 0) {
      this.fail("write", status);
      return false;
    }
    if (this.made !== undefined) touchTimer(this.made);
    if (keepRequest(request)) return true;
    request.owner = this;
    request.segments = segments.slice();
    return false;
  }

  // The socket's owner has written too, and that has not gone out: what is written to the handle now would overtake it.
  protected writeBehind(socket: DrivenSocket, segments: readonly Uint8Array[]): boolean {
    if (writeToStream(socket, segments, (error) => this.writtenBehind(error))) return true;
    this.flags |= Flag.Behind;
    return false;
  }

  protected isWritten(): void {
    const bytes = this.#pending;
    this.#pending = 0;
    if (this.made !== undefined) touchTimer(this.made);
    this.#owner?.written(bytes);
  }

  protected fail(syscall: string, status: number): void {
    const code = getSystemErrorName(status);
    const error = Object.assign(new Error(`${syscall} ${code}`), { errno: status, code, syscall });
    if (this.made !== undefined) return void this.made.destroy(error);
    this.#error ??= error;
    this.transport.destroy();
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
  this[key]?.transportClosed();
}

function onResume(this: DrivenSocket): void {
  this[key]?.resumed();
}

// Those of one turn together: an Immediate for each costs about as much as Node's call would.
function tellClosed(): void {
  const drivers = closed;
  closed = [];
  let told = 0;
  try {
    while (told < drivers.length) drivers[told++]?.transportClosed();
  } finally {
    // A listener has thrown: the others are told all the same.
    if (told < drivers.length) {
      if (closed.length === 0) setImmediate(tellClosed);
      closed = drivers.slice(told).concat(closed);
    }
  }
}
