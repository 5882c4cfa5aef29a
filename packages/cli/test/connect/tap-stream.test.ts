import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { TapStream } from "../../src/connect/tap-stream.ts";

test("everything passes both ways, and is heard; the end and the faults pass, too", async (t) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("data", (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
    socket.on("end", () => socket.end("bye"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  let sent = "";
  let received = "";
  const stream = new TapStream(connect({ port, host: "127.0.0.1", allowHalfOpen: true }), {
    sent: (bytes) => void (sent += bytes.toString()),
    received: (bytes) => void (received += bytes.toString()),
  });
  stream.end("hello");
  assert.equal(await text(stream), "HELLObye");
  assert.deepEqual([sent, received], ["hello", "HELLObye"]);
  const refused = new TapStream(connect({ port: 1, host: "127.0.0.1" }), { sent: () => {}, received: () => {} });
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
});
