// Any order of calls on the browser's classes, against a server that does anything: the events in the standard's order, one end, nothing unhandled, nothing open.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket as ServerSocket, WebSocketServer } from "@openline/ws";
import { WebSocket, WebSocketError, WebSocketStream } from "@openline/ws/web";
import type { Random } from "./random.ts";
import type { Case, Target } from "./target.ts";

const clientCalls = ["text", "bytes", "blob", "big", "wait", "turn", "close", "close-code", "wrong", "read"] as const;
const serverActs = ["echo", "flood", "close", "close-code", "terminate", "garbage", "pause", "refuse", "slow"] as const;

type ClientCall = (typeof clientCalls)[number];
type ServerAct = (typeof serverActs)[number];

interface WebSetting {
  readonly kind: "socket" | "stream";
  readonly act: ServerAct;
  /** Whether the calls begin before the connection is open. */
  readonly isEarly: boolean;
}

const GRACE_MS = 10_000;

class Server {
  readonly #server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    perMessageDeflate: true,
    closeTimeout: 300,
    verifyClient: ({ req }, answer) => {
      if (req.url === "/refuse") answer(false, 403);
      else if (req.url === "/slow") setTimeout(answer, 20, true);
      else answer(true);
    },
  });
  readonly #listening = once(this.#server, "listening");
  readonly unhandled: unknown[] = [];
  readonly #onUnhandled = (error: unknown): void => void this.unhandled.push(error);

  constructor() {
    process.on("uncaughtException", this.#onUnhandled).on("unhandledRejection", this.#onUnhandled);
    this.#server.on("connection", (socket, { url = "/" }) => behave(socket, url.slice(1)));
  }

  async address(act: ServerAct): Promise<string> {
    await this.#listening;
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${act}`;
  }

  async stop(): Promise<void> {
    await this.#server.close({ deadlineMs: 1000 });
    process.off("uncaughtException", this.#onUnhandled).off("unhandledRejection", this.#onUnhandled);
  }
}

function behave(socket: ServerSocket, act: string): void {
  socket.on("error", () => undefined);
  if (act === "flood") for (let count = 0; count < 50; count++) socket.send(count % 2 === 0 ? `${count}` : Buffer.alloc(count * 100));
  if (act === "terminate") setTimeout(() => socket.terminate(), 3);
  if (act === "garbage") setTimeout(() => socket._socket?.write(Buffer.from([0xf3, 1, 2, 3])), 2);
  if (act === "pause") {
    socket.pause();
    setTimeout(() => socket.resume(), 30);
  }
  if (act === "close") socket.close();
  if (act === "close-code") setTimeout(() => socket.close(4000, "enough"), 2);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}

let server: Server | undefined;

async function run({ setting, steps }: Case<WebSetting, ClientCall>): Promise<void> {
  server ??= new Server();
  const address = await server.address(setting.act);
  if (setting.kind === "socket") await runSocket(address, setting, steps);
  else await runStream(address, setting, steps);
  assert.deepEqual(server.unhandled, [], "nothing is unhandled");
}

async function runSocket(address: string, { isEarly }: WebSetting, steps: readonly ClientCall[]): Promise<void> {
  const socket = new WebSocket(address);
  const seen: string[] = [];
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  for (const type of ["open", "message", "error", "close"]) {
    socket.addEventListener(type, () => {
      const wanted = { open: [1], message: [1], error: [3], close: [3] }[type];
      assert.ok(wanted?.includes(socket.readyState), `${type} in state ${socket.readyState}`);
      seen.push(type);
    });
  }
  if (!isEarly) await Promise.race([new Promise((resolve) => socket.addEventListener("open", resolve)), closed]);
  let state = 0;
  let unsent = 0;
  for (const call of steps) {
    const before: number = socket.readyState;
    assert.ok(before >= state, "the state never goes back");
    state = before;
    unsent = await callSocket(socket, call, unsent);
  }
  socket.close();
  await within(closed, "close");
  await turn();
  assert.match(seen.join(" "), /^(?:open (?:message )*)?(?:error )?close$/, "the events in their order");
  assert.ok(socket.bufferedAmount >= unsent, "what was sent after the end is counted");
}

async function callSocket(socket: WebSocket, call: ClientCall, unsent: number): Promise<number> {
  const data = dataOf(call);
  if (data !== undefined) {
    const { readyState, bufferedAmount } = socket;
    if (readyState === 0) assert.throws(() => socket.send(data), { name: "InvalidStateError" });
    else socket.send(data);
    const bytes =
      readyState === 0 ? 0 : typeof data === "string" ? Buffer.byteLength(data) : data instanceof Blob ? data.size : data.byteLength;
    assert.equal(socket.bufferedAmount, bufferedAmount + bytes, "bufferedAmount in one task");
    return readyState > 1 ? unsent + bytes : unsent;
  }
  if (call === "close") socket.close();
  else if (call === "close-code") socket.close(3001, "mine");
  else if (call === "wrong") assert.throws(() => socket.close(1001), { name: "InvalidAccessError" });
  else if (call === "wait") await new Promise((resolve) => setTimeout(resolve, 3));
  else await turn();
  return unsent;
}

async function runStream(address: string, { isEarly }: WebSetting, steps: readonly ClientCall[]): Promise<void> {
  const stream = new WebSocketStream(address);
  const settled = stream.closed.then(
    ({ closeCode }) => assert.ok(closeCode >= 1000),
    (reason: unknown) => assert.ok(reason instanceof WebSocketError, "closed rejects with a WebSocketError"),
  );
  if (isEarly) stream.close();
  const opened = await stream.opened.catch(() => undefined);
  const writer = opened?.writable.getWriter();
  writer?.closed.catch(() => undefined);
  const reader = opened?.readable.getReader();
  reader?.closed.catch(() => undefined);
  for (const call of steps) {
    const data = dataOf(call);
    // Not waited for: the peer may read later than we do. Node's writers throw an internal assertion while they are being closed.
    if (data !== undefined && !(data instanceof Blob)) void quiet(async () => writer?.write(data));
    else if (call === "close") void writer?.close().catch(() => undefined);
    else if (call === "close-code") stream.close({ closeCode: 3001, reason: "mine" });
    else if (call === "wrong") void writer?.abort(new WebSocketError("", { closeCode: 4001 })).catch(() => undefined);
    else if (call === "read") void reader?.read().catch(() => undefined);
    else await turn();
  }
  stream.close();
  void reader?.cancel().catch(() => undefined);
  await within(settled, "closed");
}

function dataOf(call: ClientCall): string | Uint8Array | Blob | undefined {
  if (call === "text") return "hé€😀";
  if (call === "bytes") return new Uint8Array([1, 2, 3]);
  if (call === "blob") return new Blob(["blob"]);
  return call === "big" ? new Uint8Array(300_000) : undefined;
}

async function quiet(act: () => Promise<unknown>): Promise<void> {
  await act().catch(() => undefined);
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function within(promise: Promise<unknown>, what: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} in time`)), GRACE_MS);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const webTarget: Target<WebSetting, ClientCall> = {
  name: "web",
  concurrency: 8,
  make(random: Random) {
    const setting: WebSetting = {
      kind: random.pick(["socket", "socket", "stream"]),
      act: random.pick(serverActs),
      isEarly: random.chance(0.3),
    };
    return { setting, steps: Array.from({ length: random.below(12) }, () => random.pick(clientCalls)) };
  },
  run,
  async end() {
    await server?.stop();
    server = undefined;
  },
};
