import assert from "node:assert/strict";
import type { ClientHttp2Stream } from "node:http2";
import { test } from "node:test";
import { asClientRequest, Http2ClientRequest } from "../../src/http2/http2-client-request.ts";

test("fields can be read and changed in any letter case, as with a request of node:http", () => {
  const request = asClientRequest(new Http2ClientRequest({ Cookie: "a=1", "X-Many": ["1", "2"], skipped: undefined }));
  assert.equal(request.getHeader("cookie"), "a=1");
  request.setHeader("cookie", "b=2");
  request.removeHeader("X-MANY");
  assert.deepEqual({ ...request.getHeaders() }, { cookie: "b=2" });
});

test("destroy() and abort() give up the stream, where there is one", () => {
  const faults: unknown[] = [];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is asked of it
  const stream = { destroy: (fault: unknown) => faults.push(fault) } as unknown as ClientHttp2Stream;
  const fault = new Error("seen");
  assert.equal(new Http2ClientRequest({}, stream).destroy(fault).destroyed, true);
  new Http2ClientRequest({}, stream).abort();
  assert.deepEqual(faults, [fault, undefined]);
  assert.equal(new Http2ClientRequest({}).destroy().destroyed, true);
});
