// One client and one server, one order of calls.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { duplexPair } from "@openline/testkit";
import { prepare, UsageError, WebSocket, WebSocketServer } from "@openline/ws";
import { Fates } from "./fates.ts";
import { Mail } from "./mail.ts";
import { STREAMED } from "./streamed-calls.ts";

/** Who is called, what, and with which arguments. */
export type ApiOp = readonly (string | number | boolean | null)[];

export interface ApiSetting {
  readonly transport: "pair" | "tcp";
  /** How many bytes a pair delivers at once. */
  readonly pieceBytes: number;
  readonly limits: {
    readonly maxPayload: number;
    readonly maxFragments: number;
    readonly highWaterBytes: number;
    readonly maxQueueBytes: number;
    readonly queuePolicy: "close" | "terminate" | "drop";
    readonly fragmentBytes: number;
    readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number } | false;
    readonly autoPong: boolean;
    readonly allowSynchronousEvents: boolean;
    readonly perMessageDeflate: false | { readonly threshold: number };
  };
  readonly verify: "none" | "later" | "refuse";
  /** Calls made from inside listeners, each at most twice. */
  readonly reactions: readonly (readonly [event: string, op: ApiOp])[];
  readonly end: "terminate" | "close" | "server-close" | "destroy";
}

/** An end that takes longer is none. */
const END_MS = 5000;
/** More turns than an opening handshake takes byte by byte. */
const MOST_TURNS = 3000;
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class ApiRun {
  readonly #setting: ApiSetting;
  readonly #fates = new Fates();
  readonly #mail = new Mail();
  #client!: WebSocket;
  #socket: WebSocket | undefined;
  #server!: WebSocketServer;
  #http: Server | undefined;
  readonly #transports: Duplex[] = [];
  #serverCloses = 0;
  #isServerClosing = false;

  constructor(setting: ApiSetting) {
    this.#setting = setting;
    // What is left out then is known to its callback only.
    this.#mail.isMixed = setting.limits.queuePolicy === "drop";
  }

  /** Begins to connect; does not wait until it is done. */
  async open(): Promise<void> {
    const { limits, verify } = this.#setting;
    const verifyClient =
      verify === "none"
        ? undefined
        : (_info: unknown, answer: (verified: boolean) => void): void => void setImmediate(() => answer(verify === "later"));
    const options = { ...limits, verifyClient, closeTimeout: 2000 };
    if (this.#setting.transport === "tcp") this.#server = new WebSocketServer({ ...options, port: 0, host: "127.0.0.1" });
    else this.#server = new WebSocketServer({ ...options, server: (this.#http = createServer()) });
    this.#server.on("connection", (socket: WebSocket) => this.#connected(socket));
    this.#server.on("close", () => this.#serverCloses++);
    if (this.#setting.transport === "tcp") await once(this.#server, "listening");
    this.#client = this.#connect();
    this.#watch(this.#client, "client");
  }

  #connect(): WebSocket {
    const options = { ...this.#setting.limits, closeTimeout: 2000 };
    if (this.#http === undefined) return new WebSocket(`ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`, options);
    const [left, right] = duplexPair({ pieceBytes: () => this.#setting.pieceBytes });
    this.#transports.push(left, right);
    this.#http.emit("connection", right);
    return new WebSocket("ws://fuzz.test/", { ...options, createConnection: () => left });
  }

  #connected(socket: WebSocket): void {
    assert.equal(this.#socket, undefined, "one client made two connections");
    this.#socket = socket;
    this.#watch(socket, "server");
  }

  #watch(socket: WebSocket, who: string): void {
    this.#fates.watch(socket, who);
    this.#mail.watch(socket, who);
    for (const [event, op] of this.#setting.reactions) {
      let times = 0;
      socket.on(event as "close", () => {
        if (times++ < 2) this.#call(op);
      });
    }
    socket.on("open", () => this.#keepTransport(socket));
    this.#keepTransport(socket);
  }

  #keepTransport(socket: WebSocket): void {
    const transport = transportOf(socket);
    if (transport !== null) this.#transports.push(transport);
  }

  async do(op: ApiOp): Promise<void> {
    if (op[1] === "opened")
      for (let turns = 0; turns < MOST_TURNS && this.#client.readyState === WebSocket.CONNECTING; turns++) await turn();
    else if (op[1] === "turn") for (let turns = Number(op[2]); turns > 0; turns--) await turn();
    else this.#call(op);
  }

  #call(op: ApiOp): void {
    const [who, name, first] = op;
    if (name === "broadcast") return this.#broadcast(Number(first));
    if (name === "close-server") return this.#closeServer();
    const socket = who === "client" ? this.#client : this.#socket;
    if (socket !== undefined) this.#onSocket(socket, op);
  }

  #broadcast(size: number): void {
    for (const socket of this.#server.clients) if (socket.readyState === WebSocket.OPEN) this.#mail.sends(socket, true, size);
    this.#server.broadcast(Buffer.alloc(size, 1));
  }

  #closeServer(): void {
    this.#isServerClosing = true;
    this.#server.close(this.#fates.callback("server.close"));
  }

  #onSocket(socket: WebSocket, [, name, first, second, third]: ApiOp): void {
    const callback = (wanted: unknown): (() => void) | undefined => (wanted === true ? this.#fates.callback(String(name)) : undefined);
    switch (String(name)) {
      case "send":
        return this.#send(socket, dataOf(String(first), Number(second)), callback(third));
      case "fragment":
        this.#mail.isMixed = true;
        return void this.#try(socket, callback(third), (done) =>
          socket.send(Buffer.alloc(Number(first), 2), { fin: second === true }, done),
        );
      case "sendAsync":
        if (socket.readyState === WebSocket.OPEN) this.#mail.sends(socket, false, Number(first));
        return this.#fates.settles("sendAsync", socket.sendAsync("x".repeat(Number(first))));
      case "sendPrepared":
        if (socket.readyState === WebSocket.OPEN) this.#mail.sends(socket, false, Number(first));
        return void this.#try(socket, callback(second), (done) => socket.sendPrepared(prepare("p".repeat(Number(first))), done));
      case "ping":
        return void this.#try(socket, callback(second), (done) => socket.ping(Buffer.alloc(Number(first)), undefined, done));
      case "pong":
        return void this.#try(socket, callback(second), (done) => socket.pong(Buffer.alloc(Number(first)), undefined, done));
      case "close":
        return void this.#try(socket, undefined, () =>
          socket.close(typeof first === "number" ? first : undefined, "r".repeat(Number(second))),
        );
      default:
        if (this.#streams(socket, String(name), [first, second, third])) return;
        return this.#onSocketMore(socket, String(name), String(first));
    }
  }

  /** The calls that stream; answers whether it was one of them. */
  #streams(socket: WebSocket, name: string, args: readonly unknown[]): boolean {
    const call = STREAMED[name];
    if (call === undefined) return false;
    this.#mail.isMixed = true;
    this.#fates.settles(name, call(socket, args));
    return true;
  }

  #onSocketMore(socket: WebSocket, name: string, first: string): void {
    switch (name) {
      case "terminate":
        return socket.terminate();
      case "pause":
        return socket.pause();
      case "resume":
        return socket.resume();
      case "binaryType":
        socket.binaryType = first as "blob";
        return;
      case "look":
        return look(socket);
      case "listen":
        socket.addEventListener("message", () => undefined, { once: true });
        socket.onclose = () => undefined;
        return;
      case "destroy-transport":
        transportOf(socket)?.destroy();
        return;
      case "end-transport":
        transportOf(socket)?.end();
        return;
      case "raw":
        this.#mail.isMixed = true;
        // As if the socket had sent nonsense to its peer.
        if (transportOf(socket)?.writable === true) transportOf(socket)?.write(Buffer.from(first, "hex"));
        return;
      default:
        throw new TypeError(`no such call: ${name}`);
    }
  }

  #send(socket: WebSocket, data: unknown, callback: (() => void) | undefined): void {
    const isOpen = socket.readyState === WebSocket.OPEN;
    const isText = typeof data === "string" || typeof data === "number";
    const takeBack = isOpen ? this.#mail.sends(socket, !isText, bytesIn(data)) : undefined;
    if (!this.#try(socket, callback, (done) => socket.send(data as string, done))) takeBack?.();
  }

  /** Calls; what it throws must be what is documented, and then the callback is not called. */
  #try(socket: WebSocket, callback: (() => void) | undefined, call: (callback: (() => void) | undefined) => unknown): boolean {
    const state = socket.readyState;
    try {
      call(callback);
      return true;
    } catch (error) {
      assert.ok(isDocumented(error, state), `in state ${state} it threw ${String(error)}`);
      this.#fates.forget(callback);
      return false;
    }
  }

  /** Ends everything, and looks at how it ended. */
  async finish(): Promise<void> {
    const { end } = this.#setting;
    if (end === "close") this.#client.close();
    if (end === "server-close") this.#closeServer();
    if (end === "destroy") for (const transport of this.#transports) transport.destroy();
    if (end === "close") for (const socket of [this.#client, this.#socket]) socket?.resume();
    for (let turns = 0; turns < (end === "close" ? 100 : 6) && !this.#fates.areOver; turns++) await turn();
    if (!this.#isServerClosing) this.#closeServer();
    this.#client.terminate();
    this.#socket?.terminate();
    await this.#until(() => this.#isOver());
    this.#http?.closeAllConnections();
    // What would come after the end comes in these turns.
    for (let turns = 0; turns < 4; turns++) await turn();
    this.#fates.check();
    this.#mail.check();
    assert.equal(this.#client.readyState, WebSocket.CLOSED);
    assert.equal(this.#server.clients.size, 0, "the server still counts a client");
    assert.ok(this.#serverCloses > 0, "the server never closed");
    for (const transport of this.#transports) assert.ok(transport.destroyed, "a transport is left open");
  }

  #isOver(): boolean {
    // A connection may yet be handed out while the client is given up already.
    if (this.#socket !== undefined && this.#socket.readyState !== WebSocket.CLOSED) this.#socket.terminate();
    return this.#fates.areOver && this.#serverCloses > 0 && this.#transports.every(({ destroyed }) => destroyed);
  }

  async #until(condition: () => boolean): Promise<void> {
    for (const last = performance.now() + END_MS; !condition() && performance.now() < last; ) await turn();
  }
}

function transportOf(socket: WebSocket): Duplex | null {
  // oxlint-disable-next-line no-underscore-dangle -- the name that ws gave it
  return socket._socket ?? null;
}

function dataOf(kind: string, size: number): unknown {
  switch (kind) {
    case "text":
      return "t".repeat(size);
    case "arraybuffer":
      return new ArrayBuffer(size);
    case "view":
      return new Uint16Array(size >> 1);
    case "number":
      return size;
    case "array":
      return [1, 2, size];
    case "blob":
      return new Blob(["b".repeat(size)]);
    case "object":
      return {};
    case "null":
      return null;
    case "undefined":
      return undefined;
    default:
      return Buffer.alloc(size, 3);
  }
}

/** How many bytes of payload the data makes. */
function bytesIn(data: unknown): number {
  if (typeof data === "string" || typeof data === "number") return Buffer.byteLength(String(data));
  if (Array.isArray(data)) return data.length;
  if (data instanceof Blob) return data.size;
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data.byteLength : 0;
}

function look(socket: WebSocket): void {
  assert.ok(Number.isInteger(socket.bufferedAmount) && socket.bufferedAmount >= 0, `bufferedAmount is ${socket.bufferedAmount}`);
  assert.ok([0, 1, 2, 3].includes(socket.readyState));
  assert.equal(typeof socket.isPaused, "boolean");
  assert.equal(typeof socket.protocol, "string");
  assert.equal(typeof socket.extensions, "string");
  assert.equal(typeof socket.url, "string");
}

/** What the documentation of `send`, `ping`, `pong` and `close` says they throw. */
function isDocumented(error: unknown, state: number): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (error instanceof UsageError) return state === WebSocket.OPEN || state === WebSocket.CONNECTING;
  return state === WebSocket.CONNECTING && error instanceof Error && error.message.startsWith("WebSocket is not open: readyState 0");
}
