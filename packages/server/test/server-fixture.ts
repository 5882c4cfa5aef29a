import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { WebSocket } from "ws";
import { createLog } from "../src/log.ts";
import type { OpenlineServer, ServerOptions } from "../src/openline-server.ts";
import { createServer } from "../src/server.ts";

/** A server on a free port, closed with the test. */
export interface ServerFixture {
  readonly server: OpenlineServer;
  readonly port: number;
  readonly logged: string[];
  /** Opens a client, says `connect`, and waits for the answer. */
  readonly join: (user: string, room?: string) => Promise<TestClient>;
  /** Writes raw bytes on a connection of its own. */
  readonly raw: (text: string | Uint8Array) => Promise<Socket>;
}

/** Starts the whole server. */
export async function startServer(t: TestContext, options: ServerOptions = {}): Promise<ServerFixture> {
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  const server = createServer({ port: 0, consoleFolder: "/nowhere", log, ...options });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 0 }));
  const base = server.settings.basePath;
  return {
    server,
    port,
    logged,
    join: async (user, room) => {
      const client = await openClient(`ws://localhost:${port}${base}hub`);
      client.send({ type: "connect", ref: 0, version: 1, user });
      await client.next("connected");
      if (room === undefined) return client;
      client.send({ type: "join", ref: 1, room, presence: true });
      await client.next("joined");
      return client;
    },
    raw: async (text) => {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.write(text);
      return socket;
    },
  };
}

type Message = { readonly type: string; readonly [key: string]: unknown };

/** A client of another make (npm `ws`), which keeps what it hears until it is asked for. */
export class TestClient {
  readonly socket: WebSocket;
  readonly ended: Promise<{ code: number; reason: string }>;
  readonly #heard: Message[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.#heard.push(JSON.parse(data.toString()));
      this.#wake();
    });
    socket.on("error", () => undefined);
    this.ended = new Promise((resolve) => socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
  }

  send(message: object | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next message of a type; those before it are dropped. */
  async next(type: string): Promise<Message> {
    for (;;) {
      for (let message = this.#heard.shift(); message !== undefined; message = this.#heard.shift())
        if (message.type === type) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Opens a WebSocket with npm `ws`. @throws Error with the status when the handshake is refused */
export async function openClient(url: string, protocols: string[] = [], headers: Record<string, string> = {}): Promise<TestClient> {
  const socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
  const client = new TestClient(socket);
  await once(socket, "open");
  return client;
}

/** All that a raw connection says until it ends. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
