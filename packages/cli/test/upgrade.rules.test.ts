// SIGUSR2: a new primary takes the place of the old one, with its listening sockets and its store.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, type Listener, listen, until, Writer } from "./nodes-fixture.ts";
import { Visitors } from "./visitors.ts";
import { type Crew, childrenOf, isAlive, startCrew } from "./workers-fixture.ts";

/** From Node 23.1 on the workers have the port themselves, and between the last of the old and the first of the new nobody does. */
const skip =
  process.versions.node.startsWith("20.") || process.versions.node.startsWith("22.") ? {} : { skip: "the system shares the port" };

/** Lets a new process take the place of the one that serves; resolves with its id when the old one is gone. */
async function upgrade(t: TestContext, crew: Crew, pid: number): Promise<number> {
  const seen = crew.started.out().length;
  process.kill(pid, "SIGUSR2");
  const successor = (): number | undefined => {
    const found = /"pid":(\d+),"msg":"a new process is to take the place of this one"/.exec(crew.started.out().slice(seen));
    return found === null ? undefined : Number(found[1]);
  };
  await until("it is started", () => successor() !== undefined, 30_000);
  const next = successor() ?? assert.fail();
  t.after(() => isAlive(next) && process.kill(next, "SIGKILL"));
  await until(
    "it serves",
    () =>
      (
        crew.started
          .out()
          .slice(seen)
          .match(/"msg":"listening"/g) ?? []
      ).length === 1,
    30_000,
  );
  await until("the old one is gone", () => !isAlive(pid), 30_000);
  return next;
}

async function sitDown(t: TestContext, { port }: Crew): Promise<Listener[]> {
  const all: Listener[] = [];
  for (let index = 0; index < 4; index++) all.push(await listen(connect(t, port), "lobby"));
  return all;
}

test("a new primary takes over socket and store, twice: no connection is refused, everybody recovers, nothing is lost", skip, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const crew = await startCrew(t, 2, "--data", join(folder, "data"), "--history-messages", "20000", "--drain-spread-ms", "300");
  const all = await sitDown(t, crew);
  const writers = all.slice(0, 2).map(({ client }, index) => new Writer(`w${index}`, client));
  const visitors = new Visitors(crew);
  let pid = crew.started.child.pid ?? 0;
  for (let round = 0; round < 2; round++) {
    const workers = childrenOf(pid);
    const exited = round === 0 ? once(crew.started.child, "exit") : undefined;
    pid = await upgrade(t, crew, pid);
    if (exited !== undefined) assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(workers.filter(isAlive), []);
    await until("everybody is there", () => all.every(({ client }) => client.state === "connected"), 30_000);
  }
  await Promise.all(writers.map(async (writer) => await writer.stop()));
  const { opened, refused } = await visitors.stop();
  t.diagnostic(`${opened} connections meanwhile`);
  assert.deepEqual([refused, opened > 30], [[], true]);
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  await until("all heard all", () => all.every((listener) => acknowledged.every((data) => listener.data().includes(data))), 30_000);
  for (const { joins, events } of all) {
    assert.ok(joins.length >= 3 && joins.slice(1).every(({ recovered }) => recovered === true));
    assert.ok(events.every((event) => event.startsWith("left ")));
  }
  process.kill(pid, "SIGTERM");
  await until("it ends", () => !isAlive(pid), 20_000);
});

test("with rooms in memory a new primary begins a new epoch, and every client is told", skip, async (t) => {
  const crew = await startCrew(t, 2, "--drain-spread-ms", "100");
  const [one, two] = await sitDown(t, crew);
  assert.ok(one !== undefined && two !== undefined);
  await one.client.publish("lobby", "before");
  const pid = await upgrade(t, crew, crew.started.child.pid ?? 0);
  await until("both were told", () => [one, two].every(({ joins }) => joins.at(-1)?.recovered === false), 30_000);
  process.kill(pid, "SIGTERM");
  await until("it ends", () => !isAlive(pid), 20_000);
});

test("a new process that cannot begin leaves the old one as it is", skip, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { writeFileSync } = await import("node:fs");
  const config = join(folder, "openline.json");
  writeFileSync(config, "{}");
  const crew = await startCrew(t, 1, "--config", config);
  writeFileSync(config, '{ "port": "wrong" }');
  crew.started.child.kill("SIGUSR2");
  await crew.started.said(/"msg":"the new process could not begin: this one goes on"/);
  assert.equal((await fetch(`${crew.url}/ready`)).status, 200);
});
