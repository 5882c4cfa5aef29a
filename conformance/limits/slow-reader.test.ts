// One client that reads nothing among a hundred that do: it costs its cap and nothing more, and the others get everything.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ServerOptions, WebSocket, type WebSocketServer } from "@openline/ws";
import { heldBytes, MIB } from "./memory.ts";
import { listen, RawClient, until } from "./raw.ts";

const CLIENTS = 99;
const ROUNDS = 120;
const MESSAGE_BYTES = 16 * 1024;
const HIGH_WATER_BYTES = 64 * 1024;
const CAP_BYTES = MIB;

/** The clients that read, with the times that their messages took. */
class Readers {
  readonly #sockets: WebSocket[] = [];
  readonly #counts: number[] = [];
  #sentAt = 0;
  #times: number[] = [];
  wrong = 0;

  async connect(port: number): Promise<void> {
    for (let index = 0; index < CLIENTS; index++) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
      socket.on("error", () => undefined);
      socket.on("message", (data) => this.#received(index, data as Buffer));
      this.#sockets.push(socket);
      this.#counts.push(0);
    }
    await until(() => this.#sockets.every(({ readyState }) => readyState === WebSocket.OPEN), "all clients");
  }

  get areOpen(): boolean {
    return this.#sockets.every(({ readyState }) => readyState === WebSocket.OPEN);
  }

  #received(index: number, data: Buffer): void {
    const number = this.#counts[index] ?? 0;
    if (data.length !== MESSAGE_BYTES || data.readUInt32BE(0) !== number) this.wrong++;
    this.#counts[index] = number + 1;
    this.#times.push(performance.now() - this.#sentAt);
  }

  /** Broadcasts numbered messages from `first` on, each when all readers have the one before; answers the 99th percentile in milliseconds. */
  async rounds(server: WebSocketServer, first: number, look: (isBetween: boolean) => void): Promise<number> {
    this.#times = [];
    for (let number = first; number < first + ROUNDS; number++) {
      const message = Buffer.alloc(MESSAGE_BYTES, number);
      message.writeUInt32BE(number);
      this.#sentAt = performance.now();
      server.broadcast(message);
      look(false);
      await until(() => this.#counts.every((count) => count > number), `message ${number} at all readers`);
      look(true);
    }
    const sorted = this.#times.toSorted((a, b) => a - b);
    assert.equal(sorted.length, CLIENTS * ROUNDS);
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }

  end(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** Fills what the kernel takes for a peer that does not read, up to the mark: from then on everything is queued here. */
async function fill(socket: WebSocket): Promise<void> {
  const data = Buffer.alloc(MESSAGE_BYTES);
  for (let quiet = 0; quiet < 5; ) {
    const before = socket.bufferedAmount;
    if (before < HIGH_WATER_BYTES) socket.send(data);
    await new Promise((resolve) => setImmediate(resolve));
    quiet = before >= HIGH_WATER_BYTES && socket.bufferedAmount === before ? quiet + 1 : 0;
  }
}

describe("one stalled reader among a hundred (R3)", () => {
  const policies: readonly [name: string, options: ServerOptions][] = [
    ["the profile of ws with a cap", { highWaterBytes: HIGH_WATER_BYTES, maxQueueBytes: CAP_BYTES }],
    ["secure", { secure: true, closeTimeout: 500 }],
  ];
  for (const [name, options] of policies) {
    test(`costs at most its cap and is let go, and the others get every message in order: ${name}`, { timeout: 60_000 }, async (t) => {
      const { server, port } = await listen(t, options);
      const stalled = await RawClient.open(t, port);
      const [socket] = server.clients;
      assert.ok(socket !== undefined);
      const readers = new Readers();
      t.after(() => readers.end());
      await readers.connect(port);

      const without = await readers.rounds(server, 0, () => undefined);
      stalled.socket.pause();
      await fill(socket);
      const before = heldBytes();
      let most = 0;
      let held = 0;
      let rounds = 0;
      const withStalled = await readers.rounds(server, ROUNDS, (isBetween) => {
        if (socket.readyState === WebSocket.OPEN) most = Math.max(most, socket.bufferedAmount);
        // Between two messages, so that collecting garbage delays none.
        if (isBetween && ++rounds % 20 === 0) held = Math.max(held, heldBytes() - before);
      });
      await until(() => socket.readyState === WebSocket.CLOSED, "the end of the stalled reader");

      assert.equal(readers.wrong, 0, "a reader missed a message or got one twice");
      assert.ok(readers.areOpen, "a reader lost its connection");
      assert.equal(server.clients.size, CLIENTS);
      assert.ok(most > HIGH_WATER_BYTES, "it was never behind: this test shows nothing");
      assert.ok(most <= CAP_BYTES + MESSAGE_BYTES + 1024, `${most} bytes were queued for it`);
      assert.ok(held <= CAP_BYTES + 8 * MIB, `the process grew by ${held} bytes`);
      t.diagnostic(
        `p99 of the others ${without.toFixed(2)} ms without it, ${withStalled.toFixed(2)} ms with it: ${(withStalled / without).toFixed(2)} times`,
      );
      t.diagnostic(`at most ${most} bytes queued for it; the process grew by ${held} bytes`);
    });
  }

  test("send answers false above the high-water mark, and drain comes when it has read, at the low-water mark", {
    timeout: 30_000,
  }, async (t) => {
    const lowWaterBytes = 8 * 1024;
    const { server, port } = await listen(t, { highWaterBytes: HIGH_WATER_BYTES, lowWaterBytes });
    const client = await RawClient.open(t, port);
    const [socket] = server.clients;
    assert.ok(socket !== undefined);
    client.socket.pause();
    const drains: number[] = [];
    socket.on("drain", () => drains.push(socket.bufferedAmount));
    const message = Buffer.alloc(MESSAGE_BYTES);
    let sent = 0;
    for (let refused = 0; refused < 40; ) {
      const hasRoom: boolean = socket.send(message);
      sent++;
      assert.equal(hasRoom, socket.bufferedAmount <= HIGH_WATER_BYTES, `send answered ${hasRoom} at ${socket.bufferedAmount} bytes`);
      // Refused forty times in a row: the kernel takes no more.
      refused = hasRoom ? 0 : refused + 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(socket.bufferedAmount > HIGH_WATER_BYTES);
    const early = drains.length;
    client.socket.resume();
    await until(() => drains.length > early && socket.bufferedAmount === 0, "drain");
    assert.ok(
      drains.every((bytes) => bytes <= lowWaterBytes),
      `drain came at ${drains.join(", ")} bytes`,
    );
    assert.ok(socket.send("there is room"));
    await client.until(() => client.frames.length === sent + 1, "every message");
  });
});
