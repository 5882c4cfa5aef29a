import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, historyRules, lineOf, lostButTold } from "../../src/testing/history-rules.ts";
import type { Observation, ViolationKind } from "../../src/testing/observation.ts";

type Said = readonly [client: string, what: Record<string, unknown>];

const joined = (position: string, more: object = {}): Record<string, unknown> => ({ type: "joined", position, replay: 0, ...more });
const message = (position: string, previous: string | null | undefined, token = `t${position}`): Record<string, unknown> => ({
  type: "message",
  position,
  previous,
  token,
});
const publish = (token: string, sequence = 1, lane = "ann"): Record<string, unknown> => ({ type: "publish", token, lane, sequence });
const published = (token: string, position: string): Record<string, unknown> => ({ type: "published", token, position });
const away = { type: "away" };

const historyOf = (list: readonly Said[]): Observation[] =>
  list.map(([client, what], at) => ({ at, client, room: "room", ...what }) as unknown as Observation);
const kindsIn = (list: readonly Said[]): string[] => {
  const facts = factsOf(historyOf(list));
  return historyRules.flatMap((rule) => Array.from(rule(facts), ({ kind, index, client }) => `${kind} at ${index} for ${client}`));
};

/** Ann hears three messages in a row. */
const three: readonly Said[] = [
  ["ann", joined("e0")],
  ["ann", message("e1", null)],
  ["ann", message("e2", "e1")],
  ["ann", message("e3", "e2")],
];

const wrong: readonly [name: string, list: readonly Said[], found: readonly `${ViolationKind} at ${number} for ${string}`[]][] = [
  [
    "contract 2: a message left out shows in the link of the next",
    [
      ["ann", joined("e0")],
      ["ann", message("e1", null)],
      ["ann", message("e3", "e2")],
    ],
    ["loss at 2 for ann"],
  ],
  [
    "contract 2: a new epoch without a word is a loss",
    [
      ["ann", joined("e0")],
      ["ann", message("e1", null)],
      ["ann", message("f1", null)],
    ],
    ["loss at 2 for ann"],
  ],
  [
    "contract 2: a message left out with links that pretend nothing shows when another client has it",
    [...three, ["bob", joined("e0")], ["bob", message("e1", null)], ["bob", message("e3", undefined)]],
    ["loss at 6 for bob"],
  ],
  ["contract 2: the same message twice", [...three, ["ann", message("e3", "e2")]], ["duplicate at 4 for ann"]],
  [
    "contract 2: the same message twice, the second time replayed after a recovery",
    [...three, ["ann", away], ["ann", joined("e3", { recovered: true, replay: 1 })], ["ann", message("e3", "e2")]],
    ["duplicate at 6 for ann"],
  ],
  [
    "contract 2: recovered: true, and the first message replayed follows another",
    [...three, ["ann", away], ["ann", joined("e5", { recovered: true, replay: 1 })], ["ann", message("e5", "e4")]],
    ["false-recovered at 6 for ann"],
  ],
  [
    "contract 2: recovered: true with nothing to replay, and the room stands elsewhere",
    [...three, ["ann", away], ["ann", joined("e5", { recovered: true })]],
    ["false-recovered at 5 for ann"],
  ],
  [
    "contract 2: recovered: true without what was published meanwhile",
    [...three, ["ann", away], ["bob", publish("b1", 1, "bob")], ["bob", published("b1", "e4")], ["ann", joined("e3", { recovered: true })]],
    ["false-recovered at 7 for ann"],
  ],
  [
    "contract 2: a store that fell back and grew past the old offset, taken for the same history",
    [
      ["bob", joined("e0")],
      ...three,
      ["ann", away],
      ["bob", message("e1", null)],
      ["bob", message("x2", "e1")],
      ["bob", message("x3", "x2")],
      ["ann", joined("x4", { recovered: true, replay: 1 })],
      ["ann", message("x4", "e3")],
      ["bob", message("x4", "x3")],
    ],
    ["link at 10 for ann", "order at 3 for ann"],
  ],
  [
    "contract 1: a live message that never comes to one who is there",
    [...three, ["ann", publish("a1")], ["ann", published("a1", "e4")]],
    ["loss at 5 for ann"],
  ],
  [
    "contract 4: two clients see two histories after one message, and neither is told",
    [...three, ["bob", joined("e0")], ["bob", message("e1", null)], ["bob", message("x2", "e1")]],
    ["order at 6 for bob"],
  ],
  [
    "contract 4: a session's second message before its first",
    [
      ["ann", publish("a1", 1)],
      ["ann", publish("a2", 2)],
      ["bob", joined("e0")],
      ["bob", message("e1", null, "a2")],
      ["bob", message("e2", "e1", "a1")],
    ],
    ["order at 4 for bob"],
  ],
  [
    "contract 3: one publish twice in the room",
    [
      ["ann", publish("a1")],
      ["bob", joined("e0")],
      ["bob", message("e1", null, "a1")],
      ["bob", message("e2", "e1", "a1")],
    ],
    ["stored-twice at 3 for bob", "stored-twice at 3 for bob"],
  ],
  [
    "contract 3: a repetition acknowledged at another place than the first",
    [
      ["bob", joined("e0")],
      ["ann", publish("a1")],
      ["ann", published("a1", "e1")],
      ["bob", message("e1", null, "a1")],
      ["ann", published("a1", "e2")],
    ],
    ["stored-twice at 4 for ann"],
  ],
  [
    "contract 3: stored, they said, and nobody ever sees it",
    [
      ["ann", publish("a1")],
      ["ann", published("a1", "e1")],
      ["ann", publish("a2", 2)],
      ["ann", published("a2", "e2")],
      ["history", { type: "kept", messages: [{ position: "e1", previous: null, token: "a1" }] }],
    ],
    ["acknowledged-unseen at 3 for ann"],
  ],
  [
    "contract 1: one position, two predecessors told",
    [...three, ["bob", joined("e1")], ["bob", message("e3", "e1")]],
    ["link at 5 for bob", "loss at 5 for bob"],
  ],
  [
    "contract 1: one position, two messages",
    [
      ["ann", publish("a1")],
      ["ann", published("a1", "e1")],
      ["bob", joined("e0")],
      ["bob", message("e1", null, "else")],
    ],
    ["content at 3 for bob"],
  ],
  [
    "contract 3: acknowledged at a place where it is not",
    [
      ["bob", joined("e0")],
      ["ann", publish("a1")],
      ["ann", published("a1", "e7")],
      ["bob", message("e1", null, "a1")],
    ],
    ["content at 2 for ann"],
  ],
  [
    "recovery 3: fewer messages than joined announced",
    [
      ["ann", joined("e3", { replay: 3 })],
      ["ann", message("e2", "e1")],
      ["ann", message("e3", "e2")],
    ],
    ["replay at 0 for ann"],
  ],
  [
    "recovery 3: a replay that ends elsewhere than joined said",
    [
      ["ann", joined("e3", { replay: 1 })],
      ["ann", message("e2", "e1")],
      ["ann", message("e3", "e2")],
    ],
    ["replay at 1 for ann"],
  ],
  [
    "contract 8: a gap that counts wrongly, one too few and one too many",
    [
      ...three,
      ["bob", joined("e0")],
      ["bob", { type: "gap", count: 2, position: "e3" }],
      ["cy", joined("e0")],
      ["cy", { type: "gap", count: 4, position: "e3" }],
    ],
    ["gap-count at 5 for bob", "gap-count at 7 for cy"],
  ],
  [
    "publishing: what was refused comes all the same",
    [
      ["ann", publish("a1")],
      ["ann", { type: "refused", token: "a1", code: "too-large" }],
      ["bob", joined("e0")],
      ["bob", message("e1", null, "a1")],
    ],
    ["refused at 3 for bob"],
  ],
];

for (const [name, list, found] of wrong) {
  test(name, () => {
    assert.deepEqual(kindsIn(list).toSorted(), [...found].toSorted());
  });
}

const fine: readonly [name: string, list: readonly Said[]][] = [
  ["three in a row", three],
  [
    "a predecessor that the store cannot tell",
    [
      ["ann", joined("e0")],
      ["ann", message("e1", undefined)],
      ["ann", message("e2", undefined)],
    ],
  ],
  [
    "a rewind begins anywhere",
    [
      ["ann", joined("e9", { replay: 2 })],
      ["ann", message("e8", "e7")],
      ["ann", message("e9", "e8")],
    ],
  ],
  ["a reload may show again what was seen", [...three, ["ann", joined("e3", { replay: 1 })], ["ann", message("e3", "e2")]]],
  [
    "who is told to reload has missed nothing",
    [...three, ["ann", publish("a1")], ["ann", published("a1", "e4")], ["ann", { type: "insufficient", position: "f0" }]],
  ],
  [
    "a replay cut by the next loss comes again",
    [
      ...three,
      ["ann", away],
      ["ann", joined("e5", { recovered: true, replay: 2 })],
      ["ann", message("e4", "e3")],
      ["ann", away],
      ["ann", joined("e5", { recovered: true, replay: 1 })],
      ["ann", message("e5", "e4")],
    ],
  ],
  [
    "two histories, of which one is over and its readers told",
    [
      ...three,
      ["ann", { type: "insufficient", position: "e2x" }],
      ["bob", joined("e0")],
      ["bob", message("e1", null)],
      ["bob", message("e2x", "e1")],
    ],
  ],
  [
    "what was left out by a gap",
    [
      ["ann", joined("e0")],
      ["ann", publish("a1")],
      ["ann", published("a1", "e1")],
      ["ann", { type: "gap", count: 1, position: "e1" }],
      ["ann", message("e2", "e1")],
    ],
  ],
  [
    "a repetition acknowledged at the first one's place",
    [
      ["ann", joined("e0")],
      ["ann", publish("a1")],
      ["ann", published("a1", "e1")],
      ["ann", published("a1", "e1")],
      ["ann", message("e1", null, "a1")],
    ],
  ],
  [
    "a repetition of what the store has lost, stored anew after later ones",
    [
      ["ann", joined("e0")],
      ["ann", publish("a1", 1)],
      ["ann", message("e1", null, "a1")],
      ["ann", { type: "insufficient", position: "f0" }],
      ["ann", publish("a2", 2)],
      ["ann", message("f1", null, "a2")],
      ["ann", published("a2", "f1")],
      ["ann", message("f2", "f1", "a1")],
      ["ann", published("a1", "f2")],
    ],
  ],
  [
    "what is older than all that is kept has expired",
    [
      ["ann", publish("a1")],
      ["ann", published("a1", "e1")],
      ["ann", publish("a2", 2)],
      ["ann", published("a2", "e2")],
      ["history", { type: "kept", messages: [{ position: "e2", previous: "e1", token: "a2" }] }],
    ],
  ],
];

for (const [name, list] of fine) {
  test(`no violation: ${name}`, () => {
    assert.deepEqual(kindsIn(list), []);
  });
}

test("what the store has lost is counted when everybody was told", () => {
  const list: Said[] = [
    ["ann", joined("e0")],
    ["ann", publish("a1")],
    ["ann", published("a1", "e1")],
    ["ann", message("e1", null, "a1")],
    ["ann", { type: "insufficient", position: "f0" }],
  ];
  assert.equal(lostButTold(factsOf(historyOf(list))), 1);
  assert.equal(lostButTold(factsOf(historyOf(list.slice(0, 4)))), 0);
});

test("an observation is one line: when, who, where, what", () => {
  const [line] = historyOf([["ann", published("a1", "e1")]]);
  assert.ok(line !== undefined);
  assert.equal(lineOf({ ...line, at: 2_500 }, 1_000), "   1.500 s  ann room  published token=a1 position=e1");
});
