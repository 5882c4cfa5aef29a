// A server and any request heads over raw TCP: an HTTP status or the end of the connection within the deadline, and the process stays up.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "@openline/ws";
import { mutated } from "./content.ts";
import { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";

interface HeadSetting {
  readonly secure: boolean;
  readonly cutSeed: number;
  /** How the client goes on when all is sent. */
  readonly end: "fin" | "wait" | "reset";
}

const HANDSHAKE_MS = 400;
/** What a loaded machine may take beyond the deadline. */
const GRACE_MS = 8000;

const LINES = [
  "GET / HTTP/1.1\r\n",
  "Host: example.org\r\n",
  "Upgrade: websocket\r\n",
  "Connection: Upgrade\r\n",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
  "Sec-WebSocket-Version: 13\r\n",
  "\r\n",
];
const EXTRAS = [
  "GET / HTTP/1.0\r\n",
  "POST /x HTTP/1.1\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Sec-WebSocket-Key: \r\n",
  "Sec-WebSocket-Version: 99999999999999999999\r\n",
  "Sec-WebSocket-Protocol: a, a\r\n",
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9, x; y="\r\n',
  "Origin: http://[\r\n",
  "Origin: http://example.org\r\n",
  "X: \0\r\n",
  " folded\r\n",
  "No colon\r\n",
  "\r\n",
  "\n",
  `X: ${"y".repeat(20_000)}\r\n`,
];

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** The servers of all cases, one for each profile. */
class Servers {
  readonly #servers: WebSocketServer[] = [];
  readonly #listening: Promise<unknown>[] = [];
  readonly unhandled: unknown[] = [];
  readonly #onUnhandled = (error: unknown): void => void this.unhandled.push(error);

  constructor() {
    process.on("uncaughtException", this.#onUnhandled);
    process.on("unhandledRejection", this.#onUnhandled);
    for (const secure of [false, true]) {
      const server = new WebSocketServer({
        port: 0,
        host: "127.0.0.1",
        secure,
        handshakeTimeout: HANDSHAKE_MS,
        closeTimeout: HANDSHAKE_MS,
      });
      server.on("connection", (socket: WebSocket) => socket.on("error", () => undefined));
      this.#servers.push(server);
      this.#listening.push(once(server, "listening"));
    }
  }

  async port(secure: boolean): Promise<number> {
    const server = this.#servers[secure ? 1 : 0];
    assert.ok(server !== undefined);
    await Promise.all(this.#listening);
    return (server.address() as AddressInfo).port;
  }

  async end(): Promise<void> {
    process.off("uncaughtException", this.#onUnhandled);
    process.off("unhandledRejection", this.#onUnhandled);
    for (const server of this.#servers) {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    }
  }
}

let servers: Servers | undefined;

async function talk(port: number, pieces: readonly Buffer[], end: HeadSetting["end"]): Promise<{ answer: string; isClosed: boolean }> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const talk = new Talk(socket);
  try {
    await once(socket, "connect");
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (end === "fin") socket.end();
    if (end === "reset") socket.resetAndDestroy();
    await talk.answered();
  } catch (error) {
    // A reset while connecting or writing is an end like another.
    if (!(error instanceof Error && "code" in error)) throw error;
  } finally {
    socket.destroy();
  }
  return talk;
}

class Talk {
  answer = "";
  isClosed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.answer += chunk.toString("latin1");
      if (this.answer.length > 12) this.#wake();
    });
    socket.on("error", () => undefined);
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.isClosed = true;
        this.#wake();
      });
    }
  }

  async answered(): Promise<void> {
    if (this.isClosed || this.answer.length > 12) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, HANDSHAKE_MS + GRACE_MS);
    });
    clearTimeout(timer);
  }
}

export const headTarget: Target<HeadSetting, string> = {
  name: "head",
  concurrency: 24,
  make(random) {
    let pieces = LINES.map(latin1);
    const extra = (): Buffer => latin1(random.pick(EXTRAS));
    for (let count = random.below(5); count > 0; count--) pieces = mutated(random, pieces, extra);
    const setting = {
      secure: random.chance(0.5),
      cutSeed: random.below(1000),
      end: random.pick(["fin", "wait", "wait", "reset"] as const),
    };
    return { setting, steps: pieces.map((piece) => piece.toString("latin1")) };
  },
  async run({ setting, steps }: Case<HeadSetting, string>) {
    servers ??= new Servers();
    const head = latin1(steps.join(""));
    const places = new Random(setting.cutSeed).places(head.length, 4);
    const pieces = [0, ...places].map((start, index) => head.subarray(start, places[index]));
    const { answer, isClosed } = await talk(await servers.port(setting.secure), pieces, setting.end);
    assert.deepEqual(servers.unhandled.splice(0), [], "went unhandled");
    assert.ok(isClosed || answer !== "", "neither an answer nor an end within the deadline");
    if (answer !== "") assert.match(answer, /^HTTP\/1\.1 [1-5]\d\d /);
  },
  async end() {
    if (servers === undefined) return;
    // The process is up, and its servers still serve.
    for (const secure of [false, true]) {
      const { answer } = await talk(await servers.port(secure), LINES.map(latin1), "wait");
      assert.match(answer, /^HTTP\/1\.1 101 /);
    }
    assert.deepEqual(servers.unhandled, []);
    await servers.end();
    servers = undefined;
  },
};
