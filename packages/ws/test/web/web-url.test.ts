import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setEnvironment } from "../../src/web/environment.ts";
import { originOf, webSocketUrl } from "../../src/web/web-url.ts";

afterEach(() => setEnvironment({}));

const good = [
  ["ws://a.example", "ws://a.example/"],
  ["http://a.example/x?y", "ws://a.example/x?y"],
  ["HTTPS://a.example:443/", "wss://a.example/"],
  ["wss://a.example:80/", "wss://a.example:80/"],
  ["ws://user:pass@a.example/", "ws://user:pass@a.example/"],
  ["chat?room=é 1", "ws://page.example/dir/chat?room=%C3%A9%201"],
  ["/chat", "ws://page.example/chat"],
  ["//other.example/chat", "ws://other.example/chat"],
  ["?a", "ws://page.example/dir/page?a"],
  ["", "ws://page.example/dir/page"],
] as const;

for (const [given, wanted] of good) {
  test(`${JSON.stringify(given)} is ${wanted} (WebSockets Standard §3.1)`, () => {
    setEnvironment({ baseUrl: "http://page.example/dir/page" });
    assert.equal(webSocketUrl(given).href, wanted);
  });
}

for (const bad of [
  "/relative",
  "ftp://a.example/",
  "ws://",
  "ws://a b/",
  "ws://a.example/#x",
  "ws://a.example/#",
  "mailto:x",
  "ws+unix:/a:/b",
]) {
  test(`${JSON.stringify(bad)} is a SyntaxError without a base (WebSockets Standard §3.1)`, () => {
    assert.throws(() => webSocketUrl(bad), { name: "SyntaxError", code: 12 });
  });
}

test("the origin has the port unless it is the default one (HTML Standard, ASCII serialization)", () => {
  assert.equal(originOf(new URL("wss://a.example:443/x?y")), "wss://a.example");
  assert.equal(originOf(new URL("ws://[::1]:81/")), "ws://[::1]:81");
});
