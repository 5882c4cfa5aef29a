import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import http2 from "node:http2";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { duplexPair } from "@openline/testkit";
import { dropTransport, http2Module, isHttp2Server, isHttp2Stream } from "../../src/http2/node-http2.ts";
import { endOf, http2Connect, openStream } from "../fixtures/http2-client.ts";
import { listen } from "../fixtures/pair.ts";
import { maskedFrame } from "../fixtures/raw-client.ts";
import { until } from "../fixtures/until.ts";

test("node:http2 is Node's own", () => assert.equal(http2Module().createServer, http2.createServer));

test("servers and streams of HTTP/2 are told from others", () => {
  assert.equal(isHttp2Server(http2.createServer()), true);
  assert.equal(isHttp2Server(createHttpServer()), false);
  assert.equal(isHttp2Stream(new Duplex()), false);
});

test("a dropped stream is reset with CANCEL, anything else is destroyed (RFC 8441 §5)", async (t) => {
  const [near, far] = duplexPair();
  far.on("error", () => undefined);
  dropTransport(near);
  assert.equal(near.destroyed, true);

  const { server, port } = await listen(t, { http2: true });
  server.on("connection", (websocket) => {
    websocket.on("message", () => {
      const socket = websocket._socket;
      assert.ok(socket !== null && isHttp2Stream(socket));
      dropTransport(socket);
      dropTransport(socket);
    });
  });
  const { stream } = await openStream(await http2Connect(t, port));
  stream.write(maskedFrame(1, "drop me"));
  assert.equal((await endOf(stream)).code, http2.constants.NGHTTP2_CANCEL);
  await until(() => server.clients.size === 0);
});
