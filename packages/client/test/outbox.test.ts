import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { defaultLimits } from "@openline/wire";
import { ClientError } from "../src/errors.ts";
import { Outbox, type OutboxTerms } from "../src/outbox.ts";

const terms: OutboxTerms = { limits: defaultLimits, resumed: true, transitMs: 35_000 };

class Bench {
  readonly clock: FakeClock = new FakeClock(0);
  readonly sent: string[] = [];
  readonly ends: string[] = [];
  connected = false;
  readonly outbox: Outbox;
  #ref = 0;

  constructor(limit = { messages: 1_000, bytes: 1_048_576 }) {
    const send = (text: string): boolean => {
      if (this.connected) this.sent.push(text);
      return this.connected;
    };
    this.outbox = new Outbox({ clock: this.clock, send, retryDelayMs: () => 100 }, limit);
  }

  /** Adds a publish whose text is its name; its end is noted as `name: outcome`. Returns its ref. */
  add(name: string, room = "lobby"): number {
    const ref = ++this.#ref;
    this.outbox.add(ref, room, name).then(
      (result) => this.ends.push(`${name}: ${result.position ?? "stored"}${result.duplicate === true ? " duplicate" : ""}`),
      (error: unknown) => this.ends.push(`${name}: ${error instanceof ClientError ? error.code : String(error)}`),
    );
    return ref;
  }

  up(fields: Partial<OutboxTerms> = {}): void {
    this.connected = true;
    this.outbox.up({ ...terms, ...fields });
  }

  refuse(ref: number, code: string): void {
    this.outbox.refuse(ref, new ClientError(code));
  }

  takeSent(): string[] {
    return this.sent.splice(0);
  }
}

test("while away publishes wait, and go out in their order when the link is up", async () => {
  const bench = new Bench();
  const refs = ["a", "b", "c"].map((name) => bench.add(name));
  assert.deepEqual(bench.sent, []);
  bench.up();
  assert.deepEqual(bench.sent, ["a", "b", "c"]);
  assert.equal(bench.outbox.settle(refs[0] ?? 0, { position: "p1" }), true);
  await settle();
  assert.deepEqual(bench.ends, ["a: p1"]);
  assert.equal(bench.outbox.size, 2);
});

test("after a reconnect the unanswered publishes go again before anything later (wire, Publishing)", () => {
  const bench = new Bench();
  bench.up();
  const a = bench.add("a");
  bench.add("b");
  bench.outbox.settle(a, {});
  bench.connected = false;
  bench.add("c");
  bench.takeSent();
  bench.up();
  bench.add("d");
  assert.deepEqual(bench.sent, ["b", "c", "d"]);
});

const full: readonly [rule: string, limit: { messages: number; bytes: number }, waiting: string[], more: string, text: RegExp][] = [
  ["messages", { messages: 2, bytes: 1_000 }, ["a", "b"], "c", /2 messages wait for acknowledgement, outboundLimit.messages is 2/],
  ["bytes", { messages: 9, bytes: 10 }, ["aaaa", "bbbb"], "好", /8 bytes wait and this message has 3, outboundLimit.bytes is 10/],
];

for (const [rule, limit, waiting, more, text] of full) {
  test(`over the limit of ${rule} a publish rejects with queue-full, which names the limit, and the others stay`, async () => {
    const bench = new Bench(limit);
    for (const name of waiting) bench.add(name);
    await assert.rejects(
      bench.outbox.add(99, "lobby", more),
      (error) => error instanceof ClientError && error.code === "queue-full" && text.test(error.message),
    );
    bench.up();
    assert.deepEqual(bench.sent, waiting);
    bench.outbox.settle(1, {});
    bench.add(more);
    assert.equal(bench.sent.at(-1), more);
  });
}

test("what is larger than the server takes is refused before it is sent: it would fail the transport with 1009", async () => {
  const limits = { ...defaultLimits, messageBytes: 3 };
  const bench = new Bench();
  bench.add("waiting too long");
  bench.up({ limits });
  bench.add("long");
  bench.add("ok");
  await settle();
  assert.deepEqual(bench.sent, ["ok"]);
  assert.deepEqual(bench.ends.toSorted(), ["long: too-large", "waiting too long: too-large"]);
});

test("an unanswered publish older than the server's window, less its time in the network, ends as unknown", async () => {
  const bench = new Bench();
  bench.up();
  bench.add("old");
  bench.connected = false;
  bench.clock.advance(1);
  bench.connected = true;
  bench.add("young");
  bench.connected = false;
  bench.add("never sent");
  bench.clock.advance(264_999);
  bench.takeSent();
  bench.up();
  await settle();
  assert.deepEqual(bench.ends, ["old: unknown"]);
  assert.deepEqual(bench.sent, ["young", "never sent"]);
});

test("when the server has forgotten the session, what was sent ends as unknown and what was not is sent", async () => {
  const bench = new Bench();
  bench.up();
  bench.add("sent");
  bench.connected = false;
  bench.add("waiting");
  bench.takeSent();
  bench.up({ resumed: false });
  await settle();
  assert.deepEqual(bench.ends, ["sent: unknown"]);
  assert.deepEqual(bench.sent, ["waiting"]);
});

test("after unknown-outcome the same text goes again, and later ones to that room wait until it is settled (wire, Errors)", async () => {
  const bench = new Bench();
  bench.up();
  const a = bench.add("a");
  const b = bench.add("b");
  bench.refuse(a, "unknown-outcome");
  bench.refuse(b, "unknown-outcome");
  bench.add("c");
  bench.add("elsewhere", "other");
  assert.deepEqual(bench.takeSent(), ["a", "b", "elsewhere"]);
  bench.clock.advance(100);
  assert.deepEqual(bench.takeSent(), ["a"]);
  bench.outbox.settle(a, { position: "p1", duplicate: true });
  assert.deepEqual(bench.takeSent(), ["b", "c"]);
  await settle();
  assert.deepEqual(bench.ends, ["a: p1 duplicate"]);
});

test("a retry that is refused for good lets the later ones go", async () => {
  const bench = new Bench();
  bench.up();
  const a = bench.add("a");
  bench.refuse(a, "unknown-outcome");
  bench.add("b");
  bench.clock.advance(100);
  bench.refuse(a, "forbidden");
  assert.deepEqual(bench.takeSent(), ["a", "a", "b"]);
  await settle();
  assert.deepEqual(bench.ends, ["a: forbidden"]);
});

test("retries of an unknown outcome end with the server's window", async () => {
  const bench = new Bench();
  bench.up();
  const a = bench.add("a");
  for (let at = 0; at < 4_000 && bench.outbox.size > 0; at++) {
    bench.refuse(a, "unknown-outcome");
    bench.clock.advance(100);
  }
  await settle();
  assert.deepEqual(bench.ends, ["a: unknown"]);
  assert.equal(bench.clock.now(), defaultLimits.idempotencyWindowMs);
  assert.equal(bench.clock.pending, 0);
});

test("a retry whose time comes while away waits for the link, and keeps its place", () => {
  const bench = new Bench();
  bench.up();
  bench.refuse(bench.add("a"), "unknown-outcome");
  bench.connected = false;
  bench.add("b");
  bench.clock.advance(100);
  bench.takeSent();
  bench.up();
  assert.deepEqual(bench.sent, ["a"]);
});

test("closing rejects what was sent with unknown, and what was not with closed", async () => {
  const bench = new Bench();
  bench.up();
  bench.add("sent");
  bench.connected = false;
  bench.add("waiting");
  bench.outbox.close("bye");
  await settle();
  assert.deepEqual(bench.ends, ["sent: unknown", "waiting: closed"]);
  assert.deepEqual([bench.outbox.size, bench.clock.pending], [0, 0]);
});

test("answers to others' refs are not taken", () => {
  const bench = new Bench();
  assert.equal(bench.outbox.settle(7, {}), false);
  assert.equal(bench.outbox.refuse(7, new ClientError("internal")), false);
});
