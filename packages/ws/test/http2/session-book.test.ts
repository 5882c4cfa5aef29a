import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { SessionBook } from "../../src/http2/session-book.ts";
import { http2Connect } from "../fixtures/http2-client.ts";
import { rawConnect } from "../fixtures/raw-client.ts";
import { until } from "../fixtures/until.ts";

async function start(t: TestContext, silentMs: number): Promise<{ book: SessionBook; port: number }> {
  const server = createServer((request, response) => {
    if (request.url === "/end") response.end();
    else response.stream.respond();
  });
  const book = new SessionBook(server, silentMs);
  server.listen(0, "127.0.0.1");
  t.after(() => {
    book.drop();
    server.close();
  });
  await once(server, "listening");
  return { book, port: (server.address() as AddressInfo).port };
}

test("goodbye is GOAWAY: what is open goes on, and with its end the connection ends (RFC 9113 §6.8)", async (t) => {
  const { book, port } = await start(t, 60_000);
  const [idle, busy] = [await http2Connect(t, port), await http2Connect(t, port)];
  const stream = busy.request({ ":path": "/open" }, { endStream: false });
  await once(stream, "response");
  assert.equal(book.size, 2);
  const goaway = once(busy, "goaway");
  book.sayGoodbye();
  await goaway;
  await until(() => idle.closed && book.size === 1);
  assert.equal(stream.closed, false);
  stream.close();
  await until(() => book.size === 0);
});

test("dropped connections are gone with all that is open on them", async (t) => {
  const { book, port } = await start(t, 60_000);
  const session = await http2Connect(t, port);
  const stream = session.request({ ":path": "/open" }, { endStream: false });
  stream.on("error", () => undefined);
  await once(stream, "response");
  book.drop();
  await until(() => stream.destroyed && session.destroyed);
  assert.equal(book.size, 0);
});

test("a connection without a stream is sent away in time; with one it stays, and goes after its last one (R16)", async (t) => {
  const { book, port } = await start(t, 200);
  const [idle, busy] = [await http2Connect(t, port), await http2Connect(t, port)];
  const stream = busy.request({ ":path": "/open" }, { endStream: false });
  await once(stream, "response");
  await until(() => idle.closed && book.size === 1);
  await new Promise((resolve) => setTimeout(resolve, 300)); // the server's own timer is the matter
  assert.equal(book.size, 1);
  stream.close();
  await until(() => book.size === 0);
});

test("a connection that no longer answers is ended with all that is open on it (RFC 9113 §6.7)", async (t) => {
  const { book, port } = await start(t, 100);
  const frozen = await rawConnect(t, port);
  // A request that stays open; nobody reads the PING, and nobody answers it.
  const fields = Buffer.concat([Buffer.from([0x83, 0x86, 0x44, 0x05]), Buffer.from("/open"), Buffer.from([0x41, 0x01, 0x61])]);
  const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream]), payload]);
  frozen.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, Buffer.alloc(0)), frame(1, 4, 1, fields)]));
  await until(() => book.size === 1);
  const from = performance.now();
  await until(() => book.size === 0);
  assert.ok(performance.now() - from > 100, "it was asked first");
});
