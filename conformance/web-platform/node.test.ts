import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { CloseEvent, setEnvironment, WebSocket, WebSocketError, WebSocketStream } from "@openline/ws/web";
import { expectations } from "./expectations.ts";
import { type Outcome, runParts } from "./run-parts.ts";
import { certificate, startServer } from "./test-server.ts";

const ca = certificate.cert;

async function onMainThread(server: string, base: string): Promise<readonly Outcome[]> {
  setEnvironment({ baseUrl: base, client: { ca } });
  const outcomes = await runParts({ WebSocket, CloseEvent, WebSocketStream, WebSocketError, server, base });
  setEnvironment({});
  return outcomes;
}

async function onWorkerThread(server: string, base: string): Promise<readonly Outcome[]> {
  const worker = new Worker(new URL("worker.mjs", import.meta.url), { workerData: { server, base, ca } });
  const [outcomes] = (await once(worker, "message")) as [readonly Outcome[]];
  await worker.terminate();
  return outcomes;
}

const places = [
  ["ws", "the main thread", onMainThread],
  ["wss", "the main thread", onMainThread],
  ["ws", "a worker thread", onWorkerThread],
] as const;

for (const [scheme, thread, run] of places) {
  test(`what a browser's classes do, ours do in Node, over ${scheme} in ${thread}:`, { timeout: 60_000 }, async (t) => {
    const { port, stop } = await startServer(scheme === "wss");
    t.after(stop);
    const outcomes = await run(`${scheme}://localhost:${port}`, `${scheme.replace("ws", "http")}://localhost:${port}/web/page`);
    t.diagnostic(`${outcomes.filter(({ fault }) => fault === undefined).length} of ${outcomes.length} pass`);
    for (const { part, name, fault } of outcomes) {
      const reason = expectations.node[name];
      await t.test(`${part}: ${name}`, () => {
        if (reason === undefined) assert.equal(fault, undefined);
        else assert.notEqual(fault, undefined, `it holds, although ${reason}`);
      });
    }
  });
}
