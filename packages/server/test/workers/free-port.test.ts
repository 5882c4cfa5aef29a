import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "@openline/testkit";
import { canSharePort, claimPort } from "../../src/workers/free-port.ts";

test("a port is claimed before a worker is started, and left free for it; 0 is one that the system chose", async () => {
  const port = await freePort();
  assert.equal(await claimPort("127.0.0.1", port), port);
  const chosen = await claimPort("localhost", 0);
  assert.ok(chosen > 0);
  assert.equal(await claimPort("localhost", chosen), chosen);
});

test("a port that another program has is refused with the system's error", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const address = other.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await assert.rejects(claimPort("127.0.0.1", port), { code: "EADDRINUSE" });
});

test("a port is shared by the system where this Node and the system can", () => {
  const cases: readonly [string, NodeJS.Platform, boolean][] = [
    ["20.20.2", "linux", false],
    ["23.0.0", "linux", false],
    ["23.1.0", "linux", true],
    ["24.0.0", "linux", true],
    ["26.10.0", "freebsd", true],
    ["26.10.0", "darwin", false],
    ["26.10.0", "win32", false],
  ];
  for (const [version, platform, can] of cases) assert.equal(canSharePort(version, platform), can, `${version} ${platform}`);
});
