import assert from "node:assert/strict";
import { test } from "node:test";
import type { Primary, PrimaryOptions, Settings, Successor, WorkerOptions } from "@openline/server";
import { createLog } from "@openline/server";
import { behindWorkers, serveAsWorker } from "../src/serve-workers.ts";

const settings = {} as Settings;
const log = createLog({ level: "silent" });

test("the workers are processes of this same command; SIGHUP replaces them, SIGUSR2 the primary", async (t) => {
  const did: string[] = [];
  class FakePrimary {
    constructor({ workers }: PrimaryOptions) {
      did.push(`${workers} workers`);
    }
    replace = async (): Promise<void> => void did.push("replace");
    listen = async () => await Promise.resolve({ urls: ["u"], port: 1, isOpen: false });
    close = async (): Promise<void> => void did.push("close");
    kill = (): void => void did.push("kill");
    handOver = async (start: () => Successor): Promise<boolean> => {
      did.push("hand over");
      await start().ready;
      return true;
    };
  }
  const programs: unknown[] = [];
  const clusterStart = (program: unknown) => {
    programs.push(program);
    return () => assert.fail();
  };
  t.after(() => {
    process.removeAllListeners("SIGHUP");
    process.removeAllListeners("SIGUSR2");
  });
  const startSuccessor = (): Successor => ({ pid: 1, ready: Promise.resolve(), release: () => {} });
  const parts = { Primary: FakePrimary as unknown as typeof Primary, clusterStart, inheritanceOf: () => undefined, startSuccessor };
  const serving = behindWorkers(parts, settings, 3, log);
  const [, file, ...args] = process.argv;
  assert.deepEqual(programs, [{ file, args }]);
  assert.deepEqual((await serving.listen()).urls, ["u"]);
  if (process.stdout.isTTY !== true) process.emit("SIGHUP");
  // The second while the first is under way.
  process.emit("SIGUSR2");
  process.emit("SIGUSR2");
  await serving.handedOver;
  await serving.close();
  serving.kill();
  assert.deepEqual(
    did,
    process.stdout.isTTY === true ? ["3 workers", "hand over", "close", "kill"] : ["3 workers", "replace", "hand over", "close", "kill"],
  );
});

test("a worker's exit code says whether it ended as it was told; signals to the group do not end it", async (t) => {
  const exits: unknown[] = [];
  t.mock.method(process, "exit", (code?: number) => {
    exits.push(code);
    throw new Error("the process would have ended");
  });
  t.after(() => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"]) process.removeAllListeners(name);
  });
  const ran: string[] = [];
  const good = { runWorker: async ({ path }: WorkerOptions) => void ran.push(await Promise.resolve(path)), ownWorkerId: () => 3 };
  await assert.rejects(serveAsWorker(good, settings, log, "path"), /would have ended/);
  assert.ok(process.listenerCount("SIGTERM") > 0);
  const bad = { runWorker: async () => await Promise.reject(new Error("no")), ownWorkerId: () => 3 };
  await assert.rejects(serveAsWorker(bad, settings, log, "path"), /would have ended/);
  assert.deepEqual([ran, exits], [["path"], [0, 1]]);
});
