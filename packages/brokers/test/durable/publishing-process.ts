// Run as a process of its own by the tests: publishes to a durable store as fast as it goes and writes down what was acknowledged, until it is killed.
import { appendFileSync } from "node:fs";
import { type Durability, DurableBroker } from "../../src/durable/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

const [directory = "", durability = "os", journal = "", round = ""] = process.argv.slice(2);
const broker = await DurableBroker.open({ directory, durability: durability as Durability, clock: systemClock, ids: randomIds });
const retention = { messages: 1_000_000, bytes: 1_000_000_000, ageMs: 3_600_000 };

async function publishOn(room: string, lane: number): Promise<never> {
  for (let index = 0; ; index++) {
    const content = `"data":"${round} ${lane} ${index} ${"x".repeat(200)}"`;
    const idempotency = { key: `${round} ${lane} ${index}`, fingerprint: "f", windowMs: 3_600_000 };
    const outcome = await broker.publish(room, { content, bytes: content.length, time: Date.now(), retention, idempotency });
    if (outcome.outcome !== "stored") throw new Error(`not stored: ${JSON.stringify(outcome)}`);
    appendFileSync(journal, `${JSON.stringify({ room, position: outcome.position, content, key: idempotency.key })}\n`);
  }
}

process.stdout.write("open\n");
await Promise.all(Array.from({ length: 20 }, (_, lane) => publishOn(lane % 2 === 0 ? "a" : "b", lane)));
