import assert from "node:assert/strict";
import { test } from "node:test";
import { destroyQuietly, type NodeClient, scanOne } from "../../src/redis/node-client.ts";

test("a scan goes on until the cursor is back at 0, whatever the parts look like", async () => {
  const asked: string[][] = [];
  const replies = [
    ["7", ["a", "b"]],
    ["9", []],
    ["0", ["c"]],
  ];
  const client: NodeClient = {
    ping: async () => "PONG",
    sendCommand: async (args) => {
      asked.push(args);
      return replies[asked.length - 1];
    },
  };
  const found: string[] = [];
  for await (const part of scanOne(client, "x*")) found.push(...part);
  assert.deepEqual(found, ["a", "b", "c"]);
  assert.deepEqual(
    asked.map(([command, cursor, , pattern]) => [command, cursor, pattern]),
    [
      ["SCAN", "0", "x*"],
      ["SCAN", "7", "x*"],
      ["SCAN", "9", "x*"],
    ],
  );
});

test("an answer that is no list ends the scan", async () => {
  const client: NodeClient = { ping: async () => "PONG", sendCommand: async () => "odd" };
  for await (const part of scanOne(client, "x*")) assert.fail(`found ${part.join()}`);
});

test("destroying what is gone already is no fault", () => {
  let calls = 0;
  destroyQuietly({
    destroy: () => {
      calls++;
      throw new Error("the client is closed");
    },
  });
  assert.equal(calls, 1);
});
