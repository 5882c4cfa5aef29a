import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "@openline/ws";
import { start } from "../binary-fixture.ts";

/** What a process holds in memory, in bytes. */
function residentBytes(pid: number): number {
  const [, kibibytes = "0"] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

async function startRun(t: TestContext, ...args: readonly string[]): Promise<{ readonly url: string; readonly pid: number }> {
  const started = start(t, ["run", "--port=0", ...args]);
  const [, url = ""] = await started.said(/Listening on (ws:\/\/localhost:\d+\/)/);
  return { url, pid: started.child.pid ?? 0 };
}

const mostGrowth = 48 * 1_048_576;

for (const mode of ["per-connection", "shared"]) {
  test(`R26: openline run stays bounded, ${mode}: a fast program and a reader that stopped, a slow program and a fast sender`, {
    timeout: 60_000,
  }, async (t) => {
    const [fast, slow] = await Promise.all([
      startRun(t, `--mode=${mode}`, "yes", "x".repeat(1000)),
      startRun(t, `--mode=${mode}`, "--maxframesize=0", "sleep", "1000"),
    ]);
    const [reader, sender] = await Promise.all(
      [fast.url, slow.url].map(async (url) => {
        const socket = new WebSocket(url, { perMessageDeflate: false });
        t.after(() => socket.terminate());
        await once(socket, "open");
        return socket;
      }),
    );
    const before = [residentBytes(fast.pid), residentBytes(slow.pid)];
    reader?.pause();
    for (let count = 0; count < 640; count++) sender?.send(Buffer.alloc(102_400, "x").toString());
    await delay(1500);
    const growth = [residentBytes(fast.pid), residentBytes(slow.pid)].map((bytes, at) => bytes - (before[at] ?? 0));
    assert.ok(
      growth.every((bytes) => bytes < mostGrowth),
      `grew by ${growth.join(" and ")} bytes`,
    );
    // The sender is held back: what it sent waits at its own end.
    assert.ok((sender?.bufferedAmount ?? 0) > 32 * 1_048_576, String(sender?.bufferedAmount));
  });
}
