// Run as a process of its own by the tests: a worker that enters a room and publishes as fast as it goes, and writes down what was acknowledged, until
// it is killed or its primary is.
import { appendFileSync } from "node:fs";
import { connect } from "node:net";
import { Ear } from "@openline/hub/testing";
import { Line, WorkerBroker } from "../../src/workers/index.ts";
import { systemClock } from "../support/system-clock.ts";

const [path = "", journal = "", name = ""] = process.argv.slice(2);
const retention = { messages: 1_000_000, bytes: 1_000_000_000, ageMs: 3_600_000 };
const broker: WorkerBroker = new WorkerBroker(() => line);
const line: Line = new Line({
  stream: connect(path),
  clock: systemClock,
  asked: () => null,
  told: (topic, json, number) => void broker.hear(topic, json, number),
  closed: () => process.exit(7),
});

(await broker.subscribe("room", new Ear())).enter({ session: name, since: 1 });
for (let index = 0; ; index++) {
  const content = `"data":"${name} ${index}"`;
  const outcome = await broker.publish("room", { content, bytes: content.length, time: Date.now(), retention });
  if (outcome.outcome === "stored") appendFileSync(journal, `${JSON.stringify({ content, position: outcome.position })}\n`);
}
