// Micro-benchmarks of the parts that run for every frame, with fixed seeds: parser, writer, masking, UTF-8, deflate. Compared with
// bench/baseline.json, which `--save` writes anew. `--only TEXT` runs those whose name has it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Event, Machine, PROFILES } from "@openline/protocol";
import { bench, do_not_optimize, run } from "mitata";
import { DeflateCodec } from "../packages/ws/src/deflate/deflate-codec.ts";
import { deflateSettings } from "../packages/ws/src/deflate/deflate-settings.ts";
import { fastUnmask, sharedReadBuffer } from "../packages/ws/src/fast-driver/shared-read-buffer.ts";
import { platform } from "../packages/ws/src/platform.ts";
import { type Baseline, compareWithBaseline } from "./harness/baseline.ts";
import { randomBytes, randomJson, randomLetters } from "./harness/seeded.ts";
import { plainTable } from "./harness/table.ts";

const words = process.argv.slice(2);
const only = words.includes("--only") ? (words[words.indexOf("--only") + 1] ?? "") : "";
const names: string[] = [];

function measure(name: string, work: () => unknown): void {
  if (!name.includes(only)) return;
  names.push(name);
  bench(name, () => do_not_optimize(work())).gc("once");
}

/** A stream of masked client frames of `payload`, about 64 KiB in all: what one read brings under load. */
function maskedFrames(payload: Uint8Array): { stream: Uint8Array; count: number } {
  const client = new Machine({ ...PROFILES.ws, role: "client", platform, now: 0, highWaterBytes: Number.POSITIVE_INFINITY });
  const count = Math.max(1, Math.floor(65_536 / (payload.length + 8)));
  for (let sent = 0; sent < count; sent += 1) client.sendUtf8(payload);
  const pieces: Uint8Array[] = [];
  client.takeOutput(pieces);
  return { stream: Buffer.concat(pieces), count };
}

/** Reads the stream once; its masked bytes are restored first, since the machine unmasks in place. */
function readAll(machine: Machine, stream: Uint8Array, scratch: Uint8Array): number {
  scratch.set(stream);
  machine.receive(scratch, 0);
  let messages = 0;
  for (let event = machine.next(); event !== Event.None; event = machine.next()) messages += event === Event.Text ? 1 : 0;
  return messages;
}

for (const size of [32, 1_024, 16_384]) {
  const { stream, count } = maskedFrames(Buffer.from(randomLetters(size)));
  const scratch = new Uint8Array(stream.length);
  const machine = new Machine({ ...PROFILES.ws, role: "server", platform, now: 0 });
  if (readAll(machine, stream, scratch) !== count) throw new Error("the machine did not read every message");
  measure(`parser: ${count} masked text frames of ${size} B`, () => readAll(machine, stream, scratch));
}

for (const size of [33, 1_024]) {
  const text = randomLetters(size);
  const writer = new Machine({ ...PROFILES.ws, role: "server", platform, now: 0 });
  const pieces: Uint8Array[] = [];
  measure(`writer: 100 text frames of ${size} B`, () => {
    for (let sent = 0; sent < 100; sent += 1) writer.sendText(text);
    pieces.length = 0;
    writer.written(writer.takeOutput(pieces));
  });
}

for (const size of [20, 1_024, 16_384]) {
  const { buffer, byteOffset } = randomBytes(size);
  measure(`masking: ${size} B`, () => platform.unmask(buffer, byteOffset, size, 0x12_34_56_78));
  // Where the fast driver reads to: in place, without a copy into it.
  const shared = sharedReadBuffer().bytes;
  shared.set(new Uint8Array(buffer, byteOffset, size));
  measure(`masking where the fast driver reads: ${size} B`, () => fastUnmask(shared.buffer, 0, size, 0x12_34_56_78));
}

for (const [name, text] of [
  ["ASCII", randomLetters(1_024)],
  ["Chinese", "你好世界".repeat(85)],
] as const) {
  const bytes = Buffer.from(text);
  measure(`UTF-8: check 1 KiB of ${name}`, () => platform.isUtf8(bytes));
  measure(`UTF-8: decode 1 KiB of ${name}`, () => platform.decodeUtf8(bytes));
}

// Our codec as a server's connection uses it: one compressor that all share, no context kept; a message below the thread pool's size is done at once.
const json = Buffer.from(randomJson(1_024));
const agreement = { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 15, clientMaxWindowBits: 15 };
const codec = new DeflateCodec(deflateSettings("server", {}, agreement));
const compressed = codec.deflate(json, true, true, notLater);
if (!(compressed instanceof Uint8Array)) throw new Error("the codec did not compress at once");
const packed = Buffer.from(compressed);
measure("deflate: 1 KiB of JSON", () => codec.deflate(json, true, true, notLater));
measure("inflate: 1 KiB of JSON", () => codec.inflate(packed, true, 1_048_576, notLater));

function notLater(): never {
  throw new Error("1 KiB went to the thread pool");
}

const { benchmarks } = await run({ format: "quiet" });
const measured: Record<string, number> = {};
for (const [index, { runs }] of benchmarks.entries()) measured[names[index] ?? ""] = runs[0]?.stats?.min ?? Number.NaN;

const file = new URL("baseline.json", import.meta.url);
const baseline = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Baseline) : undefined;
process.stdout.write(`${plainTable(compareWithBaseline(measured, baseline))}\n`);
if (words.includes("--save")) {
  const kept = { node: process.versions.node, nanoseconds: only === "" ? measured : { ...baseline?.nanoseconds, ...measured } };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
}
