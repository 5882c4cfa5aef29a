import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { dropOnError } from "../refusal.ts";
import type { HandleDriver } from "./handle-driver.ts";
import { keepRequest, takeRequest } from "./pending-write.ts";
import { type BareSupport, countConnections, type ServerInside, type TcpHandle } from "./tcp-handle.ts";

const key = Symbol("openline.bare");

type ClosingHandle = TcpHandle & { [key]?: BareSocket | undefined };

/**
 * An accepted TCP connection without a `net.Socket`: 900 bytes less, and 10 µs. It does what an opening handshake and the fast driver need of a stream; for
 * everything else, and everybody else, the `net.Socket` is made when it is asked for. From then on that is the connection's one and only owner.
 */
export class BareSocket {
  readonly handle: TcpHandle;
  readonly support: BareSupport;
  /** Set by the driver. */
  driver: HandleDriver | undefined;
  readonly #server: ServerInside;
  #socket: Socket | undefined;
  #isClosed = false;
  #isEnding = false;
  /** What came before the driver began to read. */
  #early: Buffer | undefined;

  /** `server` has counted the connection. */
  constructor(handle: TcpHandle, server: ServerInside, support: BareSupport) {
    this.handle = handle;
    this.support = support;
    this.#server = server;
  }

  /** The `net.Socket`, made now if there is none. */
  get socket(): Socket {
    return (this.#socket ??= this.#isClosed ? new Socket().destroy() : this.#makeSocket());
  }

  /** The same, if somebody has asked for it. */
  get madeSocket(): Socket | undefined {
    return this.#socket;
  }

  get remoteAddress(): string | undefined {
    if (this.#socket !== undefined) return this.#socket.remoteAddress;
    const name: { address?: string } = {};
    return this.#isClosed || this.handle.getpeername(name) !== 0 ? undefined : name.address;
  }

  // ---- what a handshake and a driver use of a stream

  get destroyed(): boolean {
    return this.#socket?.destroyed ?? this.#isClosed;
  }

  get closed(): boolean {
    return this.#socket?.closed ?? this.#isClosed;
  }

  get readable(): boolean {
    return this.#socket?.readable ?? !this.#isClosed;
  }

  get writable(): boolean {
    return this.#socket?.writable ?? !(this.#isClosed || this.#isEnding);
  }

  /** Whether `end` was called. */
  get writableEnded(): boolean {
    return this.#socket?.writableEnded ?? this.#isEnding;
  }

  /** Writes the head of the answer: the first thing that is written, and small. */
  write(text: string, encoding: "latin1"): void {
    if (this.#socket !== undefined) return void this.#socket.write(text, encoding);
    const request = takeRequest(this.support);
    if (this.handle.writeLatin1String(request, text) !== 0) this.destroy();
    else keepRequest(request);
  }

  /** Sends FIN behind what is pending. */
  end(text?: string): void {
    if (text !== undefined) return void this.socket.end(text);
    if (this.#socket !== undefined) return void this.#socket.end();
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    const request = new this.support.ShutdownRequest();
    request.oncomplete = ignore;
    // 1: done at once.
    if (this.handle.shutdown(request) < 0) this.destroy();
  }

  destroy(): void {
    if (this.#socket !== undefined) return void this.#socket.destroy();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.handle.onread = ignore;
    const handle: ClosingHandle = this.handle;
    handle[key] = this;
    handle.close(onClosed);
    countConnections(this.#server, -1);
  }

  /** `onread` between the handshake and the driver. An end or a fault shows again when reading starts anew. */
  readEarly(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.#early = Buffer.concat([this.#early ?? Buffer.alloc(0), Buffer.from(data)]);
    } else {
      this.handle.reading = false;
      this.handle.readStop();
    }
  }

  takeEarly(): Buffer | undefined {
    const early = this.#early;
    this.#early = undefined;
    return early;
  }

  on(event: string, listener: () => void): Duplex {
    return this.socket.on(event, listener);
  }

  once(event: string, listener: () => void): Duplex {
    return this.socket.once(event, listener);
  }

  #makeSocket(): Socket {
    const { handle } = this;
    const { onread } = handle;
    // The options by which `net` makes its own.
    const options = { handle, allowHalfOpen: true, manualStart: true, readable: true, writable: true };
    const socket = new Socket(options);
    // What the server counted is the socket's to count down now.
    Object.assign(socket, { server: this.#server, _server: this.#server });
    socket.setNoDelay(true);
    dropOnError(socket);
    if (this.#isEnding) socket.end();
    // A driver reads as before; without one the socket does.
    if (this.driver !== undefined) {
      handle.onread = onread;
      this.driver.adopt(socket);
    } else if (!handle.reading) socket.read(0);
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

/** The bare socket as the stream that it stands in for: only for code that asks no more of it than it has. */
export function asStream(bare: BareSocket): Duplex {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return bare as unknown as Duplex;
}

// Called with the handle as `this`: a function of the connection's own would stay on the closed handle, and keep the connection with it.
function onClosed(this: ClosingHandle): void {
  const bare = this[key];
  this[key] = undefined;
  bare?.driver?.closed();
}

function ignore(): void {
  // A fault shows at the next read or write.
}
