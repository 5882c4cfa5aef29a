// `npm run bench -- transports`: WORKED-EXAMPLES T, polling to WebSocket side by side. Writes docs/transports.md and its picture. About half a minute.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { createServer } from "@openline/server";
import { generator } from "./harness/seeded.ts";
import { measure } from "./transports/measure.ts";
import { transportsPage, transportsPlot } from "./transports/page.ts";

const everyMs = 500;
const next = generator(0x7a11);
const server = createServer({ port: 0, host: "127.0.0.1", logLevel: "silent" });
const { port } = await server.listen();
process.stdout.write("60 messages, 500 ms apart, in five ways at once: half a minute …\n");
const measured = await measure({
  port,
  publish: async (data) => {
    const { outcome } = await server.hub.publish("prices", { data });
    if (outcome !== "stored") throw new Error(`a message was not stored: ${outcome}`);
  },
  messages: 60,
  everyMs,
  random: () => next() / 2 ** 32,
});
await server.close({ graceMs: 0 });
const docs = join(import.meta.dirname, "../docs");
mkdirSync(join(docs, "performance"), { recursive: true });
const day = new Date().toISOString().slice(0, 10);
const taken = `Measured on ${day}, Node ${process.versions.node}, ${cpus().length} cores.`;
writeFileSync(join(docs, "transports.md"), transportsPage(measured, { everyMs, taken }));
writeFileSync(join(docs, "performance/transports.svg"), transportsPlot(measured));
for (const { way, headerBytes, messages, requests, latencyMs } of measured)
  process.stdout.write(
    `${way.name.padEnd(28)} ${Math.round(headerBytes / messages)} header bytes a message, ${requests} requests, ${latencyMs.median.toFixed(1)} ms\n`,
  );
