// Peers that send more than anybody needs: the connection is failed in time, and nothing is kept for it.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { constants, deflateRawSync } from "node:zlib";
import type { WebSocket } from "@openline/ws";
import { encodeFrame } from "../cases/frames.ts";
import { bufferBytes, heldBytes, MIB } from "./memory.ts";
import { listen, RawClient, until } from "./raw.ts";

const KEY = Buffer.from([1, 2, 3, 4]);

/** The same piece again and again, in chunks of about 64 KiB. */
function* repeated(piece: Buffer, times: number): Generator<Buffer> {
  const most = Math.max(1, Math.floor(65_536 / piece.length));
  for (let left = times; left > 0; left -= most) yield Buffer.concat(Array.from({ length: Math.min(most, left) }, () => piece));
}

describe("inbound floods (R4; RFC 6455 §10.4)", () => {
  const fragments: readonly [profile: string, options: object, byteEach: number, most: number][] = [
    ["ws", {}, 0, 16_384],
    ["ws", {}, 1, 16_384],
    ["secure", { secure: true }, 1, 1024],
    ["maxFragments: 10", { maxFragments: 10 }, 1, 10],
  ];
  for (const [profile, options, bytes, most] of fragments) {
    test(`of 100,000 fragments of ${bytes} bytes ${most} are taken, in no more memory than they need, then 1008 (${profile})`, async (t) => {
      const { port, server } = await listen(t, options);
      const client = await RawClient.open(t, port);
      const before = heldBytes();
      client.send({ opcode: 2, payload: Buffer.alloc(bytes), fin: false, key: KEY });
      const piece = encodeFrame({ opcode: 0, payload: Buffer.alloc(bytes), fin: false, key: KEY }, true);
      await client.writeAll(repeated(piece, most - 1));
      client.send({ opcode: 9, key: KEY });
      await client.until(() => client.frames.length > 0, "the pong behind the fragments");
      assert.equal(client.frames[0]?.opcode, 10, "it was closed too early");
      const held = heldBytes() - before;
      assert.ok(held < MIB, `${held} bytes are held for ${most} fragments`);
      await client.writeAll(repeated(piece, 100_000 - most));
      await client.until(() => client.closeCode !== undefined, "a close frame");
      assert.equal(client.closeCode, 1008);
      client.socket.destroy();
      await until(() => server.clients.size === 0, "the end of the socket");
    });
  }

  test("65,600 fragments are a message when the limit is raised", async (t) => {
    const { port, server } = await listen(t, { maxFragments: 0 });
    const received = new Promise<Buffer>((resolve) => {
      server.on("connection", (socket: WebSocket) => socket.on("message", (data) => resolve(data as Buffer)));
    });
    const client = await RawClient.open(t, port);
    client.send({ opcode: 2, payload: Buffer.from("x"), fin: false, key: KEY });
    await client.writeAll(repeated(encodeFrame({ opcode: 0, payload: Buffer.from("x"), fin: false, key: KEY }, true), 65_598));
    client.send({ opcode: 0, payload: Buffer.from("x"), key: KEY });
    assert.equal((await received).length, 65_600);
  });

  const sizes: readonly [what: string, options: object, announced: bigint][] = [
    ["one byte above 100 MiB with the defaults of ws", {}, BigInt(100 * MIB + 1)],
    ["one byte above 64 KiB with secure", { secure: true }, 65_537n],
    ["2^53 bytes", {}, 2n ** 53n],
    ["2^63 - 1 bytes without any limit", { maxPayload: 0 }, 2n ** 63n - 1n],
  ];
  for (const [what, options, announced] of sizes) {
    test(`a frame that announces ${what} fails with 1009 before any of it is kept`, async (t) => {
      const { port } = await listen(t, options);
      const client = await RawClient.open(t, port);
      const before = bufferBytes();
      client.socket.write(encodeFrame({ opcode: 2, announce: announced, key: KEY }, true));
      await client.until(() => client.closeCode !== undefined, "a close frame");
      assert.equal(client.closeCode, 1009);
      assert.ok(bufferBytes() - before < MIB, "memory was taken for it");
    });
  }

  test("a frame that announces 100 MiB and sends a kilobyte takes memory for a kilobyte", async (t) => {
    const { port, server } = await listen(t);
    const clients = await Promise.all(Array.from({ length: 20 }, async () => RawClient.open(t, port)));
    const before = heldBytes();
    const head = Buffer.concat([encodeFrame({ opcode: 2, announce: BigInt(100 * MIB), key: KEY }, true), Buffer.alloc(1024)]);
    const atOpening = [...server.clients].map(readBytes);
    for (const client of clients) client.socket.write(head);
    await until(
      () => [...server.clients].every((socket, index) => readBytes(socket) === (atOpening[index] ?? 0) + head.length),
      "the bytes",
    );
    assert.ok(heldBytes() - before < 4 * MIB, "memory was taken for what was announced");
  });

  test("a compressed message that grows beyond maxPayload fails with 1009 while it is inflated (RFC 7692 §8; R7)", async (t) => {
    const { port } = await listen(t, { perMessageDeflate: true, maxPayload: MIB });
    const client = await RawClient.open(t, port, { "Sec-WebSocket-Extensions": "permessage-deflate" });
    assert.match(client.text, /\r\nSec-WebSocket-Extensions: permessage-deflate/);
    const bomb = deflateRawSync(Buffer.alloc(400 * MIB), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const before = bufferBytes();
    let most = before;
    const timer = setInterval(() => (most = Math.max(most, bufferBytes())), 1);
    client.send({ opcode: 2, payload: bomb, rsv: 4, key: KEY });
    await client.until(() => client.closeCode !== undefined, "a close frame");
    clearInterval(timer);
    assert.equal(client.closeCode, 1009);
    assert.ok(most - before < 16 * MIB, `${most - before} bytes were taken`);
  });
});

describe("a flood of pings (RFC 6455 §5.5.3; R3)", () => {
  test("pongs that nobody reads collapse to the newest, and memory stays bounded", async (t) => {
    const { port, server } = await listen(t, { highWaterBytes: 65_536 });
    const client = await RawClient.open(t, port);
    const [socket] = server.clients;
    assert.ok(socket !== undefined);
    client.socket.pause();
    await blockOutput(socket);
    const blocked = socket.bufferedAmount;
    const before = heldBytes();
    let most = 0;
    let held = 0;
    const count = 100_000;
    for (let at = 0; at < count; at += 500) {
      await client.writeAll([Buffer.concat(Array.from({ length: 500 }, (_, index) => numberedPing(at + index)))]);
      most = Math.max(most, socket.bufferedAmount - blocked);
      if (at % 20_000 === 0) held = Math.max(held, heldBytes() - before);
    }
    client.socket.resume();
    const pongs = (): number[] => client.frames.filter(({ opcode }) => opcode === 10).map(({ payload }) => payload.readUInt32BE(0));
    await client.until(() => pongs().at(-1) === count - 1, "the pong of the last ping");
    assert.ok(most <= 131, `${most} bytes of pongs were queued`);
    assert.ok(held < 8 * MIB, `${held} bytes were held`);
    assert.ok(
      pongs().every((number, at, all) => at === 0 || number > (all[at - 1] ?? 0)),
      "pongs came out of order",
    );
    assert.ok(pongs().length < 100, `${pongs().length} pongs waited for a reader that did not read`);
    t.diagnostic(`${count} pings, ${pongs().length} pongs, at most ${most} bytes of them queued`);
  });

  test("pings that are read are all answered, in their order", async (t) => {
    const { port } = await listen(t);
    const client = await RawClient.open(t, port);
    const count = 2000;
    for (let at = 0; at < count; at += 100) {
      await client.writeAll([Buffer.concat(Array.from({ length: 100 }, (_, index) => numberedPing(at + index)))]);
      await client.until(() => client.frames.length === at + 100, "the pongs");
    }
    const numbers = client.frames.map(({ payload }) => payload.readUInt32BE(0));
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => at),
    );
  });
});

function numberedPing(number: number): Buffer {
  const payload = Buffer.alloc(125);
  payload.writeUInt32BE(number);
  return encodeFrame({ opcode: 9, payload, key: KEY }, true);
}

/** Sends until the kernel takes no more: the peer does not read. */
async function blockOutput(socket: WebSocket): Promise<void> {
  const data = Buffer.alloc(256 * 1024);
  for (let quiet = 0; quiet < 5; ) {
    const before = socket.bufferedAmount;
    if (before < MIB) socket.send(data);
    await new Promise((resolve) => setImmediate(resolve));
    quiet = before >= MIB && socket.bufferedAmount === before ? quiet + 1 : 0;
  }
}

/** How many bytes have come in over its transport. */
function readBytes(socket: WebSocket): number {
  // oxlint-disable-next-line no-underscore-dangle -- the name that ws gave it
  return (socket._socket as Socket | null)?.bytesRead ?? 0;
}
