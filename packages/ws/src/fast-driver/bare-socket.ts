import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { dropOnError } from "../refusal.ts";
import { makePlace } from "../roster.ts";
import { Flag, HandleDriver } from "./handle-driver.ts";
import { readForNet } from "./net-reading.ts";
import { keepRequest, takeRequest } from "./pending-write.ts";
import { sharedReadBuffer } from "./shared-read-buffer.ts";
import { type BareSupport, countConnections, type ServerInside, type SocketInside, type TcpHandle } from "./tcp-handle.ts";

/** Whose connections bare sockets are. */
export interface BareHome {
  /** It has counted them. */
  readonly server: ServerInside;
  /** The first bytes of a connection lie in the shared buffer; none: it has ended, or there was a fault. */
  firstRead(socket: BareSocket, bytes: number): void;
}

/** What `getpeername` fills in: 130 ns less than a new object. */
const peer: { address: string | undefined; family: string | undefined; port: number | undefined } = {
  address: undefined,
  family: undefined,
  port: undefined,
};

/**
 * An accepted TCP connection without a `net.Socket`: 900 bytes less, and 10 µs. It is its own driver, and does what an opening handshake needs of a stream; for
 * everything else, and everybody else, the `net.Socket` is made when it is asked for. From then on that is the connection's one and only owner.
 */
export class BareSocket extends HandleDriver {
  declare readonly support: BareSupport;
  protected readonly home: BareHome;

  /** Reads from here on. */
  constructor(handle: TcpHandle, home: BareHome, support: BareSupport) {
    super(undefined, handle, support);
    this.home = home;
    makePlace(this);
    this.takeReads();
  }

  override get stream(): Socket {
    return this.socket;
  }

  /** The `net.Socket`, made now if there is none. */
  get socket(): Socket {
    return this.made ?? this.makeSocket();
  }

  /** The same, if somebody has asked for it. */
  get madeSocket(): Socket | undefined {
    return this.made;
  }

  get remoteAddress(): string | undefined {
    if (this.made !== undefined) return this.made.remoteAddress;
    return this.isClosed || this.handle.getpeername(peer) !== 0 ? undefined : peer.address;
  }

  // ---- what a handshake and a driver use of a stream

  get destroyed(): boolean {
    return this.made?.destroyed ?? this.isClosed;
  }

  get closed(): boolean {
    return this.made?.closed ?? this.isClosed;
  }

  get readable(): boolean {
    return this.made?.readable ?? !this.isClosed;
  }

  get writable(): boolean {
    return this.made?.writable ?? !(this.isClosed || this.isEnding);
  }

  /** Whether `end` was called. */
  get writableEnded(): boolean {
    return this.made?.writableEnded ?? this.isEnding;
  }

  /** Writes the head of the answer, in latin1: the first thing that is written, and small. */
  writeHead(text: string): void {
    if (this.made !== undefined) return void this.made.write(text, "latin1");
    const request = takeRequest(this.support);
    if (this.handle.writeLatin1String(request, text) !== 0) this.destroy();
    else keepRequest(request);
  }

  /** Sends FIN behind what is pending. */
  override end(text?: string): void {
    if (text !== undefined) return void this.socket.end(text);
    if (this.made !== undefined) return void this.made.end();
    if (this.isClosed || this.isEnding) return;
    this.flags |= Flag.Ending;
    const request = new this.support.ShutdownRequest();
    // Nobody is told when it is done: a fault shows at the next read. 1: done at once.
    if (this.handle.shutdown(request) < 0) this.destroy();
  }

  destroy(): void {
    if (this.made !== undefined) return void this.made.destroy();
    if (this.isClosed) return;
    this.flags |= Flag.Closed;
    // First, so that a server that has waited for this one closes before the WebSocket does, as with `ws`.
    countConnections(this.home.server, -1);
    this.closeHandle();
  }

  /** It is nobody's connection any more: `net` makes a socket of the handle. */
  giveToNet(give: () => void): void {
    const { handle, support } = this;
    this.leaveReads();
    give();
    readForNet(handle, support.onread);
  }

  override read(): boolean {
    return (this.flags & Flag.Started) === 0 ? this.readEarly() : super.read();
  }

  // Before the driver has started. An end or a fault shows again when reading starts anew.
  protected readEarly(): boolean {
    const bytes = this.takeCount();
    if ((this.flags & Flag.Heard) === 0) {
      this.flags |= Flag.Heard;
      this.home.firstRead(this, bytes);
    } else if (bytes > 0) this.held = Buffer.concat([this.held ?? Buffer.alloc(0), sharedReadBuffer().bytes.subarray(0, bytes)]);
    else this.stopReading();
    return true;
  }

  on(event: string, listener: () => void): Duplex {
    return this.socket.on(event, listener);
  }

  once(event: string, listener: () => void): Duplex {
    return this.socket.once(event, listener);
  }

  protected override get transport(): this {
    return this;
  }

  // Before our FIN it is for `net` to see what it is; after it there is nothing left that an end or a reset could mean.
  protected override seesEnd(): boolean {
    if (this.made !== undefined) return false;
    if (this.writableEnded) this.destroy();
    else this.makeSocket();
    return this.made === undefined;
  }

  protected get isClosed(): boolean {
    return (this.flags & Flag.Closed) !== 0;
  }

  protected get isEnding(): boolean {
    return (this.flags & Flag.Ending) !== 0;
  }

  protected makeSocket(): Socket {
    if (this.isClosed) return (this.made = asInside(new Socket().destroy()));
    const { handle } = this;
    const { onread } = handle;
    const { server } = this.home;
    // The options by which `net` makes its own.
    const options = { handle, allowHalfOpen: true, manualStart: true, readable: true, writable: true };
    const socket = new Socket(options);
    // What the server counted is the socket's to count down now.
    Object.assign(socket, { server, _server: server });
    socket.setNoDelay(true);
    dropOnError(socket);
    if (this.isEnding) socket.end();
    this.made = asInside(socket);
    // A driver reads as before; without one the socket does.
    if ((this.flags & Flag.Attached) !== 0) {
      handle.onread = onread;
      this.adopt(socket);
    } else {
      readForNet(handle, this.support.onread);
      if (!handle.reading) socket.read(0);
    }
    return socket;
  }
}

/** Whether it is one of these, dressed as a stream. */
export function isBare(stream: Duplex): boolean {
  const given: unknown = stream;
  return given instanceof BareSocket;
}

/** The stream itself; for a bare one, its socket. */
export function realStream(stream: Duplex): Duplex {
  const given: unknown = stream;
  return given instanceof BareSocket ? given.socket : stream;
}

/** Writes the head of the answer to an upgrade request, in latin1. */
export function writeHead(stream: Duplex, text: string): void {
  const given: unknown = stream;
  if (given instanceof BareSocket) given.writeHead(text);
  else stream.write(text, "latin1");
}

/** The bare socket as the stream that it stands in for: only for code that asks no more of it than it has. */
export function asStream(bare: BareSocket): Duplex {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return bare as unknown as Duplex;
}

function asInside(socket: Socket): SocketInside {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a net.Socket, seen from inside
  return socket as SocketInside;
}
