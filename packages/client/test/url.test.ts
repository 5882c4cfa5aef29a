import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError } from "../src/errors.ts";
import { hubUrl } from "../src/url.ts";

const page = { baseUrl: "http://house.test/wsapp/index.html?x=1#top", securePage: false };
const none = { baseUrl: undefined, securePage: false };

const good: readonly [input: string, at: typeof page | typeof none, address: string][] = [
  ["/", page, "ws://house.test/hub"],
  ["", page, "ws://house.test/wsapp/hub?x=1"],
  ["hub", page, "ws://house.test/wsapp/hub"],
  [".", page, "ws://house.test/wsapp/hub"],
  ["/wsapp/", page, "ws://house.test/wsapp/hub"],
  ["/wsapp/index.html", page, "ws://house.test/wsapp/hub"],
  ["//other.test/a/", page, "ws://other.test/a/hub"],
  ["http://localhost:8000", none, "ws://localhost:8000/hub"],
  ["https://house.test/x/", none, "wss://house.test/x/hub"],
  ["ws://house.test/x/hub", none, "ws://house.test/x/hub"],
  ["wss://house.test/x/hub?key=1#part", none, "wss://house.test/x/hub?key=1"],
  ["ws://[::1]:8000", none, "ws://[::1]:8000/hub"],
  ["ws://house.test/github", none, "ws://house.test/hub"],
  ["https://中文.test/部屋/", none, "wss://xn--fiq228c.test/%E9%83%A8%E5%B1%8B/hub"],
];

for (const [input, at, address] of good) {
  test(`${JSON.stringify(input)} ${at === page ? "on a page below /wsapp/ " : ""}means ${address}`, () => {
    assert.equal(hubUrl(input, at), address);
  });
}

const bad: readonly [input: string, at: { baseUrl: string | undefined; securePage: boolean }, code: string, text: RegExp][] = [
  ["/hub", none, "bad-url", /"\/hub" is not a URL; without a page it must be whole, as ws:\/\/localhost:8000\/hub/],
  ["ws://", none, "bad-url", /"ws:\/\/" is not a URL/],
  ["http://house.test:99999/", page, "bad-url", /99999/],
  ["ftp://house.test/", none, "bad-url", /"ftp:\/\/house.test\/" has the scheme "ftp:", not one of ws:, wss:, http:, https:/],
  ["localhost:8000", none, "bad-url", /did you mean "ws:\/\/localhost:8000"\?/],
  [
    "ws://house.test/x/",
    { baseUrl: "https://house.test/", securePage: true },
    "insecure-url",
    /needs wss:\/\/house.test\/x\/hub, not ws:\/\/house.test\/x\/hub$/,
  ],
  [
    "http://house.test/",
    { baseUrl: "https://house.test/", securePage: true },
    "insecure-url",
    /needs wss:\/\/house.test\/hub, not ws:\/\/house.test\/hub$/,
  ],
];

for (const [input, at, code, text] of bad) {
  test(`${JSON.stringify(input)}${at.securePage ? " on an https page" : ""} is refused with ${code} and a text that names it`, () => {
    assert.throws(
      () => hubUrl(input, at),
      (error) => error instanceof ClientError && error.code === code && text.test(error.message),
    );
  });
}

test("on an https page a relative address becomes wss", () => {
  assert.equal(hubUrl("/", { baseUrl: "https://house.test/", securePage: true }), "wss://house.test/hub");
});
