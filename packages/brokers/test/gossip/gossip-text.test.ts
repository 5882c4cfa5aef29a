import assert from "node:assert/strict";
import { test } from "node:test";
import { type Gossip, readGossip, writeGossip } from "../../src/gossip/gossip-text.ts";

const member = { session: "s", since: 1, user: "ann", data: { mood: "naïve 日本" } };

test("what one node writes another reads", () => {
  const all: Gossip[] = [
    { type: "hello", node: "n" },
    { type: "full", node: "n", seq: 4, part: 0, parts: 1, members: [["room", member]] },
    { type: "enter", node: "n", seq: 5, room: "r", member },
    { type: "exit", node: "n", seq: 6, room: "r", session: "s" },
    { type: "beat", node: "n", seq: 6, digest: "0.0" },
    { type: "ask", node: "n", whom: "m" },
    { type: "bye", node: "n" },
  ];
  for (const gossip of all) assert.deepEqual(readGossip(writeGossip(gossip)), gossip);
});

test("what no node of ours writes is not read", () => {
  const wrong = [
    "",
    "no json",
    "null",
    "[]",
    '{"type":"hello"}',
    '{"type":"toString","node":"n"}',
    '{"type":"later","node":"n"}',
    '{"type":"beat","node":"n","seq":"1","digest":""}',
    '{"type":"enter","node":"n","seq":1,"room":"r","member":{"session":1,"since":1}}',
    '{"type":"full","node":"n","seq":1,"part":0,"parts":1,"members":[["r"]]}',
  ];
  for (const text of wrong) assert.equal(readGossip(text), undefined, text);
});
