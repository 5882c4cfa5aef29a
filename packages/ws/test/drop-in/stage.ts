import { createHash } from "node:crypto";
import { type EventEmitter, once } from "node:events";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { ClientOptions, ServerOptions, WebSocket, WebSocketServer } from "../../src/index.ts";
import type { ws } from "../fixtures/npm-ws.ts";
import { upgradeRequest } from "../fixtures/raw-client.ts";

/** One of the two packages: npm `ws`, or ours. */
export type Package = typeof ws;

/** The same things done to both packages, and what they made of it. */
export interface Scenario {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<void> | void;
  /** What ours makes of it on purpose, where that is something else; `why` is a heading of docs/migrating-from-ws.md. */
  readonly differs?: { readonly why: string; readonly ours: readonly string[] };
}

/** Where a scenario plays: it makes servers and clients of one package, notes what they do, and clears up. */
export class Stage {
  readonly lib: Package;
  readonly trace: string[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(lib: Package) {
    this.lib = lib;
  }

  note(...parts: readonly unknown[]): void {
    this.trace.push(
      parts
        .map(show)
        .join(" ")
        .replaceAll(/(127\.0\.0\.1|localhost):\d+/g, "$1:port"),
    );
  }

  /** Notes whether the call returns or throws. */
  attempt(name: string, act: () => unknown): void {
    try {
      act();
      this.note(name, "returns");
    } catch (error) {
      this.note(name, "throws", error);
    }
  }

  /** Notes every event of the socket. */
  watch<T extends WebSocket>(name: string, socket: T, ...more: readonly string[]): T {
    for (const event of ["open", "message", "ping", "pong", "close", "error", ...more]) {
      socket.on(event as "message", (...values: readonly unknown[]) => this.note(name, event, ...values));
    }
    return socket;
  }

  async server(options: ServerOptions = {}): Promise<{ server: WebSocketServer; port: number; url: string }> {
    const server = new this.lib.WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
    this.#ends.push(() => {
      for (const socket of server.clients ?? []) socket.terminate();
      server.close();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { server, port, url: `ws://127.0.0.1:${port}` };
  }

  /** An http server of the scenario's own. */
  async http(listener?: RequestListener): Promise<{ http: Server; port: number; url: string }> {
    const http = createHttp(listener);
    http.listen(0, "127.0.0.1");
    this.#ends.push(() => {
      http.close();
      http.closeAllConnections();
    });
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    return { http, port, url: `ws://127.0.0.1:${port}` };
  }

  client(url: string | URL, protocols?: string | string[], options?: ClientOptions): WebSocket {
    const client = new this.lib.WebSocket(url, protocols, options);
    // Whoever watches hears of it; a client that nobody watches must not end the test.
    client.on("error", () => undefined);
    this.#ends.push(() => client.terminate());
    return client;
  }

  async pair(
    options: ServerOptions = {},
    clientOptions: ClientOptions = {},
  ): Promise<{ server: WebSocketServer; client: WebSocket; socket: WebSocket }> {
    const { server, url } = await this.server(options);
    const connection = once(server, "connection");
    const client = this.client(url, undefined, clientOptions);
    await once(client, "open");
    const [socket] = (await connection) as [WebSocket];
    return { server, client, socket };
  }

  /** The server's socket of a connection whose client is a bare TCP socket. */
  async rawPair(options: ServerOptions = {}): Promise<{ raw: Socket; socket: WebSocket }> {
    const { server, port } = await this.server(options);
    const connection = once(server, "connection");
    const raw = await this.raw(port);
    raw.write(upgradeRequest());
    const [socket] = (await connection) as [WebSocket];
    // Otherwise it would never see the end.
    raw.resume();
    return { raw, socket };
  }

  async raw(port: number): Promise<Socket> {
    const raw = connect(port, "127.0.0.1");
    this.#ends.push(() => raw.destroy());
    raw.on("error", () => undefined);
    await once(raw, "connect");
    return raw;
  }

  /** What a server answers to a request, status line, fields of interest and body. */
  async answer(port: number, request: string): Promise<void> {
    const raw = await this.raw(port);
    raw.write(request);
    let text = "";
    for await (const chunk of raw) text += String(chunk);
    const [head = "", body = ""] = text.split("\r\n\r\n", 2);
    const [status, ...fields] = head.split("\r\n");
    this.note(status, fields.sort().join("; "), body);
  }

  /** A server that answers the opening handshake with these lines, and then with these bytes. */
  async rawServer(
    lines: (accept: string) => readonly string[],
    bytes: Uint8Array = Buffer.alloc(0),
  ): Promise<{ url: string; accepted: Promise<Socket> }> {
    const server = createServer();
    const accepted = new Promise<Socket>((resolve) => {
      server.on("connection", (socket) => {
        this.#ends.push(() => socket.destroy());
        socket.on("error", () => undefined);
        socket.once("data", (request) => {
          const key = /sec-websocket-key: *(\S+)/i.exec(String(request))?.[1] ?? "";
          const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
          socket.write(Buffer.concat([Buffer.from(`${lines(accept).join("\r\n")}\r\n\r\n`), bytes]));
          resolve(socket);
        });
      });
    });
    server.listen(0, "127.0.0.1");
    this.#ends.push(() => server.close());
    await once(server, "listening");
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, accepted };
  }

  end(act: () => void): void {
    this.#ends.push(act);
  }

  clear(): void {
    for (const end of this.#ends.reverse()) end();
  }
}

/** The lines of a right answer. */
export function switching(accept: string, ...more: readonly string[]): readonly string[] {
  return ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`, ...more];
}

/** Resolves when the socket has closed, whatever errors came before. */
export async function ended(...sockets: readonly WebSocket[]): Promise<void> {
  await Promise.all(sockets.map(async (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()))));
}

/** Resolves with the next values of an event, without taking `error` for a failure. */
export async function next(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event, (...values: unknown[]) => resolve(values)));
}

function show(value: unknown): string {
  if (value instanceof Error) return showError(value);
  if (Buffer.isBuffer(value)) return `Buffer(${value.length > 40 ? `${value.length} bytes` : value.toString()})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${Buffer.from(value).toString()})`;
  if (value instanceof Blob) return `Blob(${value.size})`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) return value.constructor.name;
  return String(value);
}

// Faults of the peer are told apart by their code; their class is a scenario of its own.
function showError(error: Error): string {
  const code = String(Reflect.get(error, "code") ?? "");
  if (code.startsWith("WS_ERR_")) return `${code}: ${error.message}`;
  const builtIn = [SyntaxError, RangeError, TypeError].find((each) => error instanceof each)?.name ?? "Error";
  return `${builtIn}: ${error.message}`;
}
