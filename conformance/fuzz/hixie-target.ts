// A server with `legacy: true` and any bytes behind a good head of the Hixie drafts: the texts that the drafts mean, one end, nothing unhandled.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { HIXIE_CLOSE, HixieEvent, HixieReader, hixieText } from "@openline/protocol";
import { type WebSocket, WebSocketServer } from "@openline/ws";
import { mutated } from "./content.ts";
import { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";

interface HixieSetting {
  readonly draft: 75 | 76;
  readonly cutSeed: number;
  /** How the client goes on when all is sent. */
  readonly end: "fin" | "reset";
  /** When the server closes: after so many messages. */
  readonly closesAfter: number;
}

const MAX_PAYLOAD_BYTES = 2000;
const GRACE_MS = 8000;

/** What the server heard on one connection. */
interface Heard {
  readonly texts: string[];
  closes: number;
}

class Server {
  readonly #server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    legacy: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    handshakeTimeout: 300,
  });
  readonly #listening = once(this.#server, "listening");
  readonly #cases = new Map<string, Heard & { readonly closesAfter: number; done(): void }>();
  readonly unhandled: unknown[] = [];
  readonly #onUnhandled = (error: unknown): void => void this.unhandled.push(error);
  #count = 0;

  constructor() {
    process.on("uncaughtException", this.#onUnhandled).on("unhandledRejection", this.#onUnhandled);
    this.#server.on("connection", (socket, request) => this.#listen(socket, request.url ?? ""));
  }

  async port(): Promise<number> {
    await this.#listening;
    return (this.#server.address() as AddressInfo).port;
  }

  /** A path for one case; resolves with what came over it when its socket is closed. */
  expect(closesAfter: number): { readonly path: string; readonly heard: Promise<Heard> } {
    const path = `/${this.#count++}`;
    const heard = new Promise<Heard>((resolve) => {
      const entry = { texts: [], closes: 0, closesAfter, done: () => resolve(entry) };
      this.#cases.set(path, entry);
    });
    return { path, heard };
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    process.off("uncaughtException", this.#onUnhandled).off("unhandledRejection", this.#onUnhandled);
  }

  #listen(socket: WebSocket, path: string): void {
    const entry = this.#cases.get(path);
    if (entry === undefined) return socket.terminate();
    this.#cases.delete(path);
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => {
      assert.equal(isBinary, false);
      entry.texts.push(data.toString());
      socket.send(`heard ${entry.texts.length}`);
      if (entry.texts.length === entry.closesAfter) socket.close(1000);
    });
    socket.on("close", () => {
      entry.closes++;
      entry.done();
    });
  }
}

let server: Server | undefined;

function makeSetting(random: Random): HixieSetting {
  return {
    draft: random.pick([75, 76]),
    cutSeed: random.below(1_000_000),
    end: random.pick(["fin", "fin", "reset"]),
    closesAfter: random.pick([1, 3, 1000, 1000]),
  };
}

function makeSteps(random: Random): string[] {
  const piece = (): Buffer => {
    const kind = random.next();
    if (kind < 0.6) return Buffer.from(hixieText(Buffer.from(random.pick(["", "a", "hé€😀", "x".repeat(random.below(2100))]))));
    if (kind < 0.7) return Buffer.concat([Buffer.from([1 + random.below(127)]), Buffer.from("other"), Buffer.from([0xff])]);
    if (kind < 0.8) return Buffer.concat([Buffer.from([0x80, 0x81, 5]), random.bytes(133)]);
    if (kind < 0.87) return Buffer.from(HIXIE_CLOSE);
    return random.bytes(random.size(60));
  };
  let pieces = Array.from({ length: 1 + random.below(8) }, piece);
  if (random.chance(0.4)) pieces = mutated(random, pieces, piece);
  return pieces.map((each) => each.toString("hex"));
}

/** What the drafts mean by the bytes. */
function textsIn(draft: 75 | 76, bytes: Buffer): string[] {
  const reader = new HixieReader(draft, MAX_PAYLOAD_BYTES);
  const texts: string[] = [];
  reader.receive(bytes);
  for (let kind = reader.next(); kind === HixieEvent.Text; kind = reader.next()) texts.push(Buffer.from(reader.data).toString());
  return texts;
}

async function run({ setting, steps }: Case<HixieSetting, string>): Promise<void> {
  server ??= new Server();
  const { path, heard } = server.expect(setting.closesAfter);
  const keys = setting.draft === 76 ? "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n" : "";
  const head = `GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://a\r\n${keys}\r\n`;
  const body = Buffer.concat(steps.map((step) => Buffer.from(step, "hex")));
  const sent = Buffer.concat([Buffer.from(setting.draft === 76 ? "^n:ds[4U" : ""), body]);
  const socket = connect(await server.port(), "127.0.0.1");
  socket.on("error", () => undefined).resume();
  socket.write(head);
  await once(socket, "data");
  const random = new Random(setting.cutSeed);
  let at = 0;
  for (const cut of [...random.places(sent.length), sent.length]) {
    socket.write(sent.subarray(at, cut));
    at = cut;
    if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
  }
  if (setting.end === "fin") socket.end();
  else socket.resetAndDestroy();
  const { texts, closes } = await within(heard, GRACE_MS);
  socket.destroy();
  const meant = textsIn(setting.draft, body);
  assert.equal(closes, 1, "the socket closes once");
  // A reset may overtake what was sent before it, and what comes after our close may be heard or not; nothing else may be missing.
  const isCut = setting.end === "reset" || texts.length >= setting.closesAfter;
  const wanted = isCut ? meant.slice(0, texts.length) : meant;
  assert.deepEqual(texts, wanted, "the texts that the drafts mean");
  assert.deepEqual(server.unhandled, [], "nothing is unhandled");
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the server's socket is not closed in time")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const hixieTarget: Target<HixieSetting, string> = {
  name: "hixie",
  concurrency: 8,
  make(random) {
    return { setting: makeSetting(random), steps: makeSteps(random) };
  },
  run,
  async end() {
    await server?.stop();
    server = undefined;
  },
};
