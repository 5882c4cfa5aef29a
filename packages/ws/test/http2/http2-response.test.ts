import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import http2, { type ClientHttp2Stream } from "node:http2";
import { test } from "node:test";
import { Http2Response } from "../../src/http2/http2-response.ts";

type Headers = ConstructorParameters<typeof Http2Response>[1];

/** A stream whose connection is gone, of which nothing is asked but what is here. */
class Stream extends EventEmitter {
  readonly session = undefined;
  readonly rstCode = 0;
  readonly codes: unknown[] = [];
  readonly destroyed = false;
  closed = false;
  readonly pause = (): void => undefined;
  readonly resume = (): void => undefined;
  readonly destroy = (): void => undefined;
  close(code?: number): void {
    this.closed = true;
    this.codes.push(code);
    this.emit("close");
  }

  response(headers: Headers = {}): Http2Response {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return new Http2Response(this as unknown as ClientHttp2Stream, headers);
  }
}

test("an answer looks as over HTTP/1.1, without pseudo-header fields (RFC 9113 §8.3.2)", () => {
  const response = new Stream().response({ ":status": 200, "sec-websocket-protocol": "chat", "set-cookie": ["a=1", "b=2"] } as Headers);
  assert.deepEqual([response.statusCode, response.httpVersion], [200, "2.0"]);
  assert.deepEqual({ ...response.headers }, { "sec-websocket-protocol": "chat", "set-cookie": ["a=1", "b=2"] });
  assert.deepEqual(response.rawHeaders, ["sec-websocket-protocol", "chat", "set-cookie", "a=1", "set-cookie", "b=2"]);
  assert.equal(response.socket.destroyed, true);
  assert.equal(new Stream().response().statusCode, 0);
});

test("of an accepted one there is nothing to read: the frames are not its body", async () => {
  assert.deepEqual(await new Stream().response().toArray(), []);
});

test("of a refusal the body is what comes on the stream, which then ends (RFC 9113 §8.1)", async () => {
  const stream = new Stream();
  const response = stream.response();
  response.takeBody();
  const body = response.toArray();
  stream.emit("data", Buffer.from("no"));
  stream.emit("end");
  assert.equal(String(await body), "no");
  assert.deepEqual(stream.codes, [undefined]);
});

test("destroyed, it resets its stream; a stream that is lost midway destroys it (RFC 9113 §5.4.2)", async () => {
  const left = new Stream();
  left.response().destroy();
  assert.deepEqual(left.codes, [http2.constants.NGHTTP2_CANCEL]);
  const lost = new Stream();
  const response = lost.response();
  response.takeBody();
  lost.emit("close");
  await new Promise((resolve) => response.once("close", resolve));
  assert.equal(response.complete, false);
});
