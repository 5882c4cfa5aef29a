import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { TrustedProxies } from "@openline/ws";
import { ApiKeys } from "../src/api-keys.ts";
import { createGate, Gate } from "../src/gate.ts";
import { HostPolicy } from "../src/host-policy.ts";
import { OriginPolicy } from "../src/origin-policy.ts";
import { completeSettings } from "../src/settings.ts";

const key = "key-0123456789abcdef";

function gate(options: { keys?: string[]; anonymous?: boolean } = {}): Gate {
  return new Gate({
    hosts: new HostPolicy({ boundHost: "localhost" }),
    origins: new OriginPolicy(["https://chat.example"]),
    keys: new ApiKeys(options.keys ?? []),
    anonymous: options.anonymous ?? true,
  });
}

function request(headers: Record<string, string>, { hosts = 1, encrypted = false, remoteAddress = "127.0.0.1" } = {}): IncomingMessage {
  const distinct = { host: Array.from({ length: hosts }, () => headers["host"]) };
  return { headers, headersDistinct: distinct, socket: { encrypted, remoteAddress } } as unknown as IncomingMessage;
}

test("a request for us, from our own page or from no page, passes", () => {
  assert.equal(gate().check(request({ host: "localhost:8000" })), undefined);
  assert.equal(gate().check(request({ host: "localhost:8000", origin: "http://localhost:8000" })), undefined);
  assert.equal(gate().check(request({ host: "localhost", origin: "https://localhost" }, { encrypted: true })), undefined);
  assert.equal(gate().check(request({ host: "localhost:8000", origin: "https://chat.example" })), undefined);
});

test("a foreign Host is answered with a line that names it and the flag", () => {
  const problem = gate().check(request({ host: "evil.example" }));
  assert.equal(problem?.code, "host-not-allowed");
  assert.match(problem?.detail ?? "", /"evil\.example".*--allowed-host/);
});

test("none or two Host fields are refused before anything else (RFC 9112 §3.2)", () => {
  assert.equal(gate().check(request({}, { hosts: 0 }))?.code, "bad-host");
  assert.equal(gate().check(request({ host: "localhost" }, { hosts: 2 }))?.code, "bad-host");
});

test("a foreign Origin is answered with a line that names it and the flags", () => {
  const problem = gate().check(request({ host: "localhost:8000", origin: "null" }));
  assert.equal(problem?.code, "origin-not-allowed");
  assert.match(problem?.detail ?? "", /"null".*--allowed-origin.*--public-origin/);
});

test("the API asks for the key when there is one", () => {
  const guarded = gate({ keys: [key] });
  assert.equal(gate().checkApi(request({ host: "localhost" })), undefined);
  assert.equal(guarded.checkApi(request({ host: "localhost", authorization: `Bearer ${key}` })), undefined);
  const problem = guarded.checkApi(request({ host: "localhost", authorization: "Bearer wrong" }));
  assert.equal(problem?.code, "unauthorized");
  assert.match(problem?.detail ?? "", /the key that was sent is none of this server's/);
  assert.match(guarded.checkApi(request({ host: "localhost" }))?.detail ?? "", /asks for a key/);
  assert.match(problem?.headers?.["www-authenticate"] ?? "", /^Bearer/);
  assert.doesNotMatch(problem?.detail ?? "", /wrong/);
});

test("a key without the scope of a call is refused with 403 that names the scope (RFC 6750 §3.1)", () => {
  const guarded = gate({ keys: [`publish:${key}`], anonymous: false });
  const asked = request({ host: "localhost", authorization: `Bearer ${key}` });
  assert.equal(guarded.checkApi(asked, "publish"), undefined);
  const problem = guarded.checkApi(asked, "history");
  assert.equal(problem?.code, "forbidden");
  assert.match(problem?.headers?.["www-authenticate"] ?? "", /error="insufficient_scope", scope="history"/);
});

test("without a key the API is open to everybody only where everybody may come in", () => {
  const closed = gate({ anonymous: false });
  assert.equal(closed.checkApi(request({ host: "localhost" }))?.code, "unauthorized");
  assert.match(closed.checkApi(request({ host: "localhost", authorization: `Bearer ${key}` }))?.detail ?? "", /has no key/);
});

const forwarded = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https", "x-forwarded-host": "chat.example" };
const behind: [what: string, proxies: string[], headers: Record<string, string>, address: string, code: string | undefined][] = [
  [
    "a trusted proxy: its fields say where the page is",
    ["10.0.0.1"],
    { ...forwarded, origin: "https://chat.example" },
    "203.0.113.9",
    undefined,
  ],
  [
    "a trusted proxy: another page is foreign",
    ["10.0.0.1"],
    { ...forwarded, origin: "https://10.0.0.1" },
    "203.0.113.9",
    "origin-not-allowed",
  ],
  [
    "a trusted proxy: its host must be ours",
    ["10.0.0.1"],
    { ...forwarded, "x-forwarded-host": "evil.example" },
    "203.0.113.9",
    "host-not-allowed",
  ],
  [
    "anybody else: the fields are not read",
    ["10.0.0.2"],
    { ...forwarded, origin: "https://chat.example" },
    "10.0.0.1",
    "origin-not-allowed",
  ],
];
for (const [what, proxies, headers, address, code] of behind) {
  test(`O, R14, R16: behind ${what}`, () => {
    const guarded = new Gate({
      hosts: new HostPolicy({ boundHost: "localhost", allowedHosts: ["chat.example"] }),
      origins: new OriginPolicy(),
      keys: new ApiKeys([]),
      anonymous: true,
      proxies: new TrustedProxies(proxies),
    });
    const asked = request({ host: "localhost:8000", ...headers }, { remoteAddress: "10.0.0.1" });
    assert.equal(guarded.visitorOf(asked).remoteAddress, address);
    assert.equal(guarded.check(asked)?.code, code);
  });
}

const addresses: [string | undefined, boolean][] = [
  ["127.0.0.1", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["10.0.0.7", false],
  ["::ffff:10.0.0.7", false],
  [undefined, false],
];
for (const [remoteAddress, passes] of addresses) {
  test(`without keys ${remoteAddress ?? "an unknown address"} ${passes ? "reads" : "does not read"} the metrics`, () => {
    const asked = { headers: {}, socket: { remoteAddress } } as unknown as IncomingMessage;
    assert.equal(gate().checkMetrics(asked)?.code, passes ? undefined : "forbidden");
  });
}

test("the gate of settings knows the public origin as a host and as a page of its own, and is closed where a hook decides", () => {
  const settings = completeSettings({ publicOrigin: "https://chat.example" });
  const { gate: open, origins } = createGate(settings, new ApiKeys([]), true);
  assert.equal(open.check(request({ host: "chat.example", origin: "https://chat.example" })), undefined);
  assert.equal(open.check(request({ host: "other.example" }))?.code, "host-not-allowed");
  assert.deepEqual([origins.lists("https://chat.example"), origins.lists("https://other.example")], [true, false]);
  assert.equal(open.checkApi(request({ host: "chat.example" })), undefined);
  const { gate: asking } = createGate(settings, new ApiKeys([]), false);
  assert.equal(asking.checkApi(request({ host: "chat.example" }))?.code, "unauthorized");
});
