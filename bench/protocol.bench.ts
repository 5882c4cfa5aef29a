// Micro-benchmarks of the protocol machine, with fixed seeds. One number per line: time for one frame or one message.

import { Event, Machine, PROFILES } from "@openline/protocol";
import { bench, run, summary } from "mitata";
import { platform } from "../packages/ws/src/platform.ts";

/** A stream of masked client frames of `payloadBytes`, about 64 KiB in all: what one read brings under load. */
function maskedFrames(payloadBytes: number): { stream: Uint8Array; count: number } {
  const client = new Machine({ ...PROFILES.ws, role: "client", platform, now: 0, highWaterBytes: Number.POSITIVE_INFINITY });
  const payload = Uint8Array.from({ length: payloadBytes }, (_, index) => 97 + (index % 26));
  const count = Math.max(1, Math.floor(65_536 / (payloadBytes + 8)));
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

for (const payloadBytes of [32, 1_024, 16_384]) {
  const { stream, count } = maskedFrames(payloadBytes);
  const scratch = new Uint8Array(stream.length);
  const machine = new Machine({ ...PROFILES.ws, role: "server", platform, now: 0 });
  if (readAll(machine, stream, scratch) !== count) throw new Error("the machine did not read every message");
  summary(() => {
    bench(`read ${count} masked text frames of ${payloadBytes} B`, () => readAll(machine, stream, scratch));
  });
}

const text = "a line of some thirty-two letters";
const writer = new Machine({ ...PROFILES.ws, role: "server", platform, now: 0 });
const pieces: Uint8Array[] = [];
bench("write 100 text frames of 33 B", () => {
  for (let sent = 0; sent < 100; sent += 1) writer.sendText(text);
  pieces.length = 0;
  writer.written(writer.takeOutput(pieces));
});

await run({ colors: process.stdout.isTTY === true });
