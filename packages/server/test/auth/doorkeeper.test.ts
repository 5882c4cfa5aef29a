import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { LocalTally } from "@openline/hub";
import type { LimitsInput } from "../../src/auth/access-settings.ts";
import { createDoorkeeper, Doorkeeper, type DoorkeeperLimits } from "../../src/auth/doorkeeper.ts";
import { completeSettings } from "../../src/settings.ts";

const none: DoorkeeperLimits = {
  connections: Number.POSITIVE_INFINITY,
  connectionsPerAddress: undefined,
  connectionsPerSecond: Number.POSITIVE_INFINITY,
};

const gone = (transport: PassThrough): Promise<void> => new Promise((resolve) => transport.once("close", resolve).destroy());

test("R16: more than the limit are sent away with 503 and a time, and one that goes makes room", async () => {
  const keeper = new Doorkeeper(
    { ...none, connections: 2 },
    () => 0,
    () => 0,
  );
  const [one, two] = [new PassThrough(), new PassThrough()];
  assert.deepEqual([keeper.admit("a", one), keeper.admit("b", two)], [undefined, undefined]);
  const refused = keeper.admit("c", new PassThrough());
  assert.deepEqual([refused?.code, refused?.headers, keeper.count], ["too-many-connections", { "retry-after": "1" }, 2]);
  await gone(one);
  assert.equal(keeper.admit("c", new PassThrough()), undefined);
});

test("R16: an address has 100 by default, counted by the /64 of IPv6; this machine is only counted when that is asked for", () => {
  const keeper = new Doorkeeper(
    none,
    () => 0,
    () => 0,
  );
  const admit = (address: string): string | undefined => keeper.admit(address, new PassThrough())?.code;
  for (let count = 0; count < 100; count++) assert.equal(admit(`2001:db8::${count.toString(16)}`), undefined);
  assert.equal(admit("2001:db8::ffff"), "too-many-connections");
  assert.equal(admit("2001:db8:0:1::1"), undefined);
  for (let count = 0; count < 200; count++) assert.equal(admit("127.0.0.1"), undefined);
  const strict = new Doorkeeper({ ...none, connectionsPerAddress: 1 }, () => 0);
  assert.equal(strict.admit("127.0.0.1", new PassThrough()), undefined);
  assert.match(strict.admit("127.0.0.1", new PassThrough())?.detail ?? "", /127\.0\.0\.1 has 1 connections.*--trust-proxy/);
});

test("R5: too many at once are told to come back over several seconds, not all at the same one", () => {
  const keeper = new Doorkeeper({ ...none, connectionsPerSecond: 1 }, () => 0, seq([0, 0.5, 0.999]));
  assert.equal(keeper.admit("a", new PassThrough()), undefined);
  const times = [1, 2, 3].map(() => keeper.admit("a", new PassThrough())?.headers?.["retry-after"]);
  assert.deepEqual([times, keeper.count], [["1", "4", "6"], 1]);
});

test("R5: who comes back is let in where a newcomer is sent away", () => {
  const keeper = new Doorkeeper({ ...none, connectionsPerSecond: 4 }, () => 0);
  const admit = (isReturning: boolean): string | undefined => keeper.admit("a", new PassThrough(), isReturning)?.code;
  assert.deepEqual(
    [admit(true), admit(false), admit(false), admit(true), admit(true)],
    [undefined, undefined, "too-many-connections", undefined, undefined],
  );
});

function seq(values: number[]): () => number {
  return () => values.shift() ?? 0;
}

test("R16: counts that are kept elsewhere hold for the limits too", () => {
  const [all, addresses] = [new LocalTally(), new LocalTally()];
  const keeper = new Doorkeeper({ ...none, connections: 3, connectionsPerAddress: 2 }, () => 0, undefined, { all, addresses });
  addresses.add("a");
  assert.deepEqual([keeper.admit("a", new PassThrough()), keeper.admit("a", new PassThrough())?.code], [undefined, "too-many-connections"]);
  all.add("");
  all.add("");
  assert.match(keeper.admit("b", new PassThrough())?.detail ?? "", /has 3 connections, its limit/);
});

test("R16: of several workers each has its share of the rate, and the limit is one for all", () => {
  const [connections, addresses] = [new LocalTally(), new LocalTally()];
  const siblings = { count: 2, connections, addresses };
  const admitOf = (limits: LimitsInput) => {
    const keeper = createDoorkeeper(completeSettings({ limits }).limits, siblings);
    return () => keeper.admit("a", new PassThrough())?.detail;
  };
  const slow = admitOf({ connectionsPerSecond: 2 });
  assert.equal(slow(), undefined);
  assert.match(slow() ?? "", /too many connections begin at once/);
  const full = admitOf({ connections: 3 });
  connections.add("");
  assert.equal(full(), undefined);
  assert.match(full() ?? "", /the server has 3 connections, its limit/);
});
