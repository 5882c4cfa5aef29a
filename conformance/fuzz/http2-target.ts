// A server and any frames of HTTP/2 over raw TCP: nothing goes unhandled, every connection ends, and the process serves on.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { WebSocket, WebSocketServer } from "@openline/ws";
import { mutated } from "./content.ts";
import { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";

interface Setting {
  readonly secure: boolean;
  readonly cutSeed: number;
  /** How the client goes on when all is sent. */
  readonly end: "fin" | "reset";
}

const DEADLINE_MS = 400;
/** What a loaded machine may take beyond it. */
const GRACE_MS = 8000;

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const Type = { Data: 0, Headers: 1, Reset: 3, Settings: 4, Ping: 6, Goaway: 7, Window: 8, Continuation: 9 } as const;

/** A frame (RFC 9113 §4.1). */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as literals without indexing (RFC 7541 §6.2.2). */
function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]),
  );
}

const FIELDS = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "a.example"],
  ["sec-websocket-version", "13"],
  ["sec-websocket-extensions", "permessage-deflate"],
] as const;
const EXTRA_FIELDS = [
  [":protocol", "connect-udp"],
  [":protocol", "WebSocket"],
  [":path", ""],
  [":path", "*"],
  [":method", "GET"],
  [":status", "200"],
  ["host", "b.example"],
  ["upgrade", "websocket"],
  ["origin", "http://["],
  ["sec-websocket-version", "99999999999999999999"],
  ["sec-websocket-protocol", "a, a"],
  ["sec-websocket-key", "x"],
  ["cookie", "a=1"],
  ["x", "y".repeat(120)],
] as const;

/** A masked frame of WebSocket, masked with zeros. */
const message = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

function steps(random: Random): Buffer[] {
  const list = [PREFACE, frame(Type.Settings, 0, 0, new Uint8Array(0))];
  for (let stream = 1, count = random.below(4) + 1; count > 0; count--, stream += 2) {
    const fields: (readonly [string, string])[] = [...FIELDS];
    for (let extra = random.below(3); extra > 0; extra--)
      fields.splice(random.below(fields.length + 1), random.below(2), random.pick(EXTRA_FIELDS));
    list.push(frame(Type.Headers, random.chance(0.9) ? 0x4 : 0x5, stream, block(fields)));
    for (let data = random.below(4); data > 0; data--) list.push(frame(Type.Data, random.chance(0.8) ? 0 : 1, stream, message("hello")));
    if (random.chance(0.3)) list.push(frame(Type.Reset, 0, stream, Buffer.from([0, 0, 0, random.below(14)])));
  }
  return list;
}

function odd(random: Random): Buffer {
  const stream = random.below(9);
  const types = [...Object.values(Type), 2, 5, 77];
  const payloads = [
    Buffer.alloc(0),
    Buffer.alloc(4),
    Buffer.alloc(8),
    Buffer.from([0, 8, 0, 0, 0, 0]),
    Buffer.from([0, 4, 255, 255, 255, 255]),
    message("odd"),
    Buffer.alloc(16_385),
  ];
  return frame(random.pick(types), random.below(256), stream, random.pick(payloads));
}

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
      const limits = { handshakeTimeout: DEADLINE_MS, closeTimeout: DEADLINE_MS };
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1", http2: true, perMessageDeflate: true, secure, ...limits });
      server.on("connection", (socket) => {
        socket.on("error", () => undefined);
        socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
      });
      this.#servers.push(server);
      this.#listening.push(once(server, "listening"));
    }
  }

  async port(secure: boolean): Promise<number> {
    await Promise.all(this.#listening);
    return (this.of(secure).address() as AddressInfo).port;
  }

  of(secure: boolean): WebSocketServer {
    const server = this.#servers[secure ? 1 : 0];
    assert.ok(server !== undefined);
    return server;
  }

  async end(): Promise<void> {
    process.off("uncaughtException", this.#onUnhandled);
    process.off("unhandledRejection", this.#onUnhandled);
    await Promise.all(this.#servers.map((server) => server.close({ deadlineMs: 1000 })));
  }
}

let servers: Servers | undefined;

/** Sends the pieces and ends; resolves when the server has ended too, or answers false at the deadline. */
async function talk(port: number, pieces: readonly Buffer[], end: Setting["end"]): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  const closed = new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)));
  socket.on("error", () => undefined).resume();
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (end === "fin") socket.end();
  else socket.resetAndDestroy();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DEADLINE_MS + GRACE_MS);
  });
  const isClosed = await Promise.race([closed, late]);
  clearTimeout(timer);
  socket.destroy();
  return isClosed;
}

export const http2Target: Target<Setting, string> = {
  name: "http2",
  concurrency: 24,
  make(random) {
    let pieces = steps(random);
    for (let count = random.below(5); count > 0; count--) pieces = mutated(random, pieces, () => odd(random));
    const setting = { secure: random.chance(0.5), cutSeed: random.below(1000), end: random.pick(["fin", "fin", "reset"] as const) };
    return { setting, steps: pieces.map((piece) => piece.toString("latin1")) };
  },
  async run({ setting, steps: given }: Case<Setting, string>) {
    servers ??= new Servers();
    const bytes = Buffer.from(given.join(""), "latin1");
    const places = new Random(setting.cutSeed).places(bytes.length, 4);
    const pieces = [0, ...places].map((start, index) => bytes.subarray(start, places[index]));
    const isClosed = await talk(await servers.port(setting.secure), pieces, setting.end);
    assert.deepEqual(servers.unhandled.splice(0), [], "went unhandled");
    assert.ok(isClosed, "the connection has not ended within the deadline");
  },
  async end() {
    if (servers === undefined) return;
    // The process is up, its servers have let go of every socket, and still serve.
    for (const secure of [false, true]) {
      const server = servers.of(secure);
      for (const until = performance.now() + GRACE_MS; server.clients.size > 0 && performance.now() < until; )
        await new Promise((resolve) => setTimeout(resolve, 20)); // their closing deadlines run on real time
      assert.equal(server.clients.size, 0, "sockets of connections that have ended");
      const socket: WebSocket = new WebSocket(`ws://127.0.0.1:${await servers.port(secure)}`, { http2: true });
      await once(socket, "open");
      const answer = once(socket, "message");
      socket.send("still here");
      assert.equal(String((await answer)[0]), "still here");
      socket.terminate();
    }
    assert.deepEqual(servers.unhandled, []);
    await servers.end();
    servers = undefined;
  },
};
