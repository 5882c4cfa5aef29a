import assert from "node:assert/strict";
import type { ClientHttp2Stream } from "node:http2";
import { test } from "node:test";
import { responseOf } from "../../src/http2/http2-response.ts";

type Headers = Parameters<typeof responseOf>[1];

test("an answer looks as over HTTP/1.1, without pseudo-header fields (RFC 9113 §8.3.2)", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a stream whose connection is gone nothing else is asked
  const stream = { session: undefined } as unknown as ClientHttp2Stream;
  const response = responseOf(stream, { ":status": 200, "sec-websocket-protocol": "chat", "set-cookie": ["a=1", "b=2"] } as Headers);
  assert.deepEqual([response.statusCode, response.httpVersion], [200, "2.0"]);
  assert.deepEqual({ ...response.headers }, { "sec-websocket-protocol": "chat", "set-cookie": ["a=1", "b=2"] });
  assert.deepEqual(response.rawHeaders, ["sec-websocket-protocol", "chat", "set-cookie", "a=1", "set-cookie", "b=2"]);
  assert.equal(response.socket.destroyed, true);
  assert.equal(responseOf(stream, {}).statusCode, 0);
});
