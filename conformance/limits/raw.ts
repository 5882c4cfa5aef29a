// A client that is bytes on a TCP connection and nothing more: it can send what no library would, and stop reading when it likes.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type ServerOptions, type WebSocket, WebSocketServer } from "@openline/ws";
import { encodeFrame, type Frame, FrameReader, type FrameSpec } from "../cases/frames.ts";

/** No part of a test here may take longer than this, whatever else the machine does. */
const PATIENCE_MS = 15_000;

/** A listening server, gone when the test ends. Errors of its sockets are what the tests provoke. */
export async function listen(t: TestContext, options: ServerOptions = {}): Promise<{ server: WebSocketServer; port: number }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  server.on("connection", (socket: WebSocket) => socket.on("error", () => undefined));
  await once(server, "listening");
  t.after(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}

const FIELDS: Readonly<Record<string, string>> = {
  Host: "example.org",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

/** An opening request; a field given as undefined is left out. */
export function openingRequest(changes: Readonly<Record<string, string | undefined>> = {}, line = "GET / HTTP/1.1"): string {
  const fields = Object.entries({ ...FIELDS, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `${line}\r\n${fields.join("")}\r\n`;
}

export class RawClient {
  readonly socket: Socket;
  /** What has come and is not a frame that was taken. */
  text = "";
  isEnded = false;
  isClosed = false;
  #isOpen = false;
  readonly #frames = new FrameReader();
  readonly #taken: Frame[] = [];
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", () => undefined);
    socket.on("end", () => this.#woken(() => (this.isEnded = true)));
    socket.on("close", () => this.#woken(() => (this.isClosed = this.isEnded = true)));
  }

  /** A TCP connection that is dropped when the test ends. */
  static async connect(t: TestContext, port: number): Promise<RawClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const client = new RawClient(socket);
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return client;
  }

  /** A connection after a successful opening handshake. */
  static async open(t: TestContext, port: number, fields: Readonly<Record<string, string>> = {}): Promise<RawClient> {
    const client = await RawClient.connect(t, port);
    client.socket.write(openingRequest(fields));
    await client.until(() => client.text.includes("\r\n\r\n"), "an answer to the handshake");
    if (!client.text.startsWith("HTTP/1.1 101 ")) throw new Error(`the handshake was refused: ${client.text}`);
    const [, rest = ""] = client.text.split("\r\n\r\n", 2);
    client.#isOpen = true;
    client.#received(Buffer.from(rest, "latin1"));
    return client;
  }

  send(spec: FrameSpec): boolean {
    return this.socket.write(encodeFrame(spec, true));
  }

  /** Writes all of it, no faster than the peer takes it. */
  async writeAll(chunks: Iterable<Buffer>): Promise<void> {
    for (const chunk of chunks) {
      if (this.isClosed) return;
      if (this.socket.write(chunk)) continue;
      await this.until(() => this.isClosed || !this.socket.writableNeedDrain, "room to write");
    }
  }

  /** The frames that have come so far. */
  get frames(): readonly Frame[] {
    return this.#taken;
  }

  /** The code of the close frame that came, if one came. */
  get closeCode(): number | undefined {
    const close = this.#taken.find(({ opcode }) => opcode === 8);
    return close === undefined || close.payload.length < 2 ? undefined : close.payload.readUInt16BE(0);
  }

  /** Waits for what bytes or the end of the connection bring about; fails when that takes too long. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const last = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > last) throw new Error(`waited ${PATIENCE_MS} ms for ${what}; came: ${this.text.slice(0, 200)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #received(chunk: Buffer): void {
    this.#woken(() => {
      if (!this.#isOpen) this.text += chunk.toString("latin1");
      else this.#frames.add(chunk);
      for (let frame = this.#frames.take(); frame !== undefined; frame = this.#frames.take()) this.#taken.push(frame);
    });
  }

  #woken(change: () => void): void {
    change();
    this.#wake();
  }
}

/** Waits for something that no single connection tells of. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const last = performance.now() + PATIENCE_MS; !condition(); await new Promise((resolve) => setTimeout(resolve, 2))) {
    if (performance.now() > last) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`);
  }
}
