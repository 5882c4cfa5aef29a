import assert from "node:assert/strict";
import { test } from "node:test";
import { plainAddress, TrustedProxies } from "../src/trusted-proxies.ts";

type Row = readonly [
  rule: string,
  trusted: readonly string[],
  peer: string | undefined,
  forwarded: string | undefined,
  client: string | undefined,
];

const rows: readonly Row[] = [
  ["without trusted proxies the field is ignored", [], "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["a peer that is no trusted proxy is believed nothing", ["10.0.0.1"], "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["a trusted proxy names the client", ["10.0.0.1"], "10.0.0.1", "198.51.100.1", "198.51.100.1"],
  ["what the client wrote before the proxy's entry is ignored", ["10.0.0.1"], "10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"],
  ["several trusted proxies are passed over from the right", ["10.0.0.0/8"], "10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
  ["if all are trusted the first one is the client", ["10.0.0.0/8"], "10.0.0.1", "10.0.0.5, 10.0.0.4", "10.0.0.5"],
  ["a trusted proxy without the field is the client", ["10.0.0.1"], "10.0.0.1", undefined, "10.0.0.1"],
  ["an entry that is no address ends the search", ["10.0.0.0/8"], "10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"],
  ["mapped IPv4 addresses are those of IPv4", ["10.0.0.1"], "::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
  ["ports and brackets are taken away", ["fd00::/8"], "fd00::1", "198.51.100.1:4711", "198.51.100.1"],
  ["ports and brackets of IPv6 too", ["fd00::/8"], "fd00::1", "[2001:db8::1]:4711", "2001:db8::1"],
  ["loopback is a name for this machine", ["loopback"], "::1", "198.51.100.1", "198.51.100.1"],
  ["loopback covers 127.0.0.0/8", ["loopback"], "127.0.0.53", "198.51.100.1", "198.51.100.1"],
  ["a Unix domain socket has no address", ["10.0.0.1"], undefined, "198.51.100.1", undefined],
];

for (const [rule, trusted, peer, forwarded, client] of rows) {
  test(`R16: ${rule}`, () => {
    const headers = { host: "a.example", ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }) };
    assert.equal(new TrustedProxies(trusted).sourceOf({ headers, socket: { remoteAddress: peer } }).address, client);
  });
}

test("scheme and host of the client's side come from a trusted proxy only", () => {
  const headers = { host: "10.0.0.9", "x-forwarded-proto": "https", "x-forwarded-host": "chat.example" };
  const proxies = new TrustedProxies(["10.0.0.1"]);
  assert.deepEqual(proxies.sourceOf({ headers, socket: { remoteAddress: "10.0.0.1" } }), {
    address: "10.0.0.1",
    secure: true,
    host: "chat.example",
  });
  const direct = proxies.sourceOf({ headers, socket: { remoteAddress: "10.0.0.2" } });
  assert.deepEqual([direct.secure, direct.host], [false, "10.0.0.9"]);
  const plain = { ...headers, "x-forwarded-proto": "http" };
  assert.equal(proxies.sourceOf({ headers: plain, socket: { remoteAddress: "10.0.0.1", encrypted: true } }).secure, false);
});

test("an entry that is neither address nor subnet is named", () => {
  for (const entry of ["proxy.example", "10.0.0.0/33", "::1/129", "10.0.0.0/8/8", "10.0.0.0/", "", "10.0.0.0/-1"]) {
    assert.throws(
      () => new TrustedProxies([entry]),
      (error: Error) => error.message.includes(JSON.stringify(entry)),
    );
  }
});

test("plainAddress takes prefix and zone away", () => {
  assert.deepEqual(
    [plainAddress("::ffff:1.2.3.4"), plainAddress("fe80::1%eth0"), plainAddress(undefined)],
    ["1.2.3.4", "fe80::1", undefined],
  );
});
