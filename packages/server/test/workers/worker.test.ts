import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { Line, PrivateSocket } from "@openline/brokers/workers";
import { freePort } from "@openline/testkit";
import { createLog } from "../../src/log.ts";
import { completeSettings } from "../../src/settings.ts";
import { systemClock } from "../../src/system-clock.ts";
import { runWorker } from "../../src/workers/worker.ts";
import type { Welcome } from "../../src/workers/worker-words.ts";

/** A primary that says what the test wants. */
async function fakePrimary(welcome: Partial<Welcome>) {
  const said: [string, unknown][] = [];
  let line: Line | undefined;
  const socket = await PrivateSocket.open((stream) => {
    line = new Line({
      stream,
      clock: systemClock,
      asked: (topic, json) => {
        said.push([topic, JSON.parse(json)]);
        if (topic !== "hello") return null;
        setImmediate(() => line?.tell("begin", null));
        return { workers: 1, port: 0, sharesPort: false, descriptors: [], hasStore: false, hasWebhook: false, ...welcome };
      },
      told: (topic, json) => void said.push([topic, JSON.parse(json)]),
      closed: () => {},
    });
  });
  const heard = async (topic: string): Promise<unknown> => {
    for (;;) {
      const found = said.find(([name]) => name === topic);
      if (found !== undefined) return found[1];
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { path: socket.path, heard, line: () => line, close: () => socket.close(), said };
}

const settings = completeSettings({ host: "127.0.0.1" });
const log = createLog({ level: "silent" });

test("a worker greets, says that it listens, and ends with its last counts when it is told to", async () => {
  const port = await freePort();
  const primary = await fakePrimary({ port });
  const running = runWorker({ settings, log, path: primary.path, worker: 7 });
  assert.equal((await primary.heard("hello")) !== undefined, true);
  assert.deepEqual(await primary.heard("listening"), { port, urls: [`http://127.0.0.1:${port}/`], isOpen: false });
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: "close" } })).status, 200);
  primary.line()?.tell("drain", { graceMs: 100 });
  await running;
  const metrics = JSON.stringify(await primary.heard("parting"));
  assert.match(metrics, /openline_http_responses_total/);
  primary.close();
});

test("a worker that cannot listen tells its primary why", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const address = other.address();
  const primary = await fakePrimary({ port: typeof address === "object" ? (address?.port ?? 0) : 0 });
  await assert.rejects(runWorker({ settings, log, path: primary.path, worker: 1 }), { code: "EADDRINUSE" });
  const failure = await primary.heard("failed");
  assert.match(JSON.stringify(failure), /"code":"EADDRINUSE"/);
  primary.close();
});

test("a worker whose primary goes ends, and does not wait for its clients", async () => {
  const primary = await fakePrimary({ port: await freePort() });
  const running = runWorker({ settings, log, path: primary.path, worker: 1 });
  await primary.heard("listening");
  primary.line()?.close();
  await assert.rejects(running, /the primary process is gone/);
  primary.close();
});
