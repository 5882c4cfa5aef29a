import assert from "node:assert/strict";
import { test } from "node:test";
import { remoteOf, withHostName } from "../../src/run/remote-facts.ts";

test("a peer is its address and port, an IPv4 one in IPv6 clothes too; a Unix socket's has none", () => {
  assert.deepEqual(remoteOf({ remoteAddress: "::ffff:192.0.2.1", remotePort: 5 }), { address: "192.0.2.1", port: "5", host: "192.0.2.1" });
  assert.deepEqual(remoteOf({ remoteAddress: undefined, remotePort: undefined }), {
    address: "unix-socket",
    port: "",
    host: "unix-socket",
  });
});

test("--reverselookup: the name that DNS has, or the address", async () => {
  const remote = { address: "192.0.2.1", port: "5", host: "192.0.2.1" };
  assert.equal((await withHostName(remote, async () => ["name.example"])).host, "name.example");
  assert.equal((await withHostName(remote, async () => Promise.reject(new Error("none")))).host, "192.0.2.1");
  assert.equal((await withHostName(remote, () => new Promise(() => {}))).host, "192.0.2.1");
});
