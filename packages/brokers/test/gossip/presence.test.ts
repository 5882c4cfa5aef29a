import assert from "node:assert/strict";
import { test } from "node:test";
import { Ear } from "@openline/hub/testing";
import { FakeClock } from "@openline/testkit";
import { Presence } from "../../src/gossip/presence.ts";

/** Nodes that hear each other at once. */
function line(clock: FakeClock, count: number): { nodes: Presence[]; cut: Set<number>; said: string[] } {
  const nodes: Presence[] = [];
  const cut = new Set<number>();
  const said: string[] = [];
  for (let index = 0; index < count; index++) {
    const send = (text: string): void => {
      said.push(text);
      for (const [other, node] of nodes.entries()) if (!cut.has(index) && !cut.has(other)) node.hear(text);
    };
    nodes.push(new Presence({ node: `n${index}`, clock, heartbeatMs: 1_000, send }));
  }
  for (const node of nodes) node.up();
  return { nodes, cut, said };
}

const member = (session: string, since = 1): { session: string; since: number } => ({ session, since });

test("seats hear of the members of other seats, on this node and others, and not of their own", () => {
  const { nodes } = line(new FakeClock(), 2);
  const ears = [new Ear(), new Ear(), new Ear()] as const;
  const [near, beside, far] = [nodes[0]?.sit("r", ears[0]), nodes[0]?.sit("r", ears[1]), nodes[1]?.sit("r", ears[2])];
  near?.enter(member("a"));
  far?.enter(member("b"));
  assert.deepEqual(
    ears.map(({ events }) => events),
    [["entered b"], ["entered a", "entered b"], ["entered a"]],
  );
  assert.deepEqual(beside?.members, [member("a"), member("b")]);
  near?.close();
  near?.close();
  far?.exit("b");
  assert.deepEqual(
    ears.map(({ events }) => events.slice(-1)),
    [["entered b"], ["exited b"], ["exited a"]],
  );
});

test("contract 7: a session that moves to another node is one member, whichever word comes first", () => {
  const { nodes } = line(new FakeClock(), 3);
  const ear = new Ear();
  const [from, to] = [nodes[0]?.sit("r", new Ear()), nodes[1]?.sit("r", new Ear())];
  nodes[2]?.sit("r", ear);
  from?.enter(member("s"));
  to?.enter(member("s"));
  from?.exit("s");
  assert.deepEqual(ear.events, ["entered s"]);
  to?.exit("s");
  assert.deepEqual(ear.events, ["entered s", "exited s"]);
});

test("contract 7: who falls silent has left after three heartbeats, and who closes at once; no timer is left", () => {
  const clock = new FakeClock();
  const { nodes, cut } = line(clock, 3);
  const ear = new Ear();
  nodes[0]?.sit("r", ear);
  for (const index of [1, 2]) nodes[index]?.sit("r", new Ear()).enter(member(`s${index}`));
  cut.add(1);
  clock.advance(5_000);
  assert.deepEqual(ear.events, ["entered s1", "entered s2", "exited s1"]);
  nodes[2]?.close();
  assert.equal(ear.events.at(-1), "exited s2");
  for (const node of nodes) node.close();
  assert.equal(clock.pending, 0);
});

test("while the line is down nothing is said, and members stay", () => {
  const clock = new FakeClock();
  const { nodes, said } = line(clock, 2);
  const ear = new Ear();
  const seat = nodes[0]?.sit("r", ear);
  nodes[1]?.sit("r", new Ear()).enter(member("b"));
  nodes[0]?.down();
  said.length = 0;
  seat?.enter(member("a"));
  assert.deepEqual([said, ear.events, clock.pending], [[], ["entered b"], 1]);
  nodes[0]?.up();
  assert.ok(said.some((text) => text.includes('"a"')));
});
