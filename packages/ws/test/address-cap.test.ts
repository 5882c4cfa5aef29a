import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { AddressCap, networkOf, OwnCounts } from "../src/address-cap.ts";

test("R16: an address has as many connections as the cap says, and one more when one has ended", async () => {
  const cap = new AddressCap(2, false);
  const first = new PassThrough();
  assert.ok(cap.admit("203.0.113.7", first));
  assert.ok(cap.admit("203.0.113.7", new PassThrough()));
  assert.ok(!cap.admit("203.0.113.7", new PassThrough()));
  assert.ok(cap.admit("203.0.113.8", new PassThrough()));
  first.destroy();
  await once(first, "close");
  assert.ok(cap.admit("203.0.113.7", new PassThrough()));
});

test("nothing is kept of addresses that have gone", async () => {
  const counts = new OwnCounts();
  const cap = new AddressCap(1, false, counts);
  const transport = new PassThrough();
  cap.admit("203.0.113.7", transport);
  assert.equal(counts.size, 1);
  transport.destroy();
  await once(transport, "close");
  assert.equal(counts.size, 0);
  cap.admit("203.0.113.7", transport);
  assert.equal(counts.size, 0, "a transport that has closed already would never be released");
});

test("this machine is counted only when asked for, a Unix domain socket never", () => {
  for (const address of ["127.0.0.1", "::1"]) {
    const open = new AddressCap(0, false);
    assert.ok(open.admit(address, new PassThrough()));
    assert.ok(!new AddressCap(0, true).admit(address, new PassThrough()));
    assert.ok(open.admit(undefined, new PassThrough()));
  }
});

const networks = [
  ["203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:DB8:0:7::", "2001:db8:0:7::/64"],
  ["::1", "0:0:0:0::/64"],
  ["2001:0db8:0000:0007::1", "2001:db8:0:7::/64"],
  ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
] as const;

for (const [address, network] of networks) {
  test(`${address} counts as ${network}`, () => assert.equal(networkOf(address), network));
}
