import { randomUUID } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import type { TestContext } from "node:test";
import { WebSocket } from "@openline/ws";
import type { SockjsConnection } from "../src/connection.ts";
import type { SockjsOptions } from "../src/options.ts";
import { createServer, type SockjsEndpoint } from "../src/server.ts";
import { type Answer, RawConnection, type RawHead, type RawRequest } from "./raw-http.ts";

/** Endpoints on one port, and a client for them. */
export interface Fixture {
  readonly http: Server;
  readonly port: number;
  readonly endpoints: readonly SockjsEndpoint[];
  /** Sends a request on a connection of its own and reads the whole response. */
  ask(path: string, request?: RawRequest): Promise<Answer>;
  post(path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a request and leaves the body to be read chunk by chunk. */
  stream(path: string, request?: RawRequest): Promise<{ readonly head: RawHead; readonly connection: RawConnection }>;
  raw(): RawConnection;
  socket(path: string): Talker;
}

/** What an endpoint is made with: its options, and what it does with connections. */
export interface Mount extends SockjsOptions {
  readonly prefix: string;
  readonly onConnection: (connection: SockjsConnection) => void;
}

/** Sends everything back. */
export const echo = (connection: SockjsConnection): void => {
  connection.on("data", (message) => connection.write(message));
};

/** Serves endpoints until the test is over. */
export async function serve(t: Pick<TestContext, "after">, ...mounts: readonly Mount[]): Promise<Fixture> {
  const http = createHttpServer((_request, response) => response.writeHead(404).end());
  const endpoints = mounts.map(({ onConnection, ...options }) =>
    createServer(options).on("connection", onConnection).installHandlers(http),
  );
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const open = new Set<RawConnection>();
  const talkers = new Set<Talker>();
  t.after(async () => {
    for (const connection of open) connection.close();
    for (const talker of talkers) talker.socket.terminate();
    await Promise.all(endpoints.map((endpoint) => endpoint.close({ graceMs: 0 })));
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const raw = (): RawConnection => {
    const connection = new RawConnection(port);
    open.add(connection);
    return connection;
  };
  const ask: Fixture["ask"] = async (path, request) => {
    const connection = raw();
    const answer = await connection.answer(path, request);
    connection.close();
    return answer;
  };
  return {
    http,
    port,
    endpoints,
    raw,
    ask,
    post: async (path, body, headers = {}) => await ask(path, { method: "POST", headers, ...(body !== undefined && { body }) }),
    stream: async (path, request) => {
      const connection = raw();
      return { head: await connection.request(path, request), connection };
    },
    socket: (path) => {
      const talker = new Talker(new WebSocket(`ws://127.0.0.1:${port}${path}`));
      talkers.add(talker);
      return talker;
    },
  };
}

/** A WebSocket whose messages are awaited one by one. */
export class Talker {
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #messages: string[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.#messages.push(Buffer.isBuffer(data) ? data.toString() : "");
      this.#wake();
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  async next(): Promise<string> {
    while (this.#messages.length === 0) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("the WebSocket is closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() ?? "";
  }
}

/** A session's address below a prefix, which no other test has. */
export const sessionAt = (prefix: string): string => `${prefix}/000/${randomUUID()}`;
