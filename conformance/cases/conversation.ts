// Plays the steps of a conversation over an open connection.
import type { Report } from "./agents.ts";
import type { Closing, Side, Step, Type } from "./case.ts";
import { encodeFrame, headerSize, Opcode } from "./frames.ts";
import { patience } from "./patience.ts";
import type { Notes } from "./runner.ts";
import type { Seen, Speaker } from "./speaker.ts";

export interface Stage {
  readonly speaker: Speaker;
  readonly notes: Notes;
  /** Which end is the endpoint under test. */
  readonly side: Side;
  readonly report: () => Promise<Report | undefined>;
}

/** Within this time an endpoint must have reacted; generous, as many cases run at once, and other tests beside them. */
const reactionMs = 12_000;
/** Within this time an endpoint must have noticed a fault inside a frame that has not fully arrived. */
const failFastMs = 4000;

class Player {
  readonly #stage: Stage;
  #rest: Buffer = Buffer.alloc(0);
  #pings = 0;
  /** The endpoint's close frame was seen, or TCP has ended. */
  #over = false;
  /** What came, but was not what was waited for. */
  #held: Seen | undefined;
  #late = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async play(steps: readonly Step[]): Promise<void> {
    const { notes, speaker } = this.#stage;
    for (const step of steps) {
      await this.#do(step);
      if (notes.failures.length > 0) break;
    }
    if (!this.#over && notes.failures.length === 0) await this.#sayGoodbye();
    for (const fault of speaker.faults) notes.fail(fault);
  }

  /** Every conversation that is still open at its end must close cleanly. */
  async #sayGoodbye(): Promise<void> {
    await this.#do({ step: "send", frames: [{ opcode: Opcode.close, payload: Buffer.from([3, 232]) }] });
    await this.#do({ step: "close", codes: [1000], lawful: [undefined], clean: true });
  }

  async #do(step: Step): Promise<void> {
    const { speaker } = this.#stage;
    switch (step.step) {
      case "send":
        return await this.#send(speaker.encode(step.frames), step.cuts, step.chop);
      case "begin":
        return await this.#begin(step);
      case "rest":
        return await speaker.write(this.#rest);
      case "compressed":
        return await this.#compressed(step);
      case "end":
        return speaker.end();
      case "drop":
        return speaker.drop();
      case "echo":
      case "echo-first":
        return await this.#expectEcho(step);
      case "pong":
        return await this.#expectPong(step.payload);
      case "alive":
        return await this.#expectAlive();
      case "quiet":
        return await this.#expectQuiet(step.ms);
      case "closing-silence":
        return await this.#expectPatience(step.ms);
      case "close":
        return await this.#expectClose(step);
      case "local":
        return await this.#expectLocal(step);
    }
  }

  async #send(bytes: Buffer, cuts: readonly number[] | undefined, chop: number | undefined): Promise<void> {
    if (chop === undefined) return await this.#stage.speaker.write(bytes, cuts);
    const every = Array.from({ length: Math.ceil(bytes.length / chop) - 1 }, (_, index) => (index + 1) * chop);
    await this.#stage.speaker.write(bytes, every);
  }

  async #begin({ frame, bytes }: Step & { step: "begin" }): Promise<void> {
    const masks = this.#stage.side === "server";
    const whole = encodeFrame(frame, masks);
    const end = headerSize(frame, masks) + bytes;
    this.#rest = whole.subarray(end);
    await this.#stage.speaker.write(whole.subarray(0, end));
  }

  async #compressed({ type, payload, fragments = 1, between }: Step & { step: "compressed" }): Promise<void> {
    const { speaker } = this.#stage;
    const packed = speaker.compress(payload);
    const size = Math.ceil(packed.length / fragments);
    for (let index = 0; index < fragments; index++) {
      const part = packed.subarray(index * size, (index + 1) * size);
      const opcode = index > 0 ? Opcode.continuation : Opcode[type];
      const fin = index === fragments - 1;
      await speaker.write(speaker.encode([{ opcode, payload: part, fin, rsv: index === 0 ? 4 : 0 }]));
      if (between === undefined || fin) continue;
      await speaker.write(speaker.encode([between]));
      await this.#expectPong(between.payload ?? new Uint8Array());
    }
  }

  async #next(timeoutMs = reactionMs): Promise<Seen | undefined> {
    const held = this.#held;
    this.#held = undefined;
    return held ?? (await this.#stage.speaker.next(timeoutMs));
  }

  async #expectEcho(step: { step: "echo" | "echo-first"; type: Type; payload: Uint8Array; compressed?: boolean }): Promise<void> {
    const { notes } = this.#stage;
    const seen = await this.#next(reactionMs + step.payload.length / 500);
    const about = `the echo of ${step.payload.length} bytes of ${step.type}`;
    if (seen?.kind !== "message") {
      if (step.step === "echo" || seen === undefined) return notes.fail(`${describe(seen)} instead of ${about}`);
      notes.lapse(`${about} is missing`);
      this.#held = seen;
      return;
    }
    if (seen.type !== step.type) notes.fail(`${about} came as ${seen.type}`);
    if (!seen.payload.equals(step.payload)) notes.fail(`${about} differs (${seen.payload.length} bytes)`);
    if (step.compressed !== undefined && seen.compressed !== step.compressed) {
      notes.lapse(`${about} came ${seen.compressed ? "" : "un"}compressed`);
    }
  }

  async #expectPong(payload: Uint8Array): Promise<void> {
    const seen = await this.#next();
    if (seen?.kind !== "pong") return this.#stage.notes.fail(`${describe(seen)} instead of a pong`);
    if (!seen.payload.equals(payload)) this.#stage.notes.fail("the pong's payload differs from the ping's");
  }

  async #expectAlive(): Promise<void> {
    const payload = Buffer.from(`alive ${++this.#pings}`);
    await this.#do({ step: "send", frames: [{ opcode: Opcode.ping, payload }] });
    await this.#expectPong(payload);
  }

  async #expectQuiet(ms: number): Promise<void> {
    const seen = await this.#next(ms);
    if (seen !== undefined) this.#stage.notes.fail(`${describe(seen)} came, where nothing may come`);
  }

  async #expectPatience(ms: number): Promise<void> {
    const { notes } = this.#stage;
    const seen = await this.#next();
    if (seen?.kind !== "close") return notes.fail(`${describe(seen)} instead of a close frame`);
    this.#over = true;
    const early = await this.#next(ms);
    if (early !== undefined) return notes.lapse(`${describe(early)} before the server has ended TCP`);
    await this.#expectEndOfTcp({ step: "close", codes: [], clean: true });
  }

  async #expectClose(step: Closing): Promise<void> {
    const { notes, speaker } = this.#stage;
    const seen = await this.#next(step.late && !this.#late ? failFastMs : reactionMs);
    if (seen === undefined && step.late && !this.#late) return await this.#giveRest(step);
    if (seen?.kind === "end" || seen?.kind === "reset") return this.#judgeBareEnd(step, seen);
    if (seen?.kind !== "close") return notes.fail(`${describe(seen)} instead of a close frame`);
    this.#over = true;
    if (!step.codes.includes(seen.code)) {
      const what = `the close code is ${seen.code}, not ${step.codes.join(" or ")}`;
      if (step.lawful?.includes(seen.code)) notes.lapse(what);
      else return notes.fail(what);
    }
    if (step.reason !== undefined && step.reason !== seen.reason.toString())
      notes.fail(`the reason is ${JSON.stringify(seen.reason.toString())}`);
    const code = Buffer.from([(seen.code ?? 0) >> 8, (seen.code ?? 0) & 255]);
    if (step.reply)
      await speaker.write(speaker.encode([{ opcode: Opcode.close, payload: seen.code === undefined ? Buffer.alloc(0) : code }]));
    await this.#expectEndOfTcp(step);
  }

  async #giveRest(step: Closing): Promise<void> {
    this.#late = true;
    this.#stage.notes.lapse("the fault is only noticed when more has come");
    for (const each of step.late ?? []) await this.#do(each);
    await this.#expectClose(step);
  }

  #judgeBareEnd(step: Closing, seen: Seen): void {
    this.#over = true;
    if (step.clean) this.#stage.notes.fail(`${describe(seen)} instead of a close frame`);
    else this.#stage.notes.lapse(`${describe(seen)} without a close frame`);
  }

  /** The server closes TCP first (RFC 6455 §7.1.1); whoever fails a connection may do so at once. */
  async #expectEndOfTcp(step: Closing): Promise<void> {
    const { notes, speaker, side } = this.#stage;
    if (side === "client") speaker.end();
    const seen = await this.#next();
    if (side === "server") speaker.end();
    if (seen?.kind === "reset") {
      if (step.clean || step.reply) notes.fail("TCP is reset after a clean closing handshake");
      else notes.lapse("TCP is reset after the close frame");
    } else if (seen?.kind !== "end") {
      notes.fail(`${describe(seen)} after the close frame instead of the end of TCP`);
    }
  }

  async #expectLocal({ code, reason }: Step & { step: "local" }): Promise<void> {
    const { notes, speaker, report } = this.#stage;
    this.#over = true;
    speaker.end();
    const { over, end } = patience(reactionMs);
    const closed = await Promise.race([report().then((each) => each?.closed), over]);
    end();
    if (closed === undefined) return notes.fail("the endpoint reports no close");
    if (closed.code !== code) notes.fail(`the endpoint reports the close code ${closed.code}, not ${code}`);
    if (reason !== undefined && closed.reason !== reason) notes.fail(`the endpoint reports the reason ${JSON.stringify(closed.reason)}`);
  }
}

function describe(seen: Seen | undefined): string {
  switch (seen?.kind) {
    case "message":
      return `a ${seen.type} message of ${seen.payload.length} bytes`;
    case "close":
      return `a close frame with ${seen.code ?? "no code"} ${JSON.stringify(seen.reason.toString())}`;
    case "ping":
    case "pong":
      return `a ${seen.kind}`;
    case "end":
      return "the end of TCP";
    case "reset":
      return "a reset of TCP";
    case undefined:
      return "nothing";
    default:
      return seen satisfies never;
  }
}

/** Plays the steps, closes what is still open, and notes what is wrong. */
export async function play(steps: readonly Step[], stage: Stage): Promise<void> {
  await new Player(stage).play(steps);
}
