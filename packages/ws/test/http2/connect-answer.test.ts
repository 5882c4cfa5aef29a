import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { duplexPair } from "@openline/testkit";
import { acceptConnect, isConnectStream, refuseConnect } from "../../src/http2/connect-answer.ts";
import { listenForConnects } from "../../src/http2/connect-listener.ts";
import { answerOf, connectStream, endOf, http2Connect } from "../fixtures/http2-client.ts";
import { until } from "../fixtures/until.ts";

async function answeredBy(t: TestContext, answer: (socket: Duplex) => void): Promise<ReturnType<typeof connectStream>> {
  const server = createServer();
  listenForConnects(server, (_request, socket) => answer(socket));
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return connectStream(await http2Connect(t, (server.address() as AddressInfo).port));
}

test("only the stream of an extended CONNECT is answered with fields", () => {
  assert.equal(isConnectStream(duplexPair()[0]), false);
});

test("accepted is 200 with the fields, repeats as they are, and the stream stays open (RFC 8441 §5)", async (t) => {
  const stream = await answeredBy(t, (socket) => {
    assert.ok(isConnectStream(socket));
    acceptConnect(socket, [
      ["sec-websocket-protocol", "chat"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    socket.on("data", (chunk: Buffer) => socket.write(chunk));
  });
  const headers = await answerOf(stream);
  assert.deepEqual([headers[":status"], headers["sec-websocket-protocol"], headers["set-cookie"]], [200, "chat", ["a=1", "b=2"]]);
  stream.write("through the tunnel");
  assert.equal(String((await once(stream, "data"))[0]), "through the tunnel");
});

test("refused is an ordinary response that ends the stream, without the fields that HTTP/2 forbids (RFC 9113 §8.2.2)", async (t) => {
  const stream = await answeredBy(t, (socket) => {
    assert.ok(isConnectStream(socket));
    const fields = [
      ["Connection", "close"],
      ["Retry-After", "1"],
      ["bad name", "x"],
      ["bad-value", "ключ"],
    ] as const;
    refuseConnect(socket, 503, fields, "later");
    refuseConnect(socket, 500, [], "once is enough");
  });
  const headers = await answerOf(stream);
  assert.equal(headers[":status"], 503);
  assert.equal(headers["retry-after"], "1");
  assert.equal(headers["connection"], undefined);
  assert.equal(headers["bad-value"], undefined);
});

test("a client that keeps its half open is not waited for (RFC 9113 §8.1)", async (t) => {
  const stream = await answeredBy(t, (socket) => {
    assert.ok(isConnectStream(socket));
    refuseConnect(socket, 403, [], "no");
  });
  stream.write("more to come");
  await answerOf(stream);
  const end = await endOf(stream);
  assert.equal(end.ended, true);
  await until(() => stream.destroyed);
  assert.equal(stream.rstCode, 0);
});
