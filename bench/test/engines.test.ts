import assert from "node:assert/strict";
import { test } from "node:test";
import { measuredEngines, measureEngine } from "../engines/engine-cost.ts";

const load = { seconds: 0.3, rooms: 5, inFlight: 10, bytes: 100 };

for (const engine of measuredEngines.filter(({ name }) => name === "memory" || name === "Redis")) {
  test(`the cost of a message through ${engine.name} is measured, every delivery counted`, { skip: engine.skip ?? false }, async () => {
    const cost = await measureEngine(engine, load);
    assert.ok(cost.messagesPerSecond > 10, JSON.stringify(cost));
    assert.ok(Math.abs(cost.deliveriesPerSecond / cost.messagesPerSecond - 2) < 0.001);
    assert.ok(cost.nodesMicroseconds > 0);
  });
}
