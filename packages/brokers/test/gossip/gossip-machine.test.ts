import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { GossipMachine } from "../../src/gossip/gossip-machine.ts";

const heartbeatMs = 1_000;
const member = (session: string, since = 1): { session: string; since: number } => ({ session, since });

/** Nodes on a line that may be cut for some, or lose every n-th text. Time moves by hand. */
class Net {
  now = 0;
  readonly views: Map<string, string>[] = [];
  /** Session by session, whether each view alternates. */
  readonly wrong: string[] = [];
  readonly cut = new Set<number>();
  dropEvery = 0;
  sent: string[] = [];
  #count = 0;
  readonly nodes: (GossipMachine | undefined)[] = [];

  add(partLength = 32_768): number {
    const index = this.nodes.length;
    this.nodes.push(new GossipMachine({ node: `n${index}`, heartbeatMs, partLength }));
    this.views.push(new Map());
    this.act(index, (node) => node.up(this.now));
    return index;
  }

  act(index: number, what: (node: GossipMachine) => void): void {
    const node = this.nodes[index];
    if (node === undefined) return;
    what(node);
    const { send, changes } = node.take();
    for (const change of changes) {
      const view = this.views[index];
      const key =
        change.type === "entered"
          ? `${change.node} ${change.room} ${change.member.session}`
          : `${change.node} ${change.room} ${change.session}`;
      if (change.type === "exited" && !view?.has(key)) this.wrong.push(`n${index}: exited without being there: ${key}`);
      if (change.type === "entered" && view?.get(key) === JSON.stringify(change.member))
        this.wrong.push(`n${index}: entered twice: ${key}`);
      if (change.type === "entered") view?.set(key, JSON.stringify(change.member));
      else view?.delete(key);
    }
    for (const text of send) this.#spread(index, text);
  }

  pass(ms: number): void {
    for (const until = this.now + ms; this.now < until; ) {
      this.now = Math.min(until, this.now + 100);
      for (const index of this.nodes.keys()) this.act(index, (node) => node.nextAt <= this.now && node.tick(this.now));
    }
  }

  #spread(from: number, text: string): void {
    this.sent.push(text);
    for (const to of this.nodes.keys()) {
      if (to !== from && (this.cut.has(from) || this.cut.has(to))) continue;
      if (this.dropEvery > 0 && ++this.#count % this.dropEvery === 0) continue;
      this.act(to, (node) => node.hear(text, this.now));
    }
  }
}

test("contract 7: a node that comes is told who is there, and tells who it has", () => {
  const net = new Net();
  const first = net.add();
  net.act(first, (node) => node.enter("r", member("a")));
  const second = net.add();
  assert.deepEqual([...(net.views[second] ?? [])], [["n0 r a", JSON.stringify(member("a"))]]);
  net.act(second, (node) => node.enter("r", member("b")));
  net.act(second, (node) => node.enter("r", member("b", 2)));
  assert.deepEqual([...(net.views[first] ?? [])], [["n1 r b", JSON.stringify(member("b", 2))]]);
  net.act(second, (node) => node.exit("r", "b"));
  net.act(second, (node) => node.exit("r", "b"));
  assert.equal(net.views[first]?.size, 0);
});

test("contract 7: a node that says nothing for three heartbeats has left, one that says so leaves at once", () => {
  const net = new Net();
  const [first, second, third] = [net.add(), net.add(), net.add()];
  for (const index of [second, third]) net.act(index, (node) => node.enter("r", member(`s${index}`)));
  net.cut.add(second);
  net.pass(2 * heartbeatMs);
  assert.equal(net.views[first]?.size, 2);
  net.pass(2 * heartbeatMs);
  assert.deepEqual([...(net.views[first]?.keys() ?? [])], ["n2 r s2"]);
  net.act(third, (node) => node.bye());
  assert.equal(net.views[first]?.size, 0);
  // It was only cut off: it is there again.
  net.cut.clear();
  net.pass(heartbeatMs);
  assert.deepEqual([...(net.views[first]?.keys() ?? [])], ["n1 r s1"]);
});

test("a full list goes in parts, and a lost part is asked for again", () => {
  const net = new Net();
  const first = net.add(100);
  for (let index = 0; index < 20; index++) net.act(first, (node) => node.enter("r", member(`s${index}`)));
  net.dropEvery = 3;
  const second = net.add();
  net.dropEvery = 0;
  assert.ok((net.views[second]?.size ?? 0) < 20);
  net.sent = [];
  net.pass(2 * heartbeatMs);
  assert.equal(net.views[second]?.size, 20);
  assert.ok(net.sent.filter((text) => text.includes('"full"')).length > 5, "several parts");
});

test("while the line is down nothing is said or forgotten, and it is all said when it is back", () => {
  const net = new Net();
  const [first, second] = [net.add(), net.add()];
  net.act(second, (node) => node.enter("r", member("b")));
  const node = net.nodes[first];
  node?.down();
  assert.equal(node?.nextAt, Number.POSITIVE_INFINITY);
  net.act(first, (one) => one.enter("r", member("a")));
  net.pass(10 * heartbeatMs);
  assert.equal(net.views[first]?.size, 1, "nobody is thought gone whom one cannot hear");
  assert.equal(net.views[second]?.size, 0);
  net.act(first, (one) => one.up(net.now));
  assert.equal(net.views[second]?.size, 1);
});

test("texts of no meaning, and one's own, change nothing", () => {
  const machine = new GossipMachine({ node: "n", heartbeatMs });
  machine.up(0);
  machine.enter("r", member("a"));
  const { send } = machine.take();
  for (const text of [...send, "", "{}", '{"type":"beat"}']) machine.hear(text, 1);
  assert.deepEqual([machine.take(), machine.peers], [{ send: [], changes: [] }, 0]);
});

test("contract 7: whatever was cut or lost, views agree within three heartbeats after it has healed, and each alternates", () => {
  const act = fc.oneof(
    fc.record({ do: fc.constant("enter" as const), node: fc.nat(2), session: fc.nat(3), since: fc.nat(1) }),
    fc.record({ do: fc.constant("exit" as const), node: fc.nat(2), session: fc.nat(3) }),
    fc.record({ do: fc.constant("cut" as const), node: fc.nat(2) }),
    fc.record({ do: fc.constant("heal" as const), node: fc.nat(2) }),
    fc.record({ do: fc.constant("drop" as const), every: fc.nat(4) }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.nat(2_000) }),
    fc.record({ do: fc.constant("restart" as const), node: fc.nat(2) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const net = new Net();
      const truth = [0, 1, 2].map(() => new Map<string, string>());
      for (let index = 0; index < 3; index++) net.add(60);
      for (const one of acts) {
        if (one.do === "enter") {
          const entered = member(`n${one.node}-${one.session}`, one.since);
          net.act(one.node, (node) => node.enter("r", entered));
          truth[one.node]?.set(`n${one.node} r ${entered.session}`, JSON.stringify(entered));
        } else if (one.do === "exit") {
          net.act(one.node, (node) => node.exit("r", `n${one.node}-${one.session}`));
          truth[one.node]?.delete(`n${one.node} r n${one.node}-${one.session}`);
        } else if (one.do === "cut") net.cut.add(one.node);
        else if (one.do === "heal") net.cut.delete(one.node);
        else if (one.do === "drop") net.dropEvery = one.every;
        else if (one.do === "pass") net.pass(one.ms);
        else {
          net.act(one.node, (node) => node.down());
          net.act(one.node, (node) => node.up(net.now));
        }
      }
      net.cut.clear();
      net.dropEvery = 0;
      net.pass(3 * heartbeatMs);
      for (const [index, view] of net.views.entries()) {
        const others = truth.filter((_, other) => other !== index).flatMap((members) => [...members]);
        assert.deepEqual([...view].toSorted(), others.toSorted(), `the view of n${index}`);
      }
      assert.deepEqual(net.wrong, []);
    }),
    { numRuns: 300 },
  );
});
