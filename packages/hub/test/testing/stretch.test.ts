import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observation } from "../../src/testing/observation.ts";
import { stretchesOf } from "../../src/testing/stretch.ts";

type Said = Record<string, unknown>;

const joined = (position: string, more: Said = {}): Said => ({ type: "joined", position, replay: 0, ...more });
const message = (position: string): Said => ({ type: "message", position, token: position });

/** Each stretch as a word: from where, what was heard, how it ended. */
function wordsOf(...list: Said[]): string[] {
  const observations = list.map((what, at) => ({ at, client: "ann", room: "room", ...what }) as unknown as Observation);
  return stretchesOf(observations).map(({ heard, end }) => {
    const told = heard.map(({ after, position, arrival }) => `${after}>${position}${arrival === "next" ? "" : `(${arrival})`}`);
    return `${told.join(" ")} ${end}`.trim();
  });
}

const cases: [string, Said[], string[]][] = [
  ["begins where joined says", [joined("1"), message("2"), message("3")], ["1>2(first) 2>3 open"]],
  ["begins nowhere with a rewind", [joined("2", { replay: 1 }), message("2"), message("3")], ["undefined>2(first) 2>3 open"]],
  [
    "goes on over a recovery",
    [joined("1"), message("2"), { type: "away" }, joined("4", { replay: 2, recovered: true }), message("3"), message("4")],
    ["1>2(first) 2>3(recovered) 3>4 open"],
  ],
  [
    "ends when the client is told",
    [joined("1"), message("2"), { type: "insufficient", position: "9" }, message("10")],
    ["1>2(first) told", "9>10(first) open"],
  ],
  [
    "ends with recovered: false",
    [joined("1"), { type: "away" }, joined("9", { recovered: false }), message("10")],
    ["told", "9>10(first) open"],
  ],
  ["jumps with a gap", [joined("1"), { type: "gap", count: 3, position: "4" }, message("5")], ["4>5(gap) open"]],
  [
    "ends with leaving, and what comes then belongs to none",
    [joined("1"), message("2"), { type: "left" }, message("3")],
    ["1>2(first) left"],
  ],
  ["is away when the client did not come back", [joined("1"), message("2"), { type: "away" }], ["1>2(first) away"]],
  ["is what is kept in the end", [{ type: "kept", messages: [message("1"), message("2")] }], ["undefined>1(first) 1>2 kept"]],
];

for (const [name, list, expected] of cases) {
  test(`a stretch ${name}`, () => {
    assert.deepEqual(wordsOf(...list), expected);
  });
}

test("clients and rooms have their own", () => {
  const list = ["ann", "bob"].flatMap((client) =>
    ["a", "b"].map((room) => ({ at: 0, client, room, ...joined("1") }) as unknown as Observation),
  );
  assert.deepEqual(
    stretchesOf(list).map(({ client, room }) => `${client} ${room}`),
    ["ann a", "ann b", "bob a", "bob b"],
  );
});

test("a replay that the next loss cuts short is marked, one that was complete is not", () => {
  const list = [
    joined("2", { replay: 1 }),
    message("2"),
    { type: "away" },
    joined("5", { replay: 3, recovered: true }),
    message("3"),
    { type: "away" },
  ];
  const [stretch] = stretchesOf(list.map((what, at) => ({ at, client: "ann", room: "room", ...what }) as unknown as Observation));
  assert.deepEqual(
    stretch?.replays.map(({ cut }) => cut),
    [false, true],
  );
});
