import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits, encode, parseClientMessage, type ServerMessage } from "@openline/wire";
import type { Observation } from "../../src/testing/observation.ts";
import { Witness } from "../../src/testing/witness.ts";

/** A witness, and a server in the test's hands. */
class Bench {
  readonly observations: Observation[] = [];
  readonly said: Record<string, unknown>[] = [];
  readonly witness: Witness = new Witness({ name: "ann", now: () => 1, record: (observation) => this.observations.push(observation) });

  open(session = "s1", resumed = false): void {
    this.witness.opened({ send: (text) => this.#hear(text) });
    this.tell({
      type: "connected",
      ref: 1,
      version: 1,
      session: { id: session, resume: "secret" },
      resumed,
      node: "n",
      time: 1,
      heartbeat: { intervalMs: 1, timeoutMs: 1 },
      sessionTtlMs: 1,
      limits: defaultLimits,
    });
  }

  #hear(text: string): void {
    assert.ok(parseClientMessage(text).ok, text);
    this.said.push(JSON.parse(text) as Record<string, unknown>);
  }

  /** The text goes past the types, as from a server of another version. */
  tell(message: Record<string, unknown>): void {
    this.witness.receive(encode(message as unknown as ServerMessage));
  }

  /** The last thing said of this type. */
  last(type: string): Record<string, unknown> {
    return this.said.findLast((message) => message["type"] === type) ?? assert.fail(`${type} was not said`);
  }

  joined(position: string, more: Record<string, unknown> = {}): void {
    this.tell({ type: "joined", ref: this.last("join")["ref"], room: "r", position, replay: 0, memberCount: 1, ...more });
  }

  message(position: string, previous: string | null): void {
    this.tell({ type: "message", room: "r", position, previous, data: { token: `t${position}` }, time: 1 });
  }

  get seen(): string[] {
    return this.observations.map(({ type, ...rest }) => ("position" in rest ? `${type} ${rest.position}` : type));
  }
}

test("it joins with where it stands, and writes down what it is told as it is told", () => {
  const bench = new Bench();
  bench.witness.join("r", 5);
  assert.deepEqual(bench.said, []);
  bench.open();
  assert.deepEqual([bench.last("join")["position"], bench.last("join")["rewind"]], [undefined, 5]);
  bench.joined("e2", { replay: 1 });
  bench.message("e2", "e1");
  bench.message("e3", "e2");
  bench.tell({ type: "gap", room: "r", count: 2, position: "e5" });
  bench.message("e6", "e5");
  bench.witness.lost();
  bench.open("s1", true);
  assert.deepEqual([bench.last("connect")["session"], bench.last("join")["position"]], [{ id: "s1", resume: "secret" }, "e6"]);
  bench.joined("e6", { recovered: true });
  bench.tell({ type: "insufficient", room: "r", position: "f0" });
  const seen = ["joined e2", "message e2", "message e3", "gap e5", "message e6", "away", "joined e6", "insufficient f0"];
  assert.deepEqual(bench.seen, seen);
});

test("what comes before joined belongs to an earlier stay, and a joined for an older join says nothing", () => {
  const bench = new Bench();
  bench.witness.join("r");
  bench.open();
  const first = bench.last("join")["ref"];
  bench.witness.join("r");
  bench.message("e1", null);
  bench.tell({ type: "joined", ref: first, room: "r", position: "e1", replay: 0, memberCount: 1 });
  assert.deepEqual(bench.seen, []);
  bench.joined("e1");
  assert.deepEqual(bench.seen, ["joined e1"]);
});

test("a publish without an outcome holds later ones, and goes again with its id when nothing is under way", () => {
  const bench = new Bench();
  bench.witness.join("r");
  bench.open();
  assert.equal(bench.witness.publish("r"), true);
  const first = bench.last("publish");
  assert.equal(bench.witness.publish("r"), true);
  const second = bench.last("publish");
  bench.tell({ type: "error", ref: first["ref"], code: "unknown-outcome", message: "" });
  assert.equal(bench.witness.publish("r"), false);
  bench.witness.tick();
  assert.equal(bench.last("publish"), second, "the second is under way");
  bench.tell({ type: "error", ref: second["ref"], code: "unknown-outcome", message: "" });
  bench.witness.tick();
  assert.deepEqual(
    bench.said.slice(-2).map(({ id }) => id),
    [first["id"], second["id"]],
  );
  bench.tell({ type: "published", ref: bench.last("publish")["ref"], room: "r", position: "e2" });
  assert.deepEqual(bench.observations.at(-1), { at: 1, client: "ann", room: "r", type: "published", token: "ann-2", position: "e2" });
});

test("without an answer before the loss, publishes go again in their order on the next connection, unless the session is another", () => {
  const bench = new Bench();
  bench.witness.join("r");
  bench.open();
  for (let count = 0; count < 3; count++) bench.witness.publish("r");
  bench.witness.lost();
  bench.open("s1", true);
  bench.witness.tick();
  assert.deepEqual(
    bench.said.filter(({ type }) => type === "publish").map(({ id }) => id),
    ["ann-1", "ann-2", "ann-3", "ann-1", "ann-2", "ann-3"],
  );
  bench.witness.lost();
  bench.open("s2", false);
  assert.equal(bench.witness.waiting, 0);
  bench.witness.publish("r");
  const [begun] = bench.observations.slice(-1);
  assert.ok(begun?.type === "publish");
  assert.deepEqual([begun.lane, begun.sequence], ["ann/s2", 4]);
});

test("a refusal is written down, a join refused for now is tried again, one refused for good ends the run", () => {
  const bench = new Bench();
  bench.witness.join("r");
  bench.open();
  bench.tell({ type: "error", ref: bench.last("join")["ref"], code: "internal", message: "" });
  const before = bench.said.length;
  bench.witness.tick();
  assert.equal(bench.said.length, before + 1);
  bench.joined("e0");
  bench.witness.publish("r");
  bench.tell({ type: "error", ref: bench.last("publish")["ref"], code: "too-large", message: "" });
  assert.deepEqual(bench.observations.at(-1), { at: 1, client: "ann", room: "r", type: "refused", token: "ann-1", code: "too-large" });
  bench.witness.join("r");
  bench.tell({ type: "error", ref: bench.last("join")["ref"], code: "forbidden", message: "not here" });
  assert.match(bench.witness.fault ?? "", /refuses the join of r with forbidden: not here/);
});

test("all pages of the history are one observation, oldest first", async () => {
  const bench = new Bench();
  bench.witness.join("r");
  bench.open();
  bench.joined("e3");
  const done = bench.witness.readHistory("r");
  const page = (positions: string[], complete: boolean): void => {
    const messages = positions.map((position) => ({ position, data: position, time: 1 }));
    bench.tell({ type: "history", ref: bench.last("history")["ref"], room: "r", messages, complete });
  };
  page(["e2", "e3"], false);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(bench.last("history")["before"], "e2");
  page(["e1"], true);
  assert.equal(await done, true);
  const kept = bench.observations.at(-1);
  assert.ok(kept?.type === "kept");
  assert.deepEqual(
    kept.messages.map(({ position, token }) => [position, token]),
    [
      ["e1", '"e1"'],
      ["e2", '"e2"'],
      ["e3", '"e3"'],
    ],
  );
  const cut = bench.witness.readHistory("r");
  bench.witness.lost();
  assert.equal(await cut, false);
});

test("what is no message ends the run with its text", () => {
  const bench = new Bench();
  bench.witness.receive('{"type":"joined"}');
  assert.match(bench.witness.fault ?? "", /no message: .*\{"type":"joined"\}/);
});
