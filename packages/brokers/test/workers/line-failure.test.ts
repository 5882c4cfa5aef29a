import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomLimitError } from "@openline/hub";
import { BrokerError } from "../../src/broker-error.ts";
import { errorOf, failureOf } from "../../src/workers/line-failure.ts";

const overTheLine = (error: unknown): Error => errorOf(failureOf(error));

test("an error crosses the line as what it is, as far as somebody acts by it", () => {
  const closed = overTheLine(new BrokerError("closed", "the durable store is closed"));
  assert.ok(closed instanceof BrokerError && closed.code === "closed" && closed.message === "the durable store is closed");
  const full = overTheLine(new RoomLimitError("lobby", 3));
  assert.ok(full instanceof RoomLimitError && full.room === "lobby" && full.limit === 3);
  assert.equal(full.message, new RoomLimitError("lobby", 3).message);
  assert.deepEqual(overTheLine(new TypeError("wrong")), new Error("wrong"));
  assert.deepEqual(overTheLine("text"), new Error("text"));
});
