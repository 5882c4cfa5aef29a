import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLog } from "../../src/log.ts";
import { Webhook } from "../../src/webhooks/webhook.ts";
import { startBackend } from "./backend-fixture.ts";

const source = new URL("../../src/", import.meta.url).href;

/** A process that takes note of three events for a backend that is away, and says so. */
const program = (url: string, folder: string): string => `
  import { createLog } from "${source}log.ts";
  import { Webhook } from "${source}webhooks/webhook.ts";
  const log = createLog({ level: "silent" });
  const webhook = new Webhook({ url: ${JSON.stringify(url)}, secret: undefined, events: ["join"], attempts: 100, timeoutMs: 5000, folder: ${JSON.stringify(folder)}, log });
  webhook.open();
  for (const room of ["a", "b", "房"]) webhook.observe({ type: "join", session: "s1", room, time: 1 });
  setImmediate(() => setImmediate(() => console.log("noted")));
  setInterval(() => {}, 1000);
`;

test("R21: kill -9 loses no event that was in the file, and the next process delivers them in order", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-webhook-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const backend = await startBackend(t);
  await backend.close();
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program(backend.url, folder)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  await backend.reopen();
  const webhook = new Webhook({
    url: backend.url,
    secret: undefined,
    events: ["join"],
    attempts: 3,
    timeoutMs: 5000,
    folder,
    log: createLog({ level: "silent" }),
  });
  t.after(() => webhook.close(0));
  webhook.open();
  await backend.called(1);
  const events = Object.values(backend.calls[0]?.body["events"] ?? []).map((event: { room: string }) => event.room);
  assert.deepEqual(events, ["a", "b", "房"]);
});
