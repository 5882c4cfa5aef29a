import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { Broker, BrokerOutcome, Publication, StoredMessage, Subscriber } from "../../src/broker.ts";
import { samePosition } from "../../src/position.ts";
import { follows } from "../../src/recovery.ts";

/** A broker under test. */
export interface BrokerBench {
  readonly broker: Broker;
  /** Lets so much time pass; resolves when the broker has done what falls due. */
  readonly pass: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly close: () => Promise<void> | void;
}

const retention = { messages: 5, bytes: 1_000_000, ageMs: 60_000 };

class Ear implements Subscriber {
  readonly messages: StoredMessage[] = [];
  readonly events: string[] = [];
  message(message: StoredMessage): void {
    this.messages.push(message);
  }
  signal(signal: { content: string; session?: string }): void {
    this.events.push(`signal ${signal.content} ${signal.session}`);
  }
  entered(member: { session: string }): void {
    this.events.push(`entered ${member.session}`);
  }
  exited(session: string): void {
    this.events.push(`exited ${session}`);
  }
  insufficient(): void {
    this.events.push("insufficient");
  }
}

/** What every broker must hold. The rules are those of ARCHITECTURE, "The hub's contract"; a test's name says which. */
export function brokerContract(name: string, open: () => Promise<BrokerBench> | BrokerBench): void {
  const rule = (text: string, check: (bench: BrokerBench) => Promise<void>): void => {
    void test(`${name}: ${text}`, async () => {
      const bench = await open();
      try {
        await check(bench);
      } finally {
        await bench.close();
      }
    });
  };
  const publish = async ({ broker, now }: BrokerBench, data: unknown, more: Partial<Publication> = {}): Promise<BrokerOutcome> => {
    const content = `"data":${JSON.stringify(data)}`;
    return await broker.publish("room", { content, bytes: content.length, time: now(), retention, ...more });
  };
  const withId = (id: string, fingerprint: string): Partial<Publication> => ({ idempotency: { key: id, fingerprint, windowMs: 10_000 } });

  rule("contract 1: offsets rise, tags differ, and each message names the one before", async (bench) => {
    for (let index = 0; index < 4; index++) await publish(bench, index);
    const { messages, top } = await bench.broker.read("room", { offset: 0 });
    assert.equal(messages.length, 4);
    for (const [index, message] of messages.entries()) {
      const before = messages[index - 1];
      if (before !== undefined) assert.ok(message.position.offset > before.position.offset && follows(message, before.position));
    }
    assert.equal(new Set(messages.map((message) => message.position.tag)).size, 4);
    assert.ok(samePosition(messages[3]?.position ?? top, top));
  });

  rule("contract 1: the first message of an epoch follows the position at which an empty room is subscribed", async (bench) => {
    const ear = new Ear();
    const { top } = await bench.broker.subscribe("room", ear);
    await publish(bench, 1);
    await settle();
    const [first] = ear.messages;
    assert.ok(first !== undefined && follows(first, top));
  });

  rule(
    "contract 3: the same id within its window is the first one's position, delivered to nobody; other data is a conflict",
    async (bench) => {
      const ear = new Ear();
      await bench.broker.subscribe("room", ear);
      const first = await publish(bench, 1, withId("i", "one"));
      const second = await publish(bench, 1, withId("i", "one"));
      assert.ok(first.outcome === "stored" && second.outcome === "duplicate" && samePosition(first.position, second.position));
      assert.deepEqual(await publish(bench, 2, withId("i", "two")), { outcome: "conflict" });
      assert.equal((await publish(bench, 1, withId("j", "one"))).outcome, "stored");
      await settle();
      assert.equal(ear.messages.length, 2);
    },
  );

  rule("contract 3: after its window an id is free again, and not before, though the message itself is gone", async (bench) => {
    await publish(bench, 1, withId("i", "one"));
    for (let index = 0; index < 10; index++) await publish(bench, index);
    await bench.pass(9_999);
    assert.equal((await publish(bench, 1, withId("i", "one"))).outcome, "duplicate");
    await bench.pass(1);
    assert.equal((await publish(bench, 1, withId("i", "other"))).outcome, "stored");
  });

  rule("contract 4: all subscribers see one order, that of the calls", async (bench) => {
    const ears = [new Ear(), new Ear()];
    for (const ear of ears) await bench.broker.subscribe("room", ear);
    await Promise.all(Array.from({ length: 20 }, (_, index) => publish(bench, index)));
    await settle();
    const contents = Array.from({ length: 20 }, (_, index) => `"data":${index}`);
    for (const ear of ears)
      assert.deepEqual(
        ear.messages.map((message) => message.content),
        contents,
      );
  });

  rule("contract 5: at least what the rules say is kept; reading tells floor and top", async (bench) => {
    for (let index = 1; index <= 8; index++) await publish(bench, index);
    const all = await bench.broker.read("room", { offset: 0 });
    assert.deepEqual(
      all.messages.slice(-5).map((message) => message.content),
      [4, 5, 6, 7, 8].map((data) => `"data":${data}`),
    );
    assert.equal(all.floor, all.messages[0]?.position.offset);
    const newest = await bench.broker.read("room", { newest: 2 });
    assert.deepEqual(
      newest.messages.map((message) => message.content),
      ['"data":7', '"data":8'],
    );
    assert.ok(samePosition(newest.top, all.top));
    const from = await bench.broker.read("room", { offset: newest.messages[0]?.position.offset ?? 0 });
    assert.deepEqual(from.messages, newest.messages);
    const beyond = await bench.broker.read("room", { offset: all.top.offset + 100 });
    assert.deepEqual(beyond.messages, []);
  });

  rule("contract 2: the top is known though its message is not kept", async (bench) => {
    const ear = new Ear();
    await bench.broker.subscribe("room", ear);
    const outcome = await publish(bench, 1, { retention: { ...retention, messages: 0 } });
    const { messages, top } = await bench.broker.read("room", { offset: 0 });
    assert.deepEqual(messages, []);
    assert.ok(outcome.outcome === "stored" && samePosition(outcome.position, top));
    assert.equal(ear.messages.length, 1);
  });

  rule("contract 2: rotating starts an epoch that nothing of before continues, once, and tells the subscribers", async (bench) => {
    const ear = new Ear();
    const { top } = await bench.broker.subscribe("room", ear);
    await publish(bench, 1);
    await bench.broker.rotate("room", "some other epoch");
    await bench.broker.rotate("room", top.epoch);
    await bench.broker.rotate("room", top.epoch);
    await settle();
    const page = await bench.broker.read("room", { offset: 0 });
    assert.notEqual(page.top.epoch, top.epoch);
    assert.deepEqual(
      page.messages.filter((message) => message.position.epoch === top.epoch),
      [],
    );
    assert.deepEqual(ear.events, ["insufficient"]);
    await publish(bench, 2);
    await settle();
    assert.ok(follows(ear.messages[1] ?? assert.fail("nothing was delivered"), page.top));
  });

  rule("contract 7: other nodes are told of members, a late one gets the list, and a node that goes takes its own along", async (bench) => {
    const [here, there] = [new Ear(), new Ear()];
    const near = await bench.broker.subscribe("room", here);
    near.enter({ session: "a", since: 1 });
    const far = await bench.broker.subscribe("room", there);
    assert.deepEqual(far.members, [{ session: "a", since: 1 }]);
    near.enter({ session: "b", since: 2 });
    near.exit("a");
    far.enter({ session: "c", since: 3 });
    near.close();
    await settle();
    assert.deepEqual(there.events, ["entered b", "exited a", "exited b"]);
    assert.deepEqual(here.events, ["entered c"]);
  });

  rule("an ephemeral message comes to all subscribers and leaves no trace", async (bench) => {
    const ear = new Ear();
    const { top } = await bench.broker.subscribe("room", ear);
    bench.broker.signal("room", { content: '"data":1', time: 1, session: "s" });
    bench.broker.signal("elsewhere", { content: '"data":2', time: 1 });
    await settle();
    assert.deepEqual(ear.events, ['signal "data":1 s']);
    assert.ok(samePosition((await bench.broker.read("room", { offset: 0 })).top, top));
  });

  rule("after a subscription is closed nothing comes to it", async (bench) => {
    const ear = new Ear();
    const subscription = await bench.broker.subscribe("room", ear);
    subscription.close();
    subscription.close();
    await publish(bench, 1);
    await settle();
    assert.deepEqual([ear.messages, ear.events], [[], []]);
  });

  rule("rooms are listed while they have messages", async (bench) => {
    await publish(bench, 1);
    const { top } = await bench.broker.read("room", { newest: 1 });
    assert.deepEqual(await bench.broker.rooms(), [{ room: "room", top, messages: 1 }]);
  });
}
