import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { MemoryBroker, type Position } from "@openline/hub";
import { Ear } from "@openline/hub/testing";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { systemClock, until } from "../support/system-clock.ts";
import { Primary } from "./line-pair.ts";

const program = fileURLToPath(new URL("./publishing-worker.ts", import.meta.url));

interface Acknowledged {
  readonly content: string;
  readonly position: Position;
}

function startWorker(t: TestContext, path: string, journal: string, name: string): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", program, path, journal, name], { stdio: ["ignore", "ignore", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

const acknowledgedIn = (journal: string): Acknowledged[] =>
  (existsSync(journal) ? readFileSync(journal, "utf8") : "")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Acknowledged);

test("contract 10: a worker that is killed amid publishing loses nothing that was acknowledged, and leaves the rooms it was in", async (t) => {
  const store = new MemoryBroker({ clock: systemClock, ids: randomIds });
  const primary = await Primary.open(store);
  const ear = new Ear();
  await store.subscribe("room", ear);
  const journals = ["a", "b", "c"].map((name) => join(scratch(t), name));
  const workers = journals.map((journal, index) => startWorker(t, primary.path, journal, `w${index}`));
  await until("all publish", () => journals.every((journal) => acknowledgedIn(journal).length > 20), 60_000);
  const [first, second] = workers;
  assert.ok(first !== undefined && second !== undefined);
  const over = once(first, "exit");
  first.kill("SIGKILL");
  assert.deepEqual(await over, [null, "SIGKILL"]);
  await until("it left", () => ear.events.includes("exited w0"));
  const before = acknowledgedIn(journals[1] ?? "").length;
  await until("the others go on", () => acknowledgedIn(journals[1] ?? "").length > before + 20);
  assert.deepEqual(
    ear.events.filter((event) => event.startsWith("exited")),
    ["exited w0"],
  );
  const kept = new Map((await store.read("room", { offset: 0 })).messages.map((message) => [message.position.offset, message]));
  const acknowledged = journals.flatMap(acknowledgedIn);
  for (const { content, position } of acknowledged)
    assert.deepEqual({ ...kept.get(position.offset) }, { ...kept.get(position.offset), content, position });
  t.diagnostic(`${acknowledged.length} acknowledged`);
  // A primary that goes ends its workers.
  const ends = once(second, "exit");
  primary.end();
  assert.deepEqual(await ends, [7, null]);
  primary.close();
});
