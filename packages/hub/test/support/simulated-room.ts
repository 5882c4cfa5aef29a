import * as fc from "fast-check";
import type { Observation, SeenMessage } from "../../src/testing/observation.ts";

/** What may happen in a simulated room; `who` and `many` are taken modulo what there is. */
export interface Happening {
  readonly what: "publish" | "read" | "away" | "back" | "join" | "leave" | "gap" | "rotate" | "fall-back";
  readonly who: number;
  readonly many: number;
}

/** Mostly publishing and reading, now and then the rest. */
export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 6, arbitrary: fc.constant("publish" as const) },
      { weight: 6, arbitrary: fc.constant("read" as const) },
      { weight: 5, arbitrary: fc.constantFrom("away" as const, "back" as const, "join" as const) },
      { weight: 2, arbitrary: fc.constantFrom("leave" as const, "gap" as const, "rotate" as const, "fall-back" as const) },
    ),
    who: fc.nat({ max: 3 }),
    many: fc.nat({ max: 9 }),
  }),
  { maxLength: 80, size: "max" },
);

interface Reader {
  readonly name: string;
  state: "out" | "there" | "away";
  /** The log that it knows, up to and with what it has read. */
  known: SeenMessage[];
  /** Where it stands when it has read nothing of the epoch. */
  epoch: number;
  sequence: number;
}

/** A room that keeps the contract, played by the letter: whatever happens in it, its history is right. */
export class SimulatedRoom {
  readonly observations: Observation[] = [];
  readonly #readers: Reader[] = ["ann", "bob", "cy", "dan"].map((name) => ({ name, state: "out", known: [], epoch: 1, sequence: 0 }));
  #log: SeenMessage[] = [];
  #epoch = 1;
  #tags = 0;
  /** A node knows more than the store: some time it must end the epoch. */
  #hasFallenBack = false;

  play(list: readonly Happening[]): readonly Observation[] {
    for (const reader of this.#readers) this.#enter(reader, 0);
    for (const { what, who, many } of list) this.#do(what, this.#readers[who] ?? this.#readers[0], many);
    if (this.#hasFallenBack) this.#rotate();
    for (const reader of this.#readers) {
      if (reader.state === "away") this.#back(reader);
      this.#publish(reader);
    }
    for (const reader of this.#readers) if (reader.state === "there") this.#read(reader, Number.POSITIVE_INFINITY);
    this.#say("history", { type: "kept", messages: [...this.#log] });
    return this.observations;
  }

  #do(what: Happening["what"], reader: Reader | undefined, many: number): void {
    if (reader === undefined) return;
    if (what === "publish") this.#publish(reader);
    else if (what === "rotate") this.#rotate();
    else if (what === "fall-back") this.#fallBack(many);
    else if (what === "join" && reader.state !== "away") this.#enter(reader, many);
    else if (what === "back" && reader.state === "away") this.#back(reader);
    else if (reader.state !== "there") return;
    else if (what === "read") this.#read(reader, many);
    else if (what === "gap") this.#skip(reader, many);
    else if (what === "away") [reader.state] = ["away", this.#say(reader.name, { type: "away" })];
    else if (what === "leave") [reader.state] = ["out", this.#say(reader.name, { type: "left" })];
  }

  #publish(reader: Reader): void {
    const token = `${reader.name}-${++reader.sequence}`;
    this.#say(reader.name, { type: "publish", token, lane: reader.name, sequence: reader.sequence });
    const message = { position: `e${this.#epoch}.${++this.#tags}`, previous: this.#log.at(-1)?.position ?? null, token };
    this.#log = [...this.#log, message];
    this.#say(reader.name, { type: "published", token, position: message.position });
  }

  /** The store fell back to before what this one has read, so its node hears nothing that follows. */
  #isBeside({ known, epoch }: Reader): boolean {
    return epoch === this.#epoch && known.length > 0 && this.#log[known.length - 1] !== known.at(-1);
  }

  #read(reader: Reader, many: number): void {
    if (this.#isBeside(reader)) return;
    for (const message of this.#log.slice(reader.known.length, reader.known.length + many))
      this.#say(reader.name, { type: "message", ...message });
    reader.known = this.#log.slice(0, reader.known.length + many);
  }

  #skip(reader: Reader, many: number): void {
    const left = this.#log.slice(reader.known.length, reader.known.length + many);
    const last = left.at(-1);
    if (last === undefined || this.#isBeside(reader)) return;
    this.#say(reader.name, { type: "gap", count: left.length, position: last.position });
    reader.known = this.#log.slice(0, reader.known.length + many);
  }

  #enter(reader: Reader, rewind: number): void {
    const replay = Math.min(rewind, this.#log.length);
    this.#say(reader.name, { type: "joined", position: this.#top(), replay });
    reader.known = this.#log.slice(0, this.#log.length - replay);
    [reader.state, reader.epoch] = ["there", this.#epoch];
    this.#read(reader, replay);
  }

  #back(reader: Reader): void {
    const recovered = reader.epoch === this.#epoch && !this.#isBeside(reader);
    const replay = recovered ? this.#log.length - reader.known.length : 0;
    this.#say(reader.name, { type: "joined", position: this.#top(), replay, recovered });
    if (!recovered) reader.known = this.#log;
    [reader.state, reader.epoch] = ["there", this.#epoch];
    this.#read(reader, replay);
  }

  #fallBack(many: number): void {
    this.#log = this.#log.slice(0, Math.max(0, this.#log.length - many));
    this.#hasFallenBack = true;
  }

  #rotate(): void {
    this.#epoch++;
    this.#hasFallenBack = false;
    this.#log = [];
    for (const reader of this.#readers.filter(({ state }) => state === "there")) {
      this.#say(reader.name, { type: "insufficient", position: this.#top() });
      [reader.known, reader.epoch] = [[], this.#epoch];
    }
  }

  #top(): string {
    return this.#log.at(-1)?.position ?? `e${this.#epoch}.start`;
  }

  #say(client: string, what: Unplaced<Observation>): undefined {
    this.observations.push({ at: this.observations.length, client, room: "room", ...what });
  }
}

type Unplaced<O> = O extends unknown ? Omit<O, "at" | "client" | "room"> : never;
