import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ClientState, type ClientStateEvent, clientStates } from "../src/states.ts";

const reach: readonly [from: ClientState, event: ClientStateEvent, to: ClientState | undefined][] = [
  ["idle", "connect", "connecting"],
  ["idle", "lost", undefined],
  ["idle", "close", "closed"],
  ["connecting", "connected", "connected"],
  ["connecting", "lost", "waiting"],
  ["connecting", "refused", "closed"],
  ["connecting", "retry", undefined],
  ["connected", "lost", "waiting"],
  ["connected", "refused", "closed"],
  ["connected", "connect", undefined],
  ["waiting", "retry", "connecting"],
  ["waiting", "connect", "connecting"],
  ["waiting", "connected", undefined],
  ["closed", "retry", undefined],
  ["closed", "lost", undefined],
  ["closed", "connect", "connecting"],
];

for (const [from, event, to] of reach) {
  test(`in ${from}, ${event} ${to === undefined ? "changes nothing" : `leads to ${to}`}`, () => {
    assert.equal(clientStates[from][event], to);
  });
}

test("every state but closed can be closed by the application", () => {
  for (const [state, row] of Object.entries(clientStates)) assert.equal(row.close, state === "closed" ? undefined : "closed");
});

const page = readFileSync(new URL("../../../docs/client.md", import.meta.url), "utf8").split("\n");

test("docs/client.md has this table", () => {
  const events = ["connect", "retry", "connected", "lost", "refused", "close"] as const;
  for (const [state, row] of Object.entries(clientStates)) {
    const line = page.find((text) => text.startsWith(`| \`${state}\``)) ?? "";
    const cells = line.split("|").slice(2, -1);
    assert.deepEqual(
      cells.map((cell) => cell.trim()),
      events.map((event) => (row[event] === undefined ? "" : `\`${row[event]}\``)),
    );
  }
});

test("docs/client.md draws every arrow of this table, and no other", () => {
  const drawn = page.filter((line) => / --> \w+: /.test(line)).map((line) => line.trim());
  const arrows = Object.entries(clientStates).flatMap(([state, row]) =>
    Object.entries(row).map(([event, next]) => `${state} --> ${next}: ${event}`),
  );
  assert.deepEqual(drawn.toSorted(), arrows.toSorted());
});
