import assert from "node:assert/strict";
import { test } from "node:test";
import { HostPolicy } from "../src/host-policy.ts";

const loopback = new HostPolicy({ boundHost: "localhost" });

for (const field of ["localhost", "localhost:8000", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "[::1]"]) {
  test(`on loopback the Host ${field} is answered`, () => assert.ok(loopback.allows(field)));
}

const refused = [
  "",
  "evil.example",
  "localhost.evil.example",
  "127.0.0.1.evil.example:8000",
  "evil-localhost",
  "localhost.",
  "127.0.0.2",
  "10.0.0.1:8000",
  "[::2]",
  "localhost@evil.example",
  "localhost, evil.example",
  "127.1",
  "0.0.0.0:8000",
];
for (const field of refused) {
  test(`on loopback the Host ${JSON.stringify(field)} is refused (DNS rebinding)`, () => assert.ok(!loopback.allows(field)));
}

test("a configured name is answered on every port, a configured name and port on this port only", () => {
  const policy = new HostPolicy({ boundHost: "localhost", allowedHosts: ["chat.example", "api.example:8443"] });
  assert.ok(policy.allows("chat.example") && policy.allows("Chat.Example:99") && policy.allows("api.example:8443"));
  assert.ok(!policy.allows("api.example") && !policy.allows("api.example:443") && !policy.allows("x.chat.example"));
});

test("the address that is listened on is answered", () => {
  assert.ok(new HostPolicy({ boundHost: "10.0.0.5" }).allows("10.0.0.5:8000"));
  assert.ok(new HostPolicy({ boundHost: "fe80::5" }).allows("[fe80::5]:8000"));
  assert.ok(!new HostPolicy({ boundHost: "10.0.0.5" }).allows("10.0.0.6:8000"));
});

test("where every address is listened on, any literal address is answered, names still only when configured", () => {
  const policy = new HostPolicy({ boundHost: "0.0.0.0" });
  assert.ok(policy.allows("192.168.1.5:8000") && policy.allows("[fe80::1]:8000") && policy.allows("localhost"));
  assert.ok(!policy.allows("evil.example") && !policy.allows("192.168.1.5.evil.example"));
});
