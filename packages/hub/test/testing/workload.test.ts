import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Hub } from "../../src/hub.ts";
import { assertHistory, checkHistory } from "../../src/testing/history-checker.ts";
import { HubStation } from "../../src/testing/hub-station.ts";
import type { Observation } from "../../src/testing/observation.ts";
import { seeded, Workload } from "../../src/testing/workload.ts";
import type { OutgoingMessage } from "../../src/transport.ts";
import { countingIds } from "../support/test-hub.ts";

interface Played {
  readonly observations: Observation[];
  readonly isCalm: boolean;
}

/** Plays a workload against a hub under the fake clock. */
async function play(seed: number, spoil?: (message: OutgoingMessage) => OutgoingMessage | undefined): Promise<Played> {
  const clock = new FakeClock();
  const hub = new Hub({ clock, ids: countingIds(), random: seeded(seed), roomRules: { b: { slow: "spill" } }, outboundBytes: 4_000 });
  const observations: Observation[] = [];
  const stations = ["ann", "bob", "cy", "dan"].map((name) => new HubStation(name, () => hub, observations, clock.now, spoil));
  const rooms = ["a", "b"];
  const workload = new Workload({ seed, stations, rooms, pass: async (ms) => await clock.advanceAsync(ms), paddingBytes: 100 });
  assert.equal(await workload.begin(1_000), true);
  for (let step = 0; step < 150; step++) await workload.step();
  const isCalm = await workload.calm(5_000);
  hub.close();
  return { observations, isCalm };
}

test("contract 1 to 5: a hub keeps the contract under the workload of any seed, and everything in it happens", async () => {
  const total = { acknowledged: 0, recovered: 0, disconnects: 0, refused: 0, unanswered: 0 };
  for (let seed = 1; seed <= 20; seed++) {
    const { observations, isCalm } = await play(seed);
    assert.equal(isCalm, true, `seed ${seed} did not come to rest`);
    const { counts } = assertHistory(observations, `seed ${seed}`);
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += counts[key];
  }
  assert.ok(total.acknowledged > 1_000 && total.recovered > 100 && total.disconnects > 100, JSON.stringify(total));
  assert.deepEqual([total.refused, total.unanswered], [0, 0]);
});

test("the same seed does the same", async () => {
  const [one, other, another] = [await play(7), await play(7), await play(8)];
  assert.deepEqual(one.observations, other.observations);
  assert.notDeepEqual(one.observations, another.observations);
});

/** Ways in which a server can be wrong, as a text between it and its clients. */
const wrong: Record<string, (random: () => number, text: string) => string | undefined> = {
  "drops a message in a hundred": (random, text) => (text.startsWith('{"type":"message"') && random() < 0.01 ? undefined : text),
  "says recovered: true when it is false": (_, text) => text.replace('"recovered":false', '"recovered":true'),
  "names another message as previous": (random, text) =>
    random() < 0.01 ? text.replace(/"previous":"[^"]+"/, '"previous":"e9.9.t9"') : text,
  "acknowledges with another position": (random, text) =>
    text.startsWith('{"type":"published"') && random() < 0.02 ? text.replace(/"position":"[^"]+"/, '"position":"e1.1.t1"') : text,
};

for (const [name, change] of Object.entries(wrong)) {
  test(`a server that ${name} is found out`, async () => {
    let found = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const random = seeded(seed);
      const spoil = (message: OutgoingMessage): OutgoingMessage | undefined => {
        const text = change(random, message.text);
        return text === undefined ? undefined : { ...message, text };
      };
      if (!checkHistory((await play(seed, spoil)).observations).isHeld) found++;
    }
    assert.ok(found >= 3 || name.includes("recovered"), `${found} of 4`);
  });
}

test("numbers from a seed are from 0 up to 1, and the same again", () => {
  const [one, other] = [seeded(3), seeded(3)];
  for (let index = 0; index < 100; index++) {
    const number = one();
    assert.ok(number >= 0 && number < 1);
    assert.equal(other(), number);
  }
});
