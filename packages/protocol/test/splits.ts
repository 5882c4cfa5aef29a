import assert from "node:assert/strict";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { Machine } from "../src/machine.ts";
import type { EventKind, MachineOptions } from "../src/machine-types.ts";
import { Event } from "../src/machine-types.ts";
import { countingPlatform, platform } from "./node-platform.ts";

const NAMES = new Map<EventKind, string>(Object.entries(Event).map(([name, kind]) => [kind, name]));

export type Options = Partial<MachineOptions>;

/** A machine over the tests' platform; a server unless told otherwise. */
export function machineOf(options: Options = {}): Machine {
  return new Machine({ role: "server", platform, now: 0, ...options });
}

/** The event at hand as a line, so that a whole run can be compared. */
export function describe(machine: Machine, kind: EventKind): string {
  const name = NAMES.get(kind) ?? String(kind);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  if (kind === Event.Text) return `${name} ${JSON.stringify(machine.text())}`;
  if (kind === Event.Binary) return `${name} ${hex(Buffer.concat(machine.fragments ?? [machine.data]))}`;
  if (kind === Event.Ping || kind === Event.Pong || kind === Event.MessageData) return `${name} ${hex(machine.data)}`;
  if (kind === Event.MessageStart) return `${name} ${machine.binary ? "binary" : "text"}`;
  const close = `${name} ${machine.closeCode} ${JSON.stringify(machine.closeReason)}`;
  if (kind === Event.Close) return close;
  if (kind === Event.Closed) return `${close} ${machine.wasClean ? "clean" : "unclean"}`;
  if (kind !== Event.Error && kind !== Event.Timeout) return name;
  const error = machine.error;
  assert.ok(error !== undefined);
  return "closeCode" in error ? `${name} ${error.code} ${error.closeCode}` : `${name} ${error.code}`;
}

/** All events until None; the codec's questions are answered with zlib, without context takeover, and are not listed. */
export function events(machine: Machine): string[] {
  const lines: string[] = [];
  for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
    if (kind === Event.Inflate) {
      answerInflate(machine);
    } else if (kind === Event.Deflate) {
      machine.deflated(deflate(machine.data));
    } else {
      lines.push(describe(machine, kind));
    }
  }
  return lines;
}

/** What has come of the compressed message at hand, for each machine. */
const inflating = new WeakMap<Machine, { pieces: Uint8Array[]; inflatedBytes: number }>();

function answerInflate(machine: Machine): void {
  const { pieces, inflatedBytes } = inflating.get(machine) ?? { pieces: [], inflatedBytes: 0 };
  pieces.push(Buffer.from(machine.data));
  const all = inflate(pieces, machine.final);
  inflating.set(machine, machine.final ? { pieces: [], inflatedBytes: 0 } : { pieces, inflatedBytes: all.length });
  if (all.length - inflatedBytes > machine.limit) machine.inflateFailed("limit");
  else machine.inflated(all.subarray(inflatedBytes));
}

function inflate(pieces: readonly Uint8Array[], final: boolean): Uint8Array {
  const tail = final ? Buffer.from([0, 0, 0xff, 0xff]) : Buffer.alloc(0);
  return Buffer.from(inflateRawSync(Buffer.concat([...pieces, tail]), { finishFlush: constants.Z_SYNC_FLUSH }));
}

/** A message's payload as RFC 7692 §7.2.1 wants it. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return Buffer.from(deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4));
}

/** What the machine has to write, as one buffer, reported as written. */
export function output(machine: Machine): Buffer {
  const segments: Uint8Array[] = [];
  const bytes = machine.takeOutput(segments);
  const all = Buffer.concat(segments);
  assert.equal(bytes, all.length);
  machine.written(bytes);
  return all;
}

/** What came of a stream: events, what was answered, and the state. */
export interface Outcome {
  readonly events: readonly string[];
  readonly answer: string;
  readonly readyState: number;
}

function run(options: Options, chunks: readonly Uint8Array[]): Outcome {
  const machine = machineOf({ platform: countingPlatform(), ...options });
  const lines: string[] = [];
  for (const chunk of chunks) {
    // A copy in a buffer that is spoilt afterwards: nothing may be kept without copying.
    const lent = new Uint8Array(chunk.length + 3).subarray(3);
    lent.set(chunk);
    machine.receive(lent, 1);
    lines.push(...events(machine));
    lent.fill(0xaa);
  }
  return { events: join(lines), answer: output(machine).toString("hex"), readyState: machine.readyState };
}

/** Pieces of a streamed message are put together: how they are cut is the transport's affair. */
function join(lines: readonly string[]): string[] {
  const joined: string[] = [];
  for (const line of lines) {
    if (line.startsWith("MessageData ") && joined.at(-1)?.startsWith("MessageData ") === true)
      joined.push(`${joined.pop()}${line.slice(12)}`);
    else joined.push(line);
  }
  return joined;
}

/** The stream cut at these places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places)].filter((at) => at > 0 && at < bytes.length).toSorted((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));
}

/** Places to cut at, from a small generator of its own, so that a failure comes again. */
function randomPlaces(length: number, seed: number): number[] {
  let state = seed * 2_654_435_761 + 1;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return Array.from({ length: 1 + Math.floor(next() * 6) }, () => Math.floor(next() * length));
}

/**
 * Runs the stream whole, byte by byte, with the first byte of another frame behind it, and cut at random places; asserts that all give
 * the same, and answers it. `endsWithAFrame`: false when another byte behind the stream may mean something.
 */
export function inEverySplit(options: Options, bytes: Uint8Array, endsWithAFrame = true): Outcome {
  const whole = run(options, [bytes]);
  const ways: [string, readonly Uint8Array[]][] = [
    ["byte by byte", Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))],
    ["with a trailing byte", [Buffer.concat([bytes, Buffer.from([0x8a])])]],
  ];
  if (!endsWithAFrame) ways.pop();
  if (bytes.length > 4096) ways.shift();
  for (let seed = 1; seed <= 12; seed++) {
    const places = randomPlaces(bytes.length, seed);
    ways.push([`cut at ${places.join(", ")}`, cut(bytes, places)]);
  }
  for (const [way, chunks] of ways) assert.deepEqual(run(options, chunks), whole, way);
  return whole;
}
