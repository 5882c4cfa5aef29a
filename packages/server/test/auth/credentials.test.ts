import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import { cookieValue, presentedIn } from "../../src/auth/credentials.ts";

const all: IncomingHttpHeaders = {
  authorization: "Bearer h",
  "sec-websocket-protocol": "openline.v1, openline.token.s",
  cookie: "login=c",
};
const cases: [what: string, headers: IncomingHttpHeaders, url: string, from: string | undefined, token?: string][] = [
  ["nothing", {}, "/hub", undefined],
  ["the header goes before all others", all, "/hub?ticket=t", "header", "h"],
  ["the scheme's case does not matter", { authorization: "bearer  x.y.z " }, "/hub", "header", "x.y.z"],
  ["another scheme is not ours", { authorization: "Basic abc" }, "/hub", undefined],
  [
    "a token that is offered as a subprotocol",
    { "sec-websocket-protocol": "chat,openline.token.a.b_c-d" },
    "/hub",
    "subprotocol",
    "a.b_c-d",
  ],
  ["the hub's own subprotocol is no token", { "sec-websocket-protocol": "openline.v1" }, "/hub", undefined],
  ["a ticket in the address", { cookie: "login=c" }, "/hub?x=1&ticket=t%2D1", "ticket", "t-1"],
  ["a token in the address under another name is nothing (R13)", {}, "/hub?token=t&access_token=u", undefined],
  ["the named cookie", { cookie: 'theme=dark; login="c"; x=y' }, "/hub", "cookie", "c"],
  ["another cookie is nothing", { cookie: "xlogin=c; login2=d" }, "/hub", undefined],
];
for (const [what, headers, url, from, token] of cases) {
  test(`O: what a handshake presents: ${what}`, () => {
    assert.deepEqual(presentedIn({ headers, url }, "login"), from === undefined ? undefined : { from, token });
  });
}

test("without a name no cookie counts, and of two the first does (RFC 6265 §4.2.1)", () => {
  assert.equal(presentedIn({ headers: all["cookie"] === undefined ? {} : { cookie: all["cookie"] }, url: "/" }, undefined), undefined);
  assert.equal(cookieValue("a=1; a=2", "a"), "1");
  assert.equal(cookieValue("a=b=c", "a"), "b=c");
  assert.equal(cookieValue(undefined, "a"), undefined);
});
