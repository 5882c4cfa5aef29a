import { channel } from "node:diagnostics_channel";
import { createServer, maxHeaderSize, type Server } from "node:http";
import type { Socket } from "node:net";
import { Roster } from "../roster.ts";
import { BareRequest } from "./bare-request.ts";
import { type BareHome, BareSocket } from "./bare-socket.ts";
import { splitHead } from "./request-head.ts";
import { sharedReadBuffer } from "./shared-read-buffer.ts";
import { type BareSupport, countConnections, type ServerInside, type TcpHandle } from "./tcp-handle.ts";

/** A listening handle: `net` puts the function there that is called with each connection. */
interface ListenHandle {
  onconnection?: OnConnection;
  setNoDelay?(on: boolean): number;
}

type OnConnection = (this: unknown, status: number, handle: TcpHandle | undefined) => void;

/** Takes an upgrade request: true when it was answered, whichever way. False, before anything was done: `node:http` is to have it. */
export type TakeUpgrade = (request: BareRequest, socket: BareSocket, head: Buffer) => boolean;

/** Who has sent nothing for once to twice that long is given to `node:http`, whose time limits count from there. */
const SILENT_MS = 1000;
/** As many listen for `connection` when nobody else does: `node:http` itself. */
const HTTP_LISTENERS = createServer().listenerCount("connection");
const END_OF_HEAD = "\r\n\r\n";
const NOTHING = Buffer.alloc(0);
const serverSockets = channel("net.server.socket");

/**
 * Answers upgrade requests on our own port without `node:http` and without a `net.Socket`: 84 µs become 30. Takes only what is whole in the first read, plain and
 * in order; everything else (other requests, pieces, refusals, pipelines that begin otherwise) is given to the http server with the bytes that were read,
 * as if it had accepted the connection itself.
 */
export class Acceptor implements BareHome {
  readonly server: Server & ServerInside;
  readonly #isNoDelayInherited: boolean = false;
  readonly #support: () => BareSupport | undefined;
  readonly #take: TakeUpgrade;
  #handle: ListenHandle | undefined;
  #ordinary: OnConnection | undefined;
  /** Who has sent nothing yet: since the last look around, and since the one before. */
  #silent = new Roster<BareSocket>();
  #longSilent = new Roster<BareSocket>();
  #timer: NodeJS.Timeout | undefined;

  /** `server` is ours and listens. `support` is asked for each connection: undefined as long as it is not known what Node offers. */
  constructor(server: Server, support: () => BareSupport | undefined, take: TakeUpgrade) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a net.Server, seen from inside
    this.server = server as Server & ServerInside;
    this.#support = support;
    this.#take = take;
    const handle: unknown = Reflect.get(server, "_handle");
    if (!isListenHandle(handle)) return;
    this.#handle = handle;
    // Linux hands the option on to the sockets that are accepted: a system call less for each, 0.35 µs. Elsewhere nobody promises it.
    this.#isNoDelayInherited = process.platform === "linux" && handle.setNoDelay?.(true) === 0;
    this.#ordinary = handle.onconnection;
    handle.onconnection = (status, connection) => this.#accept(status, connection);
  }

  /** The server listens no more: who has said nothing yet is dropped, as `node:http` drops its idle connections. */
  stop(): void {
    clearInterval(this.#timer);
    for (const socket of [...this.#silent, ...this.#longSilent]) socket.destroy();
    this.#silent = new Roster();
    this.#longSilent = new Roster();
  }

  #accept(status: number, handle: TcpHandle | undefined): void {
    const support = this.#support();
    if (status !== 0 || handle === undefined || support === undefined || !this.#isOrdinary()) return this.#giveToNet(status, handle);
    countConnections(this.server, 1);
    if (!this.#isNoDelayInherited) handle.setNoDelay(true);
    this.#silent.add(new BareSocket(handle, this, support));
    this.#timer ??= setInterval(() => this.#sweep(), SILENT_MS).unref();
  }

  /** Whether nobody looks at connections, or limits them, in a way that only `net` serves. */
  #isOrdinary(): boolean {
    const server = this.server;
    return server.listenerCount("connection") === HTTP_LISTENERS && !server.maxConnections && !serverSockets.hasSubscribers;
  }

  firstRead(socket: BareSocket, bytes: number): void {
    this.#silent.delete(socket);
    this.#longSilent.delete(socket);
    if (bytes <= 0) return socket.destroy();
    if (!this.#takeUpgrade(socket, bytes)) this.#giveToHttp(socket, Buffer.from(sharedReadBuffer().bytes.subarray(0, bytes)));
  }

  #takeUpgrade(socket: BareSocket, bytes: number): boolean {
    const { asBuffer } = sharedReadBuffer();
    const text = asBuffer.toString("latin1", 0, Math.min(bytes, maxHeaderSize));
    const end = text.indexOf(END_OF_HEAD);
    const head = end < 0 ? undefined : splitHead(text.slice(0, end));
    if (head === undefined) return false;
    const behind = end + END_OF_HEAD.length;
    // It is given on at the end of the turn: others are read into the buffer by then.
    const rest = behind < bytes ? Buffer.from(asBuffer.subarray(behind, bytes)) : NOTHING;
    return this.#take(new BareRequest(socket, head), socket, rest);
  }

  #giveToHttp(socket: BareSocket, bytes: Buffer): void {
    // Before anybody hears of the connection, so that the first to read it reads them.
    const putBack = (made: Socket): void => made.unshift(bytes);
    if (bytes.length > 0) this.server.prependOnceListener("connection", putBack);
    socket.giveToNet(() => this.#giveToNet(0, socket.handle));
    // `net` may have dropped it without a word: the next one must not get these bytes.
    this.server.off("connection", putBack);
    // `net` has counted it too.
    countConnections(this.server, -1);
  }

  #giveToNet(status: number, handle: TcpHandle | undefined): void {
    if (this.#ordinary !== undefined) Reflect.apply(this.#ordinary, this.#handle, [status, handle]);
  }

  #sweep(): void {
    const waited = this.#longSilent;
    this.#longSilent = this.#silent;
    this.#silent = new Roster();
    for (const socket of waited) this.#giveToHttp(socket, NOTHING);
  }
}

// In a worker of `cluster` it is another kind of object, and stays as it is.
function isListenHandle(handle: unknown): handle is ListenHandle & object {
  if (typeof handle !== "object" || handle === null || handle.constructor.name !== "TCP") return false;
  return typeof Reflect.get(handle, "onconnection") === "function";
}
