// Any bytes at all into the machine, cut in any way: no throw, no growth, the same events for every cut, and those that the reference expects.
import assert from "node:assert/strict";
import { Event, type EventKind, Machine, type MachineOptions, PROTOCOL_ERRORS } from "@openline/protocol";
import { FrameReader, frameFaults } from "../cases/frames.ts";
import { type CodecMood, Inflater } from "./codec.ts";
import { mutated, randomFrames, randomHeader } from "./content.ts";
import { Random } from "./random.ts";
import { type Expected, expect } from "./reference.ts";
import type { Case, Target } from "./target.ts";
import { TrackedPlatform } from "./tracked-platform.ts";

export interface StreamSetting {
  readonly role: "server" | "client";
  readonly maxPayloadBytes: number;
  readonly maxFragments: number;
  readonly skipUtf8Validation: boolean;
  readonly delivery: "whole" | "streaming" | "fragments";
  readonly codec: "none" | CodecMood;
  /** Whether bytes are given even while the machine wants none. */
  readonly pushy: boolean;
  readonly end: "ended" | "lost" | "silent";
  readonly cutSeed: number;
}

interface Outcome {
  readonly lines: readonly string[];
  readonly answers: readonly string[];
}

const CLOSE_CODES = new Set<number>(Object.values(PROTOCOL_ERRORS).map((entry) => entry.closeCode));
const CONTENT = new Set<EventKind>([
  Event.Text,
  Event.Binary,
  Event.Ping,
  Event.Pong,
  Event.MessageStart,
  Event.MessageData,
  Event.MessageEnd,
]);
const NAMES = new Map<EventKind, string>(Object.entries(Event).map(([name, kind]) => [kind, name]));

/** Memory beyond what the limits allow: slabs for output, header and control buffers. */
const CONSTANT_BYTES = 32_768;
/** The smallest block a fragment takes that is kept on its own. */
const FRAGMENT_BLOCK_BYTES = 256;
/** Measuring what is held costs a garbage collection. */
const MEASURE_EVERY = 64;

function makeSetting(random: Random): StreamSetting {
  return {
    role: random.pick(["server", "client"]),
    maxPayloadBytes: random.pick([16, 200, 1000, 70_000]),
    maxFragments: random.pick([1, 3, 64, 64]),
    skipUtf8Validation: random.chance(0.1),
    delivery: random.pick(["whole", "whole", "streaming", "fragments"]),
    codec: random.pick(["none", "none", "right", "late", "failing"]),
    pushy: random.chance(0.3),
    end: random.pick(["ended", "lost", "silent"]),
    cutSeed: random.below(1_000_000),
  };
}

function makeSteps(random: Random, setting: StreamSetting): string[] {
  const shape = { role: setting.role, compression: setting.codec !== "none", isRight: random.chance(0.3) };
  const header = (): Buffer => randomHeader(random, setting.role === "server");
  const kind = random.next();
  let pieces: Buffer[] = [];
  if (kind < 0.08) pieces = [random.bytes(random.size(200))];
  else if (kind < 0.2) pieces = Array.from({ length: 1 + random.below(4) }, header);
  else pieces = randomFrames(random, shape);
  if (kind > 0.45) for (let count = random.below(3); count >= 0; count--) pieces = mutated(random, pieces, header);
  return pieces.map((piece) => piece.toString("hex"));
}

function optionsOf(setting: StreamSetting, platform: TrackedPlatform): MachineOptions {
  const { role, maxPayloadBytes, maxFragments, skipUtf8Validation } = setting;
  return {
    role,
    platform,
    now: 0,
    maxPayloadBytes,
    maxFragments,
    skipUtf8Validation,
    closeTimeoutMs: 1000,
    streaming: setting.delivery === "streaming",
    keepFragments: setting.delivery === "fragments",
    codec: setting.codec === "none" ? undefined : {},
  };
}

/** One machine, fed with one cut of the stream. */
class Run {
  readonly lines: string[] = [];
  readonly platform = new TrackedPlatform();
  readonly machine: Machine;
  readonly #inflater: Inflater;
  #events = 0;
  #fedBytes = 0;
  #unwantedBytes = 0;
  #isOver = false;
  readonly #setting: StreamSetting;

  constructor(setting: StreamSetting) {
    this.#setting = setting;
    this.machine = new Machine(optionsOf(setting, this.platform));
    this.#inflater = new Inflater(this.machine, setting.codec === "none" ? "right" : setting.codec);
  }

  feed(chunk: Buffer): void {
    // Without a pushy transport nothing comes while the codec is at work.
    if (!this.#setting.pushy) while (!this.machine.wantsInput && this.#inflater.isAsked) this.#answerLate();
    if (!this.machine.wantsInput) this.#unwantedBytes += chunk.length;
    // A copy that is spoilt afterwards: nothing may be kept without copying.
    const lent = new Uint8Array(chunk.length + 3).subarray(3);
    lent.set(chunk);
    this.#fedBytes += chunk.length;
    this.machine.receive(lent, this.#fedBytes % 7);
    this.#takeEvents();
    lent.fill(0xaa);
    assert.ok(
      this.platform.largestBytes <= this.#mostBytes(chunk.length),
      `one block of ${this.platform.largestBytes} bytes was allocated`,
    );
  }

  /** The end of the transport, and of the closing handshake. */
  finish(): Outcome {
    while (this.#inflater.isAsked) this.#answerLate();
    if (this.#setting.end === "ended") this.machine.ended();
    if (this.#setting.end === "lost") this.machine.lost();
    const answers = this.#setting.end === "lost" ? [] : this.#answers();
    this.#takeEvents();
    if (!this.#isOver) {
      this.machine.tick(1000);
      this.machine.tick(5000);
      this.#takeEvents();
    }
    if (!this.#isOver) {
      this.machine.terminate();
      this.#takeEvents();
    }
    assert.ok(this.#isOver, "Closed never came");
    return { lines: this.lines, answers };
  }

  /** What is held may not depend on what headers announce. */
  async measure(): Promise<void> {
    const most = this.#mostBytes(0) + this.#unwantedBytes;
    const held = await this.platform.heldBytes();
    assert.ok(held <= most, `${held} bytes are held, ${most} were allowed`);
  }

  #mostBytes(chunkBytes: number): number {
    const { maxPayloadBytes, maxFragments, delivery } = this.#setting;
    const blocks = delivery === "fragments" ? maxFragments * FRAGMENT_BLOCK_BYTES : 0;
    return 2 * maxPayloadBytes + blocks + chunkBytes + CONSTANT_BYTES;
  }

  #answerLate(): void {
    this.#inflater.answer();
    this.#takeEvents();
  }

  #takeEvents(): void {
    const { machine } = this;
    for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
      assert.ok(++this.#events <= 4 * this.#fedBytes + 16, "more events than bytes can mean");
      assert.ok(!this.#isOver, `${NAMES.get(kind)} came after Closed`);
      if (kind === Event.Inflate) this.#inflater.asked();
      else this.#note(kind);
    }
  }

  #note(kind: EventKind): void {
    const line = describe(this.machine, kind);
    const wasFailed = this.lines.some((each) => each.startsWith("Error ") || each.startsWith("Close "));
    assert.ok(!(CONTENT.has(kind) && wasFailed), `${line} came after the connection was failed or closed`);
    if (kind === Event.Closed) this.#isOver = true;
    if (kind === Event.Error) {
      const { error } = this.machine;
      assert.ok(error !== undefined && "closeCode" in error && CLOSE_CODES.has(error.closeCode), `undocumented fault ${String(error)}`);
    }
    const last = this.lines.at(-1);
    if (kind === Event.MessageData && last?.startsWith("MessageData ")) this.lines[this.lines.length - 1] = last + line.slice(12);
    else this.lines.push(line);
  }

  /** What the machine answered, as frames, read by an independent reader. */
  #answers(): string[] {
    const segments: Uint8Array[] = [];
    const bytes = this.machine.takeOutput(segments);
    const reader = new FrameReader();
    for (const segment of segments) reader.add(Buffer.from(segment));
    const answers: string[] = [];
    for (let frame = reader.take(); frame !== undefined; frame = reader.take()) {
      assert.deepEqual(frameFaults(frame, this.#setting.role === "client", false), []);
      answers.push(`${frame.opcode} ${frame.payload.toString("hex")}`);
    }
    this.machine.written(bytes);
    return answers;
  }
}

function describe(machine: Machine, kind: EventKind): string {
  const name = NAMES.get(kind) ?? String(kind);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  if (kind === Event.Text) return `${name} ${JSON.stringify(machine.text())}`;
  if (kind === Event.Binary) return `${name} ${hex(Buffer.concat(machine.fragments ?? [machine.data]))}`;
  if (kind === Event.Ping || kind === Event.Pong || kind === Event.MessageData) return `${name} ${hex(machine.data)}`;
  if (kind === Event.MessageStart) return `${name} ${machine.binary ? "binary" : "text"}`;
  if (kind === Event.Close || kind === Event.Closed) return `${name} ${machine.closeCode} ${JSON.stringify(machine.closeReason)}`;
  const { error } = machine;
  if (kind === Event.Error && error !== undefined && "closeCode" in error) return `${name} ${error.closeCode}`;
  return name;
}

/** Streamed messages as whole ones; what an unfinished one delivered is left out, since that depends on the cut. */
function assembled(lines: readonly string[]): string[] {
  const list: string[] = [];
  let open: { readonly isText: boolean; hex: string } | undefined;
  for (const line of lines) {
    if (line.startsWith("MessageStart ")) open = { isText: line.endsWith("text"), hex: "" };
    else if (line.startsWith("MessageData ") && open !== undefined) open.hex += line.slice(12);
    else if (line === "MessageEnd" && open !== undefined) {
      list.push(open.isText ? `Text ${JSON.stringify(Buffer.from(open.hex, "hex").toString())}` : `Binary ${open.hex}`);
      open = undefined;
    } else list.push(line);
  }
  return list;
}

/** The part of the lines that comes from the stream, not from its end. */
function fromStream(lines: readonly string[]): string[] {
  return assembled(lines).filter((line) => !/^(?:Finish|Abort|Timeout|Closed .*|Drain)$/.test(line));
}

function check(outcome: Outcome, expected: Expected, setting: StreamSetting, way: string): void {
  const lines = fromStream(outcome.lines);
  if (expected.isOpenEnded || setting.codec === "failing") {
    const known = setting.codec === "failing" ? commonLength(lines, expected.lines) : expected.lines.length;
    assert.deepEqual(lines.slice(0, known), expected.lines.slice(0, known), way);
    return;
  }
  assert.deepEqual(lines, expected.lines, way);
  if (setting.end !== "lost") assert.deepEqual(outcome.answers, expected.answers, `${way}: answers`);
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const failedAt = a.findIndex((line) => line.startsWith("Error "));
  return Math.min(failedAt === -1 ? a.length : failedAt, b.length);
}

function cuts(stream: Buffer, setting: StreamSetting): [way: string, chunks: Buffer[]][] {
  const random = new Random(setting.cutSeed);
  const at = (places: readonly number[]): Buffer[] => [0, ...places].map((start, index) => stream.subarray(start, places[index]));
  const ways: [string, Buffer[]][] = [["whole", [stream]]];
  if (stream.length <= 3000) ways.push(["byte by byte", Array.from(stream, (_, index) => stream.subarray(index, index + 1))]);
  for (let count = 0; count < 3; count++) {
    const places = random.places(stream.length, 8);
    ways.push([`cut at ${places.join(", ")}`, at(places)]);
  }
  return ways;
}

let runs = 0;

export const streamTarget: Target<StreamSetting, string> = {
  name: "stream",
  make(random) {
    const setting = makeSetting(random);
    return { setting, steps: makeSteps(random, setting) };
  },
  async run({ setting, steps }: Case<StreamSetting, string>) {
    const stream = Buffer.from(steps.join(""), "hex");
    const expected = expect(stream, { ...setting, compression: setting.codec !== "none" });
    const outcomes: Outcome[] = [];
    for (const [way, chunks] of cuts(stream, setting)) {
      const run = new Run(setting);
      for (const chunk of chunks) run.feed(chunk);
      if (++runs % MEASURE_EVERY === 0) await run.measure();
      const outcome = run.finish();
      check(outcome, expected, setting, way);
      outcomes.push({ ...outcome, lines: assembled(outcome.lines) });
      if (expected.isOpenEnded || setting.codec === "failing") continue;
      assert.deepEqual(outcomes.at(-1), outcomes[0], `${way} differs from whole`);
    }
  },
  refine({ setting, steps }) {
    return { setting, steps: steps.join("").match(/../g) ?? [] };
  },
};
