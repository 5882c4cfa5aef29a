import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { CloseEvent, setEnvironment, WebSocket, WebSocketError, WebSocketStream } from "@openline/ws/web";
import { countOf, unexpected } from "./expectations.ts";
import { startHttp2Server } from "./http2-server.ts";
import { type Outcome, runParts } from "./run-parts.ts";
import { certificate, startServer } from "./test-server.ts";

const ca = certificate.cert;

async function onMainThread(server: string, base: string, isHttp2: boolean): Promise<readonly Outcome[]> {
  setEnvironment({ baseUrl: base, client: { ca, http2: isHttp2 } });
  const outcomes = await runParts({ WebSocket, CloseEvent, WebSocketStream, WebSocketError, server, base, isHttp2 });
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
  ["ws", false, "the main thread", onMainThread],
  ["wss", false, "the main thread", onMainThread],
  ["wss", true, "the main thread", onMainThread],
  ["ws", false, "a worker thread", onWorkerThread],
] as const;

for (const [scheme, isHttp2, thread, run] of places) {
  test(`what a browser's classes do, ours do in Node, over ${scheme}${isHttp2 ? " and HTTP/2" : ""} in ${thread}`, {
    timeout: 120_000,
  }, async (t) => {
    const { port, stop } = await (isHttp2 ? startHttp2Server() : startServer(scheme === "wss"));
    t.after(stop);
    const outcomes = await run(`${scheme}://localhost:${port}`, `${scheme.replace("ws", "http")}://localhost:${port}/web/page`, isHttp2);
    t.diagnostic(countOf(outcomes));
    assert.deepEqual(unexpected("node", outcomes), []);
  });
}
