import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { baseUrl, clientOptions, setEnvironment } from "../../src/web/environment.ts";

afterEach(() => setEnvironment({}));

test("without a base there is none, and no Origin", () => {
  assert.equal(baseUrl(), undefined);
  assert.equal(clientOptions().origin, undefined);
});

test("the base's origin goes along, unless the settings name another", () => {
  setEnvironment({ baseUrl: "https://app.example:8443/room/?a#b" });
  assert.equal(baseUrl()?.pathname, "/room/");
  assert.equal(clientOptions().origin, "https://app.example:8443");
  setEnvironment({ baseUrl: "https://app.example/", client: { origin: "https://other.example" } });
  assert.equal(clientOptions().origin, "https://other.example");
  setEnvironment({ baseUrl: "file:///tmp/x.html" });
  assert.equal(clientOptions().origin, undefined);
});

test("redirects are never followed (Fetch Standard, redirect mode error)", () => {
  setEnvironment({ client: { followRedirects: true } });
  assert.equal(clientOptions().followRedirects, false);
});

test("a base that is no URL is refused, and the one before stands", () => {
  setEnvironment({ baseUrl: "http://a.example/" });
  assert.throws(() => setEnvironment({ baseUrl: "/relative" }), TypeError);
  assert.equal(baseUrl()?.href, "http://a.example/");
});
