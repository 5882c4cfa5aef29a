import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import http2, { type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { Http2Request, pseudoFields } from "../../src/http2/http2-request.ts";

const headers = {
  ":method": "CONNECT",
  ":protocol": "websocket",
  ":scheme": "https",
  ":path": "/chat?x=1",
  ":authority": "server.example",
  cookie: "a=1; b=2",
  origin: "https://server.example",
};
const raw = Object.entries({ ...headers, cookie: "a=1" }).flat();
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a stream whose connection is gone nothing else is asked
const stream = { session: undefined } as unknown as ServerHttp2Stream;

test("an extended CONNECT looks like the GET it would be over HTTP/1.1, with the authority as Host (RFC 8441 §4)", () => {
  const request = new Http2Request(stream, headers, [...raw, "cookie", "b=2"]);
  assert.ok(request instanceof IncomingMessage);
  const { method, url, httpVersion } = request;
  assert.deepEqual({ method, url, httpVersion }, { method: "GET", url: "/chat?x=1", httpVersion: "2.0" });
  assert.deepEqual({ ...request.headers }, { host: "server.example", cookie: "a=1; b=2", origin: "https://server.example" });
  assert.deepEqual(request.headersDistinct["host"], ["server.example"]);
  assert.deepEqual(request.headersDistinct["cookie"], ["a=1", "b=2"]);
  assert.deepEqual(request.rawHeaders, ["cookie", "a=1", "origin", "https://server.example", "cookie", "b=2", "host", "server.example"]);
});

test("a Host that came along stays, for the handshake to judge (RFC 9113 §8.3.1)", () => {
  const request = new Http2Request(stream, { ...headers, host: "other.example" }, [...raw, "host", "other.example"]);
  assert.equal(request.headers.host, "other.example");
  assert.deepEqual(request.headersDistinct["host"], ["other.example"]);
});

test("fields may have any name, those of every object's own properties too", () => {
  const names = ["constructor", "__proto__", "tostring", "hasownproperty"];
  const request = new Http2Request(stream, headers, [...raw, ...names.flatMap((name) => [name, "x"])]);
  for (const name of names) assert.deepEqual(request.headersDistinct[name], ["x"]);
});

test("a request whose connection has gone has a socket all the same", () => {
  const request = new Http2Request(stream, headers, raw);
  assert.equal(request.socket.destroyed, true);
  assert.equal(request.socket.remoteAddress, undefined);
});

test("pseudo-header fields are read by name; what is missing is undefined (RFC 8441 §4)", () => {
  assert.deepEqual(pseudoFields({ ":method": "GET", ":path": "/" }), {
    method: "GET",
    protocol: undefined,
    scheme: undefined,
    authority: undefined,
    path: "/",
  });
});

test("its body is empty, and destroy() resets its stream, not the connection under all of them (RFC 8441 §5)", async () => {
  const drops: unknown[] = [];
  const stand = {
    session: undefined,
    rstCode: 0,
    destroyed: false,
    closed: false,
    close: (code: unknown) => drops.push(code),
    destroy: () => undefined,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these are all that is asked of it
  const make = (): Http2Request => new Http2Request(stand as unknown as ServerHttp2Stream, headers, raw);
  const read = make();
  assert.deepEqual(await read.toArray(), []);
  read.destroy();
  assert.deepEqual(drops, [], "read to its end there is nothing to give up");
  make().destroy();
  assert.deepEqual(drops, [http2.constants.NGHTTP2_CANCEL]);
});
