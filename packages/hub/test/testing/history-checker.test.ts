import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { assertHistory, checkHistory, explain, violationKinds } from "../../src/testing/history-checker.ts";
import type { Observation, Observations } from "../../src/testing/observation.ts";
import { stretchesOf } from "../../src/testing/stretch.ts";
import { happenings, SimulatedRoom } from "../support/simulated-room.ts";

const right = happenings.map((list) => new SimulatedRoom().play(list));

test("a right history passes, whatever happened in it: returns, gaps, new epochs, a store that fell back", () => {
  fc.assert(
    fc.property(right, (observations) => {
      assert.deepEqual(checkHistory(observations).violations, []);
    }),
    { numRuns: 1_000 },
  );
});

const isMessage = (observation: Observation | undefined): observation is Observation & { type: "message" } =>
  observation?.type === "message";

/** The places of the messages that somebody holds for the truth in the end, without a `gap` to excuse anything. */
function truths(observations: Observations): number[] {
  const stretches = stretchesOf(observations).filter(({ end, gaps }) => end === "open" && gaps.length === 0);
  return stretches.flatMap(({ heard }) => heard.map(({ index }) => index));
}

/** Two messages right after one another for one client. */
function neighbours(observations: Observations): [number, number][] {
  const stretches = stretchesOf(observations).filter(({ end }) => end !== "kept");
  return stretches.flatMap(({ heard }) => heard.slice(1).map(({ index }, place): [number, number] => [heard[place]?.index ?? 0, index]));
}

/** Ways to spoil a right history: each gives the places where it can, and does it at one of them. */
const spoilers: Record<string, { where: (all: Observations) => number[]; spoil: (all: Observation[], at: number) => Observation[] }> = {
  // The first of a rewind is left aside: when the connection breaks then, nobody can tell whether it came.
  "a message left out": { where: (all) => truths(all).filter((at) => !isFirst(all, at)), spoil: (all, at) => all.toSpliced(at, 1) },
  "a message that comes twice": { where: truths, spoil: (all, at) => all.toSpliced(at, 0, ...all.slice(at, at + 1)) },
  "two messages in the wrong order": {
    where: (all) => neighbours(all).map(([one]) => one),
    spoil: (all, one) => {
      const other = neighbours(all).find(([first]) => first === one)?.[1] ?? one;
      const [first, second] = [all[one], all[other]];
      assert.ok(first !== undefined && second !== undefined);
      return all.with(one, second).with(other, first);
    },
  },
  "an insufficient that was not told": {
    where: (all) => placesOf(all, ({ type }) => type === "insufficient").filter((at) => mattersTo(all, at)),
    spoil: (all, at) => all.toSpliced(at, 1),
  },
  "recovered: true where it was false": {
    where: (all) => placesOf(all, (observation) => observation.type === "joined" && observation.recovered === false),
    spoil: (all, at) => all.with(at, { ...all[at], recovered: true } as Observation),
  },
  "a message with other content": {
    where: truths,
    spoil: (all, at) => all.with(at, { ...all[at], token: "other" } as Observation),
  },
  "a publish that was acknowledged and never came": {
    where: (all) =>
      placesOf(all, (observation) => observation.type === "published").filter((place) => truths(all).some((at) => at > place)),
    spoil: (all, at) => {
      const about = { at: 0, client: "eve", room: "room", token: "eve-1" };
      const begun = Math.max(at, ...stretchesOf(all).flatMap(({ end, began }) => (end === "open" ? [began] : [])));
      return all.toSpliced(
        begun + 1,
        0,
        { ...about, type: "publish", lane: "eve", sequence: 1 },
        { ...about, type: "published", position: "e9.9" },
      );
    },
  },
};

const isFirst = (all: Observations, at: number): boolean =>
  stretchesOf(all).some(({ heard }) => heard.some(({ index, arrival }) => index === at && arrival === "first"));

/** Whether the client heard something before it and goes on to hear something. */
function mattersTo(all: Observations, at: number): boolean {
  const before = stretchesOf(all).find(({ client, end, ended }) => client === all[at]?.client && end === "told" && ended === at);
  const next = all
    .slice(at + 1)
    .find(({ client, type }) => client === all[at]?.client && /^(message|joined|insufficient|gap|left)$/.test(type));
  return before !== undefined && before.heard.length > 0 && next?.type === "message";
}

function placesOf(all: Observations, isMeant: (observation: Observation) => boolean): number[] {
  return all.flatMap((observation, place) => (isMeant(observation) ? [place] : []));
}

for (const [name, { where, spoil }] of Object.entries(spoilers)) {
  test(`in any history ${name} is found`, () => {
    let spoiled = 0;
    fc.assert(
      fc.property(right, fc.nat(), (observations, dice) => {
        const places = where(observations);
        const at = places[dice % places.length];
        if (at === undefined) return;
        spoiled++;
        assert.notDeepEqual(checkHistory(spoil([...observations], at)).violations, []);
      }),
      { numRuns: 300 },
    );
    assert.ok(spoiled > 100, `only ${spoiled} histories were spoiled`);
  });
}

const from = (client: string, what: Record<string, unknown>): Observation =>
  ({ at: 0, client, room: "r", ...what }) as unknown as Observation;

test("the counts say what a run was made of", () => {
  const history = [
    from("ann", { type: "joined", position: "e.0", replay: 0 }),
    from("ann", { type: "publish", token: "a1", lane: "ann", sequence: 1 }),
    from("ann", { type: "message", position: "e.1", previous: null, token: "a1" }),
    from("ann", { type: "published", token: "a1", position: "e.1" }),
    from("ann", { type: "publish", token: "a2", lane: "ann", sequence: 2 }),
    from("ann", { type: "refused", token: "a2", code: "too-large" }),
    from("ann", { type: "publish", token: "a3", lane: "ann", sequence: 3 }),
    from("ann", { type: "away" }),
    from("ann", { type: "joined", position: "f.0", replay: 0, recovered: false }),
  ];
  assert.deepEqual(checkHistory(history), {
    isHeld: true,
    violations: [],
    counts: {
      published: 3,
      acknowledged: 1,
      unanswered: 1,
      refused: 1,
      delivered: 1,
      disconnects: 1,
      recovered: 0,
      notRecovered: 1,
      insufficient: 0,
      gaps: 0,
      lostButTold: 1,
    },
  });
});

test("a violation is explained with its meaning, its place and what was seen before, and the run that shows it", () => {
  const history = [
    from("ann", { type: "joined", position: "e.0", replay: 0 }),
    from("ann", { type: "message", position: "e.1", previous: null, token: "x" }),
    { ...from("ann", { type: "message", position: "e.3", previous: "e.2", token: "z" }), at: 1_500 },
  ];
  assert.throws(() => assertHistory(history, "seed 7"), {
    message: `seed 7: 1 violations of the contract; the first:
loss: ${violationKinds.loss}
  ann in r: e.3 came after e.1, but follows e.2
     0.000 s  ann r  joined position=e.0 replay=0
     0.000 s  ann r  message position=e.1 previous=null token=x
     1.500 s  ann r  message position=e.3 previous=e.2 token=z`,
  });
  const [first] = checkHistory(history).violations;
  assert.ok(first !== undefined);
  assert.ok(isMessage(history[first.index]));
  assert.equal(explain(history, first, 1).split("\n").length, 3);
});
