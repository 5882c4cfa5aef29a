import type { BrokerOutcome, Page, Publication, ReadFrom } from "../broker.ts";
import { type Position, samePosition } from "../position.ts";
import { follows, missedSince } from "../recovery.ts";
import type { BrokerBench } from "./broker-contract.ts";
import { Ear } from "./ear.ts";
import { holds, same } from "./expectation.ts";

/** One rule for every broker. */
export interface BrokerRule {
  readonly id: string;
  /** The line of ARCHITECTURE's "The hub's contract" that it comes from. */
  readonly line: number;
  /** The rule as a sentence. */
  readonly text: string;
  /** Resolves if the store holds it. @throws Error that says what was seen instead */
  readonly check: (bench: BrokerBench) => Promise<void>;
}

const retention = { messages: 5, bytes: 1_000_000, ageMs: 60_000 };
const room = "room";

type Wishes = Partial<Publication> & { readonly room?: string; readonly from?: "broker" | "other" };

async function publish(
  bench: BrokerBench,
  data: unknown,
  { room: name = room, from = "broker", ...more }: Wishes = {},
): Promise<BrokerOutcome> {
  const content = `"data":${JSON.stringify(data)}`;
  return await bench[from].publish(name, { content, bytes: content.length, time: bench.now(), retention, ...more });
}

const windowOf = (bench: BrokerBench): number => bench.windowMs ?? 10_000;

function withId(bench: BrokerBench, key: string, fingerprint: string): Partial<Publication> {
  return { idempotency: { key, fingerprint, windowMs: windowOf(bench) } };
}

function positionOf(outcome: BrokerOutcome, expected: "stored" | "duplicate" = "stored"): Position {
  holds(outcome.outcome === expected, `${expected}, got ${outcome.outcome}`);
  return outcome.position;
}

const contentsOf = (page: Page): string[] => page.messages.map((message) => message.content);
const data = (...values: unknown[]): string[] => values.map((value) => `"data":${JSON.stringify(value)}`);

/** What every broker must hold; {@link brokerContract} makes tests of them. */
export const brokerRules: readonly BrokerRule[] = [
  {
    id: "positions",
    line: 1,
    text: "offsets rise, tags differ, and each message names the one before",
    check: async (bench) => {
      for (let index = 0; index < 4; index++) await publish(bench, index, { from: index % 2 === 0 ? "broker" : "other" });
      const { messages, top } = await bench.other.read(room, { offset: 0 });
      same(messages.length, 4, "messages kept");
      for (const [index, message] of messages.entries()) {
        const before = messages[index - 1];
        if (before === undefined) continue;
        holds(message.position.offset > before.position.offset, `offset ${message.position.offset} above ${before.position.offset}`);
        holds(message.previous === undefined || follows(message, before.position), `message ${index} names the one before`);
      }
      same(new Set(messages.map((message) => message.position.tag)).size, 4, "different tags");
      same(messages[3]?.position, top, "the top");
    },
  },
  {
    id: "first-follows-empty",
    line: 1,
    text: "the first message of an epoch follows the position at which an empty room is subscribed",
    check: async (bench) => {
      const ear = new Ear();
      const { top } = await bench.broker.subscribe(room, ear);
      await publish(bench, 1, { from: "other" });
      await bench.settle();
      const [first] = ear.messages;
      holds(first !== undefined && follows(first, top), `a first message after ${JSON.stringify(top)}, got ${JSON.stringify(first)}`);
    },
  },
  {
    id: "live-is-kept",
    line: 1,
    text: "a live message is the one that is kept, field by field, text of every script included",
    check: async (bench) => {
      const ear = new Ear();
      await bench.other.subscribe(room, ear);
      const texts = ["plain", "naïve 日本語 🚀", "line\nbreak \u0000 \u2028", "", 'quote " and \\ and | and spaces   '];
      for (const text of texts) await publish(bench, text);
      await bench.settle();
      same(ear.contents, data(...texts), "contents");
      const { messages } = await bench.broker.read(room, { offset: 0 });
      same(ear.messages, messages, "live and kept");
    },
  },
  {
    id: "rooms-apart",
    line: 1,
    text: "rooms know nothing of each other, whatever their names look like",
    check: async (bench) => {
      const names = ["room", "room ", "room:1", "{room}", "ROOM", "räum", "a.b.*", "room\u0001", "[room]?"];
      const ears = names.map(() => new Ear());
      for (const [index, name] of names.entries()) await bench.broker.subscribe(name, ears[index] ?? new Ear());
      for (const name of names) await publish(bench, name, { room: name });
      await bench.settle();
      for (const [index, name] of names.entries()) {
        same(ears[index]?.contents, data(name), `heard in ${JSON.stringify(name)}`);
        same(contentsOf(await bench.other.read(name, { offset: 0 })), data(name), `kept in ${JSON.stringify(name)}`);
      }
      const listed = (await bench.other.rooms()).map((listed) => listed.room);
      same(listed.toSorted(), names.toSorted(), "rooms");
    },
  },
  {
    id: "recovery",
    line: 2,
    text: "from every position that is kept, what was missed is continued once, in order, up to the top",
    check: async (bench) => {
      const positions: Position[] = [];
      for (let index = 0; index < 5; index++) positions.push(positionOf(await publish(bench, index)));
      for (const [index, position] of positions.entries()) {
        const missed = missedSince(await bench.other.read(room, { offset: position.offset }), position);
        holds(missed.continuous, `a recovery from ${index}`);
        same(
          missed.messages.map((message) => message.content),
          data(...Array.from({ length: 4 - index }, (_, step) => index + 1 + step)),
          "missed",
        );
      }
    },
  },
  {
    id: "expired-is-missed",
    line: 2,
    text: "what was missed and is no longer kept is no recovery",
    check: async (bench) => {
      const first = positionOf(await publish(bench, 0));
      for (let index = 1; index <= 60; index++) await publish(bench, index, { retention: { ...retention, messages: 2 } });
      const page = await bench.broker.read(room, { offset: first.offset });
      holds(page.messages.length < 60, `some of 60 messages let go of where 2 are to be kept, ${page.messages.length} are there`);
      holds(!missedSince(page, first).continuous, "no recovery from a message long gone");
    },
  },
  {
    id: "top-without-message",
    line: 2,
    text: "the top is known though its message is not kept",
    check: async (bench) => {
      const ear = new Ear();
      await bench.broker.subscribe(room, ear);
      const position = positionOf(await publish(bench, 1, { retention: { ...retention, messages: 0 } }));
      await bench.settle();
      const page = await bench.other.read(room, { offset: 0 });
      same(page.top, position, "the top");
      same(ear.messages.length, 1, "messages heard");
      holds(missedSince(page, position).continuous, "a recovery from the top");
    },
  },
  {
    id: "rotate",
    line: 2,
    text: "rotating starts an epoch that nothing of before continues, once, and tells the subscribers of every node",
    check: async (bench) => {
      const [here, there] = [new Ear(), new Ear()];
      const { top } = await bench.broker.subscribe(room, here);
      await bench.other.subscribe(room, there);
      const before = positionOf(await publish(bench, 1));
      await bench.broker.rotate(room, "some other epoch");
      await Promise.all([bench.broker.rotate(room, top.epoch), bench.other.rotate(room, top.epoch)]);
      await bench.settle();
      const page = await bench.broker.read(room, { offset: 0 });
      holds(page.top.epoch !== top.epoch, "another epoch");
      same(
        page.messages.filter((message) => message.position.epoch === top.epoch),
        [],
        "messages of the old epoch",
      );
      holds(!missedSince(page, before).continuous, "no recovery from before");
      same([here.events, there.events], [["insufficient"], ["insufficient"]], "told");
      await publish(bench, 2);
      await bench.settle();
      holds(there.messages[1] !== undefined && follows(there.messages[1], page.top), "the next message follows the new epoch's start");
    },
  },
  {
    id: "same-id",
    line: 3,
    text: "the same id within its window is the first one's position, delivered to nobody, on any node; other data is a conflict",
    check: async (bench) => {
      const ear = new Ear();
      await bench.broker.subscribe(room, ear);
      const first = positionOf(await publish(bench, 1, withId(bench, "i", "one")));
      const second = positionOf(await publish(bench, 1, { ...withId(bench, "i", "one"), from: "other" }), "duplicate");
      same(second, first, "the position");
      same(await publish(bench, 2, withId(bench, "i", "two")), { outcome: "conflict" }, "other data");
      positionOf(await publish(bench, 1, withId(bench, "j", "one")));
      positionOf(await publish(bench, 1, { ...withId(bench, "i", "one"), room: "elsewhere" }));
      await bench.settle();
      same(ear.messages.length, 2, "messages heard");
    },
  },
  {
    id: "same-id-at-once",
    line: 3,
    text: "of many publishes with one id at the same time, one is stored",
    check: async (bench) => {
      const tries = Array.from({ length: 10 }, (_, index) =>
        publish(bench, 1, { ...withId(bench, "i", "one"), from: index % 2 === 0 ? "broker" : "other" }),
      );
      const outcomes = (await Promise.all(tries)).map(({ outcome }) => outcome);
      same(outcomes.toSorted(), [...Array.from({ length: 9 }, () => "duplicate"), "stored"], "outcomes");
      same((await bench.broker.read(room, { offset: 0 })).messages.length, 1, "messages kept");
    },
  },
  {
    id: "window-ends",
    line: 3,
    text: "after its window an id is free again, and not before, though the message itself is gone",
    check: async (bench) => {
      await publish(bench, 1, withId(bench, "i", "one"));
      for (let index = 0; index < 10; index++) await publish(bench, index);
      await bench.pass(windowOf(bench) / 2);
      positionOf(await publish(bench, 1, withId(bench, "i", "one")), "duplicate");
      await bench.pass(windowOf(bench) / 2 + 1);
      positionOf(await publish(bench, 1, withId(bench, "i", "other")));
    },
  },
  {
    id: "one-order",
    line: 4,
    text: "all subscribers see one order, each message once, and one node's calls keep theirs",
    check: async (bench) => {
      const ears = [new Ear(), new Ear(), new Ear()];
      for (const [index, ear] of ears.entries()) await bench[index === 2 ? "other" : "broker"].subscribe(room, ear);
      const calls = Array.from({ length: 40 }, (_, index) => publish(bench, index, { from: index < 20 ? "broker" : "other" }));
      await Promise.all(calls);
      await bench.settle();
      for (const ear of ears) {
        same(ear.contents, ears[0]?.contents, "the order");
        const sequences = ear.contents.map((content) => Number(content.slice(7)));
        same(
          sequences.filter((value) => value < 20),
          Array.from({ length: 20 }, (_, index) => index),
          "the first node's calls",
        );
        same(
          sequences.filter((value) => value >= 20),
          Array.from({ length: 20 }, (_, index) => 20 + index),
          "the second node's calls",
        );
      }
    },
  },
  {
    id: "subscribe-amid",
    line: 4,
    text: "whoever subscribes amid publishes hears everything after its top, each once",
    check: async (bench) => {
      const many = { ...retention, messages: 1000 };
      const calls = Array.from({ length: 30 }, (_, index) => publish(bench, index, { from: "other", retention: many }));
      const ear = new Ear();
      const { top } = await bench.broker.subscribe(room, ear);
      for (let index = 30; index < 60; index++) calls.push(publish(bench, index, { from: "other", retention: many }));
      await Promise.all(calls);
      await bench.settle();
      const { messages } = await bench.broker.read(room, { offset: 0 });
      const later = messages.filter((message) => message.position.offset > top.offset);
      const heard = ear.messages.filter((message) => message.position.offset > top.offset);
      same(heard, later, "heard after the top");
    },
  },
  {
    id: "retention",
    line: 5,
    text: "at least what the rules say is kept; reading tells floor and top",
    check: async (bench) => {
      for (let index = 1; index <= 8; index++) await publish(bench, index);
      const all = await bench.broker.read(room, { offset: 0 });
      same(contentsOf(all).slice(-5), data(4, 5, 6, 7, 8), "the newest five");
      same(all.floor, all.messages[0]?.position.offset, "the floor");
      const newest = await bench.broker.read(room, { newest: 2 });
      same(contentsOf(newest), data(7, 8), "the newest two");
      same([newest.top, newest.floor], [all.top, all.floor], "top and floor of a part");
      same((await bench.broker.read(room, { newest: 0 })).messages, [], "none asked for");
      const from = await bench.broker.read(room, { offset: newest.messages[0]?.position.offset ?? 0 });
      same(from.messages, newest.messages, "from an offset on");
      const beyond = await bench.broker.read(room, { offset: all.top.offset + 100 });
      same([beyond.messages, beyond.top], [[], all.top], "beyond the top");
    },
  },
  {
    id: "pages",
    line: 5,
    text: "history is read in pages, forward from an offset and back from one, with the whole room's floor and top",
    check: async (bench) => {
      const wide = { ...retention, messages: 100 };
      const offsets: number[] = [];
      for (let index = 1; index <= 8; index++) offsets.push(positionOf(await publish(bench, index, { retention: wide })).offset);
      const all = await bench.broker.read(room, { offset: 0 });
      const at = (index: number): number => offsets[index - 1] ?? 0;
      const pages: [ReadFrom, number[]][] = [
        [{ newest: 3, before: at(6) }, [3, 4, 5]],
        [{ newest: 9, before: at(3) }, [1, 2]],
        [{ newest: 3, before: at(1) }, []],
        [{ newest: 2, before: at(8) + 100 }, [7, 8]],
      ];
      for (const [from, expected] of pages) {
        const page = await bench.other.read(room, from);
        same(contentsOf(page), data(...expected), JSON.stringify(from));
        same([page.floor, page.top], [all.floor, all.top], `floor and top of ${JSON.stringify(from)}`);
      }
      const forward = await bench.other.read(room, { offset: at(3), limit: 2 });
      same(contentsOf(forward).slice(0, 2), data(3, 4), "the oldest two from there on");
      same([forward.floor, forward.top], [all.floor, all.top], "floor and top");
      same((await bench.other.read(room, { offset: at(8) + 1, limit: 2 })).messages, [], "beyond the top");
    },
  },
  {
    id: "member-changes",
    line: 7,
    text: "a member that changes is told to the other nodes once, and who comes later gets it as it is now",
    check: async (bench) => {
      const [here, there] = [new Ear(), new Ear()];
      const near = await bench.broker.subscribe(room, here);
      await bench.other.subscribe(room, there);
      near.enter({ session: "a", since: 1 });
      near.enter({ session: "a", since: 1, away: 5 });
      await bench.settle();
      same(there.events, ["entered a", "entered a"], "told");
      const late = await bench.other.subscribe(room, new Ear());
      same(late.members, [{ session: "a", since: 1, away: 5 }], "the list");
      near.exit("a");
      await bench.settle();
      same(there.events, ["entered a", "entered a", "exited a"], "told");
    },
  },
  {
    id: "members",
    line: 7,
    text: "other nodes are told of members, a late one gets the list, and a node that goes takes its own along",
    check: async (bench) => {
      const [here, there] = [new Ear(), new Ear()];
      const near = await bench.broker.subscribe(room, here);
      near.enter({ session: "a", since: 1, user: "ann", data: { mood: "naïve 日本" } });
      await bench.settle();
      const far = await bench.other.subscribe(room, there);
      same(far.members, [{ session: "a", since: 1, user: "ann", data: { mood: "naïve 日本" } }], "the list");
      near.enter({ session: "b", since: 2 });
      near.exit("a");
      near.exit("nobody");
      await bench.settle();
      far.enter({ session: "c", since: 3 });
      await bench.settle();
      near.close();
      await bench.settle();
      same(there.events, ["entered b", "exited a", "exited b"], "told there");
      same(here.events, ["entered c"], "told here");
    },
  },
  {
    id: "signals",
    line: 4,
    text: "an ephemeral message comes to all subscribers and leaves no trace",
    check: async (bench) => {
      const [here, there] = [new Ear(), new Ear()];
      const { top } = await bench.broker.subscribe(room, here);
      await bench.other.subscribe(room, there);
      bench.broker.signal(room, { content: '"data":"日本"', time: bench.now(), session: "s" });
      bench.broker.signal("elsewhere", { content: '"data":2', time: bench.now() });
      await bench.settle();
      for (const ear of [here, there]) same(ear.events, ['signal "data":"日本" s'], "heard");
      same((await bench.broker.read(room, { offset: 0 })).top, top, "the top");
    },
  },
  {
    id: "closed-hears-nothing",
    line: 6,
    text: "after a subscription is closed nothing comes to it",
    check: async (bench) => {
      const ear = new Ear();
      const subscription = await bench.broker.subscribe(room, ear);
      subscription.close();
      subscription.close();
      await publish(bench, 1);
      await publish(bench, 2, { from: "other" });
      await bench.settle();
      same([ear.messages, ear.events], [[], []], "heard");
    },
  },
  {
    id: "rooms",
    line: 6,
    text: "rooms are listed while they have messages",
    check: async (bench) => {
      await publish(bench, 1);
      const { top } = await bench.broker.read(room, { newest: 1 });
      holds(samePosition(top, (await bench.other.read(room, { newest: 0 })).top), "one top for all");
      same(await bench.other.rooms(), [{ room, top, messages: 1 }], "rooms");
    },
  },
];
