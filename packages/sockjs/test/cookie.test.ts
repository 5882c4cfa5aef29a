import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { jsessionidFields } from "../src/cookie.ts";

function exchange(cookie?: string): [IncomingMessage, ServerResponse] {
  const request = new IncomingMessage(new Socket());
  if (cookie !== undefined) request.headers.cookie = cookie;
  return [request, new ServerResponse(request)];
}

test("JSESSIONID is said back, or is dummy; nothing of another cookie is (facts §7)", () => {
  for (const [cookie, value] of [
    [undefined, "dummy"],
    ["a=b; JSESSIONID=x.1; c=d", "x.1"],
    ["XJSESSIONID=no", "dummy"],
  ] as const)
    assert.deepEqual(jsessionidFields(true, ...exchange(cookie)), { "Set-Cookie": `JSESSIONID=${value}; path=/` });
});

test("without the option there is none, and a function sets what it likes", () => {
  assert.deepEqual(jsessionidFields(false, ...exchange()), {});
  const [request, response] = exchange();
  assert.deepEqual(
    jsessionidFields((_, to) => to.setHeader("Set-Cookie", "own=1"), request, response),
    {},
  );
  assert.equal(response.getHeader("set-cookie"), "own=1");
});
