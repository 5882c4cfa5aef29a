import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay } from "../src/replay.ts";
import { outgoing } from "../src/transport.ts";
import { run } from "./support/messages.ts";

test("a replay gives each message once, made into text when it is taken, then nothing", () => {
  const composed: number[] = [];
  const replay = new Replay(run(3, 4), (message) => {
    composed.push(message.position.offset);
    return outgoing(message.content);
  });
  assert.equal(replay.take()?.text, '"data":3');
  assert.deepEqual(composed, [3]);
  assert.deepEqual([replay.take()?.text, replay.take(), replay.take()], ['"data":4', undefined, undefined]);
});
