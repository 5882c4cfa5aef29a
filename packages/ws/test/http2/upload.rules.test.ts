import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { http2Connect, openStream } from "../fixtures/http2-client.ts";
import { listen } from "../fixtures/pair.ts";
import { until } from "../fixtures/until.ts";

const MIB = 1024 * 1024;
/** How long bytes take one way: 20 ms there and back. */
const ONE_WAY_MS = 10;

/** A line with a delay, and with room for everything that is under way. */
async function slowLine(t: TestContext, port: number): Promise<number> {
  const sockets = new Set<Socket>();
  const relay = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("data", (chunk: Buffer) => setTimeout(() => to.destroyed || to.write(chunk), ONE_WAY_MS));
    from.on("error", () => undefined).on("close", () => to.destroy());
  };
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    relay(near, far);
    relay(far, near);
  }).listen(0, "127.0.0.1");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A masked frame of so many bytes, masked with zeros. */
function largeFrame(bytes: number): Buffer {
  const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(bytes, 4, 6);
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}

/** How long an upload takes, in milliseconds. */
async function upload(t: TestContext, windowBytes: number, bytes: number): Promise<number> {
  const { server, port } = await listen(t, { http2: { windowBytes } });
  let received = 0;
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      received += (data as Buffer).length;
    });
  });
  const session = await http2Connect(t, await slowLine(t, port));
  const { stream } = await openStream(session);
  const from = performance.now();
  stream.write(largeFrame(bytes));
  await until(() => received === bytes);
  return performance.now() - from;
}

test("an upload is as fast as the window for each round trip: the default one is four times as fast as HTTP/2's own (RFC 9113 §6.9.2)", async (t) => {
  const bytes = Number(process.env["OPENLINE_UPLOAD_MIB"] ?? 4) * MIB;
  // Time is the matter here, and other programs have their share of it: one good run of four will do.
  for (let run = 1; ; run++) {
    const times = new Map<number, number>();
    for (const window of [65_535, 256 * 1024, MIB]) times.set(window, await upload(t, window, bytes));
    for (const [window, ms] of times) t.diagnostic(`${bytes / MIB} MiB over 20 ms with a window of ${window} bytes: ${ms.toFixed(0)} ms`);
    const [own = 0, ours = 0] = times.values();
    if (ours * 2 < own) return;
    assert.ok(run < 4, `${ours.toFixed(0)} ms against ${own.toFixed(0)} ms`);
  }
});
