import { channel } from "node:diagnostics_channel";
import { createServer, maxHeaderSize, type Server } from "node:http";
import { Roster } from "../roster.ts";
import { BareRequest } from "./bare-request.ts";
import { BareSocket } from "./bare-socket.ts";
import { splitHead } from "./request-head.ts";
import { type BareSupport, countConnections, type ServerInside, type TcpHandle } from "./tcp-handle.ts";

/** A listening handle: `net` puts the function there that is called with each connection. */
interface ListenHandle {
  onconnection?: OnConnection;
}

type OnConnection = (this: unknown, status: number, handle: TcpHandle | undefined) => void;

/** Takes an upgrade request: true when it was answered, whichever way. False, before anything was done: `node:http` is to have it. */
export type TakeUpgrade = (request: BareRequest, socket: BareSocket, head: Buffer) => boolean;

/** Who has sent nothing for once to twice that long is given to `node:http`, whose time limits count from there. */
const SILENT_MS = 1000;
/** As many listen for `connection` when nobody else does: `node:http` itself. */
const HTTP_LISTENERS = createServer().listenerCount("connection");
const END_OF_HEAD = "\r\n\r\n";
const serverSockets = channel("net.server.socket");

/**
 * Answers upgrade requests on our own port without `node:http` and without a `net.Socket`: 84 µs become 30. Takes only what is whole in the first read, plain and
 * in order; everything else (other requests, pieces, refusals, pipelines that begin otherwise) is given to the http server with the bytes that were read,
 * as if it had accepted the connection itself.
 */
export class Acceptor {
  readonly #server: Server & ServerInside;
  readonly #support: () => BareSupport | undefined;
  readonly #take: TakeUpgrade;
  #handle: ListenHandle | undefined;
  #ordinary: OnConnection | undefined;
  /** Who has sent nothing yet: since the last look around, and since the one before. */
  #silent = new Roster<TcpHandle>();
  #longSilent = new Roster<TcpHandle>();
  #timer: NodeJS.Timeout | undefined;

  /** `server` is ours and listens. `support` is asked for each connection: undefined as long as it is not known what Node offers. */
  constructor(server: Server, support: () => BareSupport | undefined, take: TakeUpgrade) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a net.Server, seen from inside
    this.#server = server as Server & ServerInside;
    this.#support = support;
    this.#take = take;
    const handle: unknown = Reflect.get(server, "_handle");
    if (!isListenHandle(handle)) return;
    this.#handle = handle;
    this.#ordinary = handle.onconnection;
    handle.onconnection = (status, connection) => this.#accept(status, connection);
  }

  /** The server listens no more: who has said nothing yet is dropped, as `node:http` drops its idle connections. */
  stop(): void {
    clearInterval(this.#timer);
    for (const handle of [...this.#silent, ...this.#longSilent]) this.#drop(handle);
    this.#silent = new Roster();
    this.#longSilent = new Roster();
  }

  #accept(status: number, handle: TcpHandle | undefined): void {
    const support = this.#support();
    if (status !== 0 || handle === undefined || support === undefined || !this.#isOrdinary()) return this.#giveToNet(status, handle);
    countConnections(this.#server, 1);
    handle.setNoDelay(true);
    handle.onread = (data) => this.#firstRead(handle, support, data);
    handle.reading = true;
    handle.readStart();
    this.#silent.add(handle);
    this.#timer ??= setInterval(() => this.#sweep(), SILENT_MS).unref();
  }

  /** Whether nobody looks at connections, or limits them, in a way that only `net` serves. */
  #isOrdinary(): boolean {
    const server = this.#server;
    return server.listenerCount("connection") === HTTP_LISTENERS && !server.maxConnections && !serverSockets.hasSubscribers;
  }

  #firstRead(handle: TcpHandle, support: BareSupport, data: unknown): void {
    this.#silent.delete(handle);
    this.#longSilent.delete(handle);
    if (!(data instanceof ArrayBuffer)) return this.#drop(handle);
    const bytes = Buffer.from(data);
    if (!this.#takeUpgrade(handle, support, bytes)) this.#giveToHttp(handle, bytes);
  }

  #takeUpgrade(handle: TcpHandle, support: BareSupport, bytes: Buffer): boolean {
    const end = bytes.indexOf(END_OF_HEAD, 0, "latin1");
    if (end < 0 || end > maxHeaderSize - END_OF_HEAD.length) return false;
    const head = splitHead(bytes.toString("latin1", 0, end));
    if (head === undefined) return false;
    const socket = new BareSocket(handle, this.#server, support);
    // What arrives before the driver reads.
    handle.onread = (data) => socket.readEarly(data);
    return this.#take(new BareRequest(socket, head), socket, bytes.subarray(end + END_OF_HEAD.length));
  }

  #giveToHttp(handle: TcpHandle, bytes: Buffer): void {
    // Before anybody hears of the connection, so that the first to read it reads them.
    if (bytes.length > 0) this.#server.prependOnceListener("connection", (socket) => socket.unshift(bytes));
    this.#giveToNet(0, handle);
    // `net` has counted it too.
    countConnections(this.#server, -1);
  }

  #giveToNet(status: number, handle: TcpHandle | undefined): void {
    if (this.#ordinary !== undefined) Reflect.apply(this.#ordinary, this.#handle, [status, handle]);
  }

  #drop(handle: TcpHandle): void {
    handle.close(() => undefined);
    countConnections(this.#server, -1);
  }

  #sweep(): void {
    const waited = this.#longSilent;
    this.#longSilent = this.#silent;
    this.#silent = new Roster();
    for (const handle of waited) this.#giveToHttp(handle, Buffer.alloc(0));
  }
}

// In a worker of `cluster` it is another kind of object, and stays as it is.
function isListenHandle(handle: unknown): handle is ListenHandle & object {
  if (typeof handle !== "object" || handle === null || handle.constructor.name !== "TCP") return false;
  return typeof Reflect.get(handle, "onconnection") === "function";
}
