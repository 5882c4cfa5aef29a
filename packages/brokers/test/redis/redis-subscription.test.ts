import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredMessage } from "@openline/hub";
import { Ear } from "@openline/hub/testing";
import { FakeClock } from "@openline/testkit";
import { RedisLink } from "../../src/redis/redis-link.ts";
import { RedisSubscription } from "../../src/redis/redis-subscription.ts";
import { RoomKeys } from "../../src/redis/room-keys.ts";
import { checkScript, enterScript, exitScript, leaveScript, syncScript } from "../../src/redis/scripts.ts";

const names = new Map([
  [syncScript.sha, "sync"],
  [checkScript.sha, "check"],
  [enterScript.sha, "enter"],
  [exitScript.sha, "exit"],
  [leaveScript.sha, "leave"],
]);

/** A subscription of the node "n1" at a Redis that answers what a test sets. */
class Bench {
  readonly clock = new FakeClock();
  readonly ear = new Ear();
  readonly asked: string[] = [];
  /** Epoch, offset, tag, version, and the others' members or whether the lease held. */
  sync: unknown = ["e", "2", "t2", "5", ['n2 {"session":"b","since":1}']];
  check: unknown = ["e", "2", "t2", "5", 1];
  readonly subscription: RedisSubscription;
  readonly link: RedisLink;

  constructor() {
    this.link = new RedisLink({
      clock: this.clock,
      shown: "fake",
      watchdogMs: 1e9,
      patienceMs: 1,
      message: () => {},
      up: () => {},
      down: () => {},
      open: async () => ({
        command: async (_key, args) => this.#answer(args),
        scan: async function* () {},
        subscribe: async () => {},
        unsubscribe: async () => {},
        ping: async () => {},
        destroy: () => {},
      }),
    });
    const context = { link: this.link, clock: this.clock, epoch: () => "new", publishCommand: "PUBLISH", lifeMs: 1, leaseMs: 1 };
    const keys = new RoomKeys("p", "a");
    this.subscription = new RedisSubscription({ ...context, fault: () => {} }, keys, "n1", this.ear, () => this.asked.push("closed"));
  }

  #answer(args: readonly string[]): unknown {
    const name = args[0] === "EVALSHA" ? names.get(args[1] ?? "") : undefined;
    if (name !== undefined) this.asked.push(name);
    return name === "sync" ? this.sync : name === "check" ? this.check : "OK";
  }

  async checked(): Promise<void> {
    const check = this.subscription.check();
    await this.clock.advanceAsync(50);
    await check;
  }
}

async function started(): Promise<Bench> {
  const bench = new Bench();
  await bench.link.start();
  await bench.subscription.start();
  return bench;
}

const numbered = (offset: number): StoredMessage => {
  const position = { epoch: "e", offset, tag: `t${offset}` };
  return { position, previous: null, content: `${offset}`, bytes: 1, time: 1 };
};

test("a subscription begins with the room's top and the members of other nodes; what came before is told unless the top covers it", async () => {
  const bench = new Bench();
  await bench.link.start();
  for (const offset of [1, 2, 3]) bench.subscription.hear({ type: "message", message: numbered(offset) });
  assert.deepEqual(bench.ear.contents, []);
  await bench.subscription.start();
  assert.deepEqual(bench.subscription.top, { epoch: "e", offset: 2, tag: "t2" });
  assert.deepEqual(bench.subscription.members, [{ session: "b", since: 1 }]);
  assert.deepEqual(bench.ear.contents, ["3"]);
});

test("a check that finds Redis where the node stands says nothing; one that finds it elsewhere tells it once", async () => {
  const bench = await started();
  await bench.checked();
  assert.deepEqual(bench.ear.events, []);
  bench.check = ["e", "3", "t3", "5", 1];
  await bench.checked();
  await bench.checked();
  assert.deepEqual(bench.ear.events, ["insufficient"]);
});

test("a message that crosses the answer on the other connection is waited for, and is no gap", async () => {
  const bench = await started();
  bench.check = ["e", "3", "t3", "5", 1];
  const check = bench.subscription.check();
  await bench.clock.advanceAsync(49);
  bench.subscription.hear({ type: "message", message: numbered(3) });
  await bench.clock.advanceAsync(1);
  await check;
  assert.deepEqual([bench.ear.contents, bench.ear.events], [["3"], []]);
});

test("a lease that ran out, or a change of members that was missed, makes the node ask for the whole list and tell the difference", async () => {
  for (const check of [
    ["e", "2", "t2", "5", 0],
    ["e", "2", "t2", "7", 1],
  ]) {
    const bench = await started();
    bench.check = check;
    bench.sync = ["e", "2", "t2", "7", ['n3 {"session":"c","since":1}']];
    await bench.checked();
    assert.deepEqual(bench.asked, ["sync", "check", "sync"]);
    assert.deepEqual(bench.ear.events, ["exited b", "entered c"]);
  }
});

test("changes of members are told once, in their order, and not those of the node itself", async () => {
  const bench = await started();
  const entered = (version: number, node: string, session: string): void =>
    bench.subscription.hear({ type: "entered", version, node, member: `{"session":"${session}","since":1}` });
  entered(5, "n2", "old");
  entered(6, "n1", "own");
  entered(7, "n3", "c");
  bench.subscription.hear({ type: "exited", version: 8, node: "n3", session: "b" });
  bench.subscription.hear({ type: "exited", version: 9, node: "n2", session: "b" });
  assert.deepEqual(bench.ear.events, ["entered c", "exited b"]);
});

test("a new epoch and a link that was down both make the node read again", async () => {
  const bench = await started();
  bench.subscription.hear({ type: "rotated", epoch: "f" });
  assert.deepEqual(bench.ear.events, ["insufficient"]);
  bench.sync = ["g", "0", "0", "5", []];
  const resumed = bench.subscription.resume();
  await bench.clock.advanceAsync(50);
  await resumed;
  assert.deepEqual(bench.ear.events, ["insufficient", "exited b", "insufficient"]);
});

test("Redis is told who enters and leaves, and of the end once; a closed subscription hears nothing", async () => {
  const { subscription, asked, ear } = await started();
  subscription.enter({ session: "own", since: 1 });
  subscription.exit("own");
  subscription.exit("own");
  subscription.close();
  subscription.close();
  subscription.hear({ type: "message", message: numbered(3) });
  assert.deepEqual(asked, ["sync", "enter", "exit", "leave", "closed"]);
  assert.deepEqual(ear.contents, []);
});
